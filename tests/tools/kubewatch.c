/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes source without a guard: what it says as JSON lines on standard output, and what it knows when asked for it.
 *
 *	kubewatch --server URL [--token-file FILE] | --kubeconfig FILE [OPTION...]
 *	kubewatch --objects FILE...	what a dump holds, printed like "dump"
 *
 * On standard input: "dump" prints every object as canonical JSON, sorted by kind and key, then "."; "status" one line about the
 * reflectors; "retry" as SIGHUP does it to the guard; "quit", or the end of input, ends it. With --events "tell TIMES ABOUT ADDRESS [NUMBER]"
 * is a finding about the Service ABOUT ("-": about the node) that came so often, of NUMBER addresses (ADDRESS-0, ...).
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "base/time.h"
#include "core/cluster_store.h"
#include "kube/dump.h"
#include "kube/life.h"
#include "kube/publish.h"
#include "kube/source.h"
#include "report/objects.h"

struct watcher {
	struct vg_loop *loop;
	struct vg_cluster *cluster;
	struct vg_kube_source *source;
	struct vg_kube_config config;
	struct vg_publisher *publisher;
	struct vg_publisher_config events;
	bool tells;
	uint64_t started_ns;
	bool verbose;
	bool complete;
	char input[4096];
	size_t n_input;
};

static struct watcher watcher;

static void print(json_t *json)
{
	_cleanup_free_ char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(json);
	if (!text || puts(text) < 0 || fflush(stdout) != 0)
		exit(3);
}

static void say(const char *event, const char *kind, const char *text)
{
	json_t *line = json_pack("{s:s, s:I}", "event", event, "ms", (json_int_t)((vg_time_boot_ns() - watcher.started_ns) / VG_NS_PER_MS));

	if (kind)
		json_object_set_new(line, "kind", json_string(kind));
	if (text)
		json_object_set_new(line, "text", json_string(text));
	print(line);
}

/* Nobody assesses here: what was let go of is freed, and the cluster is clean, as if it had been. */
static void settle(void)
{
	vg_cluster_free_dead(watcher.cluster);
	watcher.cluster->all = false;
	watcher.cluster->n_dirty = 0;
}

static void on_changed(void *ctx, bool complete)
{
	(void)ctx;
	settle();
	if (complete && !watcher.complete)
		say("complete", NULL, NULL);
	watcher.complete |= complete;
	if (watcher.verbose)
		say("changed", NULL, NULL);
}

static void on_fresh(void *ctx, bool fresh, const char *why)
{
	(void)ctx;
	say(fresh ? "fresh" : "stale", NULL, why);
}

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *text)
{
	static const char *const names[] = {
		[VG_TROUBLE_FORBIDDEN] = "forbidden",
		[VG_TROUBLE_ODD_OBJECT] = "odd",
		[VG_TROUBLE_REFUSED] = "refused",
		[VG_TROUBLE_CONNECTION] = "connection",
	};

	(void)ctx;
	say("trouble", names[kind], text);
}

/* ---- dump */

static int by_kind_and_key(const void *a, const void *b)
{
	const struct vg_object *const *x = a, *const *y = b;
	int order = strcmp(vg_kind_to_str((*x)->kind), vg_kind_to_str((*y)->kind));

	return order ? order : strcmp((*x)->key, (*y)->key);
}

/* Pods that play no part, which a source keeps of its own node, and a dump does not. */
static bool is_bystander(const struct vg_object *object)
{
	return object->kind == VG_KIND_POD && !((const struct vg_pod *)object)->flags;
}

static void dump(const struct vg_cluster *cluster)
{
	const struct vg_object **objects, *object;
	size_t n = 0, max = 1;

	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		max += vg_cluster_count(cluster, kind);
	objects = calloc(max, sizeof(*objects));
	if (!objects)
		exit(3);
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		for (object = vg_cluster_next(cluster, kind, NULL); object && n < max; object = vg_cluster_next(cluster, kind, object))
			objects[n++] = object;
	qsort(objects, n, sizeof(*objects), by_kind_and_key);
	for (size_t i = 0; i < n; i++)
		if (!is_bystander(objects[i]))
			print(vg_object_to_json(objects[i], true));
	free(objects);
	puts(".");
	fflush(stdout);
}

static json_t *knowledge_to_json(void)
{
	static const char *const names[] = {
		[VG_KIND_UNKNOWN] = "unknown", [VG_KIND_LISTED] = "listed", [VG_KIND_ABSENT] = "absent", [VG_KIND_FORBIDDEN] = "forbidden"
	};
	json_t *all = json_object();

	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		json_object_set_new(all, vg_kind_to_str(kind), json_string(names[vg_cluster_knowledge(watcher.cluster, kind)]));
	return all;
}

static void add_reflector(void *ctx, const struct vg_reflector_status *status)
{
	json_t *relists = json_object();

	for (unsigned cause = 0; cause < VG_RELIST_CAUSE_MAX; cause++)
		json_object_set_new(relists, vg_relist_cause_to_str(cause), json_integer((json_int_t)status->relists[cause]));
	json_array_append_new(ctx,
			      json_pack("{s:s, s:s?, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "plural", status->info->plural,
					"namespace", status->namespace, "state", status->state, "version", status->version, "objects",
					(json_int_t)status->objects, "relists", relists, "watches", (json_int_t)status->watches, "events",
					(json_int_t)status->events, "bookmarks", (json_int_t)status->bookmarks, "bytes", (json_int_t)status->bytes,
					"errors", (json_int_t)status->errors, "odd", (json_int_t)status->odd, "last_error", status->last_error));
}

static json_t *events_to_json(void)
{
	struct vg_publisher_status status;

	if (!watcher.publisher)
		return json_null();
	vg_publisher_status(watcher.publisher, &status);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s}", "created", (json_int_t)status.created, "continued", (json_int_t)status.continued,
			 "failed", (json_int_t)status.failed, "left_out", (json_int_t)status.left_out, "waiting", (json_int_t)status.waiting,
			 "series", (json_int_t)status.series, "forbidden", status.forbidden, "last_error", status.last_error);
}

static void status(void)
{
	json_t *reflectors = json_array();
	uint64_t age = vg_kube_source_age_ns(watcher.source);
	struct vg_life_status life;

	vg_kube_source_for_each(watcher.source, add_reflector, reflectors);
	vg_kube_source_life(watcher.source, &life);
	print(json_pack("{s:s, s:b, s:b, s:I, s:o, s:o, s:o, s:{s:I, s:I, s:s}}", "server", vg_kube_source_server(watcher.source), "complete",
			vg_kube_source_complete(watcher.source), "fresh", vg_kube_source_is_fresh(watcher.source), "age_ms",
			age == UINT64_MAX ? (json_int_t)-1 : (json_int_t)(age / VG_NS_PER_MS), "knowledge", knowledge_to_json(), "reflectors",
			reflectors, "events", events_to_json(), "life", "requests", (json_int_t)life.requests, "failures", (json_int_t)life.failures,
			"last_error", life.last_error));
}

/* ---- Events */

static void on_forbidden(void *ctx, const char *why)
{
	(void)ctx;
	say(why ? "events-forbidden" : "events-allowed", NULL, why);
}

static void on_refused(void *ctx, const char *why)
{
	(void)ctx;
	say("events-refused", NULL, why);
}

static void on_left_out(void *ctx, uint64_t n)
{
	char text[32];

	(void)ctx;
	snprintf(text, sizeof(text), "%" PRIu64, n);
	say("events-left-out", NULL, text);
}

static void tell(const char *line)
{
	char about[300], address[64], numbered[96];
	unsigned times, n = 0;
	int got = sscanf(line, "tell %u %299s %63s %u", &times, about, address, &n);
	struct vg_notice notice = {
		.reason = "VIPBindSeen", .action = "Report", .actor = "rogue", .pod = "", .note = "said by a test", .warning = true
	};

	if (got < 3 || !watcher.publisher) {
		say("unknown", NULL, line);
		return;
	}
	notice.on_node = !strcmp(about, "-");
	notice.about = notice.on_node ? watcher.config.node : about;
	for (unsigned i = 0; i < (n ? n : 1); i++) {
		snprintf(numbered, sizeof(numbered), n ? "%s-%u" : "%s", address, i);
		notice.address = numbered;
		for (unsigned j = 0; j < times; j++)
			vg_publisher_tell(watcher.publisher, &notice, 1);
	}
	say("told", NULL, NULL);
}

static int start_events(void)
{
	const struct vg_publisher_sink sink = { .forbidden = on_forbidden, .refused = on_refused, .left_out = on_left_out };

	if (!watcher.tells)
		return 0;
	watcher.events.http = vg_kube_source_http(watcher.source);
	watcher.events.pace.node = watcher.config.node;
	return vg_publisher_new(watcher.loop, &watcher.events, &sink, &watcher.publisher);
}

/* ---- input */

static void obey(const char *line)
{
	if (!strcmp(line, "dump"))
		dump(watcher.cluster);
	else if (!strcmp(line, "status"))
		status();
	else if (!strncmp(line, "tell ", 5))
		tell(line);
	else if (!strcmp(line, "retry") && watcher.publisher)
		vg_publisher_retry(watcher.publisher);
	else if (!strcmp(line, "retry"))
		vg_kube_source_retry(watcher.source);
	else if (!strcmp(line, "quit"))
		vg_loop_quit(watcher.loop, 0);
	else
		say("unknown", NULL, line);
}

static void on_input(void *ctx, uint32_t events)
{
	ssize_t n = read(STDIN_FILENO, watcher.input + watcher.n_input, sizeof(watcher.input) - 1 - watcher.n_input);
	char *end;

	(void)ctx;
	(void)events;
	if (n <= 0) {
		vg_loop_quit(watcher.loop, 0);
		return;
	}
	watcher.n_input += (size_t)n;
	while ((end = memchr(watcher.input, '\n', watcher.n_input))) {
		*end++ = '\0';
		obey(watcher.input);
		watcher.n_input -= (size_t)(end - watcher.input);
		memmove(watcher.input, end, watcher.n_input);
	}
}

/* ---- start */

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "kubewatch: %s: %s\n", what, why);
	return 2;
}

static int read_objects(char **files, size_t n)
{
	const struct vg_moment now = { .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	struct vg_dump_result result = { 0 };
	struct vg_error error = { 0 };

	if (vg_dump_read(watcher.cluster, (const char *const *)files, n, &now, &error, &result) < 0)
		return fail("objects", error.text);
	if (result.odd)
		fprintf(stderr, "kubewatch: %" PRIu64 " odd, the first: %s\n", result.odd, result.first_odd);
	dump(watcher.cluster);
	return 0;
}

static int access_of_server(const char *server, const char *token_file, struct vg_access **ret_access)
{
	struct vg_access *access = calloc(1, sizeof(*access));

	if (!access)
		return -ENOMEM;
	access->servers[access->n_servers++] = strdup(server);
	access->from = strdup("command line");
	if (token_file) {
		access->token_file = strdup(token_file);
		vg_access_refresh(access, NULL);
	}
	*ret_access = access;
	return 0;
}

static int run(void)
{
	const struct vg_kube_sink sink = { .changed = on_changed, .fresh = on_fresh, .trouble = on_trouble };
	struct vg_error error = { 0 };
	struct vg_io *input = NULL;
	int r;

	watcher.started_ns = vg_time_boot_ns();
	watcher.config.cluster = watcher.cluster;
	r = vg_loop_new(&watcher.loop);
	if (r >= 0)
		r = vg_io_new(watcher.loop, STDIN_FILENO, EPOLLIN, on_input, NULL, &input);
	if (r < 0)
		return fail("standard input", strerror(-r));
	if (vg_kube_source_new(watcher.loop, &watcher.config, &sink, &error, &watcher.source) < 0)
		return fail("source", error.text);
	if (start_events() < 0)
		return fail("events", "out of memory");
	r = vg_loop_run(watcher.loop);
	vg_publisher_free(watcher.publisher);
	vg_kube_source_free(watcher.source);
	vg_io_free(input);
	vg_loop_free(watcher.loop);
	return r < 0 ? 3 : 0;
}

enum {
	OPT_SERVER = 256,
	OPT_KUBECONFIG,
	OPT_TOKEN,
	OPT_NODE,
	OPT_MAX_AGE,
	OPT_MIN,
	OPT_MAX,
	OPT_BOOKMARK,
	OPT_PAGE,
	OPT_NO_WATCH_LIST,
	OPT_OBJECTS,
	OPT_EVENTS,
	OPT_EVERY,
	OPT_BURST,
	OPT_HEARTBEAT,
	OPT_SHUT,
	OPT_TIMEOUT,
	OPT_WAIT
};

static const struct option options[] = { { "server", required_argument, NULL, OPT_SERVER },
					 { "kubeconfig", required_argument, NULL, OPT_KUBECONFIG },
					 { "token-file", required_argument, NULL, OPT_TOKEN },
					 { "node", required_argument, NULL, OPT_NODE },
					 { "max-age", required_argument, NULL, OPT_MAX_AGE },
					 { "backoff-min", required_argument, NULL, OPT_MIN },
					 { "backoff-max", required_argument, NULL, OPT_MAX },
					 { "bookmark", required_argument, NULL, OPT_BOOKMARK },
					 { "page", required_argument, NULL, OPT_PAGE },
					 { "no-watch-list", no_argument, NULL, OPT_NO_WATCH_LIST },
					 { "objects", no_argument, NULL, OPT_OBJECTS },
					 { "events", no_argument, NULL, OPT_EVENTS },
					 { "events-every", required_argument, NULL, OPT_EVERY },
					 { "events-burst", required_argument, NULL, OPT_BURST },
					 { "events-heartbeat", required_argument, NULL, OPT_HEARTBEAT },
					 { "events-shut", required_argument, NULL, OPT_SHUT },
					 { "events-timeout", required_argument, NULL, OPT_TIMEOUT },
					 { "events-wait", required_argument, NULL, OPT_WAIT },
					 { 0 } };

struct command_line {
	const char *server, *kubeconfig, *token_file;
	bool objects;
};

static bool set_duration(const char *text, uint64_t *ret_ns)
{
	return vg_duration_parse(text, ret_ns) == 0;
}

static bool set(int option, struct command_line *line)
{
	struct vg_kube_config *config = &watcher.config;

	switch (option) {
	case 'v': watcher.verbose = true; return true;
	case OPT_SERVER: line->server = optarg; return true;
	case OPT_KUBECONFIG: line->kubeconfig = optarg; return true;
	case OPT_TOKEN: line->token_file = optarg; return true;
	case OPT_NODE: config->node = optarg; return true;
	case OPT_MAX_AGE: return set_duration(optarg, &config->max_age_ns);
	case OPT_MIN: return set_duration(optarg, &config->backoff_min_ns);
	case OPT_MAX: return set_duration(optarg, &config->backoff_max_ns);
	case OPT_BOOKMARK: return set_duration(optarg, &config->bookmark_ns);
	case OPT_PAGE: config->page = (uint32_t)strtoul(optarg, NULL, 10); return config->page > 0;
	case OPT_NO_WATCH_LIST: config->no_watch_list = true; return true;
	case OPT_OBJECTS: line->objects = true; return true;
	case OPT_EVENTS: return watcher.tells = true;
	case OPT_EVERY: return set_duration(optarg, &watcher.events.pace.every_ns);
	case OPT_BURST: watcher.events.pace.burst = (unsigned)strtoul(optarg, NULL, 10); return true;
	case OPT_HEARTBEAT: return set_duration(optarg, &watcher.events.pace.heartbeat_ns);
	case OPT_SHUT: return set_duration(optarg, &watcher.events.shut_ns);
	case OPT_TIMEOUT: return set_duration(optarg, &watcher.events.timeout_ns);
	case OPT_WAIT: return set_duration(optarg, &watcher.events.backoff_min_ns) && set_duration(optarg, &watcher.events.backoff_max_ns);
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct command_line line = { 0 };
	struct vg_error error = { 0 };
	int option, r;

	watcher.config = (struct vg_kube_config){ .node = "node1", .agent = "vipguard-kubewatch", .max_age_ns = 60 * VG_NS_PER_SEC };
	while ((option = getopt_long(argc, argv, "v", options, NULL)) >= 0)
		if (!set(option, &line))
			return fail("usage", "see tests/tools/kubewatch.c");
	if (vg_cluster_new(watcher.config.node, &watcher.cluster) < 0)
		return fail("cluster", "out of memory");
	if (line.objects) {
		r = read_objects(argv + optind, (size_t)(argc - optind));
	} else {
		r = line.kubeconfig ? vg_access_kubeconfig(line.kubeconfig, NULL, &error, &watcher.config.access)
		    : line.server   ? access_of_server(line.server, line.token_file, &watcher.config.access)
				    : -EINVAL;
		r = r < 0 ? fail("access", error.text[0] ? error.text : "neither --server nor --kubeconfig") : run();
	}
	vg_cluster_free(watcher.cluster);
	return r;
}
