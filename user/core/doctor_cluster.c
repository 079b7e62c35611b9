/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a cluster: by the owner table's conflicts, by how kube-vip and MetalLB are set up, by who serves Services without a class. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/doctor.h"
#include "core/doctor_store.h"
#include "core/inventory_store.h"

#define FAMILIES_MAX 128

/* Whoever hands out or takes what Services without a class carry. */
struct family {
	const struct vg_object *object;
	const char *name;
	bool announces; /* somebody outside hears of its addresses */
	bool kube_vip;
};

struct vg_diagnosis *vg_find(struct vg_examination *exam, enum vg_ailment ailment, const struct vg_object *object, const char *field,
			     const char *value)
{
	struct vg_diagnosis *diagnosis = vg_diagnose(exam->diagnoses, ailment);

	if (!diagnosis)
		return NULL;
	diagnosis->evidence.object = object;
	if (object)
		diagnosis->evidence.kind = (enum vg_kind)object->kind;
	diagnosis->evidence.field = field;
	diagnosis->evidence.value = value;
	return diagnosis;
}

static int by_key(const void *a, const void *b)
{
	return strcmp((*(const struct vg_object *const *)a)->key, (*(const struct vg_object *const *)b)->key);
}

int vg_list_kind(const struct vg_cluster *cluster, enum vg_kind kind, const struct vg_object ***ret_list, size_t *ret_n)
{
	const struct vg_object **list = calloc(vg_cluster_count(cluster, kind) + 1, sizeof(*list)), *object = NULL;
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	while ((object = vg_cluster_next(cluster, kind, object)))
		list[n++] = object;
	qsort(list, n, sizeof(*list), by_key);
	*ret_list = list;
	*ret_n = n;
	return 0;
}

/* ---- conflicts of the owner table */

/* VG_AIL_MAX: none. Sharing is what allow-shared-ip is for. */
static const enum vg_ailment of_conflict[] = {
	[VG_CONFLICT_POOLS_OVERLAP] = VG_AIL_POOLS_OVERLAP,
	[VG_CONFLICT_EGRESS_IP_IN_POOL] = VG_AIL_EGRESS_IP_IN_POOL,
	[VG_CONFLICT_NODE_ADDRESS_IN_POOL] = VG_AIL_NODE_ADDRESS_IN_POOL,
	[VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL] = VG_AIL_CONTROL_PLANE_VIP_IN_POOL,
	[VG_CONFLICT_NO_INSTANCE] = VG_AIL_NO_INSTANCE,
	[VG_CONFLICT_NOT_ADVERTISED] = VG_AIL_NOT_ADVERTISED,
	[VG_CONFLICT_TWO_OWNERS] = VG_AIL_TWO_OWNERS,
	[VG_CONFLICT_OUTSIDE_POOL] = VG_AIL_OUTSIDE_POOL,
	[VG_CONFLICT_NO_SUCH_POOL] = VG_AIL_NO_SUCH_POOL,
	[VG_CONFLICT_PENDING] = VG_AIL_PENDING,
	[VG_CONFLICT_SHARED] = VG_AIL_MAX,
	[VG_CONFLICT_NODE_ADDRESS_CARRIED] = VG_AIL_NODE_ADDRESS_CARRIED,
	[VG_CONFLICT_CONTROL_PLANE_VIP_CARRIED] = VG_AIL_CONTROL_PLANE_VIP_CARRIED,
};

static enum vg_cure cure_of(enum vg_ailment ailment)
{
	switch (ailment) {
	case VG_AIL_POOLS_OVERLAP:
	case VG_AIL_EGRESS_IP_IN_POOL:
	case VG_AIL_NODE_ADDRESS_IN_POOL:
	case VG_AIL_CONTROL_PLANE_VIP_IN_POOL: return VG_CURE_SEPARATE_RANGES;
	case VG_AIL_TWO_OWNERS: return VG_CURE_ONE_SOLUTION;
	default: return VG_CURE_NONE;
	}
}

/* MetalLB that only allocates for a kube-vip that announces is a setup that both sides document. */
static bool is_by_design(const struct vg_examination *exam, enum vg_ailment ailment)
{
	for (size_t i = 0; ailment == VG_AIL_NOT_ADVERTISED && i < exam->scene->n_profiles; i++) {
		if (exam->scene->profiles[i]->flags & VG_POD_KV_SERVICES)
			return true;
	}
	return false;
}

static void add_conflict(struct vg_examination *exam, const struct vg_conflict *conflict)
{
	enum vg_ailment ailment = of_conflict[conflict->kind];
	struct vg_diagnosis *diagnosis;

	_Static_assert(ARRAY_SIZE(of_conflict) == VG_CONFLICT_MAX, "each kind of conflict is an ailment, or none");
	if (conflict->echo || ailment == VG_AIL_MAX || is_by_design(exam, ailment))
		return;
	diagnosis = vg_find(exam, ailment, conflict->object, "addresses", conflict->name);
	if (!diagnosis)
		return;
	diagnosis->conflict = *conflict;
	diagnosis->addr = conflict->first;
	diagnosis->evidence.about = conflict->other;
	diagnosis->evidence.range = (struct vg_range){ conflict->first, conflict->last };
	diagnosis->count = conflict->count;
	diagnosis->cure = cure_of(ailment);
	if (conflict->object && conflict->object->kind == VG_KIND_SERVICE)
		diagnosis->evidence.field = "status.loadBalancer.ingress";
}

/* ---- kube-vip beside others */

/* Somebody else is known to hold it, or to keep it off every link. */
static bool is_anothers(const struct vg_assignment *assignment)
{
	if (!assignment || assignment->durable || !assignment->owner || !strcmp(assignment->owner, "kube-vip"))
		return false;
	switch (assignment->bind_reason) {
	case VG_OWNER_NEVER_BINDS:
	case VG_ASSIGNED_HERE:
	case VG_ASSIGNED_ELSEWHERE:
	case VG_OWNER_EVERYWHERE: return true;
	default: return false;
	}
}

static void note_taken(struct vg_examination *exam, const struct vg_row *row)
{
	for (size_t i = 0; i < exam->scene->n_profiles; i++) {
		const struct vg_service *service = NULL;

		for (size_t j = 0; j < row->n_services && !service; j++) {
			if (!(row->services[j]->flags & VG_SERVICE_KUBE_VIP_IGNORE) &&
			    vg_kube_vip_handles(exam->scene->profiles[i], row->services[j]))
				service = row->services[j];
		}
		if (!service)
			continue;
		exam->first[i] = exam->first[i] ?: service;
		exam->taken[i]++;
	}
}

static int look_at_row(void *ctx, const struct vg_row *row)
{
	struct vg_examination *exam = ctx;

	for (size_t i = 0; i < row->n_conflicts; i++)
		add_conflict(exam, &row->conflicts[i]);
	if (row->owner && !strcmp(row->owner, "kube-vip") && row->kind != VG_ROW_ASSIGNMENT)
		exam->kube_vip_wanted = true;
	if (row->kind == VG_ROW_VIP && is_anothers(row->assignment))
		note_taken(exam, row);
	return 0;
}

static size_t count_alike(const struct vg_cluster *cluster, const struct vg_pod *profile)
{
	const struct vg_object *object = NULL;
	size_t n = 0;

	while ((object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		n += pod->flags == profile->flags && !strcmp(pod->class, profile->class);
	}
	return n;
}

/* What else the Pods are for, and whether anything is kube-vip's own, says which way out costs least. */
static enum vg_cure cure_for(const struct vg_examination *exam, const struct vg_pod *profile)
{
	if (exam->kube_vip_wanted)
		return VG_CURE_SEPARATE_RANGES;
	return profile->flags & VG_POD_KV_CONTROL_PLANE ? VG_CURE_SERVICES_OFF : VG_CURE_ONE_SOLUTION;
}

static void say_taken(struct vg_examination *exam)
{
	for (size_t i = 0; i < exam->scene->n_profiles; i++) {
		const struct vg_pod *profile = exam->scene->profiles[i];
		struct vg_diagnosis *diagnosis;

		/* one whose class filter is not read is cured by that */
		if (!exam->taken[i] || (profile->flags & VG_POD_KV_CLASS_ONLY_IDLE))
			continue;
		diagnosis = vg_find(exam, VG_AIL_KUBE_VIP_TAKES, &profile->object, "svc_enable", "true");
		if (!diagnosis)
			return;
		diagnosis->evidence.about = &exam->first[i]->object;
		diagnosis->count = exam->taken[i];
		diagnosis->cure = cure_for(exam, profile);
	}
}

static const struct vg_service *servicelb_service(const struct vg_examination *exam, const struct vg_pod *profile, size_t *ret_n)
{
	const struct vg_object *object = NULL, *first = NULL;

	*ret_n = 0;
	while ((object = vg_cluster_next(exam->cluster, VG_KIND_SERVICE, object))) {
		const struct vg_service *service = (const struct vg_service *)object;

		if (!(service->flags & VG_SERVICE_SERVICELB) || (service->flags & VG_SERVICE_KUBE_VIP_IGNORE) || !service->carried.n ||
		    !vg_kube_vip_handles(profile, service))
			continue;
		++*ret_n;
		first = !first || strcmp(object->key, first->key) < 0 ? object : first;
	}
	return (const struct vg_service *)first;
}

static void say_node_addresses(struct vg_examination *exam)
{
	for (size_t i = 0; i < exam->scene->n_profiles; i++) {
		const struct vg_pod *profile = exam->scene->profiles[i];
		size_t n;
		const struct vg_service *service = servicelb_service(exam, profile, &n);
		struct vg_diagnosis *diagnosis = service ? vg_find(exam, VG_AIL_KUBE_VIP_NODES, &profile->object, "svc_enable", "true") : NULL;

		if (!diagnosis)
			continue;
		diagnosis->evidence.about = &service->object;
		diagnosis->count = n;
		diagnosis->cure = profile->flags & VG_POD_KV_CONTROL_PLANE ? VG_CURE_SERVICES_OFF : VG_CURE_ONE_SOLUTION;
	}
}

/* ---- how kube-vip's and MetalLB's Pods are set up */

static void look_at_settings(struct vg_examination *exam, const struct vg_pod *pod)
{
	struct vg_diagnosis *diagnosis = NULL;

	if (pod->flags & VG_POD_KV_CLASS_ONLY_IDLE)
		diagnosis = vg_find(exam, VG_AIL_CLASS_TRAP, &pod->object, "lb_class_only", "true");
	if (diagnosis) {
		diagnosis->count = count_alike(exam->cluster, pod);
		diagnosis->cure = VG_CURE_SEPARATE_RANGES;
	}
	if (pod->flags & VG_POD_KV_HIDDEN)
		vg_find(exam, VG_AIL_KUBE_VIP_HIDDEN, &pod->object, NULL, NULL);
	if ((pod->flags & VG_POD_KV_CONTROL_PLANE) && pod->hosts.n && !pod->addresses.n)
		vg_find(exam, VG_AIL_KUBE_VIP_NAME, &pod->object, "address", pod->hosts.list[0]);
}

/* Each fault once, whichever Pods have it. */
static void look_at_release(struct vg_examination *exam, enum vg_ailment ailment, const struct vg_pod *pod, const struct vg_known_fault *fault)
{
	struct vg_diagnosis *diagnosis;

	if (!fault)
		return;
	for (size_t i = 0; i < exam->diagnoses->n; i++) {
		const struct vg_diagnosis *said = &exam->diagnoses->list[i];

		if (said->ailment == ailment && said->fault == fault)
			return;
	}
	diagnosis = vg_find(exam, ailment, &pod->object, "image", pod->image);
	if (diagnosis)
		diagnosis->fault = fault;
}

static int look_at_releases(struct vg_examination *exam)
{
	_cleanup_free_ const struct vg_object **list = NULL;
	size_t n = 0;
	int r = vg_list_kind(exam->cluster, VG_KIND_POD, &list, &n);

	for (size_t i = 0; i < n; i++) {
		const struct vg_pod *pod = (const struct vg_pod *)list[i];

		if (!(pod->flags & VG_POD_LIVE))
			continue;
		if ((pod->flags & VG_POD_KUBE_VIP) && (pod->flags & VG_POD_KV_SERVICES))
			look_at_release(exam, VG_AIL_KUBE_VIP_VERSION, pod, vg_kube_vip_fault(pod->image));
		if (pod->flags & (VG_POD_METALLB_SPEAKER | VG_POD_METALLB_CONTROLLER))
			look_at_release(exam, VG_AIL_METALLB_VERSION, pod, vg_metallb_fault(pod->image));
	}
	return r;
}

/* ---- who serves Services without a class */

static void add_family(struct family *families, size_t *n, const struct vg_object *object, const char *name, bool announces)
{
	if (object && *n < FAMILIES_MAX)
		families[(*n)++] = (struct family){ .object = object, .name = name, .announces = announces };
}

static void add_metallbs(const struct vg_examination *exam, struct family *families, size_t *n)
{
	for (size_t i = 0; i < exam->scene->n_instances; i++) {
		const struct vg_instance *instance = &exam->scene->instances[i];
		bool has_pool = false, announces = false;

		for (size_t j = 0; j < exam->scene->n_pools; j++) {
			const struct vg_pool *pool = &exam->scene->pools[j];

			if (pool->instance != instance || (pool->claims->flags & VG_CLAIMS_NO_AUTO_ASSIGN))
				continue;
			has_pool = true;
			announces = announces || pool->l2.n || pool->bgp.n;
		}
		if (has_pool && !instance->mixed && !*instance->class)
			add_family(families, n, &instance->pod->object, "MetalLB", announces);
	}
}

static void add_kube_vips(const struct vg_examination *exam, struct family *families, size_t *n)
{
	static const struct vg_service bare = { .class = "" };

	for (size_t i = 0; i < exam->scene->n_profiles; i++) {
		const struct vg_pod *profile = exam->scene->profiles[i];

		if (!vg_kube_vip_handles(profile, &bare))
			continue;
		add_family(families, n, &profile->object, "kube-vip", true);
		families[*n - 1].kube_vip = true;
		return;
	}
}

/* The first by key of a kind, or NULL. */
static const struct vg_object *first_of(const struct vg_cluster *cluster, enum vg_kind kind)
{
	const struct vg_object *object = NULL, *first = NULL;

	while ((object = vg_cluster_next(cluster, kind, object)))
		first = !first || strcmp(object->key, first->key) < 0 ? object : first;
	return first;
}

static const struct vg_object *servicelb_pod(const struct vg_cluster *cluster)
{
	const struct vg_object *object = NULL, *first = NULL;

	while ((object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if ((pod->flags & VG_POD_LIVE) && (pod->flags & VG_POD_OTHER_BALANCER) && !strcmp(pod->balancer, "servicelb"))
			first = !first || strcmp(object->key, first->key) < 0 ? object : first;
	}
	return first;
}

/* A MetalLB that announces nothing leaves that to kube-vip, by design; and what is said of a Service needs not be said of the balancers too. */
static bool may_stand(const struct vg_examination *exam, const struct family *a, const struct family *b)
{
	const struct family *kube_vip = a->kube_vip ? a : b->kube_vip ? b : NULL, *other = kube_vip == a ? b : a;

	if (!kube_vip)
		return false;
	if (exam->diagnoses->alike[VG_AIL_KUBE_VIP_TAKES] || exam->diagnoses->alike[VG_AIL_CLASS_TRAP] ||
	    (!strcmp(other->name, "ServiceLB") && exam->diagnoses->alike[VG_AIL_KUBE_VIP_NODES]))
		return true;
	return !other->announces;
}

static void say_balancers(struct vg_examination *exam)
{
	struct family families[FAMILIES_MAX];
	size_t n = 0;

	add_metallbs(exam, families, &n);
	add_kube_vips(exam, families, &n);
	add_family(families, &n, servicelb_pod(exam->cluster), "ServiceLB", true);
	add_family(families, &n, first_of(exam->cluster, VG_KIND_CILIUM_POOL), "Cilium", vg_cluster_count(exam->cluster, VG_KIND_CILIUM_POLICY) > 0);
	add_family(families, &n, first_of(exam->cluster, VG_KIND_PURELB_GROUP), "PureLB", true);
	for (size_t i = 1; i < n; i++) {
		struct vg_diagnosis *diagnosis;

		if (may_stand(exam, &families[0], &families[i]))
			continue;
		diagnosis = vg_find(exam, VG_AIL_TWO_BALANCERS, families[0].object, families[0].name, families[i].name);
		if (!diagnosis)
			return;
		diagnosis->evidence.about = families[i].object;
		diagnosis->cure = VG_CURE_ONE_SOLUTION;
	}
}

/* ---- all of it */

static int examine(struct vg_examination *exam)
{
	int r = vg_inventory_walk(exam->inventory, look_at_row, exam);

	if (r < 0)
		return r;
	say_taken(exam);
	say_node_addresses(exam);
	for (size_t i = 0; i < exam->scene->n_profiles; i++)
		look_at_settings(exam, exam->scene->profiles[i]);
	say_balancers(exam);
	r = vg_examine_metallb(exam);
	return r < 0 ? r : look_at_releases(exam);
}

int vg_doctor_cluster(const struct vg_inventory *inventory, bool is_here, struct vg_diagnoses *diagnoses)
{
	_cleanup_free_ struct vg_examination *exam = calloc(1, sizeof(*exam));
	const struct vg_cluster *cluster = inventory->ground.cluster;

	if (!exam)
		return -ENOMEM;
	if (!cluster)
		return 0;
	*exam = (struct vg_examination){ .inventory = inventory, .cluster = cluster, .scene = inventory->scene, .diagnoses = diagnoses };
	if (is_here && !exam->scene->node_known && vg_cluster_knowledge(cluster, VG_KIND_NODE) == VG_KIND_LISTED)
		vg_find(exam, VG_AIL_NODE_UNKNOWN, NULL, NULL, vg_cluster_node(cluster));
	diagnoses->left_out += vg_inventory_left_out(inventory);
	return examine(exam);
}

void vg_doctor_manifests(const struct vg_cluster *cluster, struct vg_diagnoses *diagnoses)
{
	struct vg_examination exam = { .cluster = cluster, .diagnoses = diagnoses };
	const struct vg_object *object = NULL;

	while ((object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (pod->flags & VG_POD_KUBE_VIP)
			look_at_settings(&exam, pod);
		if ((pod->flags & VG_POD_KUBE_VIP) && (pod->flags & VG_POD_KV_SERVICES))
			look_at_release(&exam, VG_AIL_KUBE_VIP_VERSION, pod, vg_kube_vip_fault(pod->image));
	}
}
