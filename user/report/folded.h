/* SPDX-License-Identifier: Apache-2.0 */
/* A finding as a value of fixed size, for as long as its period lasts: the snapshot that its strings came from may be gone. */
#ifndef REPORT_FOLDED_H
#define REPORT_FOLDED_H

#include "core/cgroup.h"
#include "report/report.h"

#define VG_FOLDED_NODES_MAX 16

/* Strings that do not fit are left out whole ("": not known): half a name or half a list of nodes would be a wrong one. */
struct vg_folded {
	struct vg_fact fact;
	struct vg_judgement judgement;
	enum vg_action action;
	bool assigned; /* the finding had an assignment that knows its nodes, and all of them are in `nodes` */
	size_t n_nodes;
	char nodes[384]; /* one after the other, each with its NUL */
	char service[192];
	char owner[24];
	char source[64];
	char exe[192];
	char cgroup[320];
	char container[VG_CONTAINER_MAX];
	char pod[320]; /* a namespace, a slash and a name fit */
	char pod_uid[VG_POD_UID_MAX];
	char why[160];
	uint64_t latency_us;
};

void vg_folded_pack(struct vg_folded *ret_folded, const struct vg_finding *finding);
json_t *vg_folded_to_json(const struct vg_folded *folded, uint64_t count); /* a new reference, with count; NULL: no memory */

#endif
