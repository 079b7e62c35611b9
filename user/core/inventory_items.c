/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster.h"
#include "core/inventory_store.h"
#include "core/protect.h"

/* -ENOMEM */
static int add(struct vg_inventory *inventory, const struct vg_item *item)
{
	size_t wanted = inventory->items_size ? inventory->items_size * 2 : 256;
	struct vg_item *bigger;

	if (inventory->n_items == inventory->items_size) {
		bigger = reallocarray(inventory->items, wanted, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		inventory->items = bigger;
		inventory->items_size = wanted;
	}
	inventory->items[inventory->n_items++] = *item;
	return 0;
}

static int add_address(struct vg_inventory *inventory, const struct vg_addr *addr, enum vg_role role, const struct vg_object *object,
		       const char *field)
{
	struct vg_item item = { .first = *addr, .last = *addr, .roles = (uint8_t)role, .object = object, .field = field };

	return add(inventory, &item);
}

static struct vg_addr last_of(const struct vg_prefix *prefix)
{
	struct vg_addr last = prefix->addr;

	for (unsigned bit = prefix->len; bit < 128; bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

/* ---- the assignments file */

static int add_assignment(struct vg_inventory *inventory, const struct vg_assignment *assignment)
{
	bool host = vg_prefix_is_host(&assignment->prefix) && !assignment->ranged;
	struct vg_item item = { .first = assignment->prefix.addr,
				.last = last_of(&assignment->prefix),
				.kind = VG_ROW_ASSIGNMENT,
				.roles = host ? VG_ROLE_ASSIGNMENT : 0,
				.shown = true,
				.line = assignment->line,
				.assignment = assignment };

	return add(inventory, &item);
}

static int by_line(const void *a, const void *b)
{
	const struct vg_item *one = a, *other = b;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return vg_addr_cmp(&one->first, &other->first);
}

static bool follows(const struct vg_addr *before, const struct vg_addr *after)
{
	struct vg_addr next = *before;

	for (size_t i = sizeof(next.bytes); i-- > 0;) {
		if (++next.bytes[i])
			return vg_addr_cmp(&next, after) == 0;
	}
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Two prefixes of one range: equal sets of nodes are one set in a snapshot. */
static bool is_continued(const struct vg_item *a, const struct vg_item *b)
{
	const struct vg_assignment *one = a->assignment, *other = b->assignment;

	return a->line && a->line == b->line && !a->roles && !b->roles && follows(&a->last, &b->first) && one->nodes == other->nodes &&
	       one->bind == other->bind && same_text(one->service, other->service);
}

/* The snapshot has a range as prefixes; it becomes one row again. */
static int add_assignments(struct vg_inventory *inventory)
{
	const struct vg_assignment *assignment;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && (assignment = vg_snapshot_assignment(inventory->ground.snapshot, i)); i++) {
		if (assignment->durable)
			r = add_assignment(inventory, assignment);
	}
	if (inventory->n_items)
		qsort(inventory->items, inventory->n_items, sizeof(*inventory->items), by_line);
	for (size_t i = 0; i < inventory->n_items; i++) {
		if (n && is_continued(&inventory->items[n - 1], &inventory->items[i]))
			inventory->items[n - 1].last = inventory->items[i].last;
		else
			inventory->items[n++] = inventory->items[i];
	}
	inventory->n_items = n;
	return r;
}

/* ---- what is protected */

static int add_protection(struct vg_inventory *inventory, const struct vg_protection *protection)
{
	struct vg_item item = { .first = protection->prefix.addr, .last = last_of(&protection->prefix), .kind = VG_ROW_PROTECTED };

	switch (protection->given[VG_ORIGIN_CONFIG]) {
	case VG_NO_SERVICE: return 0;
	case VG_CONTROL_PLANE_VIP: item.roles = VG_ROLE_CONTROL_PLANE; break;
	case VG_NODE_ADDRESS: item.roles = VG_ROLE_NODE; break;
	default: item.roles = VG_ROLE_PROTECTED;
	}
	if (!vg_prefix_is_host(&protection->prefix))
		item.roles = 0;
	return add(inventory, &item);
}

static int add_protections(struct vg_inventory *inventory)
{
	const struct vg_protection *protection;
	int r = 0;

	for (size_t i = 0; r == 0 && (protection = vg_snapshot_protection(inventory->ground.snapshot, i)); i++)
		r = add_protection(inventory, protection);
	return r;
}

static int add_shielded(struct vg_inventory *inventory)
{
	_cleanup_free_ struct vg_shielded *list = NULL;
	size_t n = 0;
	int r = vg_protect_collect(inventory->ground.cluster, &list, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_address(inventory, &list[i].addr, list[i].reason == VG_NODE_ADDRESS ? VG_ROLE_NODE : VG_ROLE_CONTROL_PLANE, list[i].object,
				list[i].field);
	return r;
}

/* ---- the cluster's objects */

static int add_addresses(struct vg_inventory *inventory, const struct vg_addrs *addrs, const struct vg_object *object, const char *field)
{
	int r = 0;

	for (uint32_t i = 0; i < addrs->n && r == 0; i++)
		r = add_address(inventory, &addrs->list[i], VG_ROLE_NODE, object, field);
	return r;
}

static int add_node(struct vg_inventory *inventory, const struct vg_object *object)
{
	const struct vg_node *node = (const struct vg_node *)object;
	int r = add_addresses(inventory, &node->internal, object, "InternalIP");

	if (r == 0)
		r = add_addresses(inventory, &node->external, object, "ExternalIP");
	return r == 0 ? add_addresses(inventory, &node->provided, object, "provided-node-ip") : r;
}

static int add_service(struct vg_inventory *inventory, const struct vg_object *object)
{
	const struct vg_service *service = (const struct vg_service *)object;
	int r = 0;

	for (uint32_t i = 0; i < service->carried.n && r == 0; i++)
		r = add_address(inventory, &service->carried.list[i].addr, VG_ROLE_CARRIED, NULL, NULL);
	return r;
}

/* A ConfigMap that is nobody's pool only names the API server. */
static int add_claims(struct vg_inventory *inventory, const struct vg_object *object)
{
	const struct vg_claims *claims = (const struct vg_claims *)object;
	struct vg_item item = { .kind = VG_ROW_POOL, .shown = true, .object = object, .field = "addresses" };
	int r = 0;

	if (object->kind == VG_KIND_CONFIG_MAP && !(claims->flags & VG_CLAIMS_KUBE_VIP_POOL))
		return 0;
	if (object->kind == VG_KIND_EGRESS_IP)
		item.kind = VG_ROW_EGRESS_IP;
	for (uint32_t i = 0; i < claims->ranges.n && r == 0; i++) {
		item.first = claims->ranges.list[i].first;
		item.last = claims->ranges.list[i].last;
		r = add(inventory, &item);
	}
	for (uint32_t i = 0; i < claims->addresses.n && r == 0 && !(claims->flags & VG_CLAIMS_CONTROL_PLANE); i++) {
		item.first = claims->addresses.list[i];
		item.last = item.first;
		r = add(inventory, &item);
	}
	return r;
}

static int by_pool_name(const void *a, const void *b)
{
	const struct vg_claims *const *one = a, *const *other = b;
	int c = strcmp(vg_object_name(&(*one)->object), vg_object_name(&(*other)->object));

	return c ? c : strcmp((*one)->object.key, (*other)->object.key);
}

static int index_pools(struct vg_inventory *inventory)
{
	const struct vg_cluster *cluster = inventory->ground.cluster;
	const struct vg_object *object = NULL;

	inventory->pools = calloc(vg_cluster_count(cluster, VG_KIND_POOL) + 1, sizeof(struct vg_claims *));
	if (!inventory->pools)
		return -ENOMEM;
	while ((object = vg_cluster_next(cluster, VG_KIND_POOL, object)))
		inventory->pools[inventory->n_pools++] = (const struct vg_claims *)object;
	qsort(inventory->pools, inventory->n_pools, sizeof(struct vg_claims *), by_pool_name);
	return 0;
}

typedef int (*object_fn)(struct vg_inventory *inventory, const struct vg_object *object);

static int add_kind(struct vg_inventory *inventory, enum vg_kind kind, object_fn fn)
{
	const struct vg_object *object = NULL;
	int r = 0;

	while (r == 0 && (object = vg_cluster_next(inventory->ground.cluster, kind, object)))
		r = fn(inventory, object);
	return r;
}

static int add_cluster(struct vg_inventory *inventory)
{
	static const struct {
		enum vg_kind kind;
		object_fn fn;
	} kinds[] = { { VG_KIND_SERVICE, add_service },	   { VG_KIND_NODE, add_node },		{ VG_KIND_POOL, add_claims },
		      { VG_KIND_CONFIG_MAP, add_claims },  { VG_KIND_CILIUM_POOL, add_claims }, { VG_KIND_PURELB_GROUP, add_claims },
		      { VG_KIND_OPENELB_EIP, add_claims }, { VG_KIND_EGRESS_IP, add_claims } };
	int r = add_shielded(inventory);

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && r == 0; i++)
		r = add_kind(inventory, kinds[i].kind, kinds[i].fn);
	return r == 0 ? index_pools(inventory) : r;
}

/* ---- in order */

int vg_inventory_addr_cmp(const struct vg_addr *a, const struct vg_addr *b)
{
	bool one = vg_addr_is_ipv4(a), other = vg_addr_is_ipv4(b);

	return one == other ? vg_addr_cmp(a, b) : one ? -1 : 1;
}

static int compare_objects(const struct vg_object *a, const struct vg_object *b)
{
	if (!a || !b)
		return !a - !b;
	return a->kind == b->kind ? strcmp(a->key, b->key) : a->kind < b->kind ? -1 : 1;
}

/* Longer ranges first; addresses after ranges; of one address what has an object first. */
static int by_place(const void *a, const void *b)
{
	const struct vg_item *one = a, *other = b;
	int c = vg_inventory_addr_cmp(&one->first, &other->first);

	c = c ? c : vg_inventory_addr_cmp(&other->last, &one->last);
	c = c ? c : !!one->roles - !!other->roles;
	c = c ? c : one->kind - other->kind;
	c = c ? c : compare_objects(one->object, other->object);
	return c ? c : other->roles - one->roles;
}

static void absorb(struct vg_item *into, const struct vg_item *item)
{
	into->roles |= item->roles;
	into->assignment = into->assignment ?: item->assignment;
	into->line = into->line ?: item->line;
	/* what the row is called by is what its object must speak of */
	if (!into->object || (item->object && (item->roles & VG_ROLE_CONTROL_PLANE))) {
		into->object = item->object;
		into->field = item->field;
	}
}

static bool is_same(const struct vg_item *a, const struct vg_item *b)
{
	return !a->roles == !b->roles && !vg_addr_cmp(&a->first, &b->first) && !vg_addr_cmp(&a->last, &b->last) &&
	       (a->roles || (a->kind == b->kind && a->object == b->object));
}

static void name_address(struct vg_item *item)
{
	if (item->roles & VG_ROLE_CONTROL_PLANE)
		item->kind = VG_ROW_CONTROL_PLANE_VIP;
	else if (item->roles & VG_ROLE_CARRIED)
		item->kind = VG_ROW_VIP;
	else if (item->roles & VG_ROLE_ASSIGNMENT)
		item->kind = VG_ROW_ASSIGNMENT;
	else
		item->kind = item->roles & VG_ROLE_NODE ? VG_ROW_NODE_ADDRESS : VG_ROW_PROTECTED;
	item->shown = item->roles & (VG_ROLE_CONTROL_PLANE | VG_ROLE_CARRIED | VG_ROLE_ASSIGNMENT);
}

static void unite(struct vg_inventory *inventory)
{
	struct vg_item *items = inventory->items;
	size_t n = 0;

	for (size_t i = 0; i < inventory->n_items; i++) {
		if (n && is_same(&items[n - 1], &items[i]))
			absorb(&items[n - 1], &items[i]);
		else
			items[n++] = items[i];
	}
	inventory->n_items = n;
	for (size_t i = 0; i < n; i++) {
		if (items[i].roles)
			name_address(&items[i]);
	}
}

int vg_inventory_collect(struct vg_inventory *inventory)
{
	int r = add_assignments(inventory);

	if (r == 0)
		r = add_protections(inventory);
	if (r == 0 && inventory->ground.cluster)
		r = add_cluster(inventory);
	if (r < 0)
		return r;
	if (inventory->n_items)
		qsort(inventory->items, inventory->n_items, sizeof(*inventory->items), by_place);
	unite(inventory);
	return 0;
}
