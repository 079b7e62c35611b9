/* SPDX-License-Identifier: Apache-2.0 */
/* Of the page of metrics: what was judged, what is bound now, and how full everything is. */
#include <string.h>

#include "app/guard_state.h"
#include "core/verdict.h"
#include "kern/answers.h"
#include "core/fold.h"
#include "kern/bound.h"
#include "report/out.h"

static const char *const families[] = { "ipv4", "ipv6" };

void vg_guard_tally(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement, enum vg_action action)
{
	guard->metrics.tally[fact->kind][!vg_addr_is_ipv4(&fact->addr)][judgement->reason][action] += fact->count ? fact->count : 1;
}

/* What may come of a violation is there from the start: the rate of a counter that begins with its first event misses that. */
static bool is_usual(enum vg_fact_kind kind, enum vg_reason reason, enum vg_action action)
{
	static const uint32_t usual[VG_FACT_KIND_MAX] = {
		[VG_FACT_BIND] = 1 << VG_ACTION_LOGGED | 1 << VG_ACTION_DENIED | 1 << VG_ACTION_REMOVED | 1 << VG_ACTION_WOULD_DENY |
				 1 << VG_ACTION_WOULD_REMOVE,
		[VG_FACT_ANNOUNCE] = 1 << VG_ACTION_LOGGED | 1 << VG_ACTION_DROPPED | 1 << VG_ACTION_WOULD_DROP,
	};
	enum vg_reason never = kind == VG_FACT_BIND ? VG_NOT_ANNOUNCED : VG_OWNER_NEVER_BINDS;

	return vg_reason_verdict(reason) == VG_VIOLATION && reason != never && usual[kind] & 1U << action;
}

static void put_tally(const struct vg_guard *guard, struct vg_page *page, enum vg_metric metric, enum vg_fact_kind kind)
{
	for (unsigned cell = 0; cell < 2 * VG_REASON_MAX * VG_ACTION_MAX; cell++) {
		unsigned family = cell / (VG_REASON_MAX * VG_ACTION_MAX);
		enum vg_reason reason = cell / VG_ACTION_MAX % VG_REASON_MAX;
		enum vg_action action = cell % VG_ACTION_MAX;
		uint64_t n = guard->metrics.tally[kind][family][reason][action];

		if (n || is_usual(kind, reason, action))
			vg_page_count(page, metric, n, "family", families[family], "verdict", vg_verdict_to_str(vg_reason_verdict(reason)), "reason",
				      vg_reason_to_str(reason), "action", vg_action_to_str(action), NULL);
	}
}

void vg_guard_put_facts(const struct vg_guard *guard, struct vg_page *page)
{
	put_tally(guard, page, VG_METRIC_BINDS, VG_FACT_BIND);
	put_tally(guard, page, VG_METRIC_UNBINDS, VG_FACT_UNBIND);
	put_tally(guard, page, VG_METRIC_ANNOUNCEMENTS, VG_FACT_ANNOUNCE);
}

/* ---- bound now */

struct bound {
	struct vg_page *page; /* NULL: addresses are not listed */
	uint64_t by_reason[VG_REASON_MAX];
	uint64_t addresses, answers; /* on links; by a route, a proxy entry or a membership */
	struct vg_bind_key listed[VG_METRICS_VIPS_MAX];
	size_t n_listed;
	uint64_t left_out;
};

/* The kernel takes an address twice with two peers, and a route with two metrics: no two lines may be the same series. */
static bool is_listed(const struct bound *bound, const struct vg_bind_key *key)
{
	for (size_t i = 0; i < bound->n_listed; i++) {
		if (memcmp(&bound->listed[i], key, sizeof(*key)) == 0)
			return true;
	}
	return false;
}

static void list_bound(struct bound *bound, const struct vg_fact *fact, const struct vg_judgement *said)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	char text[VG_TEXT_MAX], prefix[4];

	if (is_listed(bound, &key))
		return;
	if (bound->n_listed == VG_METRICS_VIPS_MAX) {
		bound->left_out++;
		return;
	}
	bound->listed[bound->n_listed++] = key;
	vg_addr_to_str(&fact->addr, text);
	snprintf(prefix, sizeof(prefix), "%u", fact->prefix);
	vg_page_count(bound->page, VG_METRIC_VIP, 1, "address", text, "prefix", prefix, "interface", fact->ifname, "as",
		      fact->as ? vg_how_to_str(fact->as) : "address", "verdict", vg_verdict_to_str(said->verdict), "reason",
		      vg_reason_to_str(said->reason), NULL);
}

static void count_bound(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct bound *bound = ctx;

	if (fact->as)
		bound->answers++;
	else
		bound->addresses++;
	if (!said)
		return;
	if (!bound->page)
		bound->by_reason[said->reason]++;
	else if (said->verdict != VG_UNRELATED)
		list_bound(bound, fact, said);
}

static void put_table(struct vg_page *page, enum vg_metric metric, const char *table, uint64_t n)
{
	vg_page_count(page, metric, n, "table", table, NULL);
}

struct table {
	const char *name;
	uint64_t n, limit;
};

static uint64_t count_assignments(const struct vg_guard *guard, bool host)
{
	const struct vg_assignment *assignment;
	uint64_t n = 0;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(guard->snapshot, i)); i++)
		n += vg_prefix_is_host(&assignment->prefix) == host;
	return n;
}

static uint64_t count_protections(const struct vg_guard *guard)
{
	uint64_t n = 0;

	while (vg_snapshot_protection(guard->snapshot, n))
		n++;
	return n;
}

static uint64_t count_objects(const struct vg_guard *guard)
{
	uint64_t n = 0;

	for (unsigned kind = 0; guard->cluster && kind < VG_KIND_MAX; kind++)
		n += vg_cluster_count(guard->cluster, kind);
	return n;
}

static void put_tables(const struct vg_guard *guard, struct vg_page *page, const struct bound *bound)
{
	const struct table tables[] = {
		{ "vg_vips", count_assignments(guard, true), VG_MAX_VIPS },
		{ "vg_ranges", count_assignments(guard, false), VG_MAX_RANGES },
		{ "vg_protect", count_protections(guard), VG_MAX_PROTECT },
		{ "vg_held", vg_breaker_for_each(guard->breaker, NULL, NULL), VG_MAX_BINDS },
		{ "vg_seen", vg_kern_counted(guard->kern), VG_MAX_SEEN },
		{ "bound", bound->addresses, VG_BOUNDS_MAX },
		{ "answers", bound->answers, VG_ANSWERS_MAX },
		{ "folded", vg_reporter_folded(guard->reporter), VG_FOLD_MAX },
		{ "watchers", (uint64_t)vg_api_watchers(guard->api), VG_API_WATCHERS_MAX },
		{ "objects", count_objects(guard), VG_CLUSTER_OBJECTS_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		put_table(page, VG_METRIC_TABLE, tables[i].name, tables[i].n);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		put_table(page, VG_METRIC_TABLE_LIMIT, tables[i].name, tables[i].limit);
	vg_page_count(page, VG_METRIC_OUTPUT, vg_reporter_waiting(guard->reporter), NULL);
	vg_page_count(page, VG_METRIC_OUTPUT_LIMIT, VG_OUT_BYTES, NULL);
}

void vg_guard_put_bound(const struct vg_guard *guard, struct vg_page *page)
{
	struct bound bound = { .page = NULL }, listed = { .page = page };

	vg_kern_for_each_bind(guard->kern, count_bound, &bound);
	for (unsigned reason = 0; reason < VG_REASON_MAX; reason++)
		vg_page_count(page, VG_METRIC_BOUND, bound.by_reason[reason], "verdict", vg_verdict_to_str(vg_reason_verdict(reason)), "reason",
			      vg_reason_to_str(reason), NULL);
	if (guard->options->metrics_vips) {
		vg_kern_for_each_bind(guard->kern, count_bound, &listed);
		vg_page_count(page, VG_METRIC_VIPS_LEFT_OUT, listed.left_out, NULL);
	}
	put_tables(guard, page, &bound);
}
