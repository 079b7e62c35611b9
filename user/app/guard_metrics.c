/* SPDX-License-Identifier: Apache-2.0 */
/* The page of metrics, and who may ask for it over TCP. Made when it is asked for; nothing is gathered beforehand but the tally of facts. */
#include <string.h>

#include "app/guard_state.h"
#include "app/process.h"
#include "base/log.h"
#include "base/time.h"
#include "base/version.h"
#include "core/verdict.h"

static void put_state(const struct vg_guard *guard, struct vg_page *page)
{
	enum vg_mode mode = vg_kern_mode(guard->kern);
	uint64_t until_ns = vg_kern_paused_until(guard->kern), now_ns = vg_time_boot_ns();
	bool idle = until_ns || vg_guard_circumstances(guard).stale;
	char abi[16];

	snprintf(abi, sizeof(abi), "%d", VG_ABI_VERSION);
	vg_page_count(page, VG_METRIC_BUILD, 1, "version", vg_version(), "build", vg_version_build(), "libbpf", vg_kern_libbpf_version(), "abi", abi,
		      NULL);
	vg_page_count(page, VG_METRIC_MODE, mode == VG_AUDIT, "mode", vg_mode_to_str(VG_AUDIT), NULL);
	vg_page_count(page, VG_METRIC_MODE, mode == VG_ENFORCE, "mode", vg_mode_to_str(VG_ENFORCE), NULL);
	vg_page_count(page, VG_METRIC_READY, guard->said_ready, NULL);
	vg_page_count(page, VG_METRIC_SUSPENDED, mode == VG_ENFORCE && idle, NULL);
	vg_page_real(page, VG_METRIC_PAUSE, until_ns > now_ns ? (double)(until_ns - now_ns) / (double)VG_NS_PER_SEC : 0, NULL);
	vg_page_count(page, VG_METRIC_HELD, vg_breaker_for_each(guard->breaker, NULL, NULL), NULL);
}

static void put_features(const struct vg_guard *guard, struct vg_page *page)
{
	const struct vg_features *features = vg_kern_features(guard->kern);

	for (unsigned i = 0; i < VG_FEATURE_MAX; i++)
		vg_page_count(page, VG_METRIC_FEATURE_NEEDED, features->of[i].tried, "feature", vg_feature_to_str(i), NULL);
	for (unsigned i = 0; i < VG_FEATURE_MAX; i++)
		vg_page_count(page, VG_METRIC_FEATURE_AVAILABLE, features->of[i].ok, "feature", vg_feature_to_str(i), NULL);
}

struct links {
	uint64_t tcx, clsact;
};

static void count_link(void *ctx, const char *ifname, const char *how)
{
	struct links *links = ctx;

	(void)ifname;
	if (strcmp(how, "tcx") == 0)
		links->tcx++;
	else
		links->clsact++;
}

static void put_links(const struct vg_guard *guard, struct vg_page *page)
{
	struct links links = { 0 };

	vg_kern_for_each_guarded(guard->kern, count_link, &links);
	vg_page_count(page, VG_METRIC_LINKS, links.tcx, "by", "tcx", NULL);
	vg_page_count(page, VG_METRIC_LINKS, links.clsact, "by", "clsact", NULL);
}

struct counter {
	enum vg_metric metric;
	const char *cause; /* of VG_METRIC_LOST: as in the event `lost`; else NULL */
	size_t offset;
};

#define COUNTER(id, field) \
	{ \
		VG_METRIC_##id, NULL, offsetof(struct vg_stats, field) \
	}
#define LOST(field) \
	{ \
		VG_METRIC_LOST, #field, offsetof(struct vg_stats, field) \
	}
static const struct counter counters[] = {
	COUNTER(BIND_SEEN, bind_seen),
	COUNTER(BIND_DENIED, bind_denied),
	COUNTER(BIND_WOULD_DENY, bind_would_deny),
	COUNTER(BIND_REMOVED, bind_removed),
	COUNTER(BIND_REMOVE_REFUSED, bind_remove_refused),
	COUNTER(BIND_REMOVE_FAILED, bind_remove_failed),
	COUNTER(ANNOUNCE_SEEN, announce_seen),
	COUNTER(ANNOUNCE_JUDGED, announce_judged),
	COUNTER(ANNOUNCE_DROPPED, announce_dropped),
	COUNTER(ANNOUNCE_FORWARDED, announce_forwarded),
	COUNTER(ANNOUNCE_PAST, announce_past),
	COUNTER(DISPLACED, displaced),
	COUNTER(INACTIVE, inactive),
	COUNTER(BYPASS_SWALLOWED, bypass_swallowed),
	COUNTER(ANNOUNCE_TRUE, announce_true),
	COUNTER(HEAL_TOLD, heal_told),
	COUNTER(HEAL_FAILED, heal_failed),
	COUNTER(HEAL_DELAYED, heal_delayed),
	LOST(lost_ring_bind),
	LOST(lost_ring_announce),
	LOST(lost_seen),
	LOST(lost_calls),
	LOST(lost_netlink),
	LOST(lost_binds),
	LOST(lost_log),
	LOST(frame_unparsed),
	LOST(deny_unparsed),
	LOST(lost_heal),
	LOST(past_unparsed),
};
_Static_assert(ARRAY_SIZE(counters) == sizeof(struct vg_stats) / sizeof(__u64), "every counter is on the page");

static void put_counters(const struct vg_guard *guard, struct vg_page *page)
{
	struct vg_stats stats;

	vg_kern_stats(guard->kern, &stats);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		const struct counter *counter = &counters[i];
		__u64 value;

		memcpy(&value, (const char *)&stats + counter->offset, sizeof(value));
		if (counter->cause)
			vg_page_count(page, counter->metric, value, "cause", counter->cause, NULL);
		else
			vg_page_count(page, counter->metric, value, NULL);
	}
}

static void put_process(struct vg_page *page)
{
	struct vg_process process;

	vg_process_read(&process);
	vg_page_real(page, VG_METRIC_CPU, process.cpu_seconds, NULL);
	vg_page_count(page, VG_METRIC_RESIDENT, process.resident_bytes, NULL);
	vg_page_count(page, VG_METRIC_VIRTUAL, process.virtual_bytes, NULL);
	vg_page_real(page, VG_METRIC_START, process.start_seconds, NULL);
	vg_page_count(page, VG_METRIC_FDS, process.fds, NULL);
	vg_page_count(page, VG_METRIC_FDS_MAX, process.fds_max, NULL);
}

/* ---- the page */

static int make_page(struct vg_guard *guard)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = NULL;
	struct vg_guard_metrics *metrics = &guard->metrics;
	char *text;
	int r = vg_page_new(&page);

	if (r < 0)
		return r;
	put_state(guard, page);
	put_features(guard, page);
	put_links(guard, page);
	vg_guard_put_facts(guard, page);
	vg_guard_put_bound(guard, page);
	put_counters(guard, page);
	vg_guard_put_source(guard, page);
	vg_guard_put_events(guard, page);
	put_process(page);
	r = vg_page_take(page, &text, &metrics->n);
	if (r < 0)
		return r;
	free(metrics->page);
	metrics->page = text;
	metrics->page_ns = vg_time_boot_ns();
	return 0;
}

static const char *answer_metrics(void *ctx, size_t *ret_n)
{
	struct vg_guard *guard = ctx;
	struct vg_guard_metrics *metrics = &guard->metrics;
	bool recent = metrics->page && vg_time_boot_ns() - metrics->page_ns < VG_METRICS_PAGE_MS * VG_NS_PER_MS;
	int r = recent ? 0 : make_page(guard);

	if (r < 0) {
		vg_log_errno(r, "cannot make the page of metrics");
		return NULL;
	}
	*ret_n = metrics->n;
	return metrics->page;
}

const char *vg_guard_unready(const struct vg_guard *guard)
{
	if (guard->said_ready)
		return NULL;
	if (!guard->attached)
		return "the hooks are not attached yet";
	return guard->complete ? "the source is not fresh" : "the source was not read completely yet";
}

static const char *answer_unready(void *ctx)
{
	return vg_guard_unready(ctx);
}

struct vg_probe_ops vg_guard_probe_ops(struct vg_guard *guard, bool local)
{
	return (struct vg_probe_ops){ .ctx = guard,
				      .metrics = answer_metrics,
				      .unready = answer_unready,
				      .vips = vg_guard_vips_text,
				      .home = local ? vg_guard_home_local : vg_guard_home_remote };
}

/* A port that is taken is no reason not to guard: it is said, and tried again at SIGHUP. */
void vg_guard_listen(struct vg_guard *guard)
{
	struct vg_probes_config config = { .listen = guard->options->metrics, .ops = vg_guard_probe_ops(guard, false) };
	struct vg_error error;

	if (!config.listen.port || guard->probes)
		return;
	if (!guard->options->metrics_vips)
		config.ops.vips = NULL; /* no address is named there */
	if (vg_probes_new(guard->loop, &config, &error, &guard->probes) < 0) {
		guard->probes_failed = true;
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "metrics", "why", error.text));
		return;
	}
	if (guard->probes_failed)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "metrics"));
	guard->probes_failed = false;
}

void vg_guard_metrics_deinit(struct vg_guard *guard)
{
	vg_probes_free(guard->probes);
	free(guard->metrics.page);
	vg_guard_homes_deinit(guard);
}
