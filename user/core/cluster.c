/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/hash.h"
#include "core/protect.h"
#include "core/scene.h"

#define BIT(n) ((uint16_t)(1U << (n)))

int vg_cluster_new(const char *node, struct vg_cluster **ret_cluster)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		return -ENOMEM;
	cluster->node = strdup(node);
	if (!cluster->node)
		return -ENOMEM;
	/* Where the heap lies is not for a tenant to know; core/ asks nobody for random numbers. */
	cluster->seed = vg_hash_word((uintptr_t)cluster, (uintptr_t)cluster->node);
	cluster->all = true;
	*ret_cluster = TAKE_PTR(cluster);
	return 0;
}

void vg_cluster_free(struct vg_cluster *cluster)
{
	if (!cluster)
		return;
	vg_scene_free(cluster->scene);
	free(cluster->protected);
	vg_cluster_free_dead(cluster);
	for (size_t i = 0; i < VG_KIND_MAX; i++) {
		vg_table_deinit(&cluster->tables[i]);
		vg_index_deinit(&cluster->placements[i]);
	}
	vg_index_deinit(&cluster->carriers);
	vg_index_deinit(&cluster->lease_names);
	vg_index_deinit(&cluster->lease_wishes);
	vg_index_deinit(&cluster->node_names);
	vg_index_deinit(&cluster->node_addresses);
	free(cluster->dirty);
	free(cluster->node);
	free(cluster);
}

static void hold(struct vg_object *object, unsigned reflector)
{
	object->reflectors |= BIT(reflector);
	object->confirmed |= BIT(reflector);
}

/* Until when a Lease is fresh by our own clock. Its first sight has nothing but the wall clock to go by; after that the holder's
 * clock may be as wrong as it likes. before: the version we had, or NULL. */
static uint64_t fresh_until(const struct vg_lease *lease, const struct vg_lease *before, const struct vg_moment *now)
{
	uint64_t left = lease->duration_ns, end;

	if (before && before->renewed_ns == lease->renewed_ns)
		return before->fresh_ns;
	if (!before) {
		if (__builtin_add_overflow(lease->renewed_ns, lease->duration_ns, &end))
			end = UINT64_MAX;
		if (!lease->renewed_ns || end <= now->real_ns)
			return 0;
		left = end - now->real_ns < left ? end - now->real_ns : left;
	}
	if (!left || __builtin_add_overflow(now->boot_ns, left, &end))
		return 0;
	return end;
}

static void watch_lease(struct vg_cluster *cluster, const struct vg_lease *lease)
{
	if (lease->fresh_ns && (!cluster->lease_check_ns || lease->fresh_ns < cluster->lease_check_ns))
		cluster->lease_check_ns = lease->fresh_ns;
}

/* Nothing that counts is different: the object stays, only its times and its version become the new ones. */
static void refresh(struct vg_cluster *cluster, struct vg_object *there, const struct vg_object *object, const struct vg_moment *now)
{
	struct vg_lease *lease = (struct vg_lease *)there;
	size_t n = strlen(object->version);
	bool was_fresh;

	if (n <= strlen(there->version) && *there->version)
		memcpy((char *)(uintptr_t)there->version, object->version, n + 1);
	there->heard_ns = now->boot_ns;
	if (there->kind != VG_KIND_LEASE)
		return;
	was_fresh = lease->fresh_ns > now->boot_ns;
	lease->fresh_ns = fresh_until((const struct vg_lease *)object, lease, now);
	lease->renewed_ns = ((const struct vg_lease *)object)->renewed_ns;
	watch_lease(cluster, lease);
	if (was_fresh != (lease->fresh_ns > now->boot_ns))
		vg_cluster_touch(cluster, there);
}

/* A copy that is the cluster's, for the place of `before` or a new one. */
static int adopt(const struct vg_object *object, const struct vg_object *before, const struct vg_moment *now, struct vg_object **ret_copy)
{
	struct vg_object *copy = vg_object_copy(object);

	if (!copy)
		return -ENOMEM;
	copy->reflectors = before ? before->reflectors : 0;
	copy->confirmed = before ? before->confirmed : 0;
	copy->heard_ns = now->boot_ns;
	if (copy->kind == VG_KIND_LEASE) {
		struct vg_lease *lease = (struct vg_lease *)copy;

		lease->fresh_ns = fresh_until(lease, (const struct vg_lease *)before, now);
	}
	*ret_copy = copy;
	return 0;
}

static int replace(struct vg_cluster *cluster, uint32_t id, const struct vg_object *object, const struct vg_moment *now)
{
	struct vg_table *table = &cluster->tables[object->kind];
	struct vg_object *before = table->objects[id], *copy;
	int r = vg_cluster_reserve_entries(cluster, object);

	if (r < 0)
		return r;
	r = adopt(object, before, now, &copy);
	if (r < 0)
		return r;
	vg_cluster_touch(cluster, before);
	vg_cluster_remove_entries(cluster, before, id);
	table->objects[id] = copy;
	vg_cluster_add_entries(cluster, copy, id);
	vg_cluster_touch(cluster, copy);
	vg_cluster_bury(cluster, before);
	return 0;
}

static int insert(struct vg_cluster *cluster, uint64_t hash, const struct vg_object *object, const struct vg_moment *now, uint32_t *ret_id)
{
	struct vg_table *table = &cluster->tables[object->kind];
	struct vg_object *copy;
	int r;

	if (cluster->n_objects >= VG_CLUSTER_OBJECTS_MAX)
		return -E2BIG;
	r = vg_table_reserve(table);
	if (r < 0)
		return r;
	r = vg_cluster_reserve_entries(cluster, object);
	if (r < 0)
		return r;
	r = adopt(object, NULL, now, &copy);
	if (r < 0)
		return r;
	*ret_id = vg_table_add(table, hash, copy);
	vg_cluster_add_entries(cluster, copy, *ret_id);
	vg_cluster_touch(cluster, copy);
	cluster->n_objects++;
	return 0;
}

int vg_cluster_put(struct vg_cluster *cluster, unsigned reflector, const struct vg_object *object, const struct vg_moment *now)
{
	struct vg_table *table = &cluster->tables[object->kind];
	uint64_t hash = vg_cluster_hash_text(cluster, object->key);
	uint32_t id;
	int r = 0;

	if (!vg_table_find(table, hash, object->key, &id))
		r = insert(cluster, hash, object, now, &id);
	else if (vg_object_equal(table->objects[id], object, false))
		refresh(cluster, table->objects[id], object, now);
	else
		r = replace(cluster, id, object, now);
	if (r == -E2BIG) {
		cluster->refused++;
		/* The picture has a hole from now on (core/scene.c). */
		cluster->all = true;
	}
	if (r < 0)
		return r;
	hold(table->objects[id], reflector);
	if (object->kind == VG_KIND_LEASE)
		watch_lease(cluster, (const struct vg_lease *)table->objects[id]);
	return 0;
}

static void remove_object(struct vg_cluster *cluster, enum vg_kind kind, uint32_t id)
{
	struct vg_table *table = &cluster->tables[kind];
	struct vg_object *object = table->objects[id];

	vg_cluster_touch(cluster, object);
	vg_cluster_remove_entries(cluster, object, id);
	vg_table_remove(table, vg_cluster_hash_text(cluster, object->key), id);
	vg_cluster_bury(cluster, object);
	cluster->n_objects--;
}

static void let_go(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind, uint32_t id)
{
	struct vg_object *object = cluster->tables[kind].objects[id];

	object->reflectors &= (uint16_t)~BIT(reflector);
	object->confirmed &= (uint16_t)~BIT(reflector);
	if (!object->reflectors)
		remove_object(cluster, kind, id);
}

void vg_cluster_delete(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind, const char *key)
{
	uint32_t id;

	if (vg_table_find(&cluster->tables[kind], vg_cluster_hash_text(cluster, key), key, &id))
		let_go(cluster, reflector, kind, id);
}

void vg_cluster_list_begin(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind)
{
	struct vg_table *table = &cluster->tables[kind];

	for (uint32_t i = 0; i < table->n; i++) {
		if (vg_table_is_object(table->objects[i]))
			table->objects[i]->confirmed &= (uint16_t)~BIT(reflector);
	}
}

/* What is left of that reflector: all of it, or what its list did not confirm. */
static void sweep(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind, bool confirmed_too)
{
	struct vg_table *table = &cluster->tables[kind];

	for (uint32_t i = 0; i < table->n; i++) {
		const struct vg_object *object = table->objects[i];

		if (!vg_table_is_object(object) || !(object->reflectors & BIT(reflector)))
			continue;
		if (confirmed_too || !(object->confirmed & BIT(reflector)))
			let_go(cluster, reflector, kind, i);
	}
}

void vg_cluster_list_end(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind)
{
	sweep(cluster, reflector, kind, false);
}

void vg_cluster_drop(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind)
{
	sweep(cluster, reflector, kind, true);
}

void vg_cluster_set_knowledge(struct vg_cluster *cluster, enum vg_kind kind, enum vg_knowledge knowledge)
{
	if (cluster->knowledge[kind] == knowledge)
		return;
	cluster->knowledge[kind] = knowledge;
	cluster->all = true;
}
