/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the cluster to the snapshot: who owns each address, what proves it, where it may be (docs/contract.md section 3). Only what
 * a change touches is assessed again. Pure.
 */
#ifndef CORE_ASSESS_H
#define CORE_ASSESS_H

#include "core/cluster.h"
#include "core/snapshot.h"

/* What one assessment changed; prefixes may repeat. All zeros is an empty one. */
struct vg_changes {
	struct vg_prefix *prefixes; /* entries of the snapshot that were set or unset */
	size_t n;
	size_t size;
	bool protections; /* the list of protections changed */
	bool all; /* so much that the maps are better loaded as a whole (prefixes is then incomplete) */
	uint64_t next_ns; /* CLOCK_BOOTTIME at which vg_assess() must be called again by time alone (a lease expires); 0: never */
};

void vg_changes_deinit(struct vg_changes *changes);

struct vg_assess_config {
	uint64_t grace_ns;
	/* The assignments file, or NULL: what it covers is its own, nothing of the cluster goes in there. */
	const struct vg_snapshot *file;
};

/*
 * Brings the snapshot up to what the cluster says now, and frees what the cluster let go of. all: everything anew (the snapshot is
 * a fresh one). Entries get changed_ns when their set of nodes becomes another one while we look on, or when an object says that
 * it did (Lease acquireTime, the newest two Events) within the grace period; a first assignment is no change.
 * Protections of the cluster (control-plane VIPs, this node's addresses) are set and unset with VG_ORIGIN_CLUSTER.
 * ret_changes is added to. -ENOMEM: call again with all.
 */
int vg_assess(struct vg_cluster *cluster, struct vg_snapshot *snapshot, const struct vg_assess_config *config, const struct vg_moment *now, bool all,
	      struct vg_changes *ret_changes);

#endif
