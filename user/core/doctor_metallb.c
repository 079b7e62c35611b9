/* SPDX-License-Identifier: Apache-2.0 */
/* MetalLB beside the nodes: the label that excludes some, speakers that are all on such ones, what is left over of them, and its own configuration. */
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/doctor_store.h"

static bool is_excluded(const struct vg_cluster *cluster, const char *name)
{
	const struct vg_node *node = vg_cluster_find_node(cluster, name);

	return node && (node->flags & VG_NODE_EXCLUDED);
}

static bool may_announce(const struct vg_cluster *cluster, const struct vg_pod *pod)
{
	return !is_excluded(cluster, pod->node) || (pod->flags & VG_POD_METALLB_ALL_NODES) || !vg_metallb_honours_exclusion(pod->image);
}

/* A live speaker of that namespace: whether there is one, one that may announce, and the first of all. */
static const struct vg_object *speakers_of(const struct vg_cluster *cluster, const struct vg_object *pool, bool *ret_eligible)
{
	const struct vg_object *object = NULL, *first = NULL;

	*ret_eligible = false;
	while ((object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (!(pod->flags & VG_POD_METALLB_SPEAKER) || !(pod->flags & VG_POD_LIVE) || !vg_object_same_namespace(object, pool))
			continue;
		first = !first || strcmp(object->key, first->key) < 0 ? object : first;
		*ret_eligible = *ret_eligible || may_announce(cluster, pod);
	}
	return first;
}

static void say_speakers(struct vg_examination *exam)
{
	for (size_t i = 0; i < exam->scene->n_instances; i++) {
		const struct vg_instance *instance = &exam->scene->instances[i];
		const struct vg_pool *advertised = NULL;
		const struct vg_object *speaker;
		struct vg_diagnosis *diagnosis;
		bool eligible;

		for (size_t j = 0; j < exam->scene->n_pools && !advertised; j++) {
			const struct vg_pool *pool = &exam->scene->pools[j];

			advertised = pool->instance == instance && (pool->l2.n || pool->bgp.n) ? pool : NULL;
		}
		if (!advertised)
			continue;
		speaker = speakers_of(exam->cluster, &advertised->claims->object, &eligible);
		if (!speaker || eligible)
			continue;
		diagnosis = vg_find(exam, VG_AIL_NO_SPEAKER, speaker, "nodeName", ((const struct vg_pod *)speaker)->node);
		if (diagnosis)
			diagnosis->evidence.about = &advertised->claims->object;
	}
}

static int say_statuses(struct vg_examination *exam)
{
	_cleanup_free_ const struct vg_object **list = NULL;
	size_t n = 0;
	int r = vg_list_kind(exam->cluster, VG_KIND_L2_STATUS, &list, &n);

	for (size_t i = 0; i < n; i++) {
		const struct vg_placement *status = (const struct vg_placement *)list[i];
		const struct vg_object *pod = NULL;
		bool may = !is_excluded(exam->cluster, status->node);

		while (!may && (pod = vg_cluster_next(exam->cluster, VG_KIND_POD, pod))) {
			const struct vg_pod *one = (const struct vg_pod *)pod;

			may = (one->flags & VG_POD_METALLB_SPEAKER) && vg_names_equal(one->node, status->node) && may_announce(exam->cluster, one);
		}
		if (!may)
			vg_find(exam, VG_AIL_EXCLUDED_STATUS, list[i], "metallb.io/node", status->node);
	}
	return r;
}

static void say_instances(struct vg_examination *exam)
{
	for (size_t i = 0; i < exam->scene->n_instances; i++) {
		const struct vg_instance *instance = &exam->scene->instances[i];

		if (instance->mixed)
			vg_find(exam, VG_AIL_MIXED, &instance->pod->object, "lb-class", instance->class);
		if (instance->invalid)
			vg_find(exam, VG_AIL_INVALID, &instance->invalid->object, "result", "Invalid");
	}
}

int vg_examine_metallb(struct vg_examination *exam)
{
	say_speakers(exam);
	say_instances(exam);
	return say_statuses(exam);
}
