/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of the objects that refuse binds before they happen: deny for what comes by netlink, ioctl for the rest. One of them each. */
#ifndef KERN_DENY_H
#define KERN_DENY_H

#include "base/cleanup.h"
#include "kern/feature.h"
#include "kern/maps.h"
#include "kern/program.h"

struct vg_deny;

/* Of an opened object, those of its programs that serve `features`. */
void vg_deny_choose(const struct vg_program_object *object, uint32_t features);
/* VG_FEATURE_DENY or VG_FEATURE_DENY_IOCTL. Loads and attaches it, held: it does nothing yet. Records the feature. */
int vg_deny_new(const struct vg_maps *maps, const struct vg_program_shared *shared, enum vg_feature feature, uint32_t without,
		struct vg_features *features, struct vg_deny **ret_deny);
void vg_deny_free(struct vg_deny *deny); /* NULL is fine */
int vg_deny_release(struct vg_deny *deny); /* from now on it refuses */
/* In place of what an earlier guard has there. Once nothing can fail any more: a start that fails leaves that one's. */
void vg_deny_pin(struct vg_deny *deny);

VG_DEFINE_CLEANUP(struct vg_deny *, vg_deny_free)

#endif
