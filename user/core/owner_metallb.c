/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MetalLB: never binds; announces by L2 from the nodes that its statuses name, or by BGP alone.
 *
 * A ConfigurationState that is Invalid means that the instance works on its last good configuration, which is not the one in the
 * API: the pool may have been another one, the advertisement may be newer than what is in force. Then only what MetalLB itself wrote
 * while it announced (ServiceL2Status, ServiceBGPStatus) backs the proof; and "no L2Advertisement selects it" is never concluded.
 */
#include <string.h>

#include "core/owner.h"

static const char owner[] = "metallb";

bool vg_owner_metallb_class(const struct vg_scene *scene, const char *class)
{
	for (size_t i = 0; i < scene->n_instances; i++) {
		if (!scene->instances[i].mixed && !strcmp(scene->instances[i].class, class))
			return true;
	}
	return false;
}

/* The instance's own statuses; those of v0.14.4 and 5 are in the Service's namespace. */
static bool belongs_to(const struct vg_placement *status, const struct vg_instance *instance, const struct vg_service *service)
{
	return vg_object_same_namespace(&status->object, &instance->pod->object) || vg_object_same_namespace(&status->object, &service->object);
}

static const struct vg_placement *next_status(struct vg_inquiry *inquiry, enum vg_kind kind, const struct vg_instance *instance,
					      const struct vg_service *service, struct vg_walk *walk)
{
	const struct vg_placement *status;

	while ((status = vg_cluster_walk_placements(inquiry->cluster, kind, service->object.key, walk))) {
		if (belongs_to(status, instance, service))
			return status;
	}
	return NULL;
}

static bool has_status(struct vg_inquiry *inquiry, enum vg_kind kind, const struct vg_instance *instance, const struct vg_service *service)
{
	struct vg_walk walk = { 0 };

	return next_status(inquiry, kind, instance, service, &walk);
}

static void add_statuses(struct vg_inquiry *inquiry, const struct vg_instance *instance, const struct vg_service *service)
{
	const struct vg_placement *status;
	struct vg_walk walk = { 0 };

	while ((status = next_status(inquiry, VG_KIND_L2_STATUS, instance, service, &walk))) {
		enum vg_clue clue = vg_inquiry_add_holder(inquiry, status->node) ? VG_CLUE_STATUS_HOLDS : VG_CLUE_STATUS_NO_NODE;

		vg_say(inquiry, clue, &status->object, "metallb.io/node", status->node);
	}
}

/*
 * Whether this MetalLB writes no ServiceL2Status, so that Events are all there is. Live, the server says whether it has the kind; a kind
 * that is there and empty means that nobody announces, and an Event of an hour ago would be wrong. A dump cannot say it: there, nothing of what
 * came with or after it (v0.14.6) must be seen.
 */
static bool is_without_statuses(const struct vg_inquiry *inquiry)
{
	const struct vg_cluster *cluster = inquiry->cluster;
	bool offline = inquiry->now->real_ns == inquiry->now->boot_ns;

	if (vg_cluster_knowledge(cluster, VG_KIND_L2_STATUS) == VG_KIND_ABSENT)
		return true;
	return offline && vg_cluster_knowledge(cluster, VG_KIND_L2_STATUS) == VG_KIND_LISTED && !vg_cluster_count(cluster, VG_KIND_L2_STATUS) &&
	       !vg_cluster_count(cluster, VG_KIND_BGP_STATUS) && !vg_cluster_count(cluster, VG_KIND_CONFIGURATION_STATE);
}

static bool counts(const struct vg_placement *event, const struct vg_service *service)
{
	return (event->flags & VG_PLACEMENT_LAYER2) && event->uid && event->uid == service->uid && event->at_ns;
}

static const struct vg_placement *newest_event(const struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_placement *event, *newest = NULL;
	struct vg_walk walk = { 0 };

	while ((event = vg_cluster_walk_placements(inquiry->cluster, VG_KIND_EVENT, service->object.key, &walk))) {
		if (counts(event, service) && (!newest || event->at_ns > newest->at_ns))
			newest = event;
	}
	return newest;
}

/* Times have seconds only: of those as new as each other all count. The newest of the others says whether the announcer moved. */
static void add_events(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_placement *newest = newest_event(inquiry, service), *event, *before = NULL;
	struct vg_walk walk = { 0 };

	while (newest && (event = vg_cluster_walk_placements(inquiry->cluster, VG_KIND_EVENT, service->object.key, &walk))) {
		if (!counts(event, service))
			continue;
		if (event->at_ns == newest->at_ns) {
			vg_inquiry_add_holder(inquiry, event->node);
			vg_say(inquiry, VG_CLUE_EVENT_HOLDS, &event->object, "nodeAssigned", event->node);
			if (strcmp(event->node, newest->node))
				vg_inquiry_add_move(inquiry, newest->at_ns);
		} else if (!before || event->at_ns > before->at_ns) {
			before = event;
		}
	}
	if (!before || !strcmp(before->node, newest->node))
		return;
	vg_say(inquiry, VG_CLUE_EVENT_BEFORE, &before->object, "nodeAssigned", before->node);
	vg_inquiry_add_move(inquiry, newest->at_ns);
}

static const char *add_announcers(struct vg_inquiry *inquiry, const struct vg_instance *instance, const struct vg_service *service)
{
	size_t before = inquiry->n_holders;

	add_statuses(inquiry, instance, service);
	if (inquiry->n_holders != before)
		return "ServiceL2Status";
	if (is_without_statuses(inquiry))
		add_events(inquiry, service);
	if (inquiry->n_holders != before)
		return "Event";
	vg_miss(inquiry, VG_CLUE_STATUS_NONE, VG_KIND_L2_STATUS, &service->object, NULL);
	return NULL;
}

/* ---- one pool */

static void say_proof(struct vg_inquiry *inquiry, const struct vg_pool *pool, const struct vg_advertisement *advertisement,
		      const struct vg_service *service)
{
	const struct vg_instance *instance = pool->instance;

	vg_say(inquiry, VG_CLUE_ALLOCATED, &service->object, "ip-allocated-from-pool", service->metallb_pool);
	vg_say(inquiry, VG_CLUE_POOL_CONTAINS, &pool->claims->object, "addresses", NULL);
	if (advertisement)
		vg_say_advertised(inquiry, advertisement);
	vg_say(inquiry, VG_CLUE_ALIVE, &instance->pod->object, "nodeName", instance->pod->node);
	if (instance->invalid)
		vg_say(inquiry, VG_CLUE_INVALID, &instance->invalid->object, "result", "Invalid");
}

static struct vg_opinion by_l2(struct vg_inquiry *inquiry, const struct vg_pool *pool, const struct vg_service *service)
{
	return (struct vg_opinion){ .stance = VG_STANCE_PROVEN,
				    .bind = VG_OWNER_NEVER_BINDS,
				    .announce = VG_ASSIGNED_ELSEWHERE,
				    .owner = owner,
				    .source = add_announcers(inquiry, pool->instance, service),
				    .service = service };
}

/* Only BGP is seen. Where there may be an L2Advertisement all the same, those that statuses name may announce, and maybe others. */
static struct vg_opinion by_bgp(struct vg_inquiry *inquiry, const struct vg_pool *pool, const struct vg_service *service)
{
	struct vg_opinion opinion = { .stance = VG_STANCE_PROVEN,
				      .bind = VG_OWNER_NEVER_BINDS,
				      .announce = VG_NOT_ANNOUNCED,
				      .owner = owner,
				      .source = "BGPAdvertisement",
				      .service = service };

	vg_miss(inquiry, VG_CLUE_NO_L2, VG_KIND_L2_ADVERTISEMENT, &pool->claims->object, NULL);
	if (!pool->maybe_l2 && !pool->instance->maybe_invalid)
		return opinion;
	opinion.announce = VG_ASSIGNED_ELSEWHERE;
	opinion.source = add_announcers(inquiry, pool->instance, service);
	inquiry->open = true;
	return opinion;
}

static struct vg_opinion marked(const struct vg_service *service)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);

	opinion.stance = VG_STANCE_MARKED;
	return opinion;
}

static struct vg_opinion ipam_only(struct vg_inquiry *inquiry, const struct vg_pool *pool, const struct vg_service *service)
{
	vg_miss(inquiry, VG_CLUE_NO_ADVERTISEMENT, VG_KIND_L2_ADVERTISEMENT, &pool->claims->object, NULL);
	return (struct vg_opinion){ .stance = VG_STANCE_IPAM,
				    .bind = VG_IPAM_ONLY,
				    .announce = VG_IPAM_ONLY,
				    .owner = owner,
				    .source = "IPAddressPool",
				    .service = service };
}

static struct vg_opinion of_pool(struct vg_inquiry *inquiry, const struct vg_pool *pool, const struct vg_service *service)
{
	const struct vg_instance *instance = pool->instance;
	const struct vg_advertisement *l2, *bgp;

	if (instance->mixed || strcmp(instance->class, service->class) || !vg_pool_contains(pool->claims, inquiry->addr))
		return marked(service);
	l2 = vg_advertisement_for(&pool->l2, service);
	bgp = vg_advertisement_for(&pool->bgp, service);
	say_proof(inquiry, pool, l2 ? l2 : bgp, service);
	if (!l2 && !bgp)
		return pool->maybe_l2 || pool->maybe_bgp ? marked(service) : ipam_only(inquiry, pool, service);
	if (instance->maybe_invalid && !has_status(inquiry, VG_KIND_L2_STATUS, instance, service) &&
	    !has_status(inquiry, VG_KIND_BGP_STATUS, instance, service))
		return marked(service);
	return l2 ? by_l2(inquiry, pool, service) : by_bgp(inquiry, pool, service);
}

/* Everything that could prove this MetalLB can be seen. */
static bool sees_proof(const struct vg_inquiry *inquiry)
{
	static const enum vg_kind kinds[] = { VG_KIND_POD,	 VG_KIND_POOL,	     VG_KIND_L2_ADVERTISEMENT,	 VG_KIND_BGP_ADVERTISEMENT,
					      VG_KIND_L2_STATUS, VG_KIND_BGP_STATUS, VG_KIND_CONFIGURATION_STATE };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!vg_cluster_is_told(inquiry->cluster, kinds[i]))
			return false;
	}
	return !inquiry->scene->blind;
}

/* A mark without proof gives way to another's claim, unless the proof may only be out of sight. marks: of pools that prove nothing. */
static void compete(const struct vg_inquiry *inquiry, struct vg_opinion *opinion, size_t marks)
{
	if (opinion->stance >= VG_STANCE_CLAIMED || !marks || sees_proof(inquiry))
		return;
	*opinion = vg_opinion_unseen(opinion->service, owner);
}

struct vg_opinion vg_owner_metallb(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);
	const struct vg_pool *pools;
	size_t n, marks;

	if (!*service->metallb_pool)
		return opinion;
	opinion = marked(service);
	n = vg_scene_pools(inquiry->scene, service->metallb_pool, &pools);
	marks = !n;
	for (size_t i = 0; i < n; i++) {
		struct vg_opinion one = of_pool(inquiry, &pools[i], service);

		marks += one.stance == VG_STANCE_MARKED;
		opinion = vg_opinion_merge(&opinion, &one);
	}
	if (opinion.stance == VG_STANCE_MARKED)
		vg_say(inquiry, VG_CLUE_MARK, &service->object, "ip-allocated-from-pool", service->metallb_pool);
	compete(inquiry, &opinion, marks);
	return opinion;
}
