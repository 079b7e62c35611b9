/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees of a running guard at one moment, as one JSON object: what `vipguard watch` draws and what the status page is made of.
 *
 *	time, node, version, mode, act	as in status
 *	ready		true, or unready: why not yet
 *	paused, breaker	as in status
 *	source		{"name","assignments","failed","stale"}
 *	degraded	[{"what","why","loss","cure"}]: what is missing now
 *	states		how many VIPs are in each of the states below, those that are not listed too
 *	vips		[{"address","service","owner","assigned_nodes","source","state","verdict","reason","bound":[{"interface","verdict","reason"}],
 *			"announced","last","actor":{"pid","comm","pod"},"lines":[...]}], the worst first, VG_SCREEN_VIPS_MAX of them; vips_left_out: how many more
 *	events		the last lines of docs/contract.md section 6, VG_SCREEN_EVENTS_MAX of them
 *	changes_seconds	when some of it changes by time alone; left out: never
 *
 * Without names (over TCP, docs/contract.md section 4) there are no vips, events, addresses and reasons why.
 */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#define VG_SCREEN_VIPS_MAX 512
#define VG_SCREEN_EVENTS_MAX 100
#define VG_SCREEN_LINES_MAX 24 /* of one VIP: the first third of them, and the last */
#define VG_SCREEN_LINKS_MAX 8 /* on which one VIP is bound */

/* What is the matter with a VIP on this node, the worst first. */
enum vg_screen_state {
	VG_SCREEN_WRONG, /* bound here or announced from here, and a violation */
	VG_SCREEN_STOPPED, /* a violation was tried; it was refused, removed or dropped */
	VG_SCREEN_ENDED, /* a violation was here, and is not any more */
	VG_SCREEN_UNKNOWN, /* here; nothing proves whether rightly */
	VG_SCREEN_ALLOWED, /* here, rightly */
	VG_SCREEN_PROTECTED, /* here, and never touched */
	VG_SCREEN_ABSENT, /* nothing of it was seen here */
	VG_SCREEN_STATE_MAX
};

void vg_screen_hide_names(json_t *screen); /* of VIPs, Services and processes, and sentences that may hold one */

const char *vg_screen_state_to_str(enum vg_screen_state state); /* "wrong", ... */
enum vg_screen_state vg_screen_state_from_str(const char *text); /* what is none: VG_SCREEN_ABSENT */
const char *vg_screen_state_word(enum vg_screen_state state); /* for people: "violation", "stopped", ..., "-" */
const char *vg_screen_state_meaning(enum vg_screen_state state); /* what is said above, for people */

#endif
