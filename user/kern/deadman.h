/* SPDX-License-Identifier: Apache-2.0 */
/* The dead-man's switch: the kernel acts only while the loop keeps moving the deadline. The one thing that wakes an idle guard. */
#ifndef KERN_DEADMAN_H
#define KERN_DEADMAN_H

#include "base/loop.h"
#include <linux/types.h>

#include "vipguard/abi.h"

struct vg_deadman;

/*
 * woke is called when the deadline is found to have passed (the process was stopped, the host slept), before it is moved: what the kernel's maps
 * say may be out of date by then. tick is called whenever the timer moved it. Both may be NULL.
 */
int vg_deadman_new(struct vg_loop *loop, struct vg_config *config, uint64_t dead_man_ns, vg_timer_fn woke, vg_timer_fn tick, void *ctx,
		   struct vg_deadman **ret_deadman);
/* The loop is busy and alive: moves the deadline as the timer would; one that has passed stays, for the timer. Two clocks and one store. NULL is
 * fine. */
void vg_deadman_move(struct vg_deadman *deadman);
/* The deadline stays where it is: the kernel goes on until then. NULL is fine. */
void vg_deadman_free(struct vg_deadman *deadman);

VG_DEFINE_CLEANUP(struct vg_deadman *, vg_deadman_free)

#endif
