/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard says: events as one JSON object a line (or a line of text), folded, to standard output and to whoever watches.
 * Nobody else formats events.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/loop.h"
#include "core/doer.h"
#include "core/fact.h"
#include "core/recent.h"
#include "core/snapshot.h"

struct vg_reporter;

enum vg_format { VG_FORMAT_JSON, VG_FORMAT_TEXT };

/* A judged fact and what was done about it. All pointers are borrowed for the call. */
struct vg_finding {
	const struct vg_fact *fact;
	struct vg_judgement judgement;
	enum vg_action action;
	const struct vg_assignment *assignment; /* NULL: none */
	const char *owner; /* NULL: none or not known */
	const char *source; /* what the assignment came from, or NULL */
	struct vg_doer doer;
	const char *why; /* a failed or refused action: why; else NULL */
	uint64_t latency_us; /* from the kernel's time stamp to the action done; 0: left out */
};

/* A line that is complete; text without the newline. Used for watchers. */
typedef void (*vg_line_fn)(void *ctx, const char *json_line);

struct vg_reporter_config {
	int fd; /* where lines go; the caller's; -1: nowhere */
	enum vg_format format;
	const char *node; /* prefix of event ids: "cp1-000042" */
	uint64_t period_ns; /* of folding */
	vg_line_fn watch; /* always JSON, or NULL */
	void *watch_ctx;
	/* The same line before it is text, or NULL; must not report anything itself. Borrowed. */
	void (*said)(void *ctx, const json_t *event);
	void *said_ctx;
	void (*lost)(void *ctx, uint64_t n); /* lines that could not be written */
	void *lost_ctx;
};

int vg_reporter_new(struct vg_loop *loop, const struct vg_reporter_config *config, struct vg_reporter **ret_reporter);
void vg_reporter_free(struct vg_reporter *reporter); /* flushes what is folded; NULL is fine */

/* A fact and its verdict, folded by (event, address, interface, process, verdict). */
void vg_reporter_finding(struct vg_reporter *reporter, const struct vg_finding *finding);
/* An event of the guard itself ("started", "ready", "mode", "degraded", ...); details: keys to merge in, stolen, may be NULL. */
void vg_reporter_event(struct vg_reporter *reporter, const char *event, json_t *details);

/* The lines of late, each with its NUL, within the limits of report/bundle.h; the reporter's. */
const struct vg_recent *vg_reporter_recent(const struct vg_reporter *reporter);

size_t vg_reporter_folded(const struct vg_reporter *reporter); /* findings whose repeats are being counted, VG_FOLD_MAX at most */
size_t vg_reporter_waiting(const struct vg_reporter *reporter); /* bytes that standard output has not taken yet */

/* One finding as an object with the keys of docs/contract.md section 6 but time and id; a new reference, NULL: no memory. */
json_t *vg_finding_to_json(const struct vg_finding *finding);

VG_DEFINE_CLEANUP(struct vg_reporter *, vg_reporter_free)

#endif
