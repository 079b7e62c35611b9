/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge says of a snapshot, carried into vg_vips, vg_ranges and vg_protect. */
#ifndef KERN_SYNC_H
#define KERN_SYNC_H

#include "core/judge.h"
#include "core/snapshot.h"
#include "kern/maps.h"

/* -E2BIG: more than a map holds; what did fit is there, and no violation without its protections. */
int vg_sync_maps(const struct vg_maps *maps, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances);

#endif
