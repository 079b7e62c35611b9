/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on a link's tc hooks, as the kernel lists it. Dumps alone: before 6.8 asking for one qdisc tells every listener of it. */
#ifndef KERN_TCLIST_H
#define KERN_TCLIST_H

#include <stdbool.h>
#include <stdint.h>

#define VG_TC_KIND_MAX 16 /* IFNAMSIZ, as in the kernel's struct Qdisc_ops */

#define VG_TC_PROGRAM "vg_announce" /* how the kernel lists our program, a twin or an older one too */

/* Where our program stands among those of one hook. */
enum vg_place {
	VG_PLACE_NONE, /* it is not there */
	VG_PLACE_BEHIND, /* what is in front of it may have the last word */
	VG_PLACE_FIRST,
};

struct vg_tc_filter {
	uint32_t chain;
	uint32_t priority;
	uint32_t handle;
	uint32_t prog_id; /* 0: not a BPF program */
};

/* The kind of the qdisc at ffff: ("clsact", "ingress"), or "" if there is none. -errno. */
int vg_tc_find_qdisc(uint32_t ifindex, char ret_kind[VG_TC_KIND_MAX]);
/* The filters of one hook, in the order in which the kernel asks them. parent: TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_...). -errno. */
int vg_tc_for_each_filter(uint32_t ifindex, uint32_t parent, void (*fn)(void *ctx, const struct vg_tc_filter *filter), void *ctx);

#endif
