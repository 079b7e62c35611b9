/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON and text forms of `explain` and `check`, the same from a running guard and from files. */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "core/assess.h"
#include "core/cascade.h"
#include "core/doer.h"
#include "core/explain.h"

/* What an answer rests on. */
struct vg_ground {
	const struct vg_snapshot *snapshot; /* NULL: nothing is known */
	const struct vg_cluster *cluster; /* NULL: no cluster is a source */
	const struct vg_assess_config *config; /* with the cluster */
	struct vg_moment now;
};

/* A process that was seen binding the address. */
struct vg_binder {
	struct vg_who who; /* pid 0: nobody was */
	struct vg_doer doer;
};

/*
 * One address, as docs/contract.md section 4 has it; binder may be NULL. Evidence of the file has "line" in place of version and age; link as for
 * vg_judge(). A new reference; NULL: no memory.
 */
json_t *vg_explain_to_json(const struct vg_ground *ground, const struct vg_addr *addr, const char *link, const struct vg_answer *answer,
			   const struct vg_binder *binder);
void vg_explain_print(FILE *out, const json_t *explanations /* array */);

/*
 * {"node","source","findings":[{"address","prefix","interface","ifindex","bind":{...},"announce":{...},"pid","comm",...}],"bound":N,"violations":N}.
 * A finding is an address bound here whose bind or announcement is a violation; `violations` counts binds only.
 */
json_t *vg_check_new(const char *node, const char *source);
/* binder may be NULL. Adds a finding if it is one, and counts. -ENOMEM. */
int vg_check_add(json_t *check, const struct vg_ground *ground, const struct vg_link_addr *bound, const char *ifname, const struct vg_answer *answer,
		 const struct vg_binder *binder);
int vg_check_violations(const json_t *check);
void vg_check_print(FILE *out, const json_t *check);

#endif
