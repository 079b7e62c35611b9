/* SPDX-License-Identifier: Apache-2.0 */
/* A guard's sources and picture (guard_source.c, guard_picture.c), with kernel, API and reports replaced by this file. */
#ifndef UNIT_GUARD_WORLD_H
#define UNIT_GUARD_WORLD_H

#include "unit.h"

#include <errno.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "core/judge.h"

#define VIP "192.0.2.10"
#define CONTROL_PLANE "192.0.2.200"
#define OWN "192.0.2.201"

static struct {
	bool fresh; /* by the source's own clock */
	bool blind; /* ConfigMaps may not be read */
	int sync; /* what vg_kern_sync() gives */
	uint64_t earlier; /* since when the picture that the guard before this one left is from another one; 0: it left none */
	struct vg_dummies dummies; /* as that one had them */
	uint64_t kept; /* what this one said of that for the next */
	unsigned looks, syncs, protections, degraded, recovered;
	unsigned asked; /* how often whether the source is fresh */
	const struct vg_fact *binds; /* what is bound here */
	size_t n_binds;
	unsigned held; /* addresses that the breaker had the kernel hold */
	char what[32], why[VG_ERROR_MAX * 2];
	struct vg_kube_sink sink;
} said;

/* ---- the API */

int vg_kube_source_new(struct vg_loop *loop, const struct vg_kube_config *config, const struct vg_kube_sink *sink, struct vg_error *ret_error,
		       struct vg_kube_source **ret_source)
{
	vg_access_free(config->access);
	said.sink = *sink;
	*ret_source = (struct vg_kube_source *)&said;
	return 0;
}

void vg_kube_source_free(struct vg_kube_source *source)
{
}

void vg_kube_source_retry(struct vg_kube_source *source)
{
}

bool vg_kube_source_is_fresh(const struct vg_kube_source *source)
{
	said.asked++;
	return said.fresh;
}

bool vg_kube_source_may_not_read(const struct vg_kube_source *source, enum vg_kind kind)
{
	return said.blind && kind == VG_KIND_CONFIG_MAP;
}

void vg_kube_source_look(struct vg_kube_source *source)
{
	said.looks++;
	if (said.sink.fresh && !said.fresh)
		said.sink.fresh(said.sink.ctx, false, "looked at");
}

void vg_kube_source_life(const struct vg_kube_source *source, struct vg_life_status *ret_status)
{
}

const char *vg_kube_source_server(const struct vg_kube_source *source)
{
	return "https://192.0.2.1:6443";
}

void vg_kube_source_for_each(const struct vg_kube_source *source, void (*fn)(void *ctx, const struct vg_reflector_status *status), void *ctx)
{
}

const char *vg_relist_cause_to_str(enum vg_relist_cause cause)
{
	return "";
}

/* ---- the kernel, reports, facts */

int vg_kern_sync(struct vg_kern *kern, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances)
{
	said.syncs++;
	return said.sync;
}

int vg_kern_sync_entries(struct vg_kern *kern, const struct vg_snapshot *snapshot, struct vg_prefix *changed, size_t n,
			 const struct vg_circumstances *circumstances)
{
	return 0;
}

uint64_t vg_kern_earlier_since(const struct vg_kern *kern)
{
	return said.earlier;
}

const struct vg_dummies *vg_kern_earlier_dummies(const struct vg_kern *kern)
{
	return &said.dummies;
}

void vg_kern_keep_earlier(struct vg_kern *kern, uint64_t since_ns)
{
	said.kept = since_ns;
}

int vg_kern_sync_protections(struct vg_kern *kern, const struct vg_snapshot *snapshot)
{
	said.protections++;
	return 0;
}

void vg_kern_busy(struct vg_kern *kern)
{
}

void vg_kern_for_each_bind(const struct vg_kern *kern, void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said_), void *ctx)
{
	for (size_t i = 0; i < said.n_binds; i++)
		fn(ctx, &said.binds[i], NULL);
}

int vg_kern_hold(struct vg_kern *kern, const struct vg_addr *addr)
{
	said.held++;
	return 0;
}

void vg_kern_let_go(struct vg_kern *kern, const struct vg_addr *addr)
{
}

int vg_kern_for_each_held(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_addr *addr), void *ctx)
{
	return 0;
}

/* What the guard before this one left. */
int vg_kern_for_each_kept(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason), void *ctx)
{
	const struct vg_prefix prefix = prefix_of(CONTROL_PLANE "/32"), own = prefix_of(OWN "/32");
	int r = fn(ctx, &prefix, VG_CONTROL_PLANE_VIP);

	return r < 0 ? r : fn(ctx, &own, VG_NODE_ADDRESS);
}

void vg_reporter_event(struct vg_reporter *reporter, const char *event, json_t *details)
{
	const char *what = json_string_value(json_object_get(details, "what")), *why = json_string_value(json_object_get(details, "why"));

	said.degraded += !strcmp(event, "degraded");
	said.recovered += !strcmp(event, "recovered");
	snprintf(said.what, sizeof(said.what), "%s", what ? what : "");
	snprintf(said.why, sizeof(said.why), "%s", why ? why : "");
	json_decref(details);
}

void vg_guard_rejudge(struct vg_guard *guard, bool all)
{
}

int vg_guard_events_start(struct vg_guard *guard)
{
	return 0;
}

void vg_guard_events_retry(struct vg_guard *guard)
{
}

void vg_guard_events_deinit(struct vg_guard *guard)
{
}

int vg_guard_log_error(int exit_status, const struct vg_error *error)
{
	fail_msg("%s", error->text);
	return exit_status;
}

/* ---- the rest */

struct world {
	char path[64];
	struct vg_config_options options;
	struct vg_guard guard;
};

static inline void write_kubeconfig(struct world *world)
{
	static const char text[] = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a}}]\n"
				   "clusters: [{name: a, cluster: {server: 'https://192.0.2.1:6443'}}]\n";
	int fd;

	snprintf(world->path, sizeof(world->path), "/tmp/vipguard-guard-XXXXXX");
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void world_up_with(struct world *world, char **folders, size_t n)
{
	memset(world, 0, sizeof(*world));
	write_kubeconfig(world);
	world->options = (struct vg_config_options){ .node = (char *)"node1",
						     .kubeconfig = world->path,
						     .manifests = { .list = folders, .n = n },
						     .grace_ns = VG_NS_PER_SEC,
						     .max_age_ns = 60 * VG_NS_PER_SEC };
	world->guard.options = &world->options;
	assert_int_equal(vg_loop_new(&world->guard.loop), 0);
	assert_int_equal(vg_guard_start_source(&world->guard), 0);
	assert_int_equal(vg_guard_first_picture(&world->guard), 0);
}

/* No static Pods. */
static inline void world_up(struct world *world)
{
	static char nowhere[] = "/nowhere", *folders[] = { nowhere };

	memset(&said, 0, sizeof(said));
	world_up_with(world, folders, 1);
}

/* The same, where a guard was a moment ago, with a picture that is from one since then. */
static inline void world_up_knowing(struct world *world, uint64_t since_ns, const char *dummy)
{
	static char nowhere[] = "/nowhere", *folders[] = { nowhere };

	memset(&said, 0, sizeof(said));
	said.earlier = since_ns;
	vg_dummies_add(&said.dummies, dummy);
	world_up_with(world, folders, 1);
}

static inline void world_up_after(struct world *world, uint64_t since_ns)
{
	world_up_knowing(world, since_ns, "");
}

static inline void world_down(struct world *world)
{
	vg_guard_source_deinit(&world->guard);
	vg_guard_picture_deinit(&world->guard);
	vg_loop_free(world->guard.loop);
	unlink(world->path);
}

static inline enum vg_verdict verdict(const struct vg_guard *guard, const char *address)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);
	struct vg_addr addr = addr_of(address);

	return vg_judge(guard->snapshot, &addr, "eth0", &now).bind.verdict;
}

static inline void become_fresh(struct vg_guard *guard)
{
	said.sink.changed(guard, true);
	said.fresh = true;
	said.sink.fresh(guard, true, "");
}

#endif
