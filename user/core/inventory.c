/* SPDX-License-Identifier: Apache-2.0 */
#include "core/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"
#include "core/inventory_store.h"
#include "core/owner.h"

#define NAMESAKES_MAX 16 /* pools of one name in other namespaces; of more nothing is said */
#define ROW_CONFLICTS_MAX 16 /* besides what the sweep found */

/* One walk; what a row borrows besides the cluster's objects. */
struct walk {
	const struct vg_inventory *inventory;
	const struct vg_item *item;
	struct vg_inquiry inquiry;
	struct vg_row row;
	struct vg_addr addr;
	const struct vg_service *services[VG_CARRIERS_MAX + 1];
	uint32_t from[VG_CARRIERS_MAX + 1]; /* enum vg_carried_from */
	struct vg_evidence proof[VG_INVENTORY_PROOF_MAX];
	struct vg_conflict *conflicts; /* those of the sweep for this row, then its own */
	size_t n_conflicts;
};

/* ---- making one */

static int draw_scene(struct vg_inventory *inventory)
{
	const struct vg_cluster *cluster = inventory->ground.cluster;
	int r;

	if (!cluster)
		return 0;
	inventory->scene = cluster->scene;
	if (!cluster->all && cluster->scene)
		return 0;
	r = vg_scene_new(cluster, &inventory->own_scene);
	if (r == 0)
		inventory->scene = inventory->own_scene;
	return r;
}

int vg_inventory_new(const struct vg_inventory_ground *ground, struct vg_inventory **ret_inventory)
{
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = calloc(1, sizeof(*inventory));
	int r = inventory ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	inventory->ground = *ground;
	r = draw_scene(inventory);
	if (r == 0)
		r = vg_inventory_collect(inventory);
	if (r == 0)
		r = vg_inventory_sweep(inventory);
	if (r < 0)
		return r;
	for (size_t i = 0; i < inventory->n_items; i++)
		inventory->n_shown += inventory->items[i].shown;
	*ret_inventory = TAKE_PTR(inventory);
	return 0;
}

void vg_inventory_free(struct vg_inventory *inventory)
{
	if (!inventory)
		return;
	vg_scene_free(inventory->own_scene);
	free(inventory->items);
	free(inventory->pools);
	free(inventory->conflicts);
	free(inventory);
}

size_t vg_inventory_size(const struct vg_inventory *inventory)
{
	return inventory->n_shown;
}

size_t vg_inventory_left_out(const struct vg_inventory *inventory)
{
	return inventory->left_out;
}

size_t vg_inventory_steps(const struct vg_inventory *inventory)
{
	return inventory->steps;
}

/* ---- parts of a row */

static void conflict(struct walk *walk, enum vg_conflict_kind kind, const struct vg_object *object, const char *name, size_t count)
{
	struct vg_conflict one = { .kind = kind, .first = walk->item->first, .last = walk->item->last, .object = object };

	one.name = name;
	one.count = count;
	walk->conflicts[walk->n_conflicts++] = one;
}

static void prove(struct walk *walk, const struct vg_evidence *evidence)
{
	struct vg_row *row = &walk->row;

	for (size_t i = 0; i < row->n_proof; i++) {
		if (walk->proof[i].object == evidence->object && walk->proof[i].kind == evidence->kind)
			return;
	}
	if (row->n_proof < VG_INVENTORY_PROOF_MAX)
		walk->proof[row->n_proof++] = *evidence;
}

static void prove_by(struct walk *walk, const struct vg_object *object, const char *field, const char *value, enum vg_clue clue)
{
	struct vg_evidence evidence = { .object = object, .kind = object->kind, .clue = clue, .field = field, .value = value };

	prove(walk, &evidence);
}

/* ---- a range */

static const char *owner_of_pool(enum vg_kind kind)
{
	switch (kind) {
	case VG_KIND_POOL: return "metallb";
	case VG_KIND_CONFIG_MAP: return "kube-vip";
	case VG_KIND_CILIUM_POOL: return "cilium";
	case VG_KIND_PURELB_GROUP: return "purelb";
	case VG_KIND_OPENELB_EIP: return "openelb";
	default: return NULL;
	}
}

static const struct vg_pool *served_pool(const struct vg_scene *scene, const struct vg_object *object)
{
	const struct vg_pool *pool = NULL;
	size_t n = vg_scene_pools(scene, vg_object_name(object), &pool);

	for (size_t i = 0; i < n; i++) {
		if (&pool[i].claims->object == object)
			return &pool[i];
	}
	return NULL;
}

static void fill_metallb_pool(struct walk *walk, const struct vg_object *object)
{
	const struct vg_scene *scene = walk->inventory->scene;
	const struct vg_pool *pool = served_pool(scene, object);
	const struct vg_advertisement *by;

	if (!pool) {
		if (!scene->left_out && vg_cluster_knowledge(walk->inventory->ground.cluster, VG_KIND_POD) == VG_KIND_LISTED)
			conflict(walk, VG_CONFLICT_NO_INSTANCE, object, NULL, 0);
		return;
	}
	walk->row.class = pool->instance->mixed ? NULL : pool->instance->class;
	by = pool->l2.n ? pool->l2.list[0] : pool->bgp.n ? pool->bgp.list[0] : NULL;
	if (by)
		prove_by(walk, &by->object, "ipAddressPools", NULL, VG_CLUE_SELECTS);
	else if (!pool->maybe_l2 && !pool->maybe_bgp)
		conflict(walk, VG_CONFLICT_NOT_ADVERTISED, object, NULL, 0);
	prove_by(walk, &pool->instance->pod->object, "nodeName", pool->instance->pod->node, VG_CLUE_ALIVE);
}

static void judge_address(struct walk *walk)
{
	walk->row.answer = vg_judge(walk->inventory->ground.snapshot, &walk->addr, NULL, &walk->inventory->ground.circumstances);
	walk->row.judged = true;
}

/* Its prefixes have entries of their own, which all say the same. */
static void judge_range(struct walk *walk)
{
	const struct vg_inventory_ground *ground = &walk->inventory->ground;
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
	size_t n = 0;

	if (vg_range_to_prefixes(&walk->item->first, &walk->item->last, prefixes, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct vg_assignment *entry = vg_snapshot_at(ground->snapshot, &prefixes[i]);
		struct vg_answer answer;

		if (!entry || vg_snapshot_protected(ground->snapshot, &prefixes[i].addr))
			return;
		answer = vg_judge_assignment(entry, &ground->circumstances);
		if (i && (answer.bind.reason != walk->row.answer.bind.reason || answer.announce.reason != walk->row.answer.announce.reason))
			return;
		walk->row.answer = answer;
	}
	walk->row.judged = n > 0;
}

static void fill_range(struct walk *walk)
{
	const struct vg_item *item = walk->item;

	walk->row.assignment = item->assignment;
	if (item->assignment)
		walk->row.owner = item->assignment->owner;
	if (item->object) {
		walk->row.owner = owner_of_pool((enum vg_kind)item->object->kind);
		prove_by(walk, item->object, item->field, NULL, item->kind == VG_ROW_POOL ? VG_CLUE_HANDS_OUT : VG_CLUE_SPEAKS);
		if (item->object->kind == VG_KIND_POOL)
			fill_metallb_pool(walk, item->object);
	}
	if (vg_addr_cmp(&item->first, &item->last))
		judge_range(walk);
	else
		judge_address(walk);
}

/* ---- an address */

struct carrier {
	const struct vg_service *service;
	uint32_t from;
};

static int by_key(const void *a, const void *b)
{
	const struct carrier *one = a, *other = b;

	return strcmp(one->service->object.key, other->service->object.key);
}

static void find_services(struct walk *walk)
{
	struct carrier carriers[VG_CARRIERS_MAX + 1];
	struct vg_walk cursor = { 0 };
	size_t n = 0;

	while ((carriers[n].service = vg_cluster_walk_carriers(walk->inventory->ground.cluster, &walk->addr, &cursor, &carriers[n].from)))
		n++;
	if (n > 1)
		qsort(carriers, n, sizeof(*carriers), by_key);
	for (size_t i = 0; i < n; i++) {
		walk->services[i] = carriers[i].service;
		walk->from[i] = carriers[i].from;
	}
	walk->row.services = walk->services;
	walk->row.n_services = n;
	walk->row.crowded = cursor.full;
	walk->row.class = n ? walk->services[0]->class : NULL;
}

/* The first 16 pools of a name are enough to tell; true if there are more. */
static bool is_in_pool(const struct vg_inventory *inventory, const char *name, const struct vg_addr *addr, bool *ret_there)
{
	size_t low = 0, high = inventory->n_pools;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(vg_object_name(&inventory->pools[middle]->object), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < inventory->n_pools && !strcmp(vg_object_name(&inventory->pools[i]->object), name); i++) {
		*ret_there = true;
		if (i - low == NAMESAKES_MAX || (inventory->pools[i]->flags & VG_CLAIMS_ODD) || vg_pool_contains(inventory->pools[i], addr))
			return true;
	}
	return false;
}

/* An old mark on a Service of another class says nothing. */
static bool is_marked(const struct walk *walk, size_t i)
{
	const struct vg_service *service = walk->services[i];

	return walk->from[i] == VG_FROM_STATUS && *service->metallb_pool &&
	       (!*service->class || vg_owner_metallb_class(walk->inventory->scene, service->class));
}

static void check_pools(struct walk *walk)
{
	const struct vg_cluster *cluster = walk->inventory->ground.cluster;

	for (size_t i = 0; i < walk->row.n_services; i++) {
		const struct vg_service *service = walk->services[i];
		bool there = false;

		if (!is_marked(walk, i) || is_in_pool(walk->inventory, service->metallb_pool, &walk->addr, &there))
			continue;
		if (there)
			conflict(walk, VG_CONFLICT_OUTSIDE_POOL, &service->object, service->metallb_pool, 0);
		else if (vg_cluster_is_told(cluster, VG_KIND_POOL))
			conflict(walk, VG_CONFLICT_NO_SUCH_POOL, &service->object, service->metallb_pool, 0);
		else
			continue;
		return; /* one of them is enough */
	}
}

static void check_pending(struct walk *walk)
{
	const struct vg_object *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < walk->row.n_services; i++) {
		if (walk->from[i] != VG_FROM_SPEC && walk->from[i] != VG_FROM_ANNOTATION)
			continue;
		first = first ?: &walk->services[i]->object;
		n++;
	}
	if (n)
		conflict(walk, VG_CONFLICT_PENDING, first, NULL, n);
}

/* ServiceLB publishes the nodes' addresses by design, and an externalIP is the administrator's own affair. */
static void check_roles(struct walk *walk)
{
	const struct vg_row *row = &walk->row;
	bool by_design = row->owner && !strcmp(row->owner, "servicelb"), published = false;

	for (size_t i = 0; i < row->n_services; i++)
		published = published || walk->from[i] == VG_FROM_STATUS;
	if ((walk->item->roles & VG_ROLE_NODE) && published && !by_design)
		conflict(walk, VG_CONFLICT_NODE_ADDRESS_CARRIED, &row->services[0]->object, NULL, 0);
	if (walk->item->roles & VG_ROLE_CONTROL_PLANE)
		conflict(walk, VG_CONFLICT_CONTROL_PLANE_VIP_CARRIED, &row->services[0]->object, NULL, 0);
}

static bool is_contested(const struct vg_assignment *assignment)
{
	return assignment && (assignment->bind_reason == VG_OWNER_CONFLICT || assignment->announce_reason == VG_OWNER_CONFLICT);
}

static void check_carried(struct walk *walk)
{
	const struct vg_row *row = &walk->row;

	if (is_contested(row->assignment))
		conflict(walk, VG_CONFLICT_TWO_OWNERS, &row->services[0]->object, NULL, 0);
	check_pools(walk);
	check_pending(walk);
	if (row->n_services > 1)
		conflict(walk, VG_CONFLICT_SHARED, &row->services[0]->object, NULL, row->n_services);
	check_roles(walk);
}

static int by_weight(const void *a, const void *b)
{
	const struct vg_evidence *one = a, *other = b;
	const struct vg_object *first = one->object, *second = other->object;
	enum vg_rank rank = vg_clue_rank(one->clue), than = vg_clue_rank(other->clue);

	if (rank != than)
		return rank < than ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return first && second ? strcmp(first->key, second->key) : !first - !second;
}

/* By the rules that assess: what they went by is the proof. */
static void prove_owner(struct walk *walk)
{
	struct vg_inquiry *inquiry = &walk->inquiry;
	struct vg_finding finding;

	if (!vg_addr_is_global(&walk->addr) || (walk->row.assignment && walk->row.assignment->durable))
		return;
	vg_inquiry_begin(inquiry, &walk->addr);
	if (!vg_owner_find(inquiry, &finding))
		return;
	if (inquiry->n_exhibits)
		qsort(inquiry->exhibits, inquiry->n_exhibits, sizeof(*inquiry->exhibits), by_weight);
	for (size_t i = 0; i < inquiry->n_exhibits; i++)
		prove(walk, &inquiry->exhibits[i]);
}

static void fill_address(struct walk *walk)
{
	const struct vg_item *item = walk->item;
	struct vg_row *row = &walk->row;

	if (item->roles & (VG_ROLE_CARRIED | VG_ROLE_ASSIGNMENT))
		row->assignment = vg_snapshot_find(walk->inventory->ground.snapshot, &walk->addr);
	if (row->assignment)
		row->owner = row->assignment->owner;
	judge_address(walk);
	if (item->object && item->kind != VG_ROW_VIP)
		prove_by(walk, item->object, item->field, NULL, item->kind == VG_ROW_NODE_ADDRESS ? VG_CLUE_OTHER_NODE : VG_CLUE_API_ADDRESS);
	if (!(item->roles & VG_ROLE_CARRIED))
		return;
	find_services(walk);
	check_carried(walk);
	prove_owner(walk);
}

/* ---- the walk */

/* Those of the sweep, with room for the row's own. */
static int take_conflicts(struct walk *walk, size_t *at)
{
	const struct vg_inventory *inventory = walk->inventory;
	uint32_t item = (uint32_t)(walk->item - inventory->items);
	size_t n = 0;

	while (*at + n < inventory->n_conflicts && inventory->conflicts[*at + n].item == item)
		n++;
	if (n) {
		struct vg_conflict *bigger = reallocarray(walk->conflicts, n + ROW_CONFLICTS_MAX, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		walk->conflicts = bigger;
	}
	for (size_t i = 0; i < n; i++)
		walk->conflicts[i] = inventory->conflicts[*at + i].conflict;
	walk->n_conflicts = n;
	*at += n;
	return 0;
}

static int tell(struct walk *walk, vg_row_fn fn, void *ctx)
{
	const struct vg_item *item = walk->item;
	struct vg_row *row = &walk->row;

	walk->addr = item->first;
	*row = (struct vg_row){ .kind = (enum vg_row_kind)item->kind, .first = item->first, .last = item->last, .proof = walk->proof };
	if (item->roles)
		fill_address(walk);
	else
		fill_range(walk);
	if (walk->inquiry.no_memory)
		return -ENOMEM;
	row->class = row->class ?: "";
	row->conflicts = walk->conflicts;
	row->n_conflicts = walk->n_conflicts;
	return fn(ctx, row);
}

static int walk_items(struct walk *walk, vg_row_fn fn, void *ctx)
{
	const struct vg_inventory *inventory = walk->inventory;
	size_t at = 0;
	int r = 0;

	for (size_t i = 0; i < inventory->n_items && r == 0; i++) {
		walk->item = &inventory->items[i];
		r = take_conflicts(walk, &at);
		if (r == 0 && walk->item->shown)
			r = tell(walk, fn, ctx);
	}
	return r;
}

int vg_inventory_walk(const struct vg_inventory *inventory, vg_row_fn fn, void *ctx)
{
	const struct vg_inventory_ground *ground = &inventory->ground;
	_cleanup_free_ struct walk *walk = calloc(1, sizeof(*walk));
	int r = -ENOMEM;

	if (!walk)
		return r;
	walk->inventory = inventory;
	walk->inquiry = (struct vg_inquiry){
		.cluster = ground->cluster, .scene = inventory->scene, .now = &ground->now, .grace_ns = ground->circumstances.grace_ns
	};
	walk->inquiry.exhibits = calloc(VG_EVIDENCE_MAX, sizeof(*walk->inquiry.exhibits));
	walk->conflicts = calloc(ROW_CONFLICTS_MAX, sizeof(*walk->conflicts));
	if (walk->inquiry.exhibits && walk->conflicts)
		r = walk_items(walk, fn, ctx);
	vg_inquiry_deinit(&walk->inquiry);
	free(walk->conflicts);
	return r;
}
