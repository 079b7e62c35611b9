/* SPDX-License-Identifier: Apache-2.0 */
/* The same rules as core/assess.c, walked once more for one address, telling what they went by. */
#include <stdlib.h>

#include "core/assess.h"
#include "core/cluster_store.h"
#include "core/owner.h"
#include "core/protect.h"
#include "core/scene.h"

static void say_protected(struct vg_inquiry *inquiry)
{
	_cleanup_free_ struct vg_shielded *list = NULL;
	size_t n = 0;

	if (vg_protect_collect(inquiry->cluster, &list, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		bool own = list[i].reason == VG_NODE_ADDRESS;

		if (vg_addr_cmp(&list[i].addr, inquiry->addr))
			continue;
		vg_say(inquiry, VG_RANK_DECIDES, list[i].object, list[i].object->kind, list[i].field, NULL,
		       own ? "says that it is this node's own address" : "says that it is the API server's address");
	}
}

static void say_reserved(struct vg_inquiry *inquiry)
{
	const struct vg_reserved *reserved = vg_prefix_map_match(&inquiry->scene->reserved, inquiry->addr);
	const struct vg_pool *pool;
	const struct vg_advertisement *advertisement;

	if (!reserved)
		return;
	pool = reserved->pool;
	advertisement = pool->l2.n ? pool->l2.list[0] : pool->bgp.list[0];
	if (reserved->other)
		vg_say(inquiry, VG_RANK_DECIDES, reserved->other, reserved->other->kind, "addresses", NULL, "speaks of the address, too");
	vg_say(inquiry, VG_RANK_DECIDES, &pool->claims->object, VG_KIND_POOL, "addresses", NULL, "contains the address, which no Service carries");
	vg_say(inquiry, VG_RANK_PROVES, &advertisement->object, advertisement->object.kind, "ipAddressPools", NULL, "selects the pool");
	vg_say(inquiry, VG_RANK_PROVES, &pool->instance->pod->object, VG_KIND_POD, "nodeName", pool->instance->pod->node,
	       "shows that MetalLB is alive");
}

static void inquire(struct vg_inquiry *inquiry, const struct vg_assess_config *config)
{
	struct vg_finding finding;

	say_protected(inquiry);
	if (!vg_addr_is_global(inquiry->addr) || (config->file && vg_snapshot_find(config->file, inquiry->addr)))
		return;
	if (!vg_owner_find(inquiry, &finding))
		say_reserved(inquiry);
	else if (!inquiry->scene->node_known)
		vg_say(inquiry, VG_RANK_MISSING, NULL, VG_KIND_NODE, NULL, vg_cluster_node(inquiry->cluster), "no Node bears this node's name");
}

static void tell(const struct vg_inquiry *inquiry, vg_evidence_fn fn, void *ctx)
{
	for (unsigned rank = VG_RANK_DECIDES; rank <= VG_RANK_MISSING; rank++) {
		for (size_t i = 0; i < inquiry->n_exhibits; i++) {
			if (inquiry->exhibits[i].rank == rank)
				fn(ctx, &inquiry->exhibits[i].evidence);
		}
	}
}

void vg_assess_explain(const struct vg_cluster *cluster, const struct vg_addr *addr, const struct vg_assess_config *config,
		       const struct vg_moment *now, vg_evidence_fn fn, void *ctx)
{
	VG_CLEANUP(vg_scene_freep) struct vg_scene *anew = NULL;
	struct vg_inquiry inquiry = { .cluster = cluster, .scene = cluster->scene, .now = now, .grace_ns = config->grace_ns };

	if (cluster->all || !cluster->scene) {
		if (vg_scene_new(cluster, &anew) < 0)
			return;
		inquiry.scene = anew;
	}
	inquiry.exhibits = calloc(VG_EVIDENCE_MAX, sizeof(*inquiry.exhibits));
	if (!inquiry.exhibits)
		return;
	vg_inquiry_begin(&inquiry, addr);
	inquire(&inquiry, config);
	tell(&inquiry, fn, ctx);
	vg_inquiry_deinit(&inquiry);
}
