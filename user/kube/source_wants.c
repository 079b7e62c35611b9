/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wanted only while something else is there: Pods of the namespaces that hold MetalLB's pools (its speakers and
 * controller prove that it lives), the Events of a MetalLB that is too old for ServiceL2Status, and kinds whose definition
 * comes or goes.
 */
#include <errno.h>
#include <string.h>

#include "kube/source_state.h"

#define PODS_NAMESPACES_MAX (VG_REFLECTORS_MAX - 2) /* beside the Pods of this node and the static ones */

static const struct vg_kind_info pods_of_namespace = {
	.kind = VG_KIND_POD, .group = "", .version = "v1", .plural = "pods", .core = true, .loss = "whether MetalLB runs there is not known"
};

/* No kind of the cluster: only the names matter. */
static const struct vg_kind_info definitions = { .kind = VG_KIND_MAX,
						 .group = "apiextensions.k8s.io",
						 .version = "v1",
						 .plural = "customresourcedefinitions",
						 .core = true,
						 .loss = "a kind that is added later is noticed after five minutes only" };

/* ---- definitions */

/* PLURAL.GROUP */
static bool is_name_of(const struct vg_kind_info *info, const char *name)
{
	size_t n = strlen(info->plural);

	return info->group[0] && !strncmp(name, info->plural, n) && name[n] == '.' && !strcmp(name + n + 1, info->group);
}

static void on_definition(void *ctx, const char *name, bool gone)
{
	struct vg_kube_source *source = ctx;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		struct vg_reflector *reflector = source->reflectors[i];

		if (!is_name_of(vg_reflector_info(reflector), name))
			continue;
		if (gone)
			vg_reflector_gone(reflector);
		else
			vg_reflector_appeared(reflector);
	}
}

static void on_definitions_moved(void *ctx, bool anew)
{
	struct vg_kube_source *source = ctx;

	if (!anew || source->kicked)
		return;
	source->anew = true;
	source->kicked = true;
	vg_timer_arm(source->kick, 1);
}

int vg_source_definitions_new(struct vg_kube_source *source)
{
	const struct vg_reflector_sink sink = { .ctx = source, .moved = on_definitions_moved, .trouble = vg_source_trouble, .name = on_definition };

	return vg_reflector_new(&source->env, &definitions, 0, NULL, &sink, &source->definitions);
}

static void want_definitions(struct vg_kube_source *source)
{
	bool watched = vg_reflector_knowledge(source->definitions) != VG_KIND_FORBIDDEN;

	if (watched == source->env.crds_watched)
		return;
	source->env.crds_watched = watched;
	for (size_t i = 0; i < source->n_reflectors && !watched; i++)
		vg_reflector_unwatched(source->reflectors[i]);
}

/* ---- Events */

static enum vg_knowledge knowledge_of(const struct vg_kube_source *source, enum vg_kind kind)
{
	for (size_t i = 0; i < source->n_reflectors; i++)
		if (vg_reflector_info(source->reflectors[i])->kind == kind)
			return vg_reflector_knowledge(source->reflectors[i]);
	return VG_KIND_UNKNOWN;
}

static void want_events(struct vg_kube_source *source)
{
	bool wanted = knowledge_of(source, VG_KIND_L2_STATUS) == VG_KIND_ABSENT && knowledge_of(source, VG_KIND_POOL) == VG_KIND_LISTED;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		struct vg_reflector *reflector = source->reflectors[i];

		if (vg_reflector_info(reflector)->kind != VG_KIND_EVENT || wanted != vg_reflector_idle(reflector))
			continue;
		if (wanted)
			vg_reflector_start(reflector);
		else
			vg_reflector_stop(reflector);
	}
}

/* ---- Pods of the namespaces with pools */

static size_t find_namespace(const struct vg_kube_source *source, const struct vg_object *pool)
{
	for (size_t i = 0; i < source->n_reflectors; i++) {
		const char *namespace = vg_reflector_namespace(source->reflectors[i]);

		if (vg_reflector_info(source->reflectors[i]) == &pods_of_namespace && vg_object_in(pool, namespace))
			return i;
	}
	return SIZE_MAX;
}

static int free_bit(const struct vg_kube_source *source)
{
	unsigned used = 1U | 1U << VG_REFLECTOR_MANIFESTS; /* this node's Pods: those of the API, and the static ones */

	for (size_t i = 0; i < source->n_reflectors; i++)
		if (vg_reflector_info(source->reflectors[i])->kind == VG_KIND_POD)
			used |= 1U << vg_reflector_bit(source->reflectors[i]);
	return used == (1U << VG_REFLECTORS_MAX) - 1 ? -E2BIG : __builtin_ctz(~used);
}

static int add_namespace(struct vg_kube_source *source, const struct vg_object *pool)
{
	char namespace[256];
	int bit = free_bit(source), r = bit;

	snprintf(namespace, sizeof(namespace), "%.*s", (int)pool->namespace_len, pool->key);
	if (bit >= 0)
		r = vg_source_add(source, &pods_of_namespace, (unsigned)bit, namespace);
	if (r >= 0)
		vg_reflector_start(source->reflectors[source->n_reflectors - 1]);
	return r;
}

/* n: pools whose namespace found no place. Said once, until all have one. */
static void say_left_out(struct vg_kube_source *source, size_t n)
{
	char text[VG_ERROR_MAX];

	if (n && !source->namespaces_full) {
		snprintf(text, sizeof(text), "ipaddresspools: in more than %d namespaces; whether MetalLB runs in those of %zu pools is not known",
			 PODS_NAMESPACES_MAX, n);
		source->sink.trouble(source->sink.ctx, VG_TROUBLE_REFUSED, text);
	}
	source->namespaces_full = n > 0;
}

static bool has_pool(const struct vg_kube_source *source, const char *namespace)
{
	const struct vg_object *pool = NULL;

	while ((pool = vg_cluster_next(source->config.cluster, VG_KIND_POOL, pool)))
		if (vg_object_in(pool, namespace))
			return true;
	return false;
}

/* Whether pools may be others than last time. Not asked with each event of anything. */
static bool pools_moved(struct vg_kube_source *source)
{
	struct vg_reflector_status status = { 0 };
	uint64_t seen = 0;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		if (vg_reflector_info(source->reflectors[i])->kind != VG_KIND_POOL)
			continue;
		vg_reflector_status(source->reflectors[i], &status);
		seen = status.bytes * VG_KIND_MAX + vg_reflector_knowledge(source->reflectors[i]);
	}
	if (seen == source->pools_seen)
		return false;
	source->pools_seen = seen;
	return true;
}

static void want_pods(struct vg_kube_source *source)
{
	const struct vg_object *pool = NULL;
	size_t left_out = 0;

	if (!pools_moved(source))
		return;
	for (size_t i = source->n_reflectors; i-- > 0;) {
		struct vg_reflector *reflector = source->reflectors[i];

		if (vg_reflector_info(reflector) != &pods_of_namespace || has_pool(source, vg_reflector_namespace(reflector)))
			continue;
		vg_reflector_stop(reflector);
		vg_reflector_free(reflector);
		source->reflectors[i] = source->reflectors[--source->n_reflectors];
	}
	while ((pool = vg_cluster_next(source->config.cluster, VG_KIND_POOL, pool)))
		if (pool->namespace_len && find_namespace(source, pool) == SIZE_MAX)
			left_out += add_namespace(source, pool) < 0;
	say_left_out(source, left_out);
}

void vg_source_want(struct vg_kube_source *source)
{
	want_definitions(source);
	want_events(source);
	want_pods(source);
}
