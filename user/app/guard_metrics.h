/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard counts for its page of metrics, and the page that was made last. Shared by the guard*.c files alone. */
#ifndef APP_GUARD_METRICS_H
#define APP_GUARD_METRICS_H

#include "core/fact.h"
#include "report/page.h"

#define VG_METRICS_PAGE_MS 200 /* a page is given out again for so long: who asks without end costs no more than five pages a second */
#define VG_METRICS_VIPS_MAX 256 /* addresses in vipguard_vip_bound; further ones are counted in vipguard_vip_bound_left_out */

struct vg_guard;

/* By kind, family (0: IPv4), reason and action; a reason has one verdict. */
typedef uint64_t vg_tally[VG_FACT_KIND_MAX][2][VG_REASON_MAX][VG_ACTION_MAX];

struct vg_guard_metrics {
	vg_tally tally;
	char *page; /* NULL: none yet */
	size_t n;
	uint64_t page_ns; /* CLOCK_BOOTTIME of its making */
};

/* guard_metrics_bound.c, guard_metrics_source.c: parts of the page */
void vg_guard_put_facts(const struct vg_guard *guard, struct vg_page *page);
void vg_guard_put_bound(const struct vg_guard *guard, struct vg_page *page);
void vg_guard_put_source(const struct vg_guard *guard, struct vg_page *page);

#endif
