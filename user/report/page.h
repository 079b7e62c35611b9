/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of metrics in Prometheus' text form 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): HELP and TYPE come by themselves before
 * the first sample of a metric. All samples of one metric belong together: one that comes back to an earlier metric makes the page a failed one.
 *
 * Text of others may be a label's value: what is no UTF-8 is repaired, backslash, quote and newline are escaped.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "report/metric_list.h"

#define VG_PAGE_BYTES_MAX (1024 * 1024) /* beyond, the page is a failed one */

struct vg_page;

const char *vg_metric_name(enum vg_metric metric);

int vg_page_new(struct vg_page **ret_page);
void vg_page_free(struct vg_page *page); /* NULL is fine */
/* Labels follow as name, value, name, value, ..., NULL. Names are valid ones, each once. */
void vg_page_count(struct vg_page *page, enum vg_metric metric, uint64_t value, ... /* , NULL */) __attribute__((sentinel));
void vg_page_real(struct vg_page *page, enum vg_metric metric, double value, ... /* , NULL */) __attribute__((sentinel));
/* The whole of it, for the caller to free(). -ENOMEM, -E2BIG, or -EINVAL for a page that is none. */
int vg_page_take(struct vg_page *page, char **ret_text, size_t *ret_n);

VG_DEFINE_CLEANUP(struct vg_page *, vg_page_free)

#endif
