/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cluster says must never be touched: this Node's own addresses, and the API server's virtual addresses. Pure.
 */
#ifndef CORE_PROTECT_H
#define CORE_PROTECT_H

#include "core/assess.h"

struct vg_shielded {
	struct vg_addr addr;
	enum vg_reason reason;
	const struct vg_object *object; /* what says so */
	const char *field;
};

/* All of them, sorted, each address once: an address of this node is node-address, even if it is the API server's too.
 * The caller frees the list. -ENOMEM. */
int vg_protect_collect(const struct vg_cluster *cluster, struct vg_shielded **ret_list, size_t *ret_n);
/* Brings the snapshot's protections of VG_ORIGIN_CLUSTER up to that. all: the snapshot is a fresh one. */
int vg_protect_assess(struct vg_cluster *cluster, struct vg_snapshot *snapshot, bool all, bool *ret_changed);

#endif
