/* SPDX-License-Identifier: Apache-2.0 */
#include "core/owner.h"

#include <stdlib.h>
#include <string.h>

void vg_inquiry_begin(struct vg_inquiry *inquiry, const struct vg_addr *addr)
{
	inquiry->addr = addr;
	inquiry->n_holders = 0;
	inquiry->open = false;
	inquiry->moved_ns = 0;
	inquiry->n_exhibits = 0;
}

void vg_inquiry_deinit(struct vg_inquiry *inquiry)
{
	free(inquiry->holders);
	free(inquiry->exhibits);
	*inquiry = (struct vg_inquiry){ 0 };
}

static void exhibit(struct vg_inquiry *inquiry, const struct vg_evidence *evidence)
{
	if (inquiry->exhibits && inquiry->n_exhibits < VG_EVIDENCE_MAX)
		inquiry->exhibits[inquiry->n_exhibits++] = *evidence;
}

void vg_say(struct vg_inquiry *inquiry, enum vg_clue clue, const struct vg_object *object, const char *field, const char *value)
{
	struct vg_evidence said = { .object = object, .kind = (enum vg_kind)object->kind, .clue = clue, .field = field, .value = value };

	exhibit(inquiry, &said);
}

void vg_miss(struct vg_inquiry *inquiry, enum vg_clue clue, enum vg_kind kind, const struct vg_object *about, const char *value)
{
	struct vg_evidence missing = { .kind = kind, .clue = clue, .about = about, .value = value };

	exhibit(inquiry, &missing);
}

void vg_say_advertised(struct vg_inquiry *inquiry, const struct vg_advertisement *advertisement)
{
	bool named = advertisement->pools.n, all = !named && !advertisement->pool_selectors.n;

	vg_say(inquiry, all ? VG_CLUE_ADVERTISED_ALL : VG_CLUE_ADVERTISED, &advertisement->object,
	       named || all ? "ipAddressPools" : "ipAddressPoolSelectors", NULL);
	if (advertisement->node_selectors.n)
		vg_say(inquiry, VG_CLUE_ADVERTISED_NODES, &advertisement->object, "nodeSelectors", NULL);
}

bool vg_inquiry_add_holder(struct vg_inquiry *inquiry, const char *name)
{
	const struct vg_node *node = vg_cluster_find_node(inquiry->cluster, name);
	size_t wanted = inquiry->holders_size ? inquiry->holders_size * 2 : 16;
	const char **bigger;

	if (!node)
		return false;
	if (inquiry->n_holders == inquiry->holders_size) {
		bigger = reallocarray(inquiry->holders, wanted, sizeof(*bigger));
		if (!bigger) {
			inquiry->no_memory = true;
			return false;
		}
		inquiry->holders = bigger;
		inquiry->holders_size = wanted;
	}
	inquiry->holders[inquiry->n_holders++] = node->object.key;
	return true;
}

void vg_inquiry_add_move(struct vg_inquiry *inquiry, uint64_t at_ns)
{
	if (at_ns > inquiry->moved_ns)
		inquiry->moved_ns = at_ns;
}

bool vg_inquiry_add_lease(struct vg_inquiry *inquiry, const struct vg_lease *lease)
{
	const struct vg_object *object = &lease->object;

	if (!*lease->holder) {
		vg_say(inquiry, VG_CLUE_LEASE_RELEASED, object, "holderIdentity", "");
		return false;
	}
	if (lease->fresh_ns <= inquiry->now->boot_ns) {
		vg_say(inquiry, VG_CLUE_LEASE_EXPIRED, object, "holderIdentity", lease->holder);
		return false;
	}
	if (!vg_inquiry_add_holder(inquiry, lease->holder)) {
		inquiry->open = true;
		vg_say(inquiry, VG_CLUE_LEASE_NO_NODE, object, "holderIdentity", lease->holder);
		return false;
	}
	vg_say(inquiry, VG_CLUE_LEASE_HOLDS, object, "holderIdentity", lease->holder);
	/* The first holder took it from nobody. */
	if (lease->transitions || !(lease->flags & VG_LEASE_TRANSITIONS_KNOWN))
		vg_inquiry_add_move(inquiry, lease->acquired_ns);
	return true;
}

/* ---- one Service */

/* The class decides before any mark does: what it does not fit proves nothing. */
static struct vg_opinion by_class(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	bool metallb = vg_owner_metallb_class(inquiry->scene, service->class), kube_vip = vg_owner_kube_vip_class(inquiry->scene, service->class);

	vg_say(inquiry, metallb && kube_vip ? VG_CLUE_CLASS_OF_TWO : VG_CLUE_CLASS, &service->object, "loadBalancerClass", service->class);
	if (metallb && kube_vip)
		return vg_opinion_conflict(service);
	if (metallb)
		return vg_owner_metallb(inquiry, service);
	return kube_vip ? vg_owner_kube_vip(inquiry, service) : vg_owner_of_class(inquiry, service);
}

static struct vg_opinion by_marks(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	typedef struct vg_opinion (*owner_fn)(struct vg_inquiry *, const struct vg_service *);
	static const owner_fn owners[] = { vg_owner_metallb, vg_owner_kube_vip, vg_owner_cilium, vg_owner_purelb, vg_owner_others };
	struct vg_opinion opinion = vg_opinion_unproven(service);

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		struct vg_opinion one = owners[i](inquiry, service);

		opinion = vg_opinion_merge(&opinion, &one);
	}
	if (opinion.stance != VG_STANCE_NONE)
		return opinion;
	opinion = vg_owner_kube_vip_unclaimed(inquiry, service);
	/* Cilium's pool would be a mark that leaves it to somebody else. */
	if (opinion.stance == VG_STANCE_NONE || vg_cluster_is_told(inquiry->cluster, VG_KIND_CILIUM_POOL))
		return opinion;
	return vg_opinion_unseen(service, opinion.owner);
}

static const char *field_of(uint32_t from)
{
	static const char *const fields[] = { "status.loadBalancer.ingress", "spec.loadBalancerIP", "loadBalancerIPs", "spec.externalIPs" };

	return from < ARRAY_SIZE(fields) ? fields[from] : "addresses";
}

/* What is only wished for, and what an administrator routes by himself, has no owner. */
static struct vg_opinion of_service(struct vg_inquiry *inquiry, const struct vg_service *service, uint32_t from)
{
	enum vg_clue clue = from == VG_FROM_STATUS ? VG_CLUE_CARRIES : from == VG_FROM_EXTERNAL ? VG_CLUE_EXTERNAL : VG_CLUE_WISH;

	vg_say(inquiry, clue, &service->object, field_of(from), NULL);
	if (from != VG_FROM_STATUS)
		return vg_opinion_unproven(service);
	return *service->class ? by_class(inquiry, service) : by_marks(inquiry, service);
}

/* ---- the address */

struct carrier {
	const struct vg_service *service;
	uint32_t from;
};

/* ServiceLB publishes the nodes' own addresses, and nobody binds them anew. Whoever else left a mark may have had the kubelet of another
 * node report a rightful address as its own; an owner that is known but not proven is in doubt, too. */
static bool has_no_owner(const struct vg_opinion *opinion)
{
	return opinion->stance == VG_STANCE_NONE || (opinion->stance == VG_STANCE_MARKED && opinion->owner && !strcmp(opinion->owner, "servicelb"));
}

/* Whoever may be an owner would be seen. */
static bool sees_owners(const struct vg_inquiry *inquiry)
{
	static const enum vg_kind kinds[] = { VG_KIND_POD, VG_KIND_LEASE, VG_KIND_CILIUM_POOL };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!vg_cluster_is_told(inquiry->cluster, kinds[i]))
			return false;
	}
	return !inquiry->scene->blind;
}

/*
 * A kubelet without --node-ip reports a VIP that is bound on its node, and a dead one goes on reporting it: where kube-vip may serve the Service,
 * or somebody routes the address by himself, the node may have had it rightly and lost it since. ServiceLB's mark is the other explanation.
 */
static bool was_maybe_a_vip(const struct vg_inquiry *inquiry, const struct carrier *carrier)
{
	if (carrier->from != VG_FROM_STATUS)
		return true;
	return !(carrier->service->flags & VG_SERVICE_SERVICELB) && vg_owner_kube_vip_may(inquiry, carrier->service);
}

static void judge_node_address(struct vg_inquiry *inquiry, const struct carrier *carriers, size_t n, struct vg_opinion *opinion)
{
	const struct vg_node *node = sees_owners(inquiry) ? vg_cluster_node_of_address(inquiry->cluster, inquiry->addr) : NULL;

	if (!node)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!was_maybe_a_vip(inquiry, &carriers[i]))
			continue;
		vg_say(inquiry, VG_CLUE_OTHER_NODE_MAYBE, &node->object, "InternalIP", NULL);
		return;
	}
	vg_say(inquiry, VG_CLUE_OTHER_NODE, &node->object, "InternalIP", NULL);
	opinion->bind = VG_OTHER_NODE_ADDRESS;
	opinion->announce = VG_OTHER_NODE_ADDRESS;
	opinion->source = "Node";
}

static int by_key(const void *a, const void *b)
{
	const struct carrier *one = a, *other = b;

	return strcmp(one->service->object.key, other->service->object.key);
}

/* In the order of their keys: what is made of them must not depend on which came first. */
static size_t find_carriers(const struct vg_inquiry *inquiry, struct carrier *carriers, bool *ret_more)
{
	struct vg_walk walk = { 0 };
	size_t n = 0;

	while ((carriers[n].service = vg_cluster_walk_carriers(inquiry->cluster, inquiry->addr, &walk, &carriers[n].from)))
		n++;
	if (n > 1)
		qsort(carriers, n, sizeof(*carriers), by_key);
	*ret_more = walk.full;
	return n;
}

bool vg_owner_find(struct vg_inquiry *inquiry, struct vg_finding *ret_finding)
{
	struct carrier carriers[VG_CARRIERS_MAX + 1];
	struct vg_finding finding = { 0 };
	size_t n = find_carriers(inquiry, carriers, &finding.crowded);
	bool nobodys = true;

	if (!n)
		return false;
	finding.first = carriers[0].service;
	for (size_t i = 0; i < n && !finding.crowded; i++) {
		struct vg_opinion one = of_service(inquiry, carriers[i].service, carriers[i].from);

		nobodys = nobodys && has_no_owner(&one);
		finding.opinion = i ? vg_opinion_unite(&finding.opinion, &one) : one;
	}
	if (finding.crowded) {
		vg_miss(inquiry, VG_CLUE_CROWDED, VG_KIND_SERVICE, &finding.first->object, NULL);
		finding.opinion = vg_opinion_unproven(finding.first);
	} else if (nobodys) {
		judge_node_address(inquiry, carriers, n, &finding.opinion);
	}
	*ret_finding = finding;
	return true;
}
