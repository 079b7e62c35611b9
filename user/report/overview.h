/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guards of a cluster say (GET /v1/vips, or `status -o json`), put together: VIP × node that binds or announces it × node that should, and
 * where that does not agree. Pure: reports and the time are handed in. A guard that could not be read is part of the view, never left out.
 */
#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

#define VG_OVERVIEW_GUARDS_MAX 5000
#define VG_OVERVIEW_OLD_SECONDS 120 /* a report of that age is said to be old */
#define VG_OVERVIEW_AT_ONCE_SECONDS 30 /* two nodes that both announced so lately do it at the same time */

struct vg_overview;

int vg_overview_new(uint64_t now_real_ns, struct vg_overview **ret_view); /* -ENOMEM */
void vg_overview_free(struct vg_overview *view); /* NULL is fine */
/* from: the file or the Pod, for people. report: borrowed. What is wrong with it becomes a guard that could not be read. -ENOMEM, -E2BIG */
int vg_overview_add(struct vg_overview *view, const char *from, const json_t *report);
/* node: "" if that is not known. -ENOMEM, -E2BIG */
int vg_overview_fail(struct vg_overview *view, const char *from, const char *node, const char *why);

/*
 * {"guards":[{"from","node","state","why","version","abi","mode","paused","stale","age_seconds","vips_left_out"}],
 *  "vips":[{"address","service","owner","assigned_nodes","bound":[{"node",...}],"announced":[{"node",...}],"disagreements":[{"kind","text"}]}],
 *  "read","unread","disagreements","versions":[...]}. VIPs with disagreements first, then by address. A new reference, NULL: no memory.
 */
json_t *vg_overview_to_json(struct vg_overview *view);

void vg_overview_print_text(FILE *out, const json_t *view);
void vg_overview_print_markdown(FILE *out, const json_t *view);

VG_DEFINE_CLEANUP(struct vg_overview *, vg_overview_free)

#endif
