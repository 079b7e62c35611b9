/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which links our program stands, and that it stands first: a filter in front of it that lets a frame pass has the last word. Looked at
 * again whenever rtnetlink tells of the link, and with the dead-man's tick, since nothing tells of tcx.
 */
#ifndef KERN_PLACEMENT_H
#define KERN_PLACEMENT_H

#include "base/cleanup.h"
#include "kern/feature.h"
#include "kern/links.h"
#include "kern/maps.h"

struct vg_placement;

struct vg_placement_config {
	const struct vg_maps *maps;
	bool tcx; /* else clsact */
	bool judges; /* not switched off by --without links */
	bool orders; /* nor by --without order */
	void *ctx; /* of program */
	/* Descriptor of the program, or of its twin, which is loaded when it is asked for first: the kernel lists no program twice. -errno. */
	int (*program)(void *ctx, bool twin);
	void *changed_ctx;
	/* A link is not covered, or is again (VG_FEATURE_LINKS); ours was taken off, or overtaken, and put back (_TCX, _CLSACT, _ORDER). */
	void (*changed)(void *ctx, enum vg_feature feature, bool ok, const char *why);
};

int vg_placement_new(const struct vg_placement_config *config, struct vg_placement **ret_placement);
/* Pinned or not: from now on filters of clsact stay. What holds a program of tcx is its pin, see vg_pins_leave(). */
void vg_placement_leave(struct vg_placement *placement);
/* Takes everything off. NULL is fine. */
void vg_placement_free(struct vg_placement *placement);

/* Attaches to the links that are guarded now, detaches from the others; the first time, also takes off what an earlier guard left behind,
 * but where ours cannot stand: there that goes on until it can. */
void vg_placement_follow(struct vg_placement *placement, const struct vg_links *links);
/* Filters or qdiscs of this link changed. */
void vg_placement_repair(struct vg_placement *placement, uint32_t ifindex);
/* What nothing tells of. */
void vg_placement_watch(struct vg_placement *placement);
/* "tcx", "clsact", or NULL if this link is not attached to. */
const char *vg_placement_how(const struct vg_placement *placement, uint32_t ifindex);

VG_DEFINE_CLEANUP(struct vg_placement *, vg_placement_free)

#endif
