/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of an object is to be assessed again for, and what is kept until then because the snapshot still borrows from it. */
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"

static const char kube_vip_prefix[] = "kubevip-", cilium_prefix[] = "cilium-l2announce-";

static void touch_address(struct vg_cluster *cluster, const struct vg_addr *addr)
{
	size_t wanted = cluster->dirty_size ? cluster->dirty_size * 2 : 64;
	struct vg_addr *bigger;

	if (cluster->all)
		return;
	if (cluster->n_dirty == cluster->dirty_size) {
		bigger = wanted > VG_CLUSTER_DIRTY_MAX ? NULL : reallocarray(cluster->dirty, wanted, sizeof(*bigger));
		if (!bigger) {
			cluster->all = true;
			return;
		}
		cluster->dirty = bigger;
		cluster->dirty_size = wanted;
	}
	cluster->dirty[cluster->n_dirty++] = *addr;
}

void vg_cluster_touch_service(struct vg_cluster *cluster, const struct vg_service *service)
{
	for (uint32_t i = 0; i < service->carried.n && !cluster->all; i++)
		touch_address(cluster, &service->carried.list[i].addr);
}

static void touch_key(struct vg_cluster *cluster, const char *key)
{
	const struct vg_object *service = vg_cluster_get(cluster, VG_KIND_SERVICE, key);

	if (service)
		vg_cluster_touch_service(cluster, (const struct vg_service *)service);
}

/* "a-b-c" is Service b-c of namespace a, or c of a-b: both, if they are there. text: no longer than a Lease's name. */
static void touch_splits(struct vg_cluster *cluster, const char *text)
{
	char key[512];
	size_t n = strlen(text);

	if (n >= sizeof(key))
		return;
	memcpy(key, text, n + 1);
	for (char *dash = strchr(key, '-'); dash; dash = strchr(dash + 1, '-')) {
		*dash = '/';
		touch_key(cluster, key);
		*dash = '-';
	}
}

static void touch_kube_vip(struct vg_cluster *cluster, const struct vg_object *lease, const char *service)
{
	char key[1024];
	size_t n = lease->namespace_len, m = strlen(service);

	if (n + m + 2 > sizeof(key))
		return;
	memcpy(key, lease->key, n);
	key[n] = '/';
	memcpy(key + n + 1, service, m + 1);
	touch_key(cluster, key);
}

static void touch_wishes(struct vg_cluster *cluster, const char *name)
{
	uint64_t hash = vg_cluster_hash_text(cluster, name);
	struct vg_index_cursor cursor = { 0 };
	struct vg_index_entry entry;

	while (vg_index_next(&cluster->lease_wishes, hash, &cursor, &entry))
		vg_cluster_touch_service(cluster, (const struct vg_service *)cluster->tables[VG_KIND_SERVICE].objects[entry.id]);
}

static void touch_lease(struct vg_cluster *cluster, const struct vg_object *lease)
{
	const char *name = vg_object_name(lease);

	if (vg_cluster_is_global_lease(cluster, name)) {
		cluster->all = true;
		return;
	}
	touch_wishes(cluster, name);
	if (!strncmp(name, kube_vip_prefix, strlen(kube_vip_prefix)))
		touch_kube_vip(cluster, lease, name + strlen(kube_vip_prefix));
	else if (!strncmp(name, cilium_prefix, strlen(cilium_prefix)))
		touch_splits(cluster, name + strlen(cilium_prefix));
}

void vg_cluster_touch(struct vg_cluster *cluster, const struct vg_object *object)
{
	if (cluster->all)
		return;
	switch ((enum vg_kind)object->kind) {
	case VG_KIND_SERVICE: vg_cluster_touch_service(cluster, (const struct vg_service *)object); break;
	case VG_KIND_LEASE: touch_lease(cluster, object); break;
	case VG_KIND_L2_STATUS:
	case VG_KIND_BGP_STATUS:
	case VG_KIND_EVENT: touch_key(cluster, ((const struct vg_placement *)object)->service); break;
	/* a bystander is nothing to any address */
	case VG_KIND_POD: cluster->all = ((const struct vg_pod *)object)->flags; break;
	default: cluster->all = true; break;
	}
}

void vg_cluster_check_leases(struct vg_cluster *cluster, uint64_t now_ns)
{
	struct vg_table *table = &cluster->tables[VG_KIND_LEASE];
	uint64_t next = 0;

	if (!cluster->lease_check_ns || now_ns < cluster->lease_check_ns)
		return;
	for (uint32_t i = 0; i < table->n; i++) {
		struct vg_lease *lease = (struct vg_lease *)table->objects[i];

		if (!vg_table_is_object(&lease->object) || !lease->fresh_ns)
			continue;
		if (lease->fresh_ns <= now_ns) {
			lease->fresh_ns = 0;
			vg_cluster_touch(cluster, &lease->object);
		} else if (!next || lease->fresh_ns < next) {
			next = lease->fresh_ns;
		}
	}
	cluster->lease_check_ns = next;
}

void vg_cluster_bury(struct vg_cluster *cluster, struct vg_object *object)
{
	object->heard_ns = (uintptr_t)cluster->dead;
	cluster->dead = object;
}

void vg_cluster_free_dead(struct vg_cluster *cluster)
{
	while (cluster->dead) {
		struct vg_object *object = cluster->dead;

		cluster->dead = (struct vg_object *)(uintptr_t)object->heard_ns;
		free(object);
	}
}
