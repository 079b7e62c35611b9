/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/cluster_store.h"
#include "core/scene.h"

const char *vg_cluster_node(const struct vg_cluster *cluster)
{
	return cluster->node;
}

size_t vg_cluster_count(const struct vg_cluster *cluster, enum vg_kind kind)
{
	return cluster->tables[kind].n - cluster->tables[kind].n_free;
}

uint64_t vg_cluster_refused(const struct vg_cluster *cluster)
{
	return cluster->refused + cluster->crowded + (cluster->scene ? cluster->scene->left_out : 0);
}

bool vg_cluster_is_full(const struct vg_cluster *cluster)
{
	return cluster->refused;
}

bool vg_cluster_is_dirty(const struct vg_cluster *cluster)
{
	return cluster->all || cluster->n_dirty || cluster->dead;
}

enum vg_knowledge vg_cluster_knowledge(const struct vg_cluster *cluster, enum vg_kind kind)
{
	return cluster->knowledge[kind];
}

bool vg_cluster_is_told(const struct vg_cluster *cluster, enum vg_kind kind)
{
	return cluster->knowledge[kind] == VG_KIND_LISTED || cluster->knowledge[kind] == VG_KIND_ABSENT;
}

static const struct vg_object *object_at(const struct vg_cluster *cluster, enum vg_kind kind, uint32_t id)
{
	return cluster->tables[kind].objects[id];
}

const struct vg_object *vg_cluster_get(const struct vg_cluster *cluster, enum vg_kind kind, const char *key)
{
	uint32_t id;

	if (!vg_table_find(&cluster->tables[kind], vg_cluster_hash_text(cluster, key), key, &id))
		return NULL;
	return object_at(cluster, kind, id);
}

const struct vg_object *vg_cluster_next(const struct vg_cluster *cluster, enum vg_kind kind, const struct vg_object *after)
{
	const struct vg_table *table = &cluster->tables[kind];
	uint32_t id = 0;

	if (after) {
		if (!vg_table_find(table, vg_cluster_hash_text(cluster, after->key), after->key, &id))
			return NULL;
		id++;
	}
	for (; id < table->n; id++) {
		if (vg_table_is_object(table->objects[id]))
			return table->objects[id];
	}
	return NULL;
}

const struct vg_service *vg_cluster_walk_carriers(const struct vg_cluster *cluster, const struct vg_addr *addr, struct vg_walk *walk,
						  uint32_t *ret_from)
{
	uint64_t hash = vg_cluster_hash(cluster, addr, sizeof(*addr));
	struct vg_index_entry entry;

	while (vg_index_next(&cluster->carriers, hash, &walk->cursor, &entry)) {
		const struct vg_service *service = (const struct vg_service *)object_at(cluster, VG_KIND_SERVICE, entry.id);

		if (vg_addr_cmp(&service->carried.list[entry.part].addr, addr))
			continue;
		walk->full = walk->n == VG_CARRIERS_MAX;
		if (walk->full)
			return NULL;
		walk->n++;
		*ret_from = service->carried.list[entry.part].from;
		return service;
	}
	return NULL;
}

/* The smallest key behind that of `after`: a Service more costs a walk, which few addresses have more than one of. */
const struct vg_service *vg_cluster_carrier(const struct vg_cluster *cluster, const struct vg_addr *addr, const struct vg_service *after)
{
	const struct vg_service *service, *best = NULL;
	struct vg_walk walk = { 0 };
	uint32_t from;

	while ((service = vg_cluster_walk_carriers(cluster, addr, &walk, &from))) {
		if (after && strcmp(service->object.key, after->object.key) <= 0)
			continue;
		if (!best || strcmp(service->object.key, best->object.key) < 0)
			best = service;
	}
	return best;
}

const struct vg_placement *vg_cluster_walk_placements(const struct vg_cluster *cluster, enum vg_kind kind, const char *service, struct vg_walk *walk)
{
	uint64_t hash = vg_cluster_hash_text(cluster, service);
	struct vg_index_entry entry;

	while (vg_index_next(&cluster->placements[kind], hash, &walk->cursor, &entry)) {
		const struct vg_placement *placement = (const struct vg_placement *)object_at(cluster, kind, entry.id);

		if (!strcmp(placement->service, service))
			return placement;
	}
	return NULL;
}

const struct vg_placement *vg_cluster_placement(const struct vg_cluster *cluster, enum vg_kind kind, const char *service,
						const struct vg_placement *after)
{
	struct vg_walk walk = { 0 };
	const struct vg_placement *placement = vg_cluster_walk_placements(cluster, kind, service, &walk);
	bool found = !after;

	for (; placement && !found; placement = vg_cluster_walk_placements(cluster, kind, service, &walk))
		found = placement == after;
	return placement;
}

const struct vg_lease *vg_cluster_walk_leases(const struct vg_cluster *cluster, const char *name, struct vg_walk *walk)
{
	uint64_t hash = vg_cluster_hash_text(cluster, name);
	struct vg_index_entry entry;

	while (vg_index_next(&cluster->lease_names, hash, &walk->cursor, &entry)) {
		const struct vg_object *lease = object_at(cluster, VG_KIND_LEASE, entry.id);

		if (!strcmp(vg_object_name(lease), name))
			return (const struct vg_lease *)lease;
	}
	return NULL;
}

const struct vg_lease *vg_cluster_lease(const struct vg_cluster *cluster, const char *name, const struct vg_lease *after)
{
	struct vg_walk walk = { 0 };
	const struct vg_lease *lease = vg_cluster_walk_leases(cluster, name, &walk);
	bool found = !after;

	for (; lease && !found; lease = vg_cluster_walk_leases(cluster, name, &walk))
		found = lease == after;
	return lease;
}

/* A name is one Node's. A hostname label that two Nodes bear is nobody's: it would prove the wrong one. */
const struct vg_node *vg_cluster_find_node(const struct vg_cluster *cluster, const char *name)
{
	const struct vg_node *by_hostname = NULL;
	struct vg_index_cursor cursor = { 0 };
	struct vg_index_entry entry;
	bool twice = false;

	while (*name && vg_index_next(&cluster->node_names, vg_cluster_hash_name(cluster, name), &cursor, &entry)) {
		const struct vg_node *node = (const struct vg_node *)object_at(cluster, VG_KIND_NODE, entry.id);

		if (!vg_names_equal(entry.part ? node->hostname : node->object.key, name))
			continue;
		if (!entry.part)
			return node;
		twice = by_hostname;
		by_hostname = node;
	}
	return twice ? NULL : by_hostname;
}

const struct vg_node *vg_cluster_node_of_address(const struct vg_cluster *cluster, const struct vg_addr *addr)
{
	uint64_t hash = vg_cluster_hash(cluster, addr, sizeof(*addr));
	const struct vg_node *best = NULL;
	struct vg_index_cursor cursor = { 0 };
	struct vg_index_entry entry;

	while (vg_index_next(&cluster->node_addresses, hash, &cursor, &entry)) {
		const struct vg_node *node = (const struct vg_node *)object_at(cluster, VG_KIND_NODE, entry.id);

		if (!vg_addr_cmp(&node->internal.list[entry.part], addr) && (!best || strcmp(node->object.key, best->object.key) < 0))
			best = node;
	}
	return best;
}

/* Anybody may write the annotation: a uid goes first, and of two that name the same hash neither is believed. */
const struct vg_pod *vg_cluster_find_pod(const struct vg_cluster *cluster, const char *uid)
{
	const struct vg_object *object = NULL;
	const struct vg_pod *by_hash = NULL;
	bool twice = false;

	while (*uid && (object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (!strcmp(pod->uid, uid))
			return pod;
		if (strcmp(pod->config_hash, uid))
			continue;
		twice = twice || by_hash;
		by_hash = pod;
	}
	return twice ? NULL : by_hash;
}
