/* SPDX-License-Identifier: Apache-2.0 */
/* The same rules as core/assess.c, walked once more for one address, telling what they went by. */
#include "core/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "core/explain_context.h"
#include "core/protect.h"

static int say_protected(struct vg_inquiry *inquiry)
{
	_cleanup_free_ struct vg_shielded *list = NULL;
	size_t n = 0;
	int r = vg_protect_collect(inquiry->cluster, &list, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		enum vg_clue clue = list[i].reason == VG_NODE_ADDRESS ? VG_CLUE_NODE_OWN : VG_CLUE_API_ADDRESS;

		if (vg_addr_cmp(&list[i].addr, inquiry->addr) == 0)
			vg_say(inquiry, clue, list[i].object, list[i].field, NULL);
	}
	return 0;
}

static void say_reserved(struct vg_inquiry *inquiry)
{
	const struct vg_reserved *reserved = vg_prefix_map_match(&inquiry->scene->reserved, inquiry->addr);
	const struct vg_pool *pool;

	if (!reserved)
		return;
	pool = reserved->pool;
	if (reserved->other)
		vg_say(inquiry, VG_CLUE_RESERVED_OTHER, reserved->other, "addresses", NULL);
	vg_say(inquiry, VG_CLUE_RESERVED_POOL, &pool->claims->object, "addresses", NULL);
	vg_say_advertised(inquiry, pool->l2.n ? pool->l2.list[0] : pool->bgp.list[0]);
	vg_say(inquiry, VG_CLUE_ALIVE, &pool->instance->pod->object, "nodeName", pool->instance->pod->node);
}

static int inquire(struct vg_inquiry *inquiry, const struct vg_question *question)
{
	const struct vg_snapshot *file = question->config->file;
	struct vg_finding finding;
	int r = say_protected(inquiry);

	if (r < 0 || !vg_addr_is_global(inquiry->addr) || (file && vg_snapshot_find(file, inquiry->addr)))
		return r;
	if (!vg_owner_find(inquiry, &finding))
		say_reserved(inquiry);
	if (!inquiry->scene->node_known)
		vg_miss(inquiry, VG_CLUE_NO_NODE, VG_KIND_NODE, NULL, vg_cluster_node(inquiry->cluster));
	return vg_explain_context(inquiry, question);
}

/* In the order of their rank, apart from that as they came. */
static int keep(const struct vg_inquiry *inquiry, struct vg_explanation *explanation)
{
	size_t n = inquiry->n_exhibits;

	explanation->evidence = calloc(n ? n : 1, sizeof(*explanation->evidence));
	if (!explanation->evidence)
		return -ENOMEM;
	for (unsigned rank = VG_RANK_DECIDES; rank <= VG_RANK_CONTEXT; rank++) {
		for (size_t i = 0; i < n; i++) {
			if (vg_clue_rank(inquiry->exhibits[i].clue) == rank)
				explanation->evidence[explanation->n_evidence++] = inquiry->exhibits[i];
		}
	}
	return 0;
}

static int look_into(const struct vg_question *question, struct vg_explanation *explanation)
{
	const struct vg_cluster *cluster = question->cluster;
	VG_CLEANUP(vg_scene_freep) struct vg_scene *anew = NULL;
	struct vg_inquiry inquiry = { .cluster = cluster, .scene = cluster->scene, .now = question->now, .grace_ns = question->config->grace_ns };
	int r = 0;

	if (cluster->all || !cluster->scene) {
		r = vg_scene_new(cluster, &anew);
		inquiry.scene = anew;
	}
	if (r < 0)
		return r;
	inquiry.exhibits = calloc(VG_EVIDENCE_MAX, sizeof(*inquiry.exhibits));
	if (!inquiry.exhibits)
		return -ENOMEM;
	vg_inquiry_begin(&inquiry, question->addr);
	r = inquire(&inquiry, question);
	if (r == 0)
		r = inquiry.no_memory ? -ENOMEM : keep(&inquiry, explanation);
	vg_inquiry_deinit(&inquiry);
	return r;
}

int vg_explain(const struct vg_question *question, struct vg_explanation *ret_explanation)
{
	struct vg_explanation explanation = { .n_evidence = 0 };
	int r = question->cluster ? look_into(question, &explanation) : 0;

	if (r < 0) {
		vg_explanation_deinit(&explanation);
		return r;
	}
	vg_advise(question, &explanation);
	*ret_explanation = explanation;
	return 0;
}

void vg_explanation_deinit(struct vg_explanation *explanation)
{
	free(explanation->evidence);
	*explanation = (struct vg_explanation){ .n_evidence = 0 };
}
