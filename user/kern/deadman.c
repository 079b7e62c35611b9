/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/deadman.h"

#include <errno.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/time.h"

struct vg_deadman {
	struct vg_timer *timer;
	struct vg_config *map;
	struct vg_deadman_config config;
	uint64_t interval_ns; /* of the timer */
	uint64_t alive_ns; /* CLOCK_BOOTTIME; when alive was called last */
};

static bool has_passed(const struct vg_deadman *deadman)
{
	return deadman->map->deadline_ns <= vg_time_boot_ns();
}

static void store(struct vg_deadman *deadman)
{
	const struct vg_deadman_config *config = &deadman->config;
	uint64_t now_ns = vg_time_boot_ns();

	__atomic_store_n(&deadman->map->deadline_ns, now_ns + config->dead_man_ns, __ATOMIC_RELAXED);
	if (!config->alive_ns || !config->alive || now_ns + deadman->interval_ns < deadman->alive_ns + config->alive_ns)
		return;
	deadman->alive_ns = now_ns;
	config->alive(config->ctx);
}

void vg_deadman_move(struct vg_deadman *deadman)
{
	if (deadman && !has_passed(deadman))
		store(deadman);
}

static int move_deadline(struct vg_deadman *deadman)
{
	store(deadman);
	return vg_timer_arm(deadman->timer, vg_time_boot_ns() + deadman->interval_ns);
}

static void on_timer(void *ctx)
{
	struct vg_deadman *deadman = ctx;
	const struct vg_deadman_config *config = &deadman->config;
	int r;

	if (config->woke && has_passed(deadman))
		config->woke(config->ctx);
	r = move_deadline(deadman);
	if (r < 0)
		vg_log_errno(r, "cannot set the dead-man's timer");
	if (config->tick)
		config->tick(config->ctx);
}

/* Three times in a deadline: one late wake-up is no death. */
static uint64_t interval_of(const struct vg_deadman_config *config)
{
	uint64_t interval_ns = config->dead_man_ns / 3;

	return config->alive_ns && config->alive_ns < interval_ns ? config->alive_ns : interval_ns;
}

int vg_deadman_new(struct vg_loop *loop, struct vg_config *map, const struct vg_deadman_config *config, struct vg_deadman **ret_deadman)
{
	VG_CLEANUP(vg_deadman_freep) struct vg_deadman *deadman = calloc(1, sizeof(*deadman));
	int r;

	if (!deadman)
		return -ENOMEM;
	*deadman = (struct vg_deadman){ .map = map, .config = *config, .interval_ns = interval_of(config) };
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
