/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the guard's events (docs/contract.md section 6) become Events of the Kubernetes API, and in what words. Pure. What is only known, stale or
 * allowed makes none; a violation does, whatever was done about it, and so does what the guard says of itself that somebody should act on.
 */
#ifndef REPORT_NOTICE_H
#define REPORT_NOTICE_H

#include <jansson.h>

#include "core/notices.h"

#define VG_NOTICE_ACTOR_MAX 384

/* Strings are the event's, or static; "" where there is nothing. */
struct vg_notice_words {
	const char *reason, *action;
	const char *address, *service, *pod;
	bool warning;
	char actor[VG_NOTICE_ACTOR_MAX]; /* the same when he does it again: a Pod, else a process's name; of the guard's own, what it is about */
};

bool vg_notice_of(const json_t *event, struct vg_notice_words *ret_words); /* false: none is made of it */
/* Who, where, what was done, what it is by rights, the remedy (may be NULL). Cut where it is too long, at the end of a character. */
void vg_notice_note(const json_t *event, const char *node, const char *remedy, char *out /* VG_NOTICE_NOTE_MAX */);

#endif
