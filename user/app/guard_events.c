/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard says becomes Events of the Kubernetes API, on the Service that it is about, else on this node: each line that the reporter
 * writes, so what is folded there is folded here. Whether and when one is written is core/notices.c's business.
 */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "kube/publish.h"
#include "report/json.h"
#include "report/notice.h"

static void on_forbidden(void *ctx, const char *why)
{
	struct vg_guard *guard = ctx;

	if (why)
		vg_reporter_event(guard->reporter, "degraded",
				  json_pack("{s:s, s:s, s:s, s:s}", "what", "events", "why", why, "loss", "no Events are written there", "cure",
					    "let vipguard write them: see its ClusterRole, or run it with --kube-events off"));
	else
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "events"));
}

static void on_refused(void *ctx, const char *why)
{
	(void)ctx;
	vg_log(VG_LOG_WARNING, "an Event is not taken: %s", why);
}

static void on_left_out(void *ctx, uint64_t n)
{
	struct vg_guard *guard = ctx;

	vg_reporter_event(guard->reporter, "lost", json_pack("{s:s, s:I}", "what", "events", "count", (json_int_t)n));
}

/* The first of the remedies that `explain` would give now; to free(), NULL: none. */
static char *find_remedy(const struct vg_guard *guard, const char *address)
{
	struct vg_assess_config config;
	struct vg_ground ground = vg_guard_ground(guard, &config);
	json_auto_t *explained = NULL;
	struct vg_answer answer;
	struct vg_addr addr;
	const char *text;

	if (!guard->snapshot || vg_addr_parse(address, &addr) < 0)
		return NULL;
	answer = vg_guard_judge(guard, &addr, NULL);
	explained = vg_explain_to_json(&ground, &addr, NULL, &answer, NULL);
	text = vg_json_get_text(json_array_get(json_object_get(explained, "remedies"), 0), "text");
	return *text ? strdup(text) : NULL;
}

static void make_note(const struct vg_guard *guard, const json_t *event, const char *address, char *out)
{
	_cleanup_free_ char *remedy = json_object_get(event, "verdict") ? find_remedy(guard, address) : NULL;

	vg_notice_note(event, guard->options->node, remedy, out);
}

/* A Service that the API knows; what an assignments file calls one may be anything. */
static const struct vg_service *find_service(const struct vg_guard *guard, const char *name)
{
	return *name && strchr(name, '/') ? (const struct vg_service *)vg_cluster_get(guard->cluster, VG_KIND_SERVICE, name) : NULL;
}

void vg_guard_said(void *ctx, const json_t *event)
{
	struct vg_guard *guard = ctx;
	const struct vg_service *service;
	char note[VG_NOTICE_NOTE_MAX];
	struct vg_notice_words words;
	struct vg_notice notice;
	json_int_t count;

	if (!guard->publisher || !vg_notice_of(event, &words))
		return;
	service = find_service(guard, words.service);
	notice = (struct vg_notice){
		.on_node = !service,
		.about = service ? service->object.key : guard->options->node,
		.incarnation = service ? service->uid : 0,
		.reason = words.reason,
		.action = words.action,
		.address = words.address,
		.actor = words.actor,
		.pod = words.pod,
		.warning = words.warning,
	};
	count = json_integer_value(json_object_get(event, "count"));
	if (*vg_json_get_text(event, "verdict") == '\0' || count < 1)
		count = 1; /* of the breaker's it is how many addresses */
	if (vg_publisher_tell(guard->publisher, &notice, (uint64_t)count) != -ENOENT)
		return;
	make_note(guard, event, words.address, note);
	notice.note = note;
	(void)vg_publisher_tell(guard->publisher, &notice, (uint64_t)count);
}

int vg_guard_events_start(struct vg_guard *guard)
{
	struct vg_publisher_config config = { .http = vg_kube_source_http(guard->kube), .pace = { .node = guard->options->node } };
	struct vg_publisher_sink sink = { .ctx = guard, .forbidden = on_forbidden, .refused = on_refused, .left_out = on_left_out };

	return guard->options->kube_events ? vg_publisher_new(guard->loop, &config, &sink, &guard->publisher) : 0;
}

void vg_guard_events_deinit(struct vg_guard *guard)
{
	vg_publisher_free(TAKE_PTR(guard->publisher));
}

void vg_guard_events_retry(struct vg_guard *guard)
{
	if (guard->publisher)
		vg_publisher_retry(guard->publisher);
}

json_t *vg_guard_events_to_json(const struct vg_guard *guard)
{
	struct vg_publisher_status status;
	json_t *json;

	if (!guard->publisher)
		return NULL;
	vg_publisher_status(guard->publisher, &status);
	json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "created", (json_int_t)status.created, "continued", (json_int_t)status.continued, "failed",
			 (json_int_t)status.failed, "left_out", (json_int_t)status.left_out, "waiting", (json_int_t)status.waiting, "forbidden",
			 status.forbidden);
	if (*status.last_error)
		vg_json_set(json, "last_error", vg_json_text(status.last_error));
	return json;
}

void vg_guard_put_events(const struct vg_guard *guard, struct vg_page *page)
{
	struct vg_publisher_status status;

	if (!guard->publisher)
		return;
	vg_publisher_status(guard->publisher, &status);
	vg_page_count(page, VG_METRIC_EVENTS, status.created, "as", "created", NULL);
	vg_page_count(page, VG_METRIC_EVENTS, status.continued, "as", "continued", NULL);
	vg_page_count(page, VG_METRIC_EVENTS_FAILED, status.failed, NULL);
	vg_page_count(page, VG_METRIC_EVENTS_LEFT_OUT, status.left_out, NULL);
	vg_page_count(page, VG_METRIC_EVENTS_WAITING, status.waiting, NULL);
	vg_page_count(page, VG_METRIC_EVENTS_FORBIDDEN, status.forbidden, NULL);
}
