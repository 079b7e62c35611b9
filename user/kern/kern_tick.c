/* SPDX-License-Identifier: Apache-2.0 */
/* What the dead-man's timer is the occasion for, besides itself: nothing else wakes an idle guard. */
#include "kern/kern_state.h"

static void on_lost(void *ctx, const char *cause, uint64_t n)
{
	struct vg_kern *kern = ctx;

	kern->sink.lost(kern->sink.ctx, cause, n);
}

void vg_kern_tell_losses(void *ctx)
{
	struct vg_kern *kern = ctx;

	vg_losses_tell(&kern->losses, kern->maps.stats, on_lost, kern);
}

static void on_woke(void *ctx)
{
	struct vg_kern *kern = ctx;

	if (kern->sink.woke)
		kern->sink.woke(kern->sink.ctx);
}

static void on_alive(void *ctx)
{
	struct vg_kern *kern = ctx;

	if (kern->sink.alive)
		kern->sink.alive(kern->sink.ctx);
}

static void on_tick(void *ctx)
{
	struct vg_kern *kern = ctx;

	vg_kern_tell_losses(kern);
	vg_sense_watch(kern->sense);
	if (kern->programs.announce)
		vg_announce_watch(kern->programs.announce);
	vg_kern_watch(kern);
	vg_answers_look(kern->answers, false);
	vg_kern_watch_xdp(kern);
	if (kern->sink.tick)
		kern->sink.tick(kern->sink.ctx);
}

int vg_kern_start_deadman(struct vg_kern *kern)
{
	const struct vg_deadman_config deadman = {
		.dead_man_ns = kern->dead_man_ns, .alive_ns = kern->alive_ns, .woke = on_woke, .tick = on_tick, .alive = on_alive, .ctx = kern
	};

	return vg_deadman_new(kern->loop, kern->maps.config, &deadman, &kern->deadman);
}
