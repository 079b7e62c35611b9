/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a cluster (core/cluster.h), shared by core/cluster*.c and core/assess*.c only. */
#ifndef CORE_CLUSTER_STORE_H
#define CORE_CLUSTER_STORE_H

#include "core/cluster.h"
#include "core/index.h"

#define VG_CLUSTER_DIRTY_MAX 65536 /* addresses; more: everything is assessed */

struct vg_scene;
struct vg_shielded;

/* All objects of one kind. An object keeps its number for as long as its key is there. */
struct vg_table {
	struct vg_object **objects; /* a free place: the next free one, times two, plus one */
	uint32_t n; /* places, free ones included */
	uint32_t size;
	uint32_t n_free;
	uint32_t first_free;
	struct vg_index keys;
};

struct vg_cluster {
	char *node;
	uint64_t seed; /* of all hashes: tenants choose the names of Services */
	struct vg_table tables[VG_KIND_MAX];
	enum vg_knowledge knowledge[VG_KIND_MAX];
	size_t n_objects;
	uint64_t refused;
	uint64_t crowded; /* how often an address had more than VG_CARRIERS_MAX Services */

	struct vg_index carriers; /* address -> Service, place in `carried` */
	struct vg_index placements[VG_KIND_MAX]; /* key of a Service -> placement */
	struct vg_index lease_names; /* name without namespace -> Lease */
	struct vg_index lease_wishes; /* likewise, of kube-vip.io/leaseName -> Service */
	struct vg_index node_names; /* part 0: name, 1: hostname; in lower case */
	struct vg_index node_addresses; /* InternalIP -> Node */

	bool all; /* everything is to be assessed; then `dirty` is incomplete */
	struct vg_addr *dirty; /* repeats allowed */
	size_t n_dirty;
	size_t dirty_size;
	struct vg_object *dead; /* let go of, but still pointed at until the next assessment; linked by heard_ns */
	uint64_t lease_check_ns; /* no Lease that is fresh expires before that; 0: none is fresh */

	struct vg_scene *scene; /* the assessor's: what was drawn from Pods, pools and advertisements; NULL: never */
	struct vg_shielded *protected; /* the assessor's: what it has protected, sorted */
	size_t n_protected;
};

static inline bool vg_table_is_object(const struct vg_object *object)
{
	return !((uintptr_t)object & 1);
}

/* ---- cluster_table.c */

void vg_table_deinit(struct vg_table *table);
/* The number of the object of that key; false: not there. */
bool vg_table_find(const struct vg_table *table, uint64_t hash, const char *key, uint32_t *ret_id);
/* Room for one more, so that add cannot fail. */
int vg_table_reserve(struct vg_table *table);
uint32_t vg_table_add(struct vg_table *table, uint64_t hash, struct vg_object *object);
void vg_table_remove(struct vg_table *table, uint64_t hash, uint32_t id); /* the object itself is the caller's again */

/* ---- cluster_entries.c: in which indexes an object stands */

uint64_t vg_cluster_hash(const struct vg_cluster *cluster, const void *bytes, size_t n);
uint64_t vg_cluster_hash_text(const struct vg_cluster *cluster, const char *text);
uint64_t vg_cluster_hash_name(const struct vg_cluster *cluster, const char *name); /* upper and lower case alike */
bool vg_names_equal(const char *a, const char *b); /* upper and lower case alike */
/* The name in "[namespace/]name" of kube-vip.io/leaseName. */
const char *vg_lease_wish_name(const char *wish);
/* Room in all indexes for an object like this. -ENOMEM, -E2BIG */
int vg_cluster_reserve_entries(struct vg_cluster *cluster, const struct vg_object *object);
void vg_cluster_add_entries(struct vg_cluster *cluster, const struct vg_object *object, uint32_t id);
void vg_cluster_remove_entries(struct vg_cluster *cluster, const struct vg_object *object, uint32_t id);

/* ---- cluster_dirty.c */

/* What is to be assessed because this object came, changed (both versions) or went. */
void vg_cluster_touch(struct vg_cluster *cluster, const struct vg_object *object);
void vg_cluster_touch_service(struct vg_cluster *cluster, const struct vg_service *service);
/* Leases that were fresh at the last check and no longer are touch their Services; the next check is set. */
void vg_cluster_check_leases(struct vg_cluster *cluster, uint64_t now_ns);
void vg_cluster_bury(struct vg_cluster *cluster, struct vg_object *object);
bool vg_cluster_is_told(const struct vg_cluster *cluster, enum vg_kind kind); /* what is not there is known not to be there */
bool vg_cluster_is_global_lease(const struct vg_cluster *cluster, const char *name);

/* ---- walks without the cost of finding the place again */

struct vg_walk {
	struct vg_index_cursor cursor;
	uint32_t n; /* Services that were given out */
	bool full; /* there are more than VG_CARRIERS_MAX */
};

/* Services that carry addr, in no order, VG_CARRIERS_MAX at most; ret_from: enum vg_carried_from. */
const struct vg_service *vg_cluster_walk_carriers(const struct vg_cluster *cluster, const struct vg_addr *addr, struct vg_walk *walk,
						  uint32_t *ret_from);
const struct vg_placement *vg_cluster_walk_placements(const struct vg_cluster *cluster, enum vg_kind kind, const char *service, struct vg_walk *walk);
const struct vg_lease *vg_cluster_walk_leases(const struct vg_cluster *cluster, const char *name, struct vg_walk *walk);

#endif
