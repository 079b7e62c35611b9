/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/deadman.h"

#include <errno.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/time.h"

struct vg_deadman {
	struct vg_timer *timer;
	struct vg_config *config;
	uint64_t dead_man_ns;
	vg_timer_fn woke;
	vg_timer_fn tick;
	void *ctx;
};

static bool has_passed(const struct vg_deadman *deadman)
{
	return deadman->config->deadline_ns <= vg_time_boot_ns();
}

static void store(struct vg_deadman *deadman)
{
	__atomic_store_n(&deadman->config->deadline_ns, vg_time_boot_ns() + deadman->dead_man_ns, __ATOMIC_RELAXED);
}

void vg_deadman_move(struct vg_deadman *deadman)
{
	if (deadman && !has_passed(deadman))
		store(deadman);
}

/* Three times in a deadline: one late wake-up is no death. */
static int move_deadline(struct vg_deadman *deadman)
{
	store(deadman);
	return vg_timer_arm(deadman->timer, vg_time_boot_ns() + deadman->dead_man_ns / 3);
}

static void on_timer(void *ctx)
{
	struct vg_deadman *deadman = ctx;
	int r;

	if (deadman->woke && has_passed(deadman))
		deadman->woke(deadman->ctx);
	r = move_deadline(deadman);
	if (r < 0)
		vg_log_errno(r, "cannot set the dead-man's timer");
	if (deadman->tick)
		deadman->tick(deadman->ctx);
}

int vg_deadman_new(struct vg_loop *loop, struct vg_config *config, uint64_t dead_man_ns, vg_timer_fn woke, vg_timer_fn tick, void *ctx,
		   struct vg_deadman **ret_deadman)
{
	VG_CLEANUP(vg_deadman_freep) struct vg_deadman *deadman = calloc(1, sizeof(*deadman));
	int r;

	if (!deadman)
		return -ENOMEM;
	deadman->config = config;
	deadman->dead_man_ns = dead_man_ns;
	deadman->woke = woke;
	deadman->tick = tick;
	deadman->ctx = ctx;
	r = vg_timer_new(loop, on_timer, deadman, &deadman->timer);
	if (r < 0)
		return r;
	r = move_deadline(deadman);
	if (r < 0)
		return r;
	*ret_deadman = TAKE_PTR(deadman);
	return 0;
}

void vg_deadman_free(struct vg_deadman *deadman)
{
	if (!deadman)
		return;
	vg_timer_free(deadman->timer);
	free(deadman);
}
