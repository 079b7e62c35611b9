/* SPDX-License-Identifier: Apache-2.0 */
/* Cilium: never binds; the holder of cilium-l2announce-<namespace>-<service>, in whatever namespace Cilium runs, answers for it. */
#include <string.h>

#include "core/owner.h"

static const char owner[] = "cilium", lease_prefix[] = "cilium-l2announce-";

/* False: longer than any Lease's name can be. */
static bool lease_name(const struct vg_service *service, char *out, size_t size)
{
	size_t m = sizeof(lease_prefix) - 1, n = strlen(service->object.key);

	if (m + n + 1 > size)
		return false;
	memcpy(out, lease_prefix, m);
	memcpy(out + m, service->object.key, n + 1);
	if (service->object.namespace_len)
		out[m + service->object.namespace_len] = '-';
	return true;
}

/* *ret_alive: Cilium announces it from somewhere, though maybe from no Node that is known. */
static bool add_leases(struct vg_inquiry *inquiry, const struct vg_service *service, bool *ret_alive)
{
	const struct vg_lease *lease;
	struct vg_walk walk = { 0 };
	bool found = false;
	char name[1024];

	if (!lease_name(service, name, sizeof(name)))
		return false;
	while ((lease = vg_cluster_walk_leases(inquiry->cluster, name, &walk))) {
		if (vg_inquiry_add_lease(inquiry, lease))
			found = true;
		if (*lease->holder && lease->fresh_ns > inquiry->now->boot_ns)
			*ret_alive = true;
	}
	return found;
}

/* A pool alone is a mark: Cilium may allocate what somebody else announces. */
static struct vg_opinion of_pool(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_object *pool = vg_scene_foreign(inquiry->scene, inquiry->addr);
	struct vg_opinion opinion = vg_opinion_unproven(service);

	if (!pool || pool->kind != VG_KIND_CILIUM_POOL)
		return opinion;
	vg_say(inquiry, VG_CLUE_CILIUM_POOL, pool, "blocks", NULL);
	opinion = vg_opinion_claimed(service, owner);
	opinion.stance = VG_STANCE_MARKED;
	return opinion;
}

struct vg_opinion vg_owner_cilium(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	bool alive = false;

	if (!add_leases(inquiry, service, &alive))
		return alive ? vg_opinion_claimed(service, owner) : of_pool(inquiry, service);
	return (struct vg_opinion){ .stance = VG_STANCE_PROVEN,
				    .bind = VG_OWNER_NEVER_BINDS,
				    .announce = VG_ASSIGNED_ELSEWHERE,
				    .owner = owner,
				    .source = "Lease",
				    .service = service };
}
