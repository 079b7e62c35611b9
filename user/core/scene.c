/* SPDX-License-Identifier: Apache-2.0 */
#include "core/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"

void vg_scene_free(struct vg_scene *scene)
{
	if (!scene)
		return;
	for (size_t i = 0; i < scene->n_pools; i++) {
		free(scene->pools[i].l2.list);
		free(scene->pools[i].bgp.list);
	}
	free(scene->pools);
	vg_prefix_map_deinit(&scene->reserved);
	vg_prefix_map_deinit(&scene->foreign);
	free(scene);
}

static void leave_out(struct vg_scene *scene)
{
	scene->left_out++;
	scene->blind = true;
}

/* ---- Pods */

static struct vg_instance *instance_of(struct vg_scene *scene, const struct vg_object *object)
{
	for (size_t i = 0; i < scene->n_instances; i++) {
		if (vg_object_same_namespace(&scene->instances[i].pod->object, object))
			return &scene->instances[i];
	}
	return NULL;
}

static bool comes_before(const struct vg_pod *a, const struct vg_pod *b)
{
	return strcmp(a->object.key, b->object.key) < 0;
}

/* Of several Pods that say the same, evidence names the same one whatever order they came in. */
static void add_metallb(struct vg_scene *scene, const struct vg_pod *pod)
{
	struct vg_instance *instance = instance_of(scene, &pod->object);

	if (instance) {
		instance->mixed = instance->mixed || strcmp(instance->class, pod->class);
		if (comes_before(pod, instance->pod))
			instance->pod = pod;
		return;
	}
	if (scene->n_instances == VG_SCENE_INSTANCES_MAX) {
		leave_out(scene);
		return;
	}
	scene->instances[scene->n_instances++] = (struct vg_instance){ .pod = pod, .class = pod->class };
}

static bool same_profile(const struct vg_pod *a, const struct vg_pod *b)
{
	return a->flags == b->flags && !strcmp(a->class, b->class) && !strcmp(a->lease, b->lease) && !strcmp(a->lease_namespace, b->lease_namespace);
}

static void add_kube_vip(struct vg_scene *scene, const struct vg_pod *pod)
{
	for (size_t i = 0; i < scene->n_profiles; i++) {
		if (!same_profile(scene->profiles[i], pod))
			continue;
		if (comes_before(pod, scene->profiles[i]))
			scene->profiles[i] = pod;
		return;
	}
	if (scene->n_profiles == VG_SCENE_PROFILES_MAX)
		leave_out(scene);
	else
		scene->profiles[scene->n_profiles++] = pod;
}

/* Of several that show it, evidence names the same one whatever order they came in. */
static void show(struct vg_presence *presence, const struct vg_object *object)
{
	const struct vg_object *there = presence->object;

	if (!there || object->kind < there->kind || (object->kind == there->kind && strcmp(object->key, there->key) < 0))
		presence->object = object;
}

static void add_balancer(struct vg_scene *scene, const struct vg_cluster *cluster, const struct vg_pod *pod)
{
	bool agent = !strcmp(pod->balancer, "lbnodeagent");

	if (agent || !strcmp(pod->balancer, "purelb/allocator"))
		show(&scene->purelb, &pod->object);
	if (!strncmp(pod->balancer, "openelb", strlen("openelb")))
		show(&scene->openelb, &pod->object);
	if (agent && vg_names_equal(pod->node, vg_cluster_node(cluster)) && (!scene->purelb_agent || comes_before(pod, scene->purelb_agent)))
		scene->purelb_agent = pod;
}

static void read_pods(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	const struct vg_object *object = NULL;

	if (vg_cluster_knowledge(cluster, VG_KIND_POD) != VG_KIND_LISTED)
		return;
	while ((object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (!(pod->flags & VG_POD_LIVE))
			continue;
		if (pod->flags & (VG_POD_METALLB_SPEAKER | VG_POD_METALLB_CONTROLLER))
			add_metallb(scene, pod);
		if (pod->flags & VG_POD_KUBE_VIP)
			add_kube_vip(scene, pod);
		if (pod->flags & VG_POD_OTHER_BALANCER)
			add_balancer(scene, cluster, pod);
	}
}

/* Pods were looked at: one of another node may be out of sight, the balancer's own objects never are where they can be read. */
static void read_presence(struct vg_presence *presence, const struct vg_cluster *cluster, const enum vg_kind *kinds, size_t n)
{
	presence->maybe = !vg_cluster_is_told(cluster, VG_KIND_POD);
	for (size_t i = 0; i < n; i++) {
		const struct vg_object *object = NULL;

		presence->maybe = presence->maybe || !vg_cluster_is_told(cluster, kinds[i]);
		while ((object = vg_cluster_next(cluster, kinds[i], object)))
			show(presence, object);
	}
}

static void read_balancers(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	static const enum vg_kind purelb[] = { VG_KIND_PURELB_GROUP, VG_KIND_PURELB_AGENT }, openelb[] = { VG_KIND_OPENELB_EIP };

	read_presence(&scene->purelb, cluster, purelb, ARRAY_SIZE(purelb));
	read_presence(&scene->openelb, cluster, openelb, ARRAY_SIZE(openelb));
	scene->maybe_purelb_agent = !vg_cluster_is_told(cluster, VG_KIND_POD);
}

bool vg_kube_vip_handles(const struct vg_pod *profile, const struct vg_service *service)
{
	bool none = !*service->class, unset = !*profile->class;

	if (!(profile->flags & VG_POD_KV_SERVICES))
		return false;
	/* Whether the name was empty or not set is lost: it may mean both. */
	if (profile->flags & VG_POD_KV_CLASS_STRICT)
		return !strcmp(service->class, profile->class) || (unset && !strcmp(service->class, VG_KUBE_VIP_CLASS));
	return none ? !(profile->flags & VG_POD_KV_CLASS_ONLY) : !strcmp(service->class, unset ? VG_KUBE_VIP_CLASS : profile->class);
}

bool vg_cluster_is_global_lease(const struct vg_cluster *cluster, const char *name)
{
	const struct vg_scene *scene = cluster->scene;

	if (!strcmp(name, VG_KUBE_VIP_LEASE))
		return true;
	for (size_t i = 0; scene && i < scene->n_profiles; i++) {
		if (!strcmp(vg_lease_wish_name(scene->profiles[i]->lease), name))
			return true;
	}
	return false;
}

/* ---- MetalLB's configuration */

static void read_states(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	const struct vg_object *object = NULL;

	for (size_t i = 0; i < scene->n_instances; i++)
		scene->instances[i].maybe_invalid = !vg_cluster_is_told(cluster, VG_KIND_CONFIGURATION_STATE);
	while ((object = vg_cluster_next(cluster, VG_KIND_CONFIGURATION_STATE, object))) {
		const struct vg_placement *state = (const struct vg_placement *)object;
		struct vg_instance *instance = instance_of(scene, object);

		if (!instance || !(state->flags & VG_PLACEMENT_INVALID))
			continue;
		instance->invalid = state;
		instance->maybe_invalid = true;
	}
}

/* All of a kind that can be read. */
struct reading {
	const struct vg_advertisement **list;
	size_t n;
};

static void read_odd(struct vg_scene *scene, const struct vg_object *object)
{
	struct vg_instance *instance = instance_of(scene, object);

	if (!instance)
		return;
	if (object->kind == VG_KIND_L2_ADVERTISEMENT)
		instance->odd_l2 = true;
	else
		instance->odd_bgp = true;
}

static int by_key(const void *a, const void *b)
{
	const struct vg_advertisement *const *one = a, *const *other = b;

	return strcmp((*one)->object.key, (*other)->object.key);
}

static int read_advertisements(struct vg_scene *scene, const struct vg_cluster *cluster, enum vg_kind kind, struct reading *ret)
{
	const struct vg_object *object = NULL;

	ret->list = calloc(VG_SCENE_ADVERTISEMENTS_MAX, sizeof(*ret->list));
	if (!ret->list)
		return -ENOMEM;
	while ((object = vg_cluster_next(cluster, kind, object))) {
		const struct vg_advertisement *advertisement = (const struct vg_advertisement *)object;
		bool full = ret->n == VG_SCENE_ADVERTISEMENTS_MAX;

		if (full)
			scene->left_out++;
		if (full || (advertisement->flags & VG_CLAIMS_ODD))
			read_odd(scene, object);
		else
			ret->list[ret->n++] = advertisement;
	}
	qsort(ret->list, ret->n, sizeof(*ret->list), by_key);
	return 0;
}

/* Without names and selectors it selects all pools of its namespace. */
static bool selects_pool(const struct vg_advertisement *advertisement, const struct vg_claims *pool)
{
	if (!vg_object_same_namespace(&advertisement->object, &pool->object))
		return false;
	if (!advertisement->pools.n && !advertisement->pool_selectors.n)
		return true;
	for (uint32_t i = 0; i < advertisement->pools.n; i++) {
		if (!strcmp(advertisement->pools.list[i], vg_object_name(&pool->object)))
			return true;
	}
	return vg_selectors_match(&advertisement->pool_selectors, &pool->object.labels);
}

/* What selects the pool is kept; *ret_maybe: there may be more. */
static int find_advertisements(const struct reading *reading, const struct vg_claims *pool, struct vg_advertisements *ret, bool *ret_maybe)
{
	for (size_t i = 0; i < reading->n; i++) {
		const struct vg_advertisement **bigger;

		if (!selects_pool(reading->list[i], pool))
			continue;
		if (ret->n == VG_POOL_ADVERTISEMENTS_MAX) {
			*ret_maybe = true;
			return 0;
		}
		bigger = reallocarray(ret->list, ret->n + 1, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		bigger[ret->n++] = reading->list[i];
		ret->list = bigger;
	}
	return 0;
}

/* "None selects it" is said only of what was seen in full. */
static int read_pool(struct vg_pool *pool, const struct vg_cluster *cluster, const struct reading *l2, const struct reading *bgp)
{
	int r;

	pool->maybe_l2 = pool->instance->odd_l2 || !vg_cluster_is_told(cluster, VG_KIND_L2_ADVERTISEMENT);
	pool->maybe_bgp = pool->instance->odd_bgp || !vg_cluster_is_told(cluster, VG_KIND_BGP_ADVERTISEMENT);
	r = find_advertisements(l2, pool->claims, &pool->l2, &pool->maybe_l2);
	return r < 0 ? r : find_advertisements(bgp, pool->claims, &pool->bgp, &pool->maybe_bgp);
}

static int by_name(const void *a, const void *b)
{
	const struct vg_pool *one = a, *other = b;
	int c = strcmp(vg_object_name(&one->claims->object), vg_object_name(&other->claims->object));

	return c ? c : strcmp(one->claims->object.key, other->claims->object.key);
}

static int read_pools(struct vg_scene *scene, const struct vg_cluster *cluster, const struct reading *l2, const struct reading *bgp)
{
	size_t n = vg_cluster_count(cluster, VG_KIND_POOL);
	const struct vg_object *object = NULL;
	int r = 0;

	n = n < VG_SCENE_POOLS_MAX ? n : VG_SCENE_POOLS_MAX;
	scene->pools = calloc(n ? n : 1, sizeof(*scene->pools));
	if (!scene->pools)
		return -ENOMEM;
	while (r == 0 && (object = vg_cluster_next(cluster, VG_KIND_POOL, object))) {
		struct vg_instance *instance = instance_of(scene, object);

		if (instance && scene->n_pools == n)
			leave_out(scene);
		if (!instance || scene->n_pools == n)
			continue;
		scene->pools[scene->n_pools] = (struct vg_pool){ .claims = (const struct vg_claims *)object, .instance = instance };
		r = read_pool(&scene->pools[scene->n_pools++], cluster, l2, bgp);
	}
	qsort(scene->pools, scene->n_pools, sizeof(*scene->pools), by_name);
	return r;
}

static int read_configuration(struct vg_scene *scene, const struct vg_cluster *cluster)
{
	struct reading l2 = { 0 }, bgp = { 0 };
	int r;

	read_states(scene, cluster);
	r = read_advertisements(scene, cluster, VG_KIND_L2_ADVERTISEMENT, &l2);
	if (r == 0)
		r = read_advertisements(scene, cluster, VG_KIND_BGP_ADVERTISEMENT, &bgp);
	if (r == 0)
		r = read_pools(scene, cluster, &l2, &bgp);
	free(l2.list);
	free(bgp.list);
	return r;
}

int vg_scene_new(const struct vg_cluster *cluster, struct vg_scene **ret_scene)
{
	VG_CLEANUP(vg_scene_freep) struct vg_scene *scene = calloc(1, sizeof(*scene));
	int r;

	if (!scene)
		return -ENOMEM;
	scene->reserved = VG_PREFIX_MAP(struct vg_reserved);
	scene->foreign = VG_PREFIX_MAP(struct vg_foreign);
	scene->node_known = vg_cluster_get(cluster, VG_KIND_NODE, vg_cluster_node(cluster));
	read_pods(scene, cluster);
	read_balancers(scene, cluster);
	r = read_configuration(scene, cluster);
	if (r == 0)
		r = vg_scene_reserve(scene, cluster);
	if (r < 0)
		return r;
	*ret_scene = TAKE_PTR(scene);
	return 0;
}

/* ---- asking */

size_t vg_scene_pools(const struct vg_scene *scene, const char *name, const struct vg_pool **ret_first)
{
	size_t low = 0, high = scene->n_pools, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(vg_object_name(&scene->pools[middle].claims->object), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_first = scene->pools + low;
	while (low + n < scene->n_pools && !strcmp(vg_object_name(&scene->pools[low + n].claims->object), name))
		n++;
	return n;
}

bool vg_pool_contains(const struct vg_claims *claims, const struct vg_addr *addr)
{
	for (uint32_t i = 0; i < claims->ranges.n; i++) {
		const struct vg_range *range = &claims->ranges.list[i];

		if (vg_addr_is_ipv4(&range->first) == vg_addr_is_ipv4(addr) && vg_addr_cmp(&range->first, addr) <= 0 &&
		    vg_addr_cmp(addr, &range->last) <= 0)
			return true;
	}
	return false;
}

const struct vg_advertisement *vg_advertisement_for(const struct vg_advertisements *advertisements, const struct vg_service *service)
{
	for (size_t i = 0; i < advertisements->n; i++) {
		const struct vg_selectors *selectors = &advertisements->list[i]->service_selectors;

		if (!selectors->n || vg_selectors_match(selectors, &service->object.labels))
			return advertisements->list[i];
	}
	return NULL;
}

const struct vg_object *vg_scene_foreign(const struct vg_scene *scene, const struct vg_addr *addr)
{
	const struct vg_foreign *foreign = vg_prefix_map_match(&scene->foreign, addr);

	return foreign ? foreign->object : NULL;
}

const struct vg_reserved *vg_scene_reserved(const struct vg_scene *scene, const struct vg_prefix *prefix)
{
	return vg_prefix_map_get(&scene->reserved, prefix);
}
