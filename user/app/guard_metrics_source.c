/* SPDX-License-Identifier: Apache-2.0 */
/* Of the page of metrics: where the guard's knowledge comes from. By kind: the namespaces of a cluster are no bounded number. */
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "kube/life.h"

static const char *const states[] = { "listing", "watching", "waiting", "absent", "forbidden", "unreadable", "idle" };

struct kind {
	uint64_t in_state[ARRAY_SIZE(states)];
	uint64_t n; /* reflectors */
	uint64_t heard_ns; /* the earliest; 0: one was never heard */
	struct vg_reflector_status sum; /* of its counters */
};

struct kinds {
	struct kind of[VG_KIND_MAX];
};

static void add_reflector(void *ctx, const struct vg_reflector_status *status)
{
	struct kind *kind = &((struct kinds *)ctx)->of[status->info->kind];

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		kind->in_state[i] += strcmp(states[i], status->state) == 0;
	if (kind->n++ == 0 || status->heard_ns < kind->heard_ns)
		kind->heard_ns = status->heard_ns;
	kind->sum.objects += status->objects;
	for (unsigned i = 0; i < VG_RELIST_CAUSE_MAX; i++)
		kind->sum.relists[i] += status->relists[i];
	kind->sum.watches += status->watches;
	kind->sum.events += status->events;
	kind->sum.bookmarks += status->bookmarks;
	kind->sum.bytes += status->bytes;
	kind->sum.errors += status->errors;
	kind->sum.odd += status->odd;
}

/* CLOCK_BOOTTIME as seconds since 1970. */
static double to_unix(uint64_t boot_ns)
{
	return ((double)vg_time_real_ns() - (double)vg_time_boot_ns() + (double)boot_ns) / (double)VG_NS_PER_SEC;
}

static void put_states(struct vg_page *page, const struct kinds *kinds)
{
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++) {
		for (size_t i = 0; kinds->of[kind].n && i < ARRAY_SIZE(states); i++)
			vg_page_count(page, VG_METRIC_REFLECTORS, kinds->of[kind].in_state[i], "kind", vg_kind_to_str(kind), "state", states[i],
				      NULL);
	}
}

static void put_relists(struct vg_page *page, const struct kinds *kinds)
{
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++) {
		for (unsigned i = 0; kinds->of[kind].n && i < VG_RELIST_CAUSE_MAX; i++)
			vg_page_count(page, VG_METRIC_REFLECTOR_RELISTS, kinds->of[kind].sum.relists[i], "kind", vg_kind_to_str(kind), "cause",
				      vg_relist_cause_to_str(i), NULL);
	}
}

static void put_heard(struct vg_page *page, const struct kinds *kinds)
{
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++) {
		if (kinds->of[kind].heard_ns)
			vg_page_real(page, VG_METRIC_REFLECTOR_HEARD, to_unix(kinds->of[kind].heard_ns), "kind", vg_kind_to_str(kind), NULL);
	}
}

#define SUM(id, field) \
	{ \
		VG_METRIC_REFLECTOR_##id, offsetof(struct vg_reflector_status, field) \
	}
static const struct {
	enum vg_metric metric;
	size_t offset;
} sums[] = { SUM(OBJECTS, objects), SUM(WATCHES, watches), SUM(EVENTS, events), SUM(BOOKMARKS, bookmarks),
	     SUM(BYTES, bytes),	    SUM(ERRORS, errors),   SUM(ODD, odd) };

static void put_sums(struct vg_page *page, const struct kinds *kinds)
{
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		for (unsigned kind = 0; kind < VG_KIND_MAX; kind++) {
			uint64_t n;

			memcpy(&n, (const char *)&kinds->of[kind].sum + sums[i].offset, sizeof(n));
			if (kinds->of[kind].n)
				vg_page_count(page, sums[i].metric, n, "kind", vg_kind_to_str(kind), NULL);
		}
	}
}

static void put_cluster(const struct vg_guard *guard, struct vg_page *page)
{
	_cleanup_free_ struct kinds *kinds = calloc(1, sizeof(*kinds));
	uint64_t age_ns = vg_kube_source_age_ns(guard->kube), now_ns = vg_time_boot_ns();
	struct vg_life_status life;

	if (age_ns <= now_ns)
		vg_page_real(page, VG_METRIC_SUCCESS, to_unix(now_ns - age_ns), NULL);
	vg_kube_source_life(guard->kube, &life);
	vg_page_count(page, VG_METRIC_LEFT_OUT, vg_cluster_refused(guard->cluster), NULL);
	vg_page_count(page, VG_METRIC_LIFE, life.requests, NULL);
	vg_page_count(page, VG_METRIC_LIFE_FAILED, life.failures, NULL);
	if (!kinds)
		return;
	vg_kube_source_for_each(guard->kube, add_reflector, kinds);
	put_states(page, kinds);
	put_heard(page, kinds);
	put_relists(page, kinds);
	put_sums(page, kinds);
}

void vg_guard_put_source(const struct vg_guard *guard, struct vg_page *page)
{
	vg_page_real(page, VG_METRIC_PICTURE, to_unix(guard->snapshot_ns), NULL);
	vg_page_count(page, VG_METRIC_STALE, vg_guard_circumstances(guard).stale, NULL);
	vg_page_count(page, VG_METRIC_COMPLETE, !guard->kube || guard->complete, NULL);
	if (guard->source)
		vg_page_count(page, VG_METRIC_RELOAD_FAILED, guard->file_failed, NULL);
	if (guard->kube)
		put_cluster(guard, page);
}
