/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an address is judged as it is: the evidence, the rule that decided, what would change it, what cures it. By the same rules as
 * core/assess.c, walked once more for one address; which sentences belong to a case is a table (core/advice.c). Pure.
 */
#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include "core/assess.h"
#include "core/clue.h"
#include "core/judge.h"

#define VG_STEPS_MAX 12 /* changes, or remedies, of one address; more are left out */

/* One piece of evidence. Borrows from the cluster. */
struct vg_evidence {
	const struct vg_object *object; /* NULL: a thing that is missing; kind says which */
	enum vg_kind kind;
	enum vg_clue clue;
	const char *field; /* as the API calls it, or NULL */
	const char *value; /* NULL: what the object holds there, or there is no value */
	const struct vg_object *about; /* the other side (the pool that nothing selects), or NULL */
	struct vg_range range; /* clue ranges-overlap: what both hand out; else all zeros */
};

struct vg_step {
	unsigned what; /* enum vg_rule, vg_change or vg_remedy */
	bool bind; /* which of the two verdicts it is about */
	bool announce;
	struct vg_evidence evidence; /* what it goes by; all zeros: nothing */
};

struct vg_steps {
	struct vg_step list[VG_STEPS_MAX];
	size_t n;
};

struct vg_question {
	const struct vg_cluster *cluster; /* NULL: no cluster is a source */
	const struct vg_assess_config *config; /* with the cluster */
	const struct vg_moment *now; /* likewise */
	const struct vg_addr *addr;
	const char *link; /* NULL: a real link */
	const struct vg_answer *answer;
};

struct vg_explanation {
	struct vg_evidence *evidence; /* the decisive one first */
	size_t n_evidence;
	struct vg_step bind, announce; /* the rules */
	struct vg_steps changes;
	struct vg_steps remedies; /* none where nothing is wrong */
};

/* -ENOMEM. Borrows from the question's parts until they change. */
int vg_explain(const struct vg_question *question, struct vg_explanation *ret_explanation);
void vg_explanation_deinit(struct vg_explanation *explanation); /* an all-zero one is fine */

/* ---- core/advice.c */

/* Finds rules, changes and remedies by the evidence that is in there. */
void vg_advise(const struct vg_question *question, struct vg_explanation *explanation);

#endif
