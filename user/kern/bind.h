/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of the bind object: sees every address that becomes local, and who did it. */
#ifndef KERN_BIND_H
#define KERN_BIND_H

#include "base/cleanup.h"
#include "kern/feature.h"
#include "kern/maps.h"
#include "kern/program.h"

struct vg_bind;

/* Of an opened object, those of its programs that serve `features`. */
void vg_bind_choose(const struct vg_program_object *object, uint32_t features);
/* Loads the fentry/fexit set, else the kprobe set, and attaches it, held: it does nothing yet. Records VG_FEATURE_TRACING, _KPROBE. */
int vg_bind_new(const struct vg_maps *maps, const struct vg_program_shared *shared, uint32_t without, struct vg_features *features,
		struct vg_bind **ret_bind);
void vg_bind_free(struct vg_bind *bind); /* NULL is fine */
int vg_bind_release(struct vg_bind *bind); /* it sees, once vg_config names its generation */
void vg_bind_pin(struct vg_bind *bind); /* as vg_deny_pin() */

VG_DEFINE_CLEANUP(struct vg_bind *, vg_bind_free)

#endif
