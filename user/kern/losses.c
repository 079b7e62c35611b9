/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/losses.h"

#include "base/cleanup.h"

struct loss {
	const char *cause;
	size_t offset;
};

#define LOSS(field) \
	{ \
#field, offsetof(struct vg_stats, field) \
	}

/* lost_log is counted by who loses it, and said there. */
static const struct loss loss_table[] = {
	LOSS(lost_ring_bind), LOSS(lost_ring_announce), LOSS(lost_seen),     LOSS(lost_calls),	  LOSS(lost_netlink),
	LOSS(lost_binds),     LOSS(frame_unparsed),	LOSS(deny_unparsed), LOSS(past_unparsed), LOSS(lost_heal),
};

_Static_assert(ARRAY_SIZE(loss_table) <= VG_LOSSES_MAX, "room for each cause");

static uint64_t read_counter(const struct vg_stats *stats, const struct loss *loss)
{
	const __u64 *counter = (const void *)((const char *)stats + loss->offset);

	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void vg_losses_init(struct vg_losses *losses, const struct vg_stats *stats)
{
	for (size_t i = 0; i < ARRAY_SIZE(loss_table); i++)
		losses->said[i] = read_counter(stats, &loss_table[i]);
}

void vg_losses_tell(struct vg_losses *losses, const struct vg_stats *stats, void (*fn)(void *ctx, const char *cause, uint64_t n), void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(loss_table); i++) {
		uint64_t now = read_counter(stats, &loss_table[i]);
		uint64_t more = now - losses->said[i];

		losses->said[i] = now;
		if (more > 0)
			fn(ctx, loss_table[i].cause, more);
	}
}
