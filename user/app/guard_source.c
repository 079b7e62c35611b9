/* SPDX-License-Identifier: Apache-2.0 */
/* Where the guard's knowledge comes from: the assignments file, the Kubernetes API, the host's static Pods; any of them, or all. */
#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "kube/dump.h"
#include "kube/life.h"

struct vg_moment vg_guard_moment(void)
{
	return (struct vg_moment){ .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
}

struct vg_assess_config vg_guard_assess_config(const struct vg_guard *guard)
{
	return (struct vg_assess_config){ .grace_ns = guard->options->grace_ns, .file = guard->file };
}

/* An object that found no room may be the one that allows what the others forbid. */
static bool is_trusted(const struct vg_guard *guard)
{
	return guard->fresh && !guard->behind && !guard->full && vg_kube_source_is_fresh(guard->kube);
}

static struct vg_circumstances circumstances_at(const struct vg_guard *guard, uint64_t now_ns)
{
	return (struct vg_circumstances){
		.now_ns = now_ns,
		.grace_ns = guard->options->grace_ns,
		.stale = guard->kube && !is_trusted(guard),
		.incomplete = guard->kube && (!guard->complete || guard->behind),
	};
}

struct vg_circumstances vg_guard_circumstances(const struct vg_guard *guard)
{
	return guard->look_ns ? guard->look : circumstances_at(guard, vg_time_boot_ns());
}

void vg_guard_look_at(struct vg_guard *guard, uint64_t now_ns)
{
	guard->look_ns = now_ns;
	guard->look = circumstances_at(guard, now_ns);
}

static void say_synced(struct vg_guard *guard, const char *source)
{
	vg_reporter_event(guard->reporter, "synced",
			  json_pack("{s:s, s:I}", "source", source, "assignments", (json_int_t)vg_snapshot_size(guard->snapshot)));
}

void vg_guard_say_ready(struct vg_guard *guard)
{
	if (!guard->attached || guard->said_ready || (guard->kube && !(guard->complete && guard->fresh)))
		return;
	guard->said_ready = true;
	say_synced(guard, vg_snapshot_source(guard->snapshot));
	vg_reporter_event(guard->reporter, "ready", NULL);
}

/* ---- the file */

static void on_file_reading(void *ctx)
{
	struct vg_guard *guard = ctx;

	/* a big file takes its time */
	if (guard->kern)
		vg_kern_busy(guard->kern);
}

static void on_file_failed(void *ctx, const struct vg_error *error)
{
	struct vg_guard *guard = ctx;

	vg_log(VG_LOG_ERROR, "%s; the assignments before stay in force", error->text);
	guard->file_failed = true;
	vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "source", "why", error->text));
}

static void on_file_changed(void *ctx, struct vg_snapshot *file)
{
	struct vg_error error = { .text = "out of memory" };
	struct vg_guard *guard = ctx;

	if (vg_guard_take_file(guard, file) < 0) {
		on_file_failed(guard, &error);
		return;
	}
	if (guard->file_failed)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "source"));
	guard->file_failed = false;
	say_synced(guard, "assignments");
}

static int start_file(struct vg_guard *guard)
{
	struct vg_file_source_sink sink = { .ctx = guard, .reading = on_file_reading, .changed = on_file_changed, .failed = on_file_failed };
	struct vg_snapshot **place = guard->cluster ? &guard->file : &guard->snapshot;
	struct vg_error error;

	if (vg_file_source_new(guard->loop, guard->options->assignments, guard->options->node, &sink, &error, place, &guard->source) < 0)
		return vg_guard_log_error(VG_GUARD_CONFIGURATION, &error);
	guard->snapshot_ns = vg_time_boot_ns();
	return 0;
}

/* ---- the API */

static void say_hole(struct vg_guard *guard)
{
	uint64_t n = vg_cluster_refused(guard->cluster);
	char why[128];

	if (!n == !guard->hole_said)
		return;
	guard->hole_said = n;
	snprintf(why, sizeof(why), "%llu objects or ranges are more than is kept: nothing is judged by them", (unsigned long long)n);
	if (n)
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "limit", "why", why));
	else
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "limit"));
}

static void take_cluster(struct vg_guard *guard)
{
	bool full = vg_cluster_is_full(guard->cluster);
	int r = vg_guard_take_cluster(guard);

	if (r < 0) {
		vg_log_errno(r, "cannot take over what the cluster says; nothing is acted on by it until that is done");
		return;
	}
	if (guard->behind || guard->full != full) {
		guard->behind = false;
		guard->full = full;
		vg_guard_take_freshness(guard);
	}
	say_hole(guard);
}

static void on_assess(void *ctx)
{
	take_cluster(ctx);
}

void vg_guard_arm_assess(struct vg_guard *guard, uint64_t at_ns)
{
	if (at_ns)
		vg_timer_arm(guard->assess, at_ns);
	else
		vg_timer_disarm(guard->assess);
}

static void on_kube_changed(void *ctx, bool complete)
{
	struct vg_guard *guard = ctx;

	/* a picture of a part of the cluster would call wrong what is right */
	if (!complete) {
		vg_cluster_free_dead(guard->cluster); /* no picture borrows from it yet */
		return;
	}
	guard->complete = true;
	take_cluster(guard);
	vg_guard_say_ready(guard);
}

static void on_kube_fresh(void *ctx, bool fresh, const char *why)
{
	struct vg_guard *guard = ctx;

	if (guard->fresh == fresh && (fresh || guard->was_stale))
		return;
	guard->fresh = fresh;
	/* said when the kernel acts on nothing any more: who hears it and ends this guard leaves no picture to the next one */
	if (!fresh && guard->snapshot && guard->complete)
		vg_guard_take_freshness(guard);
	if (!fresh)
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "source", "why", why));
	else if (guard->was_stale)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "source"));
	guard->was_stale = !fresh;
	if (fresh && guard->snapshot && guard->complete)
		vg_guard_take_freshness(guard);
	vg_guard_say_ready(guard);
}

static void on_kube_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *text)
{
	static const char *const what[] = {
		[VG_TROUBLE_FORBIDDEN] = "forbidden",
		[VG_TROUBLE_ODD_OBJECT] = "object",
		[VG_TROUBLE_REFUSED] = "refused",
		[VG_TROUBLE_CONNECTION] = "connection",
	};
	struct vg_guard *guard = ctx;

	if (kind == VG_TROUBLE_CONNECTION) /* what becomes of it is said when the source is stale */
		vg_log(VG_LOG_WARNING, "%s", text);
	else
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", what[kind], "why", text));
}

/* The host part of an API server's URL, if it is an address: it may be the control plane's VIP. */
static void protect_server(struct vg_guard *guard, const char *url)
{
	const char *host = strstr(url, "://"), *end;
	char text[VG_TEXT_MAX] = "";
	struct vg_prefix prefix;

	host = host ? host + 3 : url;
	host += *host == '[';
	end = host + (host > url && host[-1] == '[' ? strcspn(host, "]") : strcspn(host, ":/"));
	if ((size_t)(end - host) >= sizeof(text))
		return;
	memcpy(text, host, (size_t)(end - host));
	if (vg_prefix_parse(text, &prefix) == 0 && vg_prefix_is_host(&prefix) && vg_addr_is_global(&prefix.addr))
		guard->servers[guard->n_servers++] = prefix;
}

static int read_manifests(struct vg_guard *guard)
{
	struct vg_moment now = vg_guard_moment();
	const char *folder;

	for (size_t i = 0; (folder = vg_manifests_of_options(guard->options, i)); i++) {
		int r = vg_dump_read_manifests(guard->manifests, 0, folder, guard->options->node, &now);

		if (r >= 0)
			r = vg_dump_read_manifests(guard->cluster, VG_REFLECTOR_MANIFESTS, folder, guard->options->node, &now);
		if (r < 0 && (guard->options->manifests.n || r != -ENOENT))
			vg_log_errno(r, "cannot read the static Pods in %s", folder);
	}
	return 0;
}

static int start_kube(struct vg_guard *guard, struct vg_access *access)
{
	struct vg_kube_sink sink = { .ctx = guard, .changed = on_kube_changed, .fresh = on_kube_fresh, .trouble = on_kube_trouble };
	struct vg_kube_config config = {
		.access = access,
		.node = guard->options->node,
		.agent = "vipguard",
		.cluster = guard->cluster,
		.max_age_ns = guard->options->max_age_ns,
		/* so that one try at least falls into the time after which what is known is out of date */
		.backoff_max_ns = guard->options->max_age_ns / 2,
	};
	struct vg_error error;

	for (size_t i = 0; i < access->n_servers; i++)
		protect_server(guard, access->servers[i]);
	if (vg_kube_source_new(guard->loop, &config, &sink, &error, &guard->kube) < 0)
		return vg_guard_log_error(VG_GUARD_CANNOT_LOOK, &error);
	if (vg_guard_events_start(guard) < 0)
		return vg_log_errno(-ENOMEM, "cannot start"), VG_GUARD_CANNOT_LOOK;
	return 0;
}

static int start_cluster(struct vg_guard *guard)
{
	VG_CLEANUP(vg_access_freep) struct vg_access *access = NULL;
	struct vg_error error;
	int r;

	if (vg_access_of_options(guard->options, &error, &access) < 0)
		return vg_guard_log_error(VG_GUARD_CONFIGURATION, &error);
	r = vg_cluster_new(guard->options->node, &guard->cluster);
	if (r == 0)
		r = vg_cluster_new(guard->options->node, &guard->manifests);
	if (r == 0)
		r = vg_timer_new(guard->loop, on_assess, guard, &guard->assess);
	if (r == 0)
		r = read_manifests(guard);
	if (r < 0)
		return vg_log_errno(r, "cannot start"), VG_GUARD_CANNOT_LOOK;
	return start_kube(guard, TAKE_PTR(access));
}

int vg_guard_start_source(struct vg_guard *guard)
{
	const struct vg_config_options *options = guard->options;
	int status = 0;

	if (options->kubeconfig || !options->assignments)
		status = start_cluster(guard);
	if (!status && options->assignments)
		status = start_file(guard);
	return status;
}

/* What is written there now is added; what was there at the start stays, for an editor may hold the file at this very moment. */
static void reread_manifests(struct vg_guard *guard)
{
	int r;

	read_manifests(guard);
	if (guard->complete) {
		take_cluster(guard);
		return;
	}
	r = vg_guard_take_manifests(guard);
	if (r < 0)
		vg_log_errno(r, "cannot take over the static Pods");
}

void vg_guard_reload(struct vg_guard *guard)
{
	if (guard->source)
		vg_file_source_reload(guard->source);
	if (guard->kube) {
		reread_manifests(guard);
		vg_kube_source_retry(guard->kube);
		vg_guard_events_retry(guard);
	}
}

void vg_guard_woke(void *ctx)
{
	struct vg_guard *guard = ctx;
	uint64_t at = guard->assess ? vg_timer_deadline(guard->assess) : 0;

	if (guard->kube)
		vg_kube_source_look(guard->kube);
	if (at && at <= vg_time_boot_ns()) {
		vg_timer_disarm(guard->assess);
		take_cluster(guard);
	}
}

void vg_guard_source_deinit(struct vg_guard *guard)
{
	guard->fresh = false; /* nothing is acted on by the cluster from here on */
	vg_guard_events_deinit(guard);
	vg_kube_source_free(guard->kube);
	vg_timer_free(guard->assess);
	vg_cluster_free(guard->cluster);
	vg_cluster_free(guard->manifests);
	vg_file_source_free(guard->source);
	vg_snapshot_free(guard->file);
}

/* ---- status */

static void add_reflector(void *ctx, const struct vg_reflector_status *status)
{
	json_t *relists = json_object(), *list = ctx;
	uint64_t now_ns = vg_time_boot_ns();
	json_t *one;

	for (int i = 0; i < VG_RELIST_CAUSE_MAX; i++)
		if (status->relists[i])
			json_object_set_new(relists, vg_relist_cause_to_str(i), json_integer((json_int_t)status->relists[i]));
	one = json_pack("{s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "kind", vg_kind_to_str(status->info->kind), "state", status->state,
			"resource_version", status->version, "objects", (json_int_t)status->objects, "relists", relists, "watches",
			(json_int_t)status->watches, "events", (json_int_t)status->events, "bookmarks", (json_int_t)status->bookmarks, "bytes",
			(json_int_t)status->bytes, "errors", (json_int_t)status->errors, "odd", (json_int_t)status->odd);
	if (status->namespace)
		json_object_set_new(one, "namespace", json_string(status->namespace));
	if (status->heard_ns)
		json_object_set_new(one, "age_seconds", json_real((double)(now_ns - status->heard_ns) / (double)VG_NS_PER_SEC));
	if (*status->last_error)
		json_object_set_new(one, "last_error", json_string(status->last_error));
	json_array_append_new(list, one);
}

static json_t *life_to_json(const struct vg_guard *guard)
{
	struct vg_life_status life;
	json_t *json;

	vg_kube_source_life(guard->kube, &life);
	json = json_pack("{s:I, s:I}", "requests", (json_int_t)life.requests, "failures", (json_int_t)life.failures);
	if (*life.last_error)
		json_object_set_new(json, "last_error", json_string(life.last_error));
	return json;
}

json_t *vg_guard_source_to_json(const struct vg_guard *guard)
{
	json_t *source = json_pack("{s:s, s:I, s:f, s:b}", "name", vg_snapshot_source(guard->snapshot), "assignments",
				   (json_int_t)vg_snapshot_size(guard->snapshot), "age_seconds",
				   (double)(vg_time_boot_ns() - guard->snapshot_ns) / (double)VG_NS_PER_SEC, "failed", guard->file_failed);
	json_t *reflectors;

	if (!source || !guard->kube)
		return source;
	reflectors = json_array();
	vg_kube_source_for_each(guard->kube, add_reflector, reflectors);
	json_object_set_new(source, "server", json_string(vg_kube_source_server(guard->kube)));
	json_object_set_new(source, "complete", json_boolean(guard->complete));
	json_object_set_new(source, "fresh", json_boolean(guard->fresh));
	json_object_set_new(source, "left_out", json_integer((json_int_t)vg_cluster_refused(guard->cluster)));
	json_object_set_new(source, "signs_of_life", life_to_json(guard));
	json_object_set_new(source, "reflectors", reflectors);
	return source;
}
