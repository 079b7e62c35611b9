/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/owner.h"
#include "core/protect.h"
#include "core/scene.h"

#define CHANGES_MAX 4096 /* more: the maps are better loaded as a whole */

/* One call of vg_assess(). */
struct run {
	struct vg_cluster *cluster;
	struct vg_snapshot *snapshot;
	const struct vg_assess_config *config;
	const struct vg_moment *now;
	struct vg_changes *changes;
	struct vg_inquiry inquiry;
};

void vg_changes_deinit(struct vg_changes *changes)
{
	free(changes->prefixes);
	*changes = (struct vg_changes){ 0 };
}

static void note(struct vg_changes *changes, const struct vg_prefix *prefix)
{
	size_t wanted = changes->size ? changes->size * 2 : 64;
	struct vg_prefix *bigger;

	if (changes->all)
		return;
	if (changes->n == changes->size) {
		bigger = wanted > CHANGES_MAX ? NULL : reallocarray(changes->prefixes, wanted, sizeof(*bigger));
		if (!bigger) {
			changes->all = true;
			return;
		}
		changes->prefixes = bigger;
		changes->size = wanted;
	}
	changes->prefixes[changes->n++] = *prefix;
}

/* ---- one entry of the snapshot */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_nodes(const struct vg_assignment *a, const struct vg_assignment *b)
{
	if (a->n_nodes != b->n_nodes)
		return false;
	for (uint32_t i = 0; i < a->n_nodes; i++) {
		if (strcmp(a->nodes[i], b->nodes[i]))
			return false;
	}
	return true;
}

static bool same_entry(const struct vg_assignment *a, const struct vg_assignment *b)
{
	return a->ranged == b->ranged && a->bind == b->bind && a->bind_reason == b->bind_reason && a->announce_reason == b->announce_reason &&
	       a->changed_ns == b->changed_ns && same_text(a->service, b->service) && same_text(a->owner, b->owner) &&
	       same_text(a->source, b->source) && same_nodes(a, b);
}

/* An entry that says the same may still borrow from an object that is about to be freed. */
static int set_entry(struct run *run, const struct vg_assignment *set)
{
	const struct vg_assignment *there = vg_snapshot_at(run->snapshot, &set->prefix);
	bool same = there && same_entry(there, set);
	int r;

	if (same && there->service == set->service && there->owner == set->owner && there->source == set->source)
		return 0;
	r = vg_snapshot_set(run->snapshot, set);
	if (r == 0 && !same)
		note(run->changes, &set->prefix);
	return r;
}

static void unset_entry(struct run *run, const struct vg_prefix *prefix)
{
	const struct vg_assignment *there = vg_snapshot_at(run->snapshot, prefix);

	if (!there || there->durable)
		return;
	vg_snapshot_unset(run->snapshot, prefix);
	note(run->changes, prefix);
}

/* The file says something of all of it. */
static bool file_covers(const struct vg_snapshot *file, const struct vg_prefix *prefix)
{
	for (unsigned len = vg_prefix_own_len(prefix) + 1U; file && len-- > 0;) {
		struct vg_prefix shorter;

		if (vg_prefix_make(&prefix->addr, (uint8_t)len, &shorter) == 0 && vg_snapshot_at(file, &shorter))
			return true;
	}
	return false;
}

/* ---- what was found, as it looks from this node */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The holders sorted and unique, as the snapshot has them. */
static uint32_t normalise(struct vg_inquiry *inquiry)
{
	size_t n = 0;

	if (inquiry->n_holders > 1)
		qsort(inquiry->holders, inquiry->n_holders, sizeof(*inquiry->holders), by_text);
	for (size_t i = 0; i < inquiry->n_holders; i++) {
		if (!n || strcmp(inquiry->holders[n - 1], inquiry->holders[i]))
			inquiry->holders[n++] = inquiry->holders[i];
	}
	inquiry->n_holders = n;
	return (uint32_t)n;
}

static enum vg_reason seen_from_here(const struct run *run, const struct vg_assignment *entry, enum vg_reason reason)
{
	bool known = run->inquiry.scene->node_known;

	if (reason == VG_OTHER_NODE_ADDRESS)
		return known ? reason : VG_NODE_UNKNOWN;
	if (reason != VG_ASSIGNED_ELSEWHERE)
		return reason;
	if (!entry->n_nodes)
		return VG_HOLDER_UNKNOWN;
	if (!known)
		return VG_NODE_UNKNOWN;
	if (vg_assignment_names(entry, vg_cluster_node(run->cluster)))
		return VG_ASSIGNED_HERE;
	return run->inquiry.open ? VG_HOLDER_UNKNOWN : VG_ASSIGNED_ELSEWHERE;
}

/* The same moment by CLOCK_BOOTTIME; a time that is still to come is now. */
static uint64_t to_boot(const struct vg_moment *now, uint64_t real_ns)
{
	uint64_t ago = real_ns < now->real_ns ? now->real_ns - real_ns : 0;

	return ago < now->boot_ns ? now->boot_ns - ago : 1;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * When the holders became others: as an object tells it, or because it happened while we looked on. A gap, when nobody was named, is no
 * first assignment: whoever was named before it needs as much time to let go.
 */
static uint64_t changed_at(const struct run *run, const struct vg_assignment *entry, const struct vg_assignment *before)
{
	const struct vg_moment *now = run->now;
	uint64_t moved = run->inquiry.moved_ns, changed = 0;

	if (entry->n_nodes && moved && (moved >= now->real_ns || now->real_ns - moved < run->config->grace_ns))
		changed = to_boot(now, moved);
	if (!before || before->durable || before->ranged)
		return changed;
	if (same_nodes(entry, before))
		return later(changed, before->changed_ns);
	return before->n_nodes || before->changed_ns ? later(now->boot_ns, 1) : changed;
}

static void fill_entry(struct run *run, const struct vg_finding *finding, struct vg_assignment *entry)
{
	const struct vg_opinion *opinion = &finding->opinion;
	bool by_nodes = opinion->bind == VG_ASSIGNED_ELSEWHERE || opinion->announce == VG_ASSIGNED_ELSEWHERE;

	entry->n_nodes = by_nodes ? normalise(&run->inquiry) : 0;
	entry->nodes = run->inquiry.holders;
	entry->bind = opinion->bind == VG_OWNER_NEVER_BINDS ? VG_BIND_NOBODY : VG_BIND_HOLDER;
	entry->bind_reason = seen_from_here(run, entry, opinion->bind);
	entry->announce_reason = seen_from_here(run, entry, opinion->announce);
	entry->service = finding->first->object.key;
	entry->owner = opinion->owner;
	entry->source = opinion->source;
	entry->changed_ns = changed_at(run, entry, vg_snapshot_at(run->snapshot, &entry->prefix));
}

static int set_reserved(struct run *run, const struct vg_reserved *reserved)
{
	struct vg_assignment entry = { .prefix = reserved->prefix,
				       .ranged = true,
				       .bind_reason = reserved->reason,
				       .announce_reason = reserved->reason,
				       .owner = reserved->other ? NULL : "metallb",
				       .source = vg_kind_to_str(reserved->other ? reserved->other->kind : VG_KIND_POOL) };

	if (file_covers(run->config->file, &reserved->prefix)) {
		unset_entry(run, &reserved->prefix);
		return 0;
	}
	return set_entry(run, &entry);
}

static int assess_address(struct run *run, const struct vg_addr *addr)
{
	struct vg_assignment entry = { .prefix = { .addr = *addr, .len = 128 } };
	const struct vg_reserved *reserved;
	struct vg_finding finding;

	if (!vg_addr_is_global(addr))
		return 0;
	vg_inquiry_begin(&run->inquiry, addr);
	if (run->config->file && vg_snapshot_find(run->config->file, addr)) {
		unset_entry(run, &entry.prefix);
		return 0;
	}
	if (vg_owner_find(&run->inquiry, &finding)) {
		run->cluster->crowded += finding.crowded;
		fill_entry(run, &finding, &entry);
		return run->inquiry.no_memory ? -ENOMEM : set_entry(run, &entry);
	}
	reserved = vg_scene_reserved(run->inquiry.scene, &entry.prefix);
	if (reserved)
		return set_reserved(run, reserved);
	unset_entry(run, &entry.prefix);
	return 0;
}

/* ---- what changed */

static int by_addr(const void *a, const void *b)
{
	return vg_addr_cmp(a, b);
}

static int assess_dirty(struct run *run)
{
	struct vg_addr *dirty = run->cluster->dirty;
	size_t n = run->cluster->n_dirty;
	int r = 0;

	if (n > 1)
		qsort(dirty, n, sizeof(*dirty), by_addr);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!i || vg_addr_cmp(&dirty[i - 1], &dirty[i]))
			r = assess_address(run, &dirty[i]);
	}
	return r;
}

/* ---- everything */

static const struct vg_service *any_carrier(const struct vg_cluster *cluster, const struct vg_addr *addr)
{
	struct vg_walk walk = { 0 };
	uint32_t from;

	return vg_cluster_walk_carriers(cluster, addr, &walk, &from);
}

/* An address that several Services carry is assessed with the first of them only. */
static int assess_service(struct run *run, const struct vg_service *service)
{
	int r = 0;

	for (uint32_t i = 0; i < service->carried.n && r == 0; i++) {
		if (any_carrier(run->cluster, &service->carried.list[i].addr) == service)
			r = assess_address(run, &service->carried.list[i].addr);
	}
	return r;
}

static int assess_services(struct run *run)
{
	const struct vg_table *table = &run->cluster->tables[VG_KIND_SERVICE];
	int r = 0;

	for (uint32_t i = 0; i < table->n && r == 0; i++) {
		if (vg_table_is_object(table->objects[i]))
			r = assess_service(run, (const struct vg_service *)table->objects[i]);
	}
	return r;
}

static bool is_carried(const struct vg_cluster *cluster, const struct vg_prefix *prefix)
{
	return vg_prefix_is_host(prefix) && vg_addr_is_global(&prefix->addr) && any_carrier(cluster, &prefix->addr);
}

static int assess_pools(struct run *run)
{
	const struct vg_scene *scene = run->inquiry.scene;
	const struct vg_reserved *reserved;
	int r = 0;

	for (size_t i = 0; r == 0 && (reserved = vg_prefix_map_at(&scene->reserved, i)); i++) {
		if (!is_carried(run->cluster, &reserved->prefix))
			r = set_reserved(run, reserved);
	}
	return r;
}

/* Entries that nothing stands behind any more. From the end: the last one takes the place of the one that goes. */
static void sweep(struct run *run)
{
	for (size_t i = vg_snapshot_size(run->snapshot); i-- > 0;) {
		const struct vg_assignment *entry = vg_snapshot_assignment(run->snapshot, i);
		struct vg_prefix prefix = entry->prefix;

		if (!is_carried(run->cluster, &prefix) && !vg_scene_reserved(run->inquiry.scene, &prefix))
			unset_entry(run, &prefix);
	}
}

/* Another link that excuses binds: all that are bound there are to be judged again. */
static void assess_dummies(struct run *run)
{
	struct vg_dummies dummies = { .n = 0 };
	const struct vg_object *object = NULL;

	while ((object = vg_cluster_next(run->cluster, VG_KIND_PURELB_AGENT, object)))
		vg_dummies_add(&dummies, ((const struct vg_claims *)object)->link);
	if (!vg_dummies_equal(&dummies, vg_snapshot_dummies(run->snapshot)))
		run->changes->all = true;
	vg_snapshot_set_dummies(run->snapshot, &dummies);
}

static int assess_all(struct run *run, bool fresh)
{
	struct vg_scene *scene;
	int r = vg_scene_new(run->cluster, &scene);

	if (r < 0)
		return r;
	vg_scene_free(run->cluster->scene);
	run->cluster->scene = scene;
	run->inquiry.scene = scene;
	assess_dummies(run);
	r = vg_protect_assess(run->cluster, run->snapshot, fresh, &run->changes->protections);
	if (r == 0)
		r = assess_services(run);
	if (r == 0)
		r = assess_pools(run);
	if (r == 0 && !fresh)
		sweep(run);
	return r;
}

static int assess(struct run *run, bool all)
{
	struct vg_cluster *cluster = run->cluster;
	int r;

	vg_cluster_check_leases(cluster, run->now->boot_ns);
	if (all)
		run->changes->all = true;
	r = all || cluster->all ? assess_all(run, all) : assess_dirty(run);
	if (r < 0) {
		cluster->all = true;
		return r;
	}
	cluster->all = false;
	cluster->n_dirty = 0;
	vg_cluster_free_dead(cluster);
	run->changes->next_ns = cluster->lease_check_ns;
	return 0;
}

int vg_assess(struct vg_cluster *cluster, struct vg_snapshot *snapshot, const struct vg_assess_config *config, const struct vg_moment *now, bool all,
	      struct vg_changes *ret_changes)
{
	struct run run = { .cluster = cluster, .snapshot = snapshot, .config = config, .now = now, .changes = ret_changes };
	int r;

	run.inquiry = (struct vg_inquiry){ .cluster = cluster, .scene = cluster->scene, .now = now, .grace_ns = config->grace_ns };
	r = assess(&run, all);
	vg_inquiry_deinit(&run.inquiry);
	return r;
}
