/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of an explanation: what core/clue.h names, in words, with what a case is about filled in. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/explain.h"

/* What a sentence may speak of. */
struct vg_subject {
	const struct vg_ground *ground;
	const struct vg_addr *addr;
	const struct vg_answer *answer;
	const char *link; /* NULL: a real link */
	const struct vg_evidence *evidence;
	const struct vg_binder *binder; /* NULL: nobody was seen */
	size_t count; /* of what a sentence counts */
};

/* Each a string to free(); NULL: no memory. */
char *vg_words_clue(const struct vg_subject *subject);
char *vg_words_rule(const struct vg_subject *subject, enum vg_rule rule);
char *vg_words_change(const struct vg_subject *subject, enum vg_change change);
char *vg_words_remedy(const struct vg_subject *subject, enum vg_remedy remedy);
/* Fills in a sentence: {name} of the table in words.c; any other is left as it stands. */
char *vg_words_fill(const struct vg_subject *subject, const char *sentence);

#endif
