/* SPDX-License-Identifier: Apache-2.0 */
/* A reflector with the HTTP client replaced by this file: one call at a time, and an answer is what a test says it is. */
#ifndef UNIT_REFLECTOR_WORLD_H
#define UNIT_REFLECTOR_WORLD_H

#include "unit.h"

#include <errno.h>

#include "base/loop.h"
#include "base/time.h"
#include "kube/reflector_state.h"

#define WEB \
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"resourceVersion\":\"11\"},\"spec\":{\"type\":\"LoadBalancer\"}," \
	"\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}"
#define LIST(version, token) "{\"metadata\":{\"resourceVersion\":\"" version "\",\"continue\":\"" token "\"},\"items\":[" WEB "]}"
#define MARK(version) \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"

/* ---- the client: one call at a time, and what was asked for */

struct vg_http_call {
	struct vg_http_sink sink;
};

static struct vg_http_call running;
static bool busy;
static char asked[512];
static unsigned n_asked;
static uint64_t asked_idle_ns;
static int refreshed;
static bool multiplexes; /* HTTP/2 */
static uint64_t heard_ns; /* the connection was */

int vg_http_get(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call)
{
	assert_false(busy);
	busy = true;
	running.sink = *sink;
	snprintf(asked, sizeof(asked), "%s", request->path);
	n_asked++;
	asked_idle_ns = request->idle_ns;
	*ret_call = &running;
	return 0;
}

void vg_http_cancel(struct vg_http_call *call)
{
	busy = call ? false : busy;
}

int vg_http_refresh(struct vg_http *http, struct vg_error *ret_error)
{
	return refreshed;
}

uint64_t vg_http_heard_ns(const struct vg_http_call *call)
{
	return heard_ns;
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

static inline int say(long status, const char *bytes)
{
	int r;

	assert_true(busy);
	if (running.sink.header)
		running.sink.header(running.sink.ctx, status);
	r = running.sink.data(running.sink.ctx, status, bytes, strlen(bytes));
	return r;
}

static uint64_t retry_after_ns;

static inline void end(int error, long status)
{
	struct vg_http_end how = { .error = error, .status = status, .retry_after_ns = retry_after_ns, .text = "said the test" };

	assert_true(busy);
	busy = false;
	running.sink.done(running.sink.ctx, &how);
}

static inline void answer(long status, const char *bytes)
{
	end(say(status, bytes) < 0 ? -ECANCELED : 0, status);
}

/* ---- the rest */

struct world {
	struct vg_loop *loop;
	struct vg_timer *limit;
	struct vg_reflector_env env;
	struct vg_reflector *reflector;
	unsigned forbidden, connection;
	char text[VG_ERROR_MAX * 2];
};

static inline void on_moved(void *ctx, bool anew)
{
}

static inline void on_trouble(void *ctx, const struct vg_reflector *reflector, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	struct world *world = ctx;

	world->forbidden += kind == VG_TROUBLE_FORBIDDEN;
	world->connection += kind == VG_TROUBLE_CONNECTION;
	snprintf(world->text, sizeof(world->text), "%s", text);
}

static inline void on_limit(void *ctx)
{
	fail_msg("nothing was asked for; the last was %s", asked);
}

static unsigned awaited;

static inline void look(void *ctx)
{
	if (n_asked >= awaited)
		vg_loop_quit(ctx, 0);
}

/* Until the next request. */
static inline void await(struct world *world)
{
	if (busy)
		return;
	awaited = n_asked + 1;
	vg_timer_arm(world->limit, vg_time_boot_ns() + 10 * VG_NS_PER_SEC);
	vg_loop_set_idle(world->loop, look, world->loop);
	assert_int_equal(vg_loop_run(world->loop), 0);
}

static inline const struct vg_kind_info *info_of(enum vg_kind kind)
{
	size_t i = 0;

	while (vg_kind_info_at(i)->kind != kind)
		i++;
	return vg_kind_info_at(i);
}

static inline void world_up(struct world *world, enum vg_kind kind, bool pages)
{
	const struct vg_reflector_sink sink = { .ctx = world, .moved = on_moved, .trouble = on_trouble };

	*world = (struct world){ .env = { .node = "node1",
					  .max_age_ns = 60 * VG_NS_PER_SEC,
					  .proof = { .max_age_ns = 60 * VG_NS_PER_SEC },
					  .bookmark_ns = 30 * VG_NS_PER_SEC,
					  .backoff_min_ns = 1000,
					  .backoff_max_ns = 1000000,
					  .page = 5,
					  .no_watch_list = pages,
					  .crds_watched = true } };
	busy = false;
	n_asked = 0;
	refreshed = 0;
	multiplexes = false;
	heard_ns = 0;
	retry_after_ns = 0;
	assert_int_equal(vg_loop_new(&world->loop), 0);
	assert_int_equal(vg_timer_new(world->loop, on_limit, world, &world->limit), 0);
	world->env.loop = world->loop;
	assert_int_equal(vg_cluster_new("node1", &world->env.cluster), 0);
	assert_int_equal(vg_reducer_new(&world->env.reducer), 0);
	assert_int_equal(vg_reflector_new(&world->env, info_of(kind), 0, NULL, &sink, &world->reflector), 0);
	vg_reflector_start(world->reflector);
	assert_true(busy);
}

static inline void world_down(struct world *world)
{
	vg_reflector_free(world->reflector);
	vg_reducer_free(world->env.reducer);
	vg_cluster_free(world->env.cluster);
	vg_timer_free(world->limit);
	vg_loop_free(world->loop);
}

static inline bool asks(const char *part)
{
	return strstr(asked, part) != NULL;
}

static inline const char *state_of(const struct world *world)
{
	struct vg_reflector_status status;

	vg_reflector_status(world->reflector, &status);
	return status.state;
}

static inline uint64_t relists(const struct world *world, enum vg_relist_cause cause)
{
	struct vg_reflector_status status;

	vg_reflector_status(world->reflector, &status);
	return status.relists[cause];
}

#endif
