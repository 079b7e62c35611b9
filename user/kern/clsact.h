/* SPDX-License-Identifier: Apache-2.0 */
/* clsact, where tcx is not to be had: our filter on a link's egress, at the highest priority, recognised by its handle and program. */
#ifndef KERN_CLSACT_H
#define KERN_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/tclist.h"

#define VG_TC_HANDLE 0x7667
#define VG_TC_HANDLE_TWIN 0x7668 /* in turn with it, where it was overtaken */
#define VG_TC_PRIORITY_MAX 8 /* 1, or the next that is free */

struct vg_clsact_spot {
	uint32_t handle;
	uint32_t priority;
	bool made_qdisc; /* there was no clsact qdisc before */
};

/* Puts the filter there, in place of one that an earlier guard left.
 * -EEXIST: an ingress qdisc is in its place, where no frame that leaves is seen. Nothing is put there, nor taken away. -EAGAIN: the qdisc went. */
int vg_clsact_attach(uint32_t ifindex, int prog_fd, struct vg_clsact_spot *ret_spot);
enum vg_place vg_clsact_look(uint32_t ifindex, int prog_fd, const struct vg_clsact_spot *spot);
/* In front of what was put there later; nothing is open meanwhile. */
int vg_clsact_pass(uint32_t ifindex, int prog_fd, struct vg_clsact_spot *spot);
/* Takes off our filter if it runs this program, and the qdisc if we made it and nothing else uses it. */
void vg_clsact_detach(uint32_t ifindex, int prog_fd, const struct vg_clsact_spot *spot);
/* The qdisc, if nothing else uses it. */
void vg_clsact_remove_qdisc(uint32_t ifindex);
/* Takes off what an earlier guard left there, known by handle and the program's name, but for the filter at `keep` (NULL: none). -errno. */
int vg_clsact_sweep(uint32_t ifindex, const struct vg_clsact_spot *keep);

#endif
