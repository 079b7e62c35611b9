/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge says of a snapshot, carried into vg_vips, vg_ranges and vg_protect. */
#ifndef KERN_SYNC_H
#define KERN_SYNC_H

#include "core/judge.h"
#include "core/snapshot.h"
#include "kern/deadman.h"
#include "kern/maps.h"

/*
 * -E2BIG: more than a map holds. Of assignments, what did fit is there; of protections, none may be missing, so nothing is then
 * left that the kernel would act on. It takes its time with many entries: `deadman` (may be NULL) is moved meanwhile.
 */
int vg_sync_maps(const struct vg_maps *maps, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances,
		 struct vg_deadman *deadman);

#endif
