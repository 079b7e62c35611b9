/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of the announce object: judges what leaves the guarded links. */
#ifndef KERN_ANNOUNCE_H
#define KERN_ANNOUNCE_H

#include "base/cleanup.h"
#include "kern/feature.h"
#include "kern/links.h"
#include "kern/maps.h"
#include "kern/program.h"

struct vg_announce;

typedef void (*vg_announce_changed_fn)(void *ctx, enum vg_feature feature, bool ok, const char *why);

/* Of an opened object, those of its programs that serve `features`; VG_FEATURE_CLSACT is for tcx too. */
void vg_announce_choose(const struct vg_program_object *object, uint32_t features);
/* Loads, names senders from now on, and tries on loopback which way of attaching there is. Records VG_FEATURE_TCX, _CLSACT, _SENDER, _LINKS, _ORDER.
 * `changed` is called when a link cannot be attached to, or is again. */
int vg_announce_new(const struct vg_maps *maps, const struct vg_program_shared *shared, uint32_t without, vg_announce_changed_fn changed, void *ctx,
		    struct vg_features *features, struct vg_announce **ret_announce);
/* From now on vg_announce_free() leaves filters of clsact where they are: the kernel goes on by them until the deadline. */
void vg_announce_leave(struct vg_announce *announce);
/* Takes everything off. NULL is fine. */
void vg_announce_free(struct vg_announce *announce);

/* What names the senders outlives the guard. */
void vg_announce_keep_senders(struct vg_announce *announce);
/* Attaches to the links that are guarded now, detaches from the others. */
void vg_announce_follow(struct vg_announce *announce, const struct vg_links *links);
/* Filters or qdiscs of this link changed: puts ours back, in the first place, if it was touched. */
void vg_announce_repair(struct vg_announce *announce, uint32_t ifindex);
/* Now and then: looks at what the kernel does not tell of. */
void vg_announce_watch(struct vg_announce *announce);
/* "tcx", "clsact", or NULL if this link is not attached to. */
const char *vg_announce_how(const struct vg_announce *announce, uint32_t ifindex);

VG_DEFINE_CLEANUP(struct vg_announce *, vg_announce_free)

#endif
