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

/*
 * The same for these entries alone, in `changed` (which is sorted on the way): what the snapshot has is set, what it has not is
 * deleted. -E2BIG and other errors: something is not as it should be, vg_sync_maps() is to be called.
 */
int vg_sync_entries(const struct vg_maps *maps, const struct vg_snapshot *snapshot, struct vg_prefix *changed, size_t n,
		    const struct vg_circumstances *circumstances);

/* Adds the protections alone; what else is there stays as an earlier guard left it. -errno, then nothing is left that the kernel would act on. */
int vg_sync_protections(const struct vg_maps *maps, const struct vg_snapshot *snapshot);

/* The protections that are in the kernel now. fn: 0, or -errno, which ends it and is returned. */
int vg_sync_for_each_protection(const struct vg_maps *maps, int (*fn)(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason), void *ctx);

#endif
