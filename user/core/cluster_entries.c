/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/hash.h"

typedef void (*entry_fn)(struct vg_index *index, const struct vg_index_entry *entry);

uint64_t vg_cluster_hash(const struct vg_cluster *cluster, const void *bytes, size_t n)
{
	return vg_hash_bytes(cluster->seed, bytes, n);
}

uint64_t vg_cluster_hash_text(const struct vg_cluster *cluster, const char *text)
{
	return vg_cluster_hash(cluster, text, strlen(text));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

uint64_t vg_cluster_hash_name(const struct vg_cluster *cluster, const char *name)
{
	uint64_t hash = cluster->seed;
	char part[64];
	size_t n;

	do {
		for (n = 0; n < sizeof(part) && name[n]; n++)
			part[n] = lower(name[n]);
		hash = vg_hash_bytes(hash, part, n);
		name += n;
	} while (*name);
	return hash;
}

bool vg_names_equal(const char *a, const char *b)
{
	for (; *a && lower(*a) == lower(*b); a++, b++)
		;
	return lower(*a) == lower(*b);
}

const char *vg_lease_wish_name(const char *wish)
{
	const char *slash = strchr(wish, '/');

	return slash ? slash + 1 : wish;
}

static void service_entries(struct vg_cluster *cluster, const struct vg_service *service, struct vg_index_entry entry, entry_fn fn)
{
	for (entry.part = 0; entry.part < service->carried.n; entry.part++) {
		entry.hash = vg_cluster_hash(cluster, &service->carried.list[entry.part].addr, sizeof(struct vg_addr));
		fn(&cluster->carriers, &entry);
	}
	entry.part = 0;
	entry.hash = vg_cluster_hash_text(cluster, vg_lease_wish_name(service->kube_vip_lease));
	if (*service->kube_vip_lease)
		fn(&cluster->lease_wishes, &entry);
}

static void node_entries(struct vg_cluster *cluster, const struct vg_node *node, struct vg_index_entry entry, entry_fn fn)
{
	for (entry.part = 0; entry.part < node->internal.n; entry.part++) {
		entry.hash = vg_cluster_hash(cluster, &node->internal.list[entry.part], sizeof(struct vg_addr));
		fn(&cluster->node_addresses, &entry);
	}
	entry.part = 0;
	entry.hash = vg_cluster_hash_name(cluster, node->object.key);
	fn(&cluster->node_names, &entry);
	entry.part = 1;
	entry.hash = vg_cluster_hash_name(cluster, node->hostname);
	if (*node->hostname)
		fn(&cluster->node_names, &entry);
}

static void walk_entries(struct vg_cluster *cluster, const struct vg_object *object, uint32_t id, entry_fn fn)
{
	struct vg_index_entry entry = { .id = id };

	switch ((enum vg_kind)object->kind) {
	case VG_KIND_SERVICE: service_entries(cluster, (const struct vg_service *)object, entry, fn); break;
	case VG_KIND_NODE: node_entries(cluster, (const struct vg_node *)object, entry, fn); break;
	case VG_KIND_LEASE:
		entry.hash = vg_cluster_hash_text(cluster, vg_object_name(object));
		fn(&cluster->lease_names, &entry);
		break;
	case VG_KIND_L2_STATUS:
	case VG_KIND_BGP_STATUS:
	case VG_KIND_EVENT:
		entry.hash = vg_cluster_hash_text(cluster, ((const struct vg_placement *)object)->service);
		fn(&cluster->placements[object->kind], &entry);
		break;
	default: break;
	}
}

static int reserve_service(struct vg_cluster *cluster, const struct vg_service *service)
{
	int r = 0;

	if (service->carried.n >= 1U << VG_INDEX_BITS)
		return -E2BIG;
	if (*service->kube_vip_lease)
		r = vg_index_reserve(&cluster->lease_wishes, 1);
	return r < 0 ? r : vg_index_reserve(&cluster->carriers, service->carried.n);
}

static int reserve_node(struct vg_cluster *cluster, const struct vg_node *node)
{
	int r;

	if (node->internal.n >= 1U << VG_INDEX_BITS)
		return -E2BIG;
	r = vg_index_reserve(&cluster->node_names, 2);
	return r < 0 ? r : vg_index_reserve(&cluster->node_addresses, node->internal.n);
}

int vg_cluster_reserve_entries(struct vg_cluster *cluster, const struct vg_object *object)
{
	switch ((enum vg_kind)object->kind) {
	case VG_KIND_SERVICE: return reserve_service(cluster, (const struct vg_service *)object);
	case VG_KIND_NODE: return reserve_node(cluster, (const struct vg_node *)object);
	case VG_KIND_LEASE: return vg_index_reserve(&cluster->lease_names, 1);
	case VG_KIND_L2_STATUS:
	case VG_KIND_BGP_STATUS:
	case VG_KIND_EVENT: return vg_index_reserve(&cluster->placements[object->kind], 1);
	default: return 0;
	}
}

void vg_cluster_add_entries(struct vg_cluster *cluster, const struct vg_object *object, uint32_t id)
{
	walk_entries(cluster, object, id, vg_index_add);
}

void vg_cluster_remove_entries(struct vg_cluster *cluster, const struct vg_object *object, uint32_t id)
{
	walk_entries(cluster, object, id, vg_index_remove);
}
