/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube-vip: owns what is claimed for it, by annotation, label or class, and without a claim what its own fresh Lease names while nobody
 * else is recognised. The Lease says who holds it; in BGP mode without election every node does.
 */
#include <string.h>

#include "core/owner.h"

static const char owner[] = "kube-vip";

#define CLAIMS (VG_SERVICE_KUBE_VIP_ADDRESSES | VG_SERVICE_KUBE_VIP_LABEL | VG_SERVICE_KUBE_VIP_WISH)

bool vg_owner_kube_vip_class(const struct vg_scene *scene, const char *class)
{
	if (!strcmp(class, VG_KUBE_VIP_CLASS))
		return true;
	for (size_t i = 0; i < scene->n_profiles; i++) {
		if (!strcmp(scene->profiles[i]->class, class))
			return true;
	}
	return false;
}

/* The Lease namespace/prefix+name, or NULL. A key that is longer than any can be is nobody's. */
static const struct vg_lease *lease_at(const struct vg_inquiry *inquiry, const char *namespace, size_t n, const char *prefix, const char *name)
{
	size_t m = strlen(prefix), length = strlen(name);
	char key[1024];

	if (n + m + length + 2 > sizeof(key))
		return NULL;
	memcpy(key, namespace, n);
	key[n] = '/';
	memcpy(key + n + 1, prefix, m);
	memcpy(key + n + 1 + m, name, length + 1);
	return (const struct vg_lease *)vg_cluster_get(inquiry->cluster, VG_KIND_LEASE, key);
}

/* "[namespace/]name", else in this namespace. */
static const struct vg_lease *wished_lease(const struct vg_inquiry *inquiry, const char *wish, const char *namespace, size_t n)
{
	const char *name = vg_lease_wish_name(wish);

	if (name != wish) {
		namespace = wish;
		n = (size_t)(name - wish) - 1;
	}
	return lease_at(inquiry, namespace, n, "", name);
}

static const struct vg_lease *own_lease(const struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_object *object = &service->object;

	if (*service->kube_vip_lease)
		return wished_lease(inquiry, service->kube_vip_lease, object->key, object->namespace_len);
	return lease_at(inquiry, object->key, object->namespace_len, "kubevip-", vg_object_name(object));
}

static bool is_fresh(const struct vg_inquiry *inquiry, const struct vg_lease *lease)
{
	return lease && lease->fresh_ns > inquiry->now->boot_ns;
}

/* Why a Lease that is there names nobody. */
static void say_idle(struct vg_inquiry *inquiry, const struct vg_lease *lease)
{
	if (lease && !is_fresh(inquiry, lease))
		vg_say(inquiry, *lease->holder ? VG_CLUE_LEASE_EXPIRED : VG_CLUE_LEASE_RELEASED, &lease->object, "holderIdentity", lease->holder);
}

/* The leader of an instance that does not serve the Service, or elects one for each, holds it no more than anybody. */
static bool add_global_leases(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	bool found = false;

	for (size_t i = 0; i < inquiry->scene->n_profiles; i++) {
		const struct vg_pod *pod = inquiry->scene->profiles[i];
		const char *name = *pod->lease ? pod->lease : VG_KUBE_VIP_LEASE;
		const struct vg_lease *lease;

		if (!vg_kube_vip_handles(pod, service) || (pod->flags & VG_POD_KV_ELECTION))
			continue;
		lease = wished_lease(inquiry, name, pod->lease_namespace, strlen(pod->lease_namespace));
		if (is_fresh(inquiry, lease) && vg_inquiry_add_lease(inquiry, lease))
			found = true;
		say_idle(inquiry, lease);
	}
	return found;
}

/* One whose settings are not seen may put the address on every node, or elect by another Lease. */
static const struct vg_pod *hidden(const struct vg_inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->scene->n_profiles; i++) {
		if (inquiry->scene->profiles[i]->flags & VG_POD_KV_HIDDEN)
			return inquiry->scene->profiles[i];
	}
	return NULL;
}

static void doubt_settings(struct vg_inquiry *inquiry)
{
	const struct vg_pod *pod = hidden(inquiry);

	if (pod)
		vg_say(inquiry, VG_CLUE_KV_HIDDEN, &pod->object, NULL, NULL);
	/* of a Pod that was left out, the Lease and the mode are not known */
	inquiry->open |= pod || inquiry->scene->blind;
}

/* Who holds it now; nobody known leaves the inquiry open. */
static void add_holder(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_lease *lease = own_lease(inquiry, service);
	bool found;

	doubt_settings(inquiry);
	if (*service->kube_vip_lease || is_fresh(inquiry, lease))
		found = lease && vg_inquiry_add_lease(inquiry, lease);
	else
		found = add_global_leases(inquiry, service);
	if (found)
		return;
	if (!*service->kube_vip_lease)
		say_idle(inquiry, lease);
	inquiry->open = true;
	vg_miss(inquiry, VG_CLUE_LEASE_NONE, VG_KIND_LEASE, &service->object, *service->kube_vip_lease ? service->kube_vip_lease : NULL);
}

/* A Pod that puts this Service's address on every node, or NULL. */
static const struct vg_pod *everywhere(const struct vg_inquiry *inquiry, const struct vg_service *service)
{
	for (size_t i = 0; i < inquiry->scene->n_profiles; i++) {
		const struct vg_pod *pod = inquiry->scene->profiles[i];

		if ((pod->flags & VG_POD_KV_BGP) && !(pod->flags & VG_POD_KV_ELECTION) && vg_kube_vip_handles(pod, service))
			return pod;
	}
	return NULL;
}

static struct vg_opinion owned(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = {
		.stance = VG_STANCE_PROVEN, .bind = VG_OWNER_EVERYWHERE, .announce = VG_OWNER_EVERYWHERE, .owner = owner, .service = service
	};
	const struct vg_pod *pod = everywhere(inquiry, service);

	if (pod) {
		opinion.source = "Pod";
		vg_say(inquiry, VG_CLUE_EVERYWHERE, &pod->object, "bgp_enable", "true");
		return opinion;
	}
	opinion.bind = VG_ASSIGNED_ELSEWHERE;
	opinion.announce = VG_ASSIGNED_ELSEWHERE;
	opinion.source = "Lease";
	add_holder(inquiry, service);
	return opinion;
}

static void say_claim(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const char *field = service->flags & VG_SERVICE_KUBE_VIP_ADDRESSES ? "kube-vip.io/loadbalancerIPs"
			    : service->flags & VG_SERVICE_KUBE_VIP_LABEL   ? "implementation"
									   : "kube-vip.io/";

	vg_say(inquiry, VG_CLUE_CLAIM, &service->object, field, strcmp(field, "implementation") ? NULL : owner);
}

struct vg_opinion vg_owner_kube_vip(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	if (service->flags & VG_SERVICE_KUBE_VIP_IGNORE) {
		vg_say(inquiry, VG_CLUE_IGNORED, &service->object, "kube-vip.io/ignore", "true");
		return vg_opinion_unproven(service);
	}
	/* A class that brought us here is as good as a claim. */
	if (!*service->class && !(service->flags & CLAIMS))
		return vg_opinion_unproven(service);
	if (service->flags & CLAIMS)
		say_claim(inquiry, service);
	return owned(inquiry, service);
}

static const struct vg_pod *handler(const struct vg_inquiry *inquiry, const struct vg_service *service)
{
	for (size_t i = 0; i < inquiry->scene->n_profiles; i++) {
		if (vg_kube_vip_handles(inquiry->scene->profiles[i], service))
			return inquiry->scene->profiles[i];
	}
	return NULL;
}

struct vg_opinion vg_owner_kube_vip_unclaimed(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_lease *lease = own_lease(inquiry, service);
	const struct vg_pod *pod = is_fresh(inquiry, lease) && *lease->holder ? handler(inquiry, service) : NULL;

	if (!pod || (service->flags & VG_SERVICE_KUBE_VIP_IGNORE))
		return vg_opinion_unproven(service);
	vg_say(inquiry, VG_CLUE_UNCLAIMED, &pod->object, "svc_enable", "true");
	return owned(inquiry, service);
}

/* The global Lease under its usual name: a Pod of another node, which may name another one, is not seen. */
static bool leads_somewhere(const struct vg_inquiry *inquiry)
{
	const struct vg_lease *lease;
	struct vg_walk walk = { 0 };

	while ((lease = vg_cluster_walk_leases(inquiry->cluster, VG_KUBE_VIP_LEASE, &walk))) {
		if (is_fresh(inquiry, lease) && *lease->holder)
			return true;
	}
	return false;
}

bool vg_owner_kube_vip_may(const struct vg_inquiry *inquiry, const struct vg_service *service)
{
	if (service->flags & VG_SERVICE_KUBE_VIP_TRACE)
		return true;
	if (service->flags & VG_SERVICE_KUBE_VIP_IGNORE)
		return false;
	return handler(inquiry, service) || hidden(inquiry) || is_fresh(inquiry, own_lease(inquiry, service)) || leads_somewhere(inquiry);
}
