/* SPDX-License-Identifier: Apache-2.0 */
/* All reflectors together, against a server that is this file: it answers every request at once, in the loop's next turn. */
#include "unit.h"

#include <errno.h>

#include "base/loop.h"
#include "base/time.h"
#include "kube/http.h"
#include "kube/life.h"
#include "kube/source.h"

#define CALLS_MAX 64
#define POOLS_MAX 32
#define EMPTY "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}"

struct vg_http_call {
	struct vg_http_sink sink;
	char path[256];
	bool used, answered;
};

static struct vg_http_call calls[CALLS_MAX];
static char pools[8192]; /* what is answered to a list of pools; "": 404 */
static const char *forbidden; /* the resource that may not be listed */
static int unused_http;
static bool multiplexes; /* HTTP/2 */
static bool storage_away;
static unsigned lists, watches;

int vg_http_new(struct vg_loop *loop, const struct vg_http_config *config, struct vg_error *ret_error, struct vg_http **ret_http)
{
	vg_access_free(config->access);
	*ret_http = (struct vg_http *)&unused_http;
	return 0;
}

void vg_http_free(struct vg_http *http)
{
}

int vg_http_get(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call)
{
	struct vg_http_call *call = calls;

	while (call->used)
		assert_true(++call < calls + CALLS_MAX);
	*call = (struct vg_http_call){ .sink = *sink, .used = true };
	snprintf(call->path, sizeof(call->path), "%s", request->path);
	*ret_call = call;
	return 0;
}

void vg_http_cancel(struct vg_http_call *call)
{
	if (call)
		call->used = false;
}

int vg_http_refresh(struct vg_http *http, struct vg_error *ret_error)
{
	return 0;
}

uint64_t vg_http_heard_ns(const struct vg_http_call *call)
{
	return vg_time_boot_ns(); /* the connection is fine */
}

uint32_t vg_http_connection(const struct vg_http_call *call)
{
	return multiplexes;
}

bool vg_http_multiplexes(const struct vg_http *http)
{
	return multiplexes;
}

const char *vg_http_server(const struct vg_http *http)
{
	return "https://192.0.2.10:6443";
}

static void end(struct vg_http_call *call, long status, const char *body)
{
	struct vg_http_end how = { .status = status };
	struct vg_http_sink sink = call->sink;

	sink.data(sink.ctx, status, body, strlen(body));
	call->used = false;
	sink.done(sink.ctx, &how);
}

static bool is_of(const struct vg_http_call *call, const char *resource)
{
	const char *at = strstr(call->path, resource);

	return at && at[-1] == '/' && strchr("?", at[strlen(resource)]);
}

static void answer(struct vg_http_call *call)
{
	call->answered = true;
	watches += strstr(call->path, "watch=1") != NULL;
	lists += !strstr(call->path, "watch=1") && !strstr(call->path, "limit=1") && strcmp(call->path, "/version");
	if (strstr(call->path, "watch=1"))
		call->sink.header(call->sink.ctx, 200);
	else if (storage_away && strcmp(call->path, "/version"))
		end(call, 500, "{\"message\":\"etcdserver: request timed out\"}");
	else if (forbidden && is_of(call, forbidden))
		end(call, 403, "{\"message\":\"no\"}");
	else if (pools[0] && is_of(call, "ipaddresspools"))
		end(call, 200, pools);
	else if (strstr(call->path, "/apis/") && !is_of(call, "leases") && !is_of(call, "customresourcedefinitions"))
		end(call, 404, "404 page not found\n");
	else
		end(call, 200, EMPTY);
}

/* ---- the rest */

static struct world {
	struct vg_loop *loop;
	struct vg_timer *limit;
	struct vg_cluster *cluster;
	struct vg_kube_source *source;
	bool complete, fresh, stale;
	unsigned refused;
	char why[VG_ERROR_MAX * 2], text[VG_ERROR_MAX * 2];
	bool (*until)(void);
} world;

static void on_changed(void *ctx, bool complete)
{
	world.complete |= complete;
	vg_cluster_free_dead(world.cluster);
}

static void on_fresh(void *ctx, bool fresh, const char *why)
{
	world.fresh = fresh;
	world.stale |= !fresh;
	snprintf(world.why, sizeof(world.why), "%s", why);
}

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *text)
{
	if (kind != VG_TROUBLE_REFUSED)
		return;
	world.refused++;
	snprintf(world.text, sizeof(world.text), "%s", text);
}

static void on_limit(void *ctx)
{
	fail_msg("it never came to be");
}

static void serve(void *ctx)
{
	for (size_t i = 0; i < CALLS_MAX; i++)
		if (calls[i].used && !calls[i].answered)
			answer(&calls[i]);
	if (world.until())
		vg_loop_quit(world.loop, 0);
}

static void run(bool (*until)(void))
{
	world.until = until;
	vg_timer_arm(world.limit, vg_time_boot_ns() + 20 * VG_NS_PER_SEC);
	vg_loop_set_idle(world.loop, serve, NULL);
	serve(NULL); /* what was asked for since the last turn */
	assert_int_equal(vg_loop_run(world.loop), 0);
}

static void world_up(uint64_t max_age_ns)
{
	const struct vg_kube_sink sink = { .changed = on_changed, .fresh = on_fresh, .trouble = on_trouble };
	/* below a second a watch is cancelled and not left to its server to end */
	struct vg_kube_config config = {
		.node = "node1", .max_age_ns = max_age_ns, .bookmark_ns = max_age_ns / 2 - 1, .no_watch_list = true, .backoff_max_ns = VG_NS_PER_SEC
	};
	struct vg_error error;

	world = (struct world){ .loop = NULL };
	memset(calls, 0, sizeof(calls));
	assert_int_equal(vg_loop_new(&world.loop), 0);
	assert_int_equal(vg_timer_new(world.loop, on_limit, NULL, &world.limit), 0);
	assert_int_equal(vg_cluster_new("node1", &world.cluster), 0);
	config.cluster = world.cluster;
	assert_int_equal(vg_kube_source_new(world.loop, &config, &sink, &error, &world.source), 0);
}

static void world_down(void)
{
	vg_kube_source_free(world.source);
	vg_cluster_free(world.cluster);
	vg_timer_free(world.limit);
	vg_loop_free(world.loop);
	for (size_t i = 0; i < CALLS_MAX; i++)
		assert_false(calls[i].used);
	pools[0] = '\0';
	forbidden = NULL;
	multiplexes = storage_away = false;
}

static bool is_fresh(void)
{
	return world.fresh;
}

static bool is_stale(void)
{
	return world.stale;
}

static void test_fresh(void **state)
{
	world_up(60 * VG_NS_PER_SEC);
	assert_false(vg_kube_source_is_fresh(world.source));
	run(is_fresh);
	assert_true(world.complete);
	assert_true(vg_kube_source_is_fresh(world.source));
	assert_false(world.stale);
	world_down();
}

/* A process that was stopped has not heard its timer yet, and may be asked before it does. */
static void test_fresh_is_a_matter_of_time(void **state)
{
	uint64_t began;

	world_up(VG_NS_PER_SEC / 4);
	run(is_fresh);
	began = vg_time_boot_ns();
	while (vg_time_boot_ns() - began <= VG_NS_PER_SEC / 4)
		;
	assert_true(world.fresh); /* it was not told otherwise */
	assert_false(vg_kube_source_is_fresh(world.source));
	world_down();
}

/* What is bound here would be taken for the node's own, if nothing of any Service counted as all of them. */
static void test_what_is_required_must_be_listed(void **state)
{
	forbidden = "services";
	world_up(2 * VG_NS_PER_SEC);
	run(is_stale);
	assert_false(world.complete);
	assert_non_null(strstr(world.why, "services: not listed yet: HTTP status 403: no"));
	forbidden = NULL;
	vg_kube_source_retry(world.source);
	run(is_fresh);
	assert_true(world.complete);
	world_down();
}

static void test_what_may_not_be_read(void **state)
{
	forbidden = "configmaps";
	world_up(60 * VG_NS_PER_SEC);
	run(is_fresh);
	assert_true(vg_kube_source_may_not_read(world.source, VG_KIND_CONFIG_MAP));
	assert_false(vg_kube_source_may_not_read(world.source, VG_KIND_NODE));
	world_down();
}

static uint64_t signs(void)
{
	struct vg_life_status life;

	vg_kube_source_life(world.source, &life);
	return life.requests;
}

static bool signs_came(void)
{
	return signs() >= 4;
}

static bool sign_failed(void)
{
	struct vg_life_status life;

	vg_kube_source_life(world.source, &life);
	return life.failures && strstr(life.last_error, "HTTP status 500: etcdserver: request timed out");
}

struct standing {
	unsigned n;
};

static void count_standing(void *ctx, const struct vg_reflector_status *status)
{
	((struct standing *)ctx)->n += !strcmp(status->state, "watching");
}

/* One sign of life for all; each watch anew only after three times max_age without a word of its own. */
static void test_idle(void **state)
{
	const uint64_t max_age_ns = VG_NS_PER_SEC;
	struct standing standing = { .n = 1 }; /* the definitions */
	unsigned lists_before, watches_before;
	uint64_t began = vg_time_boot_ns();

	multiplexes = true;
	world_up(max_age_ns);
	run(is_fresh);
	lists_before = lists;
	watches_before = watches;
	vg_kube_source_for_each(world.source, count_standing, &standing);
	assert_true(standing.n > 5);
	run(signs_came);
	/* who is kept from running for so long that it becomes stale has to list again */
	assert_true(world.stale || lists == lists_before);
	assert_true(watches - watches_before <= lists - lists_before + standing.n * ((vg_time_boot_ns() - began) / (3 * max_age_ns) + 1));
	world_down();
}

/* Watches stand, and tell nothing: they are not asked for again, and when storage is back everything is listed anew. */
static void test_storage_away(void **state)
{
	unsigned before;

	multiplexes = true;
	world_up(2 * VG_NS_PER_SEC);
	run(is_fresh);
	before = lists;
	storage_away = true;
	world.fresh = false;
	run(is_stale);
	assert_false(vg_kube_source_is_fresh(world.source));
	assert_non_null(strstr(world.why, "has not shown for"));
	assert_int_equal(lists, before);
	run(sign_failed);
	storage_away = false;
	run(is_fresh);
	assert_true(lists >= before + 4); /* the required kinds at least */
	world_down();
}

static void put_pools(unsigned n)
{
	size_t at = (size_t)snprintf(pools, sizeof(pools), "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[");

	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(pools + at, sizeof(pools) - at,
				       "%s{\"apiVersion\":\"metallb.io/v1beta1\",\"kind\":\"IPAddressPool\",\"metadata\":{\"name\":\"p\","
				       "\"namespace\":\"n%u\",\"resourceVersion\":\"5\"},\"spec\":{\"addresses\":[\"192.0.2.%u/32\"]}}",
				       i ? "," : "", i, i);
	snprintf(pools + at, sizeof(pools) - at, "]}");
}

static bool is_refused(void)
{
	return world.fresh && world.refused;
}

struct pods {
	unsigned namespaces;
};

static void count_pods(void *ctx, const struct vg_reflector_status *status)
{
	struct pods *pods = ctx;

	pods->namespaces += status->info->kind == VG_KIND_POD && status->namespace;
}

/* The Pods of a namespace more must not take the place of the host's static ones: the control plane's address is protected by those. */
static void test_static_pods_keep_their_place(void **state)
{
	const struct vg_pod pod = { .object = { .kind = VG_KIND_POD, .key = "kube-system/kube-vip-node1", .namespace_len = 11, .version = "" },
				    .node = "",
				    .class = "",
				    .lease = "",
				    .lease_namespace = "",
				    .balancer = "",
				    .uid = "",
				    .image = "",
				    .config_hash = "",
				    .controller = "" };
	const struct vg_moment now = { .real_ns = 1, .boot_ns = 1 };
	struct pods pods = { .namespaces = 0 };

	put_pools(20);
	world_up(60 * VG_NS_PER_SEC);
	assert_int_equal(vg_cluster_put(world.cluster, VG_REFLECTOR_MANIFESTS, &pod.object, &now), 0);
	run(is_refused);
	assert_non_null(vg_cluster_get(world.cluster, VG_KIND_POD, pod.object.key));
	vg_kube_source_for_each(world.source, count_pods, &pods);
	assert_int_equal(pods.namespaces, 14);
	assert_int_equal(world.refused, 1);
	assert_non_null(strstr(world.text, "in more than 14 namespaces; whether MetalLB runs in those of 6 pools is not known"));
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_fresh_is_a_matter_of_time),
		cmocka_unit_test(test_what_is_required_must_be_listed),
		cmocka_unit_test(test_what_may_not_be_read),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_storage_away),
		cmocka_unit_test(test_static_pods_keep_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
