/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF objects together: each that cannot be loaded takes one capability with it, named in the features. */
#ifndef KERN_PROGRAMS_H
#define KERN_PROGRAMS_H

#include "base/error.h"
#include "kern/announce.h"
#include "kern/bind.h"
#include "kern/bypass.h"
#include "kern/deny.h"

struct vg_programs {
	struct vg_program_shared shared;
	struct vg_bind *bind; /* NULL: not to be had; so are the others */
	struct vg_deny *deny;
	struct vg_deny *deny_ioctl;
	struct vg_bypass *bypass;
	struct vg_announce *announce;
};

int vg_programs_make_maps(struct vg_maps *maps);
/* Without maps, or with what needs it and no BTF, nothing is tried. */
void vg_programs_load(struct vg_programs *programs, const struct vg_maps *maps, uint64_t generation, uint32_t without, vg_announce_changed_fn changed,
		      void *ctx, struct vg_features *features);
/* What is attached begins to act: all but the judging of frames, which follows the links (vg_announce_follow()). What an earlier guard pinned stays. */
int vg_programs_release(struct vg_programs *programs, struct vg_error *ret_error);
/* After that: it outlives the guard, in place of what an earlier guard pinned. */
void vg_programs_pin(struct vg_programs *programs);
/* After that, and pinned at once: the roads past the filters. What cannot be attached is recorded. */
void vg_programs_attach_bypass(struct vg_programs *programs, struct vg_features *features);
void vg_programs_deinit(struct vg_programs *programs); /* twice is fine */

#endif
