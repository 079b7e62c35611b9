/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What MetalLB's pools reserve though no Service carries it. Only of a pool that is certain: an instance lives, its configuration
 * is the one in force, an advertisement selects the pool for whatever Service may come, and all Services and EgressIPs are known.
 * One whose advertisements select some Services only leaves the others to somebody else, who may bind before we hear of it.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "core/cluster_store.h"
#include "core/scene.h"

static bool selects_all_services(const struct vg_advertisements *advertisements)
{
	for (size_t i = 0; i < advertisements->n; i++) {
		if (!advertisements->list[i]->service_selectors.n)
			return true;
	}
	return false;
}

/* MetalLB keeps to its last good configuration while the present one is Invalid: then what stands in a pool may not be in force. */
static bool is_certain(const struct vg_pool *pool)
{
	return !pool->instance->maybe_invalid && !pool->instance->mixed && !(pool->claims->flags & VG_CLAIMS_ODD) &&
	       (selects_all_services(&pool->l2) || selects_all_services(&pool->bgp));
}

/* The longest prefix of the map that contains this one, or is it; NULL. */
static void *cover(const struct vg_prefix_map *map, const struct vg_prefix *prefix)
{
	uint8_t own = vg_prefix_own_len(prefix);

	for (unsigned len = own + 1; len-- > 0;) {
		struct vg_prefix shorter;
		void *item = vg_prefix_make(&prefix->addr, (uint8_t)len, &shorter) == 0 ? vg_prefix_map_get(map, &shorter) : NULL;

		if (item)
			return item;
	}
	return NULL;
}

/* -E2BIG: no room; the caller decides what that means. A prefix that is there already stays. */
static int add(struct vg_prefix_map *map, const void *item)
{
	int r = map->n == VG_SCENE_PREFIXES_MAX ? -E2BIG : vg_prefix_map_add(map, item);

	return r == -EEXIST ? 0 : r;
}

static int reserve_pool(struct vg_scene *scene, const struct vg_pool *pool)
{
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];

	for (uint32_t i = 0; i < pool->claims->ranges.n; i++) {
		const struct vg_range *range = &pool->claims->ranges.list[i];
		size_t n = 0;

		if (vg_range_to_prefixes(&range->first, &range->last, prefixes, &n) < 0)
			continue;
		/* What is no VIP for anybody (link-local) is nobody's to take either. */
		for (size_t j = 0; j < n && vg_addr_is_global(&prefixes[j].addr); j++) {
			struct vg_reserved one = { .prefix = prefixes[j],
						   .pool = pool,
						   .reason = scene->node_known ? VG_POOL_RESERVED : VG_NODE_UNKNOWN };
			int r = add(&scene->reserved, &one);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- what else speaks of addresses in a pool */

static int add_foreign(struct vg_scene *scene, const struct vg_object *object, const struct vg_prefix *prefix)
{
	return add(&scene->foreign, &(struct vg_foreign){ *prefix, object });
}

static int add_foreign_object(struct vg_scene *scene, const struct vg_claims *claims)
{
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX], host;
	int r = 0;

	for (uint32_t i = 0; i < claims->addresses.n && r == 0; i++) {
		vg_prefix_make(&claims->addresses.list[i], vg_addr_bits(&claims->addresses.list[i]), &host);
		r = add_foreign(scene, &claims->object, &host);
	}
	for (uint32_t i = 0; i < claims->ranges.n && r == 0; i++) {
		const struct vg_range *range = &claims->ranges.list[i];
		size_t n = 0;

		if (vg_range_to_prefixes(&range->first, &range->last, prefixes, &n) < 0)
			continue;
		for (size_t j = 0; j < n && r == 0; j++)
			r = add_foreign(scene, &claims->object, &prefixes[j]);
	}
	return r;
}

static const enum vg_kind foreign_kinds[] = { VG_KIND_EGRESS_IP, VG_KIND_CILIUM_POOL, VG_KIND_PURELB_GROUP, VG_KIND_OPENELB_EIP, VG_KIND_CONFIG_MAP };

static bool is_foreign(const struct vg_object *object)
{
	return object->kind != VG_KIND_CONFIG_MAP || (((const struct vg_claims *)object)->flags & VG_CLAIMS_KUBE_VIP_POOL);
}

static int read_foreign(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(foreign_kinds) && r == 0; i++) {
		const struct vg_object *object = NULL;

		while (r == 0 && (object = vg_cluster_next(cluster, foreign_kinds[i], object))) {
			if (is_foreign(object))
				r = add_foreign_object(scene, (const struct vg_claims *)object);
		}
	}
	return r;
}

/* A second claim on a part of a pool: of an EgressIP nobody proves who holds it; of another balancer's pool two hand it out. */
static enum vg_reason doubt_about(const struct vg_object *other)
{
	return other->kind == VG_KIND_EGRESS_IP ? VG_OWNER_UNPROVEN : VG_OWNER_CONFLICT;
}

static void doubt_whole(struct vg_scene *scene)
{
	struct vg_reserved *reserved;

	for (size_t i = 0; (reserved = vg_prefix_map_at(&scene->reserved, i)); i++) {
		const struct vg_foreign *foreign = cover(&scene->foreign, &reserved->prefix);

		if (!foreign)
			continue;
		reserved->other = foreign->object;
		reserved->reason = doubt_about(reserved->other);
	}
}

static int doubt_parts(struct vg_scene *scene)
{
	const struct vg_foreign *foreign;

	for (size_t i = 0; (foreign = vg_prefix_map_at(&scene->foreign, i)); i++) {
		const struct vg_reserved *outer = cover(&scene->reserved, &foreign->prefix);
		struct vg_reserved one = { .prefix = foreign->prefix, .other = foreign->object };
		int r;

		if (!outer)
			continue;
		one.pool = outer->pool;
		one.reason = doubt_about(one.other);
		r = add(&scene->reserved, &one);
		if (r < 0)
			return r;
	}
	return 0;
}

static void reserve_nothing(struct vg_scene *scene)
{
	scene->left_out += scene->reserved.n + 1;
	vg_prefix_map_deinit(&scene->reserved);
}

/* Without all Services, "no Service carries it" is not known; without what else speaks of addresses, who else may hold it is not. */
static bool may_reserve(const struct vg_cluster *cluster)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign_kinds); i++) {
		if (!vg_cluster_is_told(cluster, foreign_kinds[i]))
			return false;
	}
	return vg_cluster_knowledge(cluster, VG_KIND_SERVICE) == VG_KIND_LISTED && !cluster->refused;
}

static int reserve_pools(struct vg_scene *scene)
{
	for (size_t i = 0; i < scene->n_pools; i++) {
		int r = is_certain(&scene->pools[i]) ? reserve_pool(scene, &scene->pools[i]) : 0;

		if (r == -E2BIG)
			scene->left_out++;
		else if (r < 0)
			return r;
	}
	return 0;
}

int vg_scene_reserve(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	int r = read_foreign(scene, cluster);

	if (r == -E2BIG) {
		scene->left_out++;
		return 0;
	}
	if (r < 0 || !may_reserve(cluster))
		return r;
	r = reserve_pools(scene);
	if (r < 0)
		return r;
	doubt_whole(scene);
	r = doubt_parts(scene);
	if (r == -E2BIG) {
		/* A doubt that was left out would be a wrong certainty. */
		reserve_nothing(scene);
		r = 0;
	}
	return r;
}
