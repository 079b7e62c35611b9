/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gather.h"

#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "base/time.h"
#include "cli/client.h"
#include "kube/http.h"
#include "report/json.h"

#define LABEL "app.kubernetes.io%2Fname%3Dvipguard"
#define LIST_NS (30 * VG_NS_PER_SEC) /* of silence, of the API server itself */

struct guard_pod {
	char *namespace, *name, *node;
	char *why; /* it is not even asked: why */
};

/* One request that is under way. */
struct asking {
	struct gather *gather;
	size_t pod;
	struct vg_http_call *call; /* NULL: this place is free */
	struct vg_timer *timer;
	char *body;
	size_t n;
};

struct gather {
	const struct vg_config_options *options;
	struct vg_overview *view;
	struct vg_loop *loop;
	struct vg_http *http;
	struct guard_pod *pods;
	size_t n, next;
	size_t running;
	char *more; /* of the list: the next page's token, escaped */
	struct asking places[VG_GATHER_AT_ONCE]; /* the first asks for the list */
	struct vg_error *error;
	int r;
};

static void ask_list(struct gather *gather);
static void ask_guards(struct gather *gather);

/* ---- requests */

static int on_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct asking *asking = ctx;
	char *grown;

	(void)status;
	if (asking->n + n > VG_GATHER_BYTES_MAX)
		return -E2BIG;
	grown = realloc(asking->body, asking->n + n);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + asking->n, bytes, n);
	asking->body = grown;
	asking->n += n;
	return 0;
}

static void clear(struct asking *asking)
{
	free(TAKE_PTR(asking->body));
	asking->n = 0;
	asking->call = NULL;
	if (asking->timer)
		vg_timer_disarm(asking->timer);
}

/* The server's own words for an answer that is none: a Status, or a line of text. */
static void say_status(const struct asking *asking, const struct vg_http_end *end, char *out, size_t size)
{
	json_auto_t *json = asking->n ? json_loadb(asking->body, asking->n, 0, NULL) : NULL;
	const char *message = json_string_value(json_object_get(json, "message"));
	int n = (int)(asking->n < 120 ? asking->n : 120);

	if (end->error == -ECANCELED)
		snprintf(out, size, "an answer of more than %d MiB", VG_GATHER_BYTES_MAX >> 20);
	else if (end->error)
		snprintf(out, size, "%s", end->text);
	else if (message)
		snprintf(out, size, "HTTP status %ld: %.300s", end->status, message);
	else
		snprintf(out, size, "HTTP status %ld: %.*s", end->status, n, asking->body ? asking->body : "");
}

/* ---- the list of Pods */

static void fail(struct gather *gather, int r, const char *text)
{
	gather->r = vg_error_set(gather->error, r, "%s", text);
	vg_loop_quit(gather->loop, 0);
}

static int add_pod(struct gather *gather, const json_t *item)
{
	const json_t *meta = json_object_get(item, "metadata");
	const char *phase = vg_json_get_text(json_object_get(item, "status"), "phase");
	struct guard_pod *pods = realloc(gather->pods, (gather->n + 1) * sizeof(*pods)), *pod;

	if (!pods)
		return -ENOMEM;
	gather->pods = pods;
	pod = &pods[gather->n++];
	*pod = (struct guard_pod){ .namespace = strdup(vg_json_get_text(meta, "namespace")),
				   .name = strdup(vg_json_get_text(meta, "name")),
				   .node = strdup(vg_json_get_text(json_object_get(item, "spec"), "nodeName")) };
	if (strcmp(phase, "Running") && asprintf(&pod->why, "its Pod is %s", *phase ? phase : "in no known phase") < 0)
		pod->why = NULL;
	return pod->namespace && pod->name && pod->node ? 0 : -ENOMEM;
}

static void take_list(struct gather *gather, const json_t *list)
{
	const json_t *items = json_object_get(list, "items"), *item;
	const char *more = vg_json_get_text(json_object_get(list, "metadata"), "continue");
	size_t i;

	free(TAKE_PTR(gather->more));
	json_array_foreach(items, i, item)
	{
		if (gather->n < VG_OVERVIEW_GUARDS_MAX && add_pod(gather, item) < 0) {
			fail(gather, -ENOMEM, "out of memory");
			return;
		}
	}
	if (!json_is_array(items))
		fail(gather, -EIO, "the API server's list of Pods is none");
	else if (*more && gather->n < VG_OVERVIEW_GUARDS_MAX && (gather->more = vg_client_escape(more)))
		ask_list(gather);
	else if (!gather->n)
		fail(gather, -ENOENT, "no Pod has the label app.kubernetes.io/name=vipguard");
	else
		ask_guards(gather);
}

static void on_list(void *ctx, const struct vg_http_end *end)
{
	struct asking *asking = ctx;
	json_auto_t *list = !end->error && end->status == 200 ? json_loadb(asking->body, asking->n, 0, NULL) : NULL;
	struct vg_error text, why;

	say_status(asking, end, text.text, sizeof(text.text));
	clear(asking);
	if (list) {
		take_list(asking->gather, list);
		return;
	}
	vg_error_set(&why, 0, "cannot list the guards' Pods: %s", text.text);
	fail(asking->gather, -EIO, why.text);
}

static void ask_list(struct gather *gather)
{
	const struct vg_http_sink sink = { .ctx = &gather->places[0], .data = on_data, .done = on_list };
	const char *namespace = gather->options->namespace;
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "/api/v1%s%s/pods?labelSelector=%s&limit=%d%s%s", namespace ? "/namespaces/" : "", namespace ? namespace : "", LABEL,
		     VG_GATHER_PAGE, gather->more ? "&continue=" : "", gather->more ? gather->more : "") < 0)
		path = NULL;
	if (!path || vg_http_get(gather->http, &(struct vg_http_request){ .path = path, .idle_ns = LIST_NS }, &sink, &gather->places[0].call) < 0)
		fail(gather, -ENOMEM, "out of memory");
}

/* ---- each guard */

static void note_failure(struct gather *gather, const struct guard_pod *pod, const char *why)
{
	_cleanup_free_ char *from = NULL;

	if (asprintf(&from, "Pod %s/%s", pod->namespace, pod->name) < 0)
		from = NULL;
	if (vg_overview_fail(gather->view, from ? from : "", pod->node, why) < 0)
		fail(gather, -ENOMEM, "out of memory");
}

static void take_report(struct asking *asking, const json_t *report)
{
	struct gather *gather = asking->gather;
	const struct guard_pod *pod = &gather->pods[asking->pod];
	_cleanup_free_ char *from = NULL;

	if (asprintf(&from, "Pod %s/%s", pod->namespace, pod->name) < 0)
		from = NULL;
	if (!from || vg_overview_add(gather->view, from, report) < 0)
		fail(gather, -ENOMEM, "out of memory");
}

static const char *hint_of(const struct vg_http_end *end)
{
	switch (end->error ? 0 : end->status) {
	case 403: return "; needed: apiGroups: [\"\"], resources: [\"pods/proxy\"], verbs: [get] (deploy/rbac-cluster.yaml)";
	case 404: return "; a guard names VIPs there only with --metrics-vips";
	case 500:
	case 502:
	case 503: return "; a guard must listen on its node's address for it: --metrics";
	default: return "";
	}
}

static void finish_one(struct gather *gather)
{
	gather->running--;
	ask_guards(gather);
}

static void on_report(void *ctx, const struct vg_http_end *end)
{
	struct asking *asking = ctx;
	json_auto_t *report = !end->error && end->status == 200 ? json_loadb(asking->body, asking->n, 0, NULL) : NULL;
	struct vg_error text, why;

	say_status(asking, end, text.text, sizeof(text.text));
	vg_error_set(&why, 0, "%.380s%s", !end->error && end->status == 200 ? "what it answered is no JSON" : text.text, hint_of(end));
	clear(asking);
	if (report)
		take_report(asking, report);
	else
		note_failure(asking->gather, &asking->gather->pods[asking->pod], why.text);
	finish_one(asking->gather);
}

static void on_overdue(void *ctx)
{
	struct asking *asking = ctx;
	char why[64];

	vg_http_cancel(asking->call);
	clear(asking);
	snprintf(why, sizeof(why), "no answer for %.1f s", (double)asking->gather->options->timeout_ns / (double)VG_NS_PER_SEC);
	note_failure(asking->gather, &asking->gather->pods[asking->pod], why);
	finish_one(asking->gather);
}

static int ask_guard(struct gather *gather, struct asking *asking, size_t i)
{
	const struct vg_http_sink sink = { .ctx = asking, .data = on_data, .done = on_report };
	const struct guard_pod *pod = &gather->pods[i];
	_cleanup_free_ char *path = NULL;
	int r;

	asking->pod = i;
	if (asprintf(&path, "/api/v1/namespaces/%s/pods/%s:%llu/proxy/v1/vips", pod->namespace, pod->name,
		     (unsigned long long)gather->options->port) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = vg_http_get(gather->http, &(struct vg_http_request){ .path = path }, &sink, &asking->call);
	return r < 0 ? r : vg_timer_arm(asking->timer, vg_time_boot_ns() + gather->options->timeout_ns);
}

static void ask_guards(struct gather *gather)
{
	for (size_t i = 0; i < VG_GATHER_AT_ONCE && gather->next < gather->n && !gather->r; i++) {
		struct asking *asking = &gather->places[i];
		const struct guard_pod *pod;

		while (!asking->call && gather->next < gather->n) {
			pod = &gather->pods[gather->next++];
			if (pod->why)
				note_failure(gather, pod, pod->why);
			else if (ask_guard(gather, asking, gather->next - 1) < 0)
				note_failure(gather, pod, "it could not be asked");
			else
				gather->running++;
		}
	}
	if (!gather->running)
		vg_loop_quit(gather->loop, 0);
}

/* ---- the whole */

/* As kubectl does it, where nothing is given. */
static int find_access(const struct vg_config_options *options, struct vg_error *ret_error, struct vg_access **ret_access)
{
	struct vg_config_options chosen = *options;
	char *variable = getenv("KUBECONFIG");
	const char *home = getenv("HOME");
	_cleanup_free_ char *usual = NULL;
	int r;

	if (!chosen.kubeconfig && variable && *variable)
		chosen.kubeconfig = variable;
	if (!chosen.kubeconfig && home && asprintf(&usual, "%s/.kube/config", home) < 0)
		usual = NULL;
	if (!chosen.kubeconfig && usual && access(usual, R_OK) == 0)
		chosen.kubeconfig = usual;
	r = vg_access_of_options(&chosen, ret_error, ret_access);
	if (r < 0 && !chosen.kubeconfig)
		return vg_error_set(ret_error, r, "nothing says where the cluster is: give --kubeconfig FILE, or the files of all nodes");
	return r;
}

static void gather_deinit(struct gather *gather)
{
	for (size_t i = 0; i < VG_GATHER_AT_ONCE; i++) {
		vg_http_cancel(gather->places[i].call);
		vg_timer_free(gather->places[i].timer);
		free(gather->places[i].body);
	}
	for (size_t i = 0; i < gather->n; i++) {
		free(gather->pods[i].namespace);
		free(gather->pods[i].name);
		free(gather->pods[i].node);
		free(gather->pods[i].why);
	}
	free(gather->pods);
	free(gather->more);
	vg_http_free(gather->http);
	vg_loop_free(gather->loop);
}

static int build(struct gather *gather, struct vg_access *access, struct vg_error *ret_error)
{
	const struct vg_http_config config = { .access = access, .agent = "vipguard" };
	int r = vg_loop_new(&gather->loop);

	if (r < 0) {
		vg_access_free(access);
		return vg_error_set(ret_error, r, "cannot start: %s", strerror(-r));
	}
	r = vg_http_new(gather->loop, &config, ret_error, &gather->http);
	for (size_t i = 0; i < VG_GATHER_AT_ONCE && r == 0; i++) {
		gather->places[i].gather = gather;
		r = vg_timer_new(gather->loop, on_overdue, &gather->places[i], &gather->places[i].timer);
		if (r < 0)
			vg_error_set(ret_error, r, "cannot start: %s", strerror(-r));
	}
	return r;
}

int vg_gather(const struct vg_config_options *options, struct vg_overview *view, struct vg_error *ret_error)
{
	VG_CLEANUP(gather_deinit) struct gather gather = { .options = options, .view = view, .error = ret_error };
	struct vg_access *access = NULL;
	int r = find_access(options, ret_error, &access);

	if (r < 0) {
		vg_access_free(access);
		return r;
	}
	r = build(&gather, access, ret_error);
	if (r < 0)
		return r;
	ask_list(&gather);
	if (!gather.r)
		r = vg_loop_run(gather.loop);
	if (gather.r < 0)
		return gather.r;
	return r < 0 ? vg_error_set(ret_error, r, "cannot wait: %s", strerror(-r)) : 0;
}
