/* SPDX-License-Identifier: Apache-2.0 */
/* How a reflector comes to be, starts, stops, and what it is told from outside. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/time.h"
#include "kube/reflector_state.h"

#define SLOW_MIN_NS VG_NS_PER_SEC

static void on_name(void *ctx, const char *name, bool gone)
{
	struct vg_reflector *reflector = ctx;

	reflector->sink.name(reflector->sink.ctx, name, gone);
}

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	struct vg_reflector *reflector = ctx;

	reflector->sink.trouble(reflector->sink.ctx, reflector, kind, key, text);
}

static int init_parts(struct vg_reflector *reflector)
{
	const struct vg_reflector_env *env = reflector->env;
	const struct vg_intake_config config = {
		.cluster = env->cluster,
		.reducer = env->reducer,
		.kind = reflector->info->kind,
		.reflector = reflector->bit,
		/* this node's: one of them may be the one that binds */
		.bystanders = reflector->info->kind == VG_KIND_POD && reflector->info->field_selector,
		.name = reflector->sink.name ? on_name : NULL,
		.trouble = on_trouble,
		.ctx = reflector,
	};
	uint64_t seed = 0;
	int r = vg_intake_new(&config, &reflector->intake);

	if (r < 0)
		return r;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = vg_time_boot_ns() ^ (uintptr_t)reflector;
	vg_backoff_init(&reflector->backoff, env->backoff_min_ns, env->backoff_max_ns, seed);
	vg_backoff_init(&reflector->slow, SLOW_MIN_NS, VG_FORBIDDEN_MAX_NS, ~seed);
	return vg_timer_new(env->loop, vg_reflector_on_timer, reflector, &reflector->timer);
}

int vg_reflector_new(struct vg_reflector_env *env, const struct vg_kind_info *info, unsigned bit, const char *namespace,
		     const struct vg_reflector_sink *sink, struct vg_reflector **ret_reflector)
{
	VG_CLEANUP(vg_reflector_freep) struct vg_reflector *reflector = calloc(1, sizeof(*reflector));
	int r;

	if (!reflector)
		return -ENOMEM;
	*reflector = (struct vg_reflector){ .env = env, .sink = *sink, .info = info, .bit = bit };
	if (namespace) {
		reflector->namespace = strdup(namespace);
		if (!reflector->namespace)
			return -ENOMEM;
	}
	snprintf(reflector->api_version, sizeof(reflector->api_version), "%s", info->version);
	r = init_parts(reflector);
	if (r < 0)
		return r;
	*ret_reflector = TAKE_PTR(reflector);
	return 0;
}

void vg_reflector_free(struct vg_reflector *reflector)
{
	if (!reflector)
		return;
	if (reflector->timer)
		vg_reflector_cancel(reflector);
	vg_timer_free(reflector->timer);
	vg_intake_free(reflector->intake);
	free(reflector->namespace);
	free(reflector);
}

void vg_reflector_start(struct vg_reflector *reflector)
{
	if (reflector->state != STATE_IDLE)
		return;
	reflector->started_ns = vg_time_boot_ns();
	vg_reflector_relist(reflector, VG_RELIST_FIRST, true);
}

void vg_reflector_stop(struct vg_reflector *reflector)
{
	vg_reflector_cancel(reflector);
	reflector->knowledge = VG_KIND_UNKNOWN;
	reflector->was_listed = false;
	vg_cluster_drop(reflector->env->cluster, reflector->bit, reflector->info->kind);
	vg_reflector_set(reflector, STATE_IDLE);
}

void vg_reflector_retry(struct vg_reflector *reflector)
{
	if (reflector->call || reflector->discovery || reflector->state == STATE_IDLE)
		return;
	vg_backoff_reset(&reflector->backoff);
	vg_backoff_reset(&reflector->slow);
	vg_timer_disarm(reflector->timer);
	vg_reflector_step(reflector, reflector->step);
}

void vg_reflector_appeared(struct vg_reflector *reflector)
{
	if (reflector->info->core || reflector->knowledge == VG_KIND_LISTED || reflector->state == STATE_IDLE)
		return;
	reflector->expected_until_ns = vg_time_boot_ns() + VG_APPEARING_NS;
	reflector->step = reflector->call ? reflector->step : STEP_LIST;
	vg_reflector_retry(reflector);
}

void vg_reflector_gone(struct vg_reflector *reflector)
{
	if (reflector->info->core || reflector->state == STATE_IDLE)
		return;
	vg_reflector_cancel(reflector);
	reflector->expected_until_ns = 0;
	vg_reflector_absent(reflector);
}
