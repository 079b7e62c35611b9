/* SPDX-License-Identifier: Apache-2.0 */
#include "core/explain_context.h"

#include <errno.h>
#include <string.h>

#define BALANCERS_MAX 4 /* Pods of other balancers that are named */

static bool has(const struct vg_inquiry *inquiry, enum vg_clue clue)
{
	for (size_t i = 0; i < inquiry->n_exhibits; i++) {
		if (inquiry->exhibits[i].clue == clue)
			return true;
	}
	return false;
}

static bool verdict_is(const struct vg_answer *answer, enum vg_verdict verdict)
{
	return answer->bind.verdict == verdict || answer->announce.verdict == verdict;
}

static bool reason_is(const struct vg_answer *answer, enum vg_reason reason)
{
	return answer->bind.reason == reason || answer->announce.reason == reason;
}

/* ---- the link */

static void say_dummy(struct vg_inquiry *inquiry, const struct vg_question *question)
{
	const struct vg_object *object = NULL;

	if (question->answer->bind.reason != VG_SERVICE_DUMMY || !question->link)
		return;
	while ((object = vg_cluster_next(inquiry->cluster, VG_KIND_PURELB_AGENT, object))) {
		if (!strcmp(((const struct vg_claims *)object)->link, question->link))
			vg_say(inquiry, VG_CLUE_DUMMY, object, "interface", question->link);
	}
}

/* ---- why a mark of MetalLB's proves nothing */

static const struct vg_instance *instance_for(const struct vg_scene *scene, const struct vg_object *object)
{
	for (size_t i = 0; i < scene->n_instances; i++) {
		if (vg_object_same_namespace(&scene->instances[i].pod->object, object))
			return &scene->instances[i];
	}
	return NULL;
}

/* In the order in which owner_metallb.c looks. */
static void say_why(struct vg_inquiry *inquiry, const struct vg_service *service, const struct vg_claims *pool)
{
	const struct vg_instance *instance = instance_for(inquiry->scene, &pool->object);

	if (!instance)
		vg_miss(inquiry, VG_CLUE_MARK_DEAD, VG_KIND_POD, &pool->object, NULL);
	else if (instance->mixed)
		vg_say(inquiry, VG_CLUE_MARK_MIXED, &instance->pod->object, "lb-class", instance->class);
	else if (strcmp(instance->class, service->class))
		vg_say(inquiry, VG_CLUE_MARK_CLASS, &instance->pod->object, "lb-class", instance->class);
	else if (!vg_pool_contains(pool, inquiry->addr))
		vg_say(inquiry, VG_CLUE_MARK_OUTSIDE, &pool->object, "addresses", NULL);
	else if (instance->invalid)
		vg_say(inquiry, VG_CLUE_MARK_INVALID, &instance->invalid->object, "result", "Invalid");
	else
		vg_say(inquiry, VG_CLUE_MARK_UNREAD, &pool->object, "addresses", NULL);
}

static void say_mark(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_object *object = NULL;
	bool found = false;

	while ((object = vg_cluster_next(inquiry->cluster, VG_KIND_POOL, object))) {
		if (strcmp(vg_object_name(object), service->metallb_pool))
			continue;
		found = true;
		say_why(inquiry, service, (const struct vg_claims *)object);
	}
	if (!found)
		vg_miss(inquiry, VG_CLUE_MARK_NO_POOL, VG_KIND_POOL, &service->object, service->metallb_pool);
}

static void say_marks(struct vg_inquiry *inquiry)
{
	size_t n = inquiry->n_exhibits;

	for (size_t i = 0; i < n; i++) {
		if (inquiry->exhibits[i].clue == VG_CLUE_MARK)
			say_mark(inquiry, (const struct vg_service *)inquiry->exhibits[i].object);
	}
}

/* What would have proved an owner, or a pool's reserve, but may not be read. */
static void say_untold(struct vg_inquiry *inquiry, const struct vg_answer *answer)
{
	static const enum vg_kind kinds[] = { VG_KIND_POD,
					      VG_KIND_POOL,
					      VG_KIND_L2_ADVERTISEMENT,
					      VG_KIND_BGP_ADVERTISEMENT,
					      VG_KIND_L2_STATUS,
					      VG_KIND_BGP_STATUS,
					      VG_KIND_LEASE,
					      VG_KIND_CONFIGURATION_STATE,
					      VG_KIND_CILIUM_POOL,
					      VG_KIND_PURELB_GROUP,
					      VG_KIND_PURELB_AGENT,
					      VG_KIND_OPENELB_EIP,
					      VG_KIND_EGRESS_IP };

	if (!reason_is(answer, VG_OWNER_UNPROVEN) && !reason_is(answer, VG_HOLDER_UNKNOWN) && !reason_is(answer, VG_NO_SERVICE))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!vg_cluster_is_told(inquiry->cluster, kinds[i]))
			vg_miss(inquiry, VG_CLUE_UNTOLD, kinds[i], NULL, NULL);
	}
}

/* ---- kube-vip beside the owner */

static bool takes(const struct vg_inquiry *inquiry, const struct vg_pod *pod)
{
	const struct vg_service *service = NULL;
	bool carried = false;

	while ((service = vg_cluster_carrier(inquiry->cluster, inquiry->addr, service))) {
		if (vg_kube_vip_handles(pod, service) && !(service->flags & VG_SERVICE_KUBE_VIP_IGNORE))
			return true;
		carried = true;
	}
	return !carried && (pod->flags & VG_POD_KV_SERVICES);
}

static void say_kube_vip(struct vg_inquiry *inquiry)
{
	const struct vg_object *object = NULL, *away = NULL;
	bool here = false;

	while ((object = vg_cluster_next(inquiry->cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (!(pod->flags & VG_POD_KUBE_VIP) || !(pod->flags & VG_POD_LIVE) || !takes(inquiry, pod))
			continue;
		if (!vg_names_equal(pod->node, vg_cluster_node(inquiry->cluster))) {
			away = !away || strcmp(object->key, away->key) < 0 ? object : away;
			continue;
		}
		here = true;
		vg_say(inquiry, VG_CLUE_KV_TAKES, object, "svc_enable", "true");
		if (pod->flags & VG_POD_KV_CLASS_ONLY_IDLE)
			vg_say(inquiry, VG_CLUE_KV_IDLE, object, "lb_class_only", "true");
	}
	if (away && !here)
		vg_say(inquiry, VG_CLUE_KV_AWAY, away, "svc_enable", "true");
}

/* ---- ranges */

static bool contains(const struct vg_range *range, const struct vg_addr *addr)
{
	return vg_addr_is_ipv4(&range->first) == vg_addr_is_ipv4(addr) && vg_addr_cmp(&range->first, addr) <= 0 &&
	       vg_addr_cmp(addr, &range->last) <= 0;
}

static const struct vg_range *range_with(const struct vg_claims *claims, const struct vg_addr *addr)
{
	for (uint32_t i = 0; i < claims->ranges.n; i++) {
		if (contains(&claims->ranges.list[i], addr))
			return &claims->ranges.list[i];
	}
	return NULL;
}

static void say_overlap(struct vg_inquiry *inquiry, const struct vg_claims *pool, const struct vg_object *object)
{
	const struct vg_range *ours = range_with(pool, inquiry->addr), *theirs = range_with((const struct vg_claims *)object, inquiry->addr);
	size_t before = inquiry->n_exhibits;
	struct vg_range both;

	if (!theirs)
		return;
	both.first = vg_addr_cmp(&ours->first, &theirs->first) < 0 ? theirs->first : ours->first;
	both.last = vg_addr_cmp(&ours->last, &theirs->last) < 0 ? ours->last : theirs->last;
	vg_say(inquiry, VG_CLUE_OVERLAP, object, "addresses", NULL);
	if (inquiry->n_exhibits == before)
		return;
	inquiry->exhibits[before].about = &pool->object;
	inquiry->exhibits[before].range = both;
}

static void say_overlaps(struct vg_inquiry *inquiry, const struct vg_claims *pool)
{
	static const enum vg_kind kinds[] = { VG_KIND_CONFIG_MAP, VG_KIND_CILIUM_POOL, VG_KIND_PURELB_GROUP, VG_KIND_OPENELB_EIP };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct vg_object *object = NULL;

		while ((object = vg_cluster_next(inquiry->cluster, kinds[i], object)))
			say_overlap(inquiry, pool, object);
	}
}

static void say_pools(struct vg_inquiry *inquiry, const struct vg_answer *answer)
{
	bool is_protected = verdict_is(answer, VG_PROTECTED) && answer->bind.reason != VG_PROTECT_LIST;
	const struct vg_object *object = NULL;

	while ((object = vg_cluster_next(inquiry->cluster, VG_KIND_POOL, object))) {
		const struct vg_claims *pool = (const struct vg_claims *)object;

		if (!range_with(pool, inquiry->addr))
			continue;
		if (is_protected)
			vg_say(inquiry, VG_CLUE_PROTECTED_IN_POOL, object, "addresses", NULL);
		if (answer->announce.reason == VG_NO_SERVICE)
			vg_say(inquiry, VG_CLUE_POOL_IDLE, object, "addresses", NULL);
		say_overlaps(inquiry, pool);
	}
	/* ServiceLB publishes nodes' addresses by design */
	object = is_protected && !has(inquiry, VG_CLUE_SERVICELB)
			 ? (const struct vg_object *)vg_cluster_carrier(inquiry->cluster, inquiry->addr, NULL)
			 : NULL;
	if (object)
		vg_say(inquiry, VG_CLUE_PROTECTED_CARRIED, object, "status.loadBalancer.ingress", NULL);
}

/* ---- who else may hold it */

static void say_balancers(struct vg_inquiry *inquiry, const struct vg_answer *answer)
{
	const struct vg_object *object = NULL;
	size_t n = 0;

	if (!reason_is(answer, VG_OWNER_UNPROVEN) && !reason_is(answer, VG_HOLDER_UNKNOWN) && !reason_is(answer, VG_IPAM_ONLY))
		return;
	while (n < BALANCERS_MAX && (object = vg_cluster_next(inquiry->cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (!(pod->flags & VG_POD_OTHER_BALANCER) || !(pod->flags & VG_POD_LIVE))
			continue;
		vg_say(inquiry, VG_CLUE_BALANCER, object, "balancer", pod->balancer);
		n++;
	}
}

int vg_explain_context(struct vg_inquiry *inquiry, const struct vg_question *question)
{
	const struct vg_answer *answer = question->answer;

	say_dummy(inquiry, question);
	if (has(inquiry, VG_CLUE_MARK))
		say_marks(inquiry);
	say_untold(inquiry, answer);
	if (verdict_is(answer, VG_VIOLATION) || reason_is(answer, VG_IPAM_ONLY) || reason_is(answer, VG_OWNER_CONFLICT))
		say_kube_vip(inquiry);
	say_pools(inquiry, answer);
	say_balancers(inquiry, answer);
	return inquiry->no_memory ? -ENOMEM : 0;
}
