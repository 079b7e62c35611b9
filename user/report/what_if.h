/* SPDX-License-Identifier: Apache-2.0 */
/* Two explanations of the same addresses held against each other: before and after objects were changed. */
#ifndef REPORT_WHAT_IF_H
#define REPORT_WHAT_IF_H

#include <jansson.h>

/*
 * For each of `after` (an array of vg_explain_to_json()) the same of `before`: puts in "before" {"bind","announce","owner","assigned_nodes",
 * "services","source","rule"} and "changed", the names of those keys that differ. -ENOMEM.
 */
int vg_what_if_merge(const json_t *before, json_t *after);

#endif
