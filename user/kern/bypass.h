/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of the bypass object: closes PACKET_QDISC_BYPASS, and sees what leaves past the filters all the same. */
#ifndef KERN_BYPASS_H
#define KERN_BYPASS_H

#include "base/cleanup.h"
#include "kern/feature.h"
#include "kern/maps.h"

struct vg_bypass;

/* Loads what can be loaded. Records VG_FEATURE_QDISC_BYPASS, _PAST, _AF_XDP. -errno: none of it can be. */
int vg_bypass_new(const struct vg_maps *maps, uint32_t without, struct vg_features *features, struct vg_bypass **ret_bypass);
void vg_bypass_free(struct vg_bypass *bypass); /* NULL is fine */
/* What cannot be attached is recorded as missing; the rest goes on. */
void vg_bypass_attach(struct vg_bypass *bypass, struct vg_features *features);

VG_DEFINE_CLEANUP(struct vg_bypass *, vg_bypass_free)

#endif
