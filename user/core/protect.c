/* SPDX-License-Identifier: Apache-2.0 */
#include "core/protect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"

struct collection {
	struct vg_shielded *list;
	size_t n;
	size_t size;
};

static int add(struct collection *collection, const struct vg_shielded *one)
{
	size_t wanted = collection->size ? collection->size * 2 : 32;
	struct vg_shielded *bigger;

	if (vg_addr_is_zero(&one->addr))
		return 0;
	if (collection->n == collection->size) {
		bigger = reallocarray(collection->list, wanted, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		collection->list = bigger;
		collection->size = wanted;
	}
	collection->list[collection->n++] = *one;
	return 0;
}

static int add_all(struct collection *collection, const struct vg_addrs *addrs, enum vg_reason reason, const struct vg_object *object,
		   const char *field)
{
	int r = 0;

	for (uint32_t i = 0; i < addrs->n && r == 0; i++) {
		struct vg_shielded one = { .addr = addrs->list[i], .reason = reason, .object = object, .field = field };

		r = add(collection, &one);
	}
	return r;
}

static int add_node(struct collection *collection, const struct vg_cluster *cluster)
{
	const struct vg_node *node = (const struct vg_node *)vg_cluster_get(cluster, VG_KIND_NODE, vg_cluster_node(cluster));
	int r;

	if (!node)
		return 0;
	r = add_all(collection, &node->internal, VG_NODE_ADDRESS, &node->object, "InternalIP");
	if (r == 0)
		r = add_all(collection, &node->external, VG_NODE_ADDRESS, &node->object, "ExternalIP");
	if (r == 0)
		r = add_all(collection, &node->provided, VG_NODE_ADDRESS, &node->object, "provided-node-ip");
	return r;
}

/* A Pod that is about to go, or gone, counts as well: its address may still be the one that the API is reached by. */
static int add_pods(struct collection *collection, const struct vg_cluster *cluster)
{
	const struct vg_object *object = NULL;
	int r = 0;

	while (r == 0 && (object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (pod->flags & VG_POD_KUBE_VIP)
			r = add_all(collection, &pod->addresses, VG_CONTROL_PLANE_VIP, object, "addresses");
	}
	return r;
}

static int add_claims(struct collection *collection, const struct vg_cluster *cluster, enum vg_kind kind)
{
	const struct vg_object *object = NULL;
	int r = 0;

	while (r == 0 && (object = vg_cluster_next(cluster, kind, object))) {
		const struct vg_claims *claims = (const struct vg_claims *)object;

		if (claims->flags & VG_CLAIMS_CONTROL_PLANE)
			r = add_all(collection, &claims->addresses, VG_CONTROL_PLANE_VIP, object, "addresses");
	}
	return r;
}

/* By address; node-address before control-plane-vip. */
static int by_address(const void *a, const void *b)
{
	const struct vg_shielded *one = a, *other = b;
	int c = vg_addr_cmp(&one->addr, &other->addr);

	if (c)
		return c;
	c = (other->reason == VG_NODE_ADDRESS) - (one->reason == VG_NODE_ADDRESS);
	return c ? c : strcmp(one->object->key, other->object->key);
}

static void make_unique(struct collection *collection)
{
	size_t n = 0;

	if (collection->n)
		qsort(collection->list, collection->n, sizeof(*collection->list), by_address);
	for (size_t i = 0; i < collection->n; i++) {
		if (!n || vg_addr_cmp(&collection->list[n - 1].addr, &collection->list[i].addr))
			collection->list[n++] = collection->list[i];
	}
	collection->n = n;
}

int vg_protect_collect(const struct vg_cluster *cluster, struct vg_shielded **ret_list, size_t *ret_n)
{
	struct collection collection = { 0 };
	int r = add_node(&collection, cluster);

	if (r == 0)
		r = add_pods(&collection, cluster);
	if (r == 0)
		r = add_claims(&collection, cluster, VG_KIND_CONFIG_MAP);
	if (r == 0)
		r = add_claims(&collection, cluster, VG_KIND_INFRASTRUCTURE);
	if (r < 0) {
		free(collection.list);
		return r;
	}
	make_unique(&collection);
	*ret_list = collection.list;
	*ret_n = collection.n;
	return 0;
}

static struct vg_prefix host_of(const struct vg_addr *addr)
{
	return (struct vg_prefix){ .addr = *addr, .len = 128 };
}

static bool has(const struct vg_shielded *list, size_t n, const struct vg_shielded *one)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = vg_addr_cmp(&list[middle].addr, &one->addr);

		if (!c)
			return list[middle].reason == one->reason;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* All changes of one moment at once: nobody judges in between. */
int vg_protect_assess(struct vg_cluster *cluster, struct vg_snapshot *snapshot, bool all, bool *ret_changed)
{
	_cleanup_free_ struct vg_shielded *list = NULL;
	size_t n = 0, n_before = all ? 0 : cluster->n_protected;
	int r = vg_protect_collect(cluster, &list, &n);

	for (size_t i = 0; i < n_before && r == 0; i++) {
		struct vg_prefix prefix = host_of(&cluster->protected[i].addr);

		if (has(list, n, &cluster->protected[i]))
			continue;
		vg_snapshot_unprotect(snapshot, &prefix, VG_ORIGIN_CLUSTER);
		*ret_changed = true;
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		struct vg_prefix prefix = host_of(&list[i].addr);

		if (!all && has(cluster->protected, n_before, &list[i]))
			continue;
		r = vg_snapshot_protect(snapshot, &prefix, list[i].reason, VG_ORIGIN_CLUSTER);
		*ret_changed = true;
	}
	if (r < 0)
		return r;
	free(cluster->protected);
	cluster->protected = TAKE_PTR(list);
	cluster->n_protected = n;
	return 0;
}
