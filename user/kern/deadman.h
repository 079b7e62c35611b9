/* SPDX-License-Identifier: Apache-2.0 */
/* The dead-man's switch: the kernel acts only while the loop keeps moving the deadline. The one thing that wakes an idle guard. */
#ifndef KERN_DEADMAN_H
#define KERN_DEADMAN_H

#include "base/loop.h"
#include <linux/types.h>

#include "vipguard/abi.h"

struct vg_deadman;

/* Callbacks may be NULL. */
struct vg_deadman_config {
	uint64_t dead_man_ns;
	uint64_t alive_ns; /* somebody else, too, takes us for dead when alive was not called for so long; 0: nobody does */
	vg_timer_fn woke; /* the deadline is found to have passed (the process was stopped, the host slept), and is not moved yet: what the kernel's
			   * maps say may be out of date by now */
	vg_timer_fn tick; /* the timer has moved it */
	vg_timer_fn alive; /* it was moved, by the timer or by vg_deadman_move(), and the timer's next time would be too late for alive_ns */
	void *ctx;
};

int vg_deadman_new(struct vg_loop *loop, struct vg_config *map, const struct vg_deadman_config *config, struct vg_deadman **ret_deadman);
/* The loop is busy and alive: moves the deadline as the timer would; one that has passed stays, for the timer. Two clocks and one store. NULL is
 * fine. */
void vg_deadman_move(struct vg_deadman *deadman);
/* The deadline stays where it is: the kernel goes on until then. NULL is fine. */
void vg_deadman_free(struct vg_deadman *deadman);

VG_DEFINE_CLEANUP(struct vg_deadman *, vg_deadman_free)

#endif
