/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ranges overlap, and what lies in them: one pass in the order of their first addresses, with the ranges that have not ended yet at
 * hand. What is carried is not looked at here, so that the cost is that of the ranges, the nodes and what is found.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/inventory_store.h"

struct sweep {
	struct vg_inventory *inventory;
	uint32_t *open; /* items, ranges only */
	size_t n_open;
};

static const struct vg_addr *smaller(const struct vg_addr *a, const struct vg_addr *b)
{
	return vg_inventory_addr_cmp(a, b) < 0 ? a : b;
}

/* -ENOMEM. One that finds no room is counted. */
static int note(struct vg_inventory *inventory, uint32_t item, const struct vg_conflict *conflict)
{
	size_t wanted = inventory->conflicts_size ? inventory->conflicts_size * 2 : 64;
	struct vg_sited_conflict *bigger;

	if (inventory->n_conflicts == VG_INVENTORY_CONFLICTS_MAX) {
		inventory->left_out += !conflict->echo;
		return 0;
	}
	if (inventory->n_conflicts == inventory->conflicts_size) {
		bigger = reallocarray(inventory->conflicts, wanted, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		inventory->conflicts = bigger;
		inventory->conflicts_size = wanted;
	}
	inventory->conflicts[inventory->n_conflicts] = (struct vg_sited_conflict){ item, (uint32_t)inventory->n_conflicts, *conflict };
	inventory->n_conflicts++;
	return 0;
}

/* Told at the later row, and marked at the range. */
static int note_both(struct vg_inventory *inventory, uint32_t range, uint32_t later, struct vg_conflict *conflict)
{
	int r = note(inventory, later, conflict);

	conflict->echo = true;
	return r == 0 ? note(inventory, range, conflict) : r;
}

/* Two ranges, or a pool and an EgressIP. */
static int meet_ranges(struct vg_inventory *inventory, uint32_t open, uint32_t at)
{
	const struct vg_item *a = &inventory->items[open], *b = &inventory->items[at];
	struct vg_conflict conflict = { .first = b->first, .last = *smaller(&a->last, &b->last), .object = a->object, .other = b->object };

	if (a->kind == VG_ROW_POOL && b->kind == VG_ROW_POOL && a->object != b->object)
		conflict.kind = VG_CONFLICT_POOLS_OVERLAP;
	else if (a->kind != b->kind)
		conflict.kind = VG_CONFLICT_EGRESS_IP_IN_POOL;
	else
		return 0;
	if (a->kind == VG_ROW_EGRESS_IP) {
		conflict.object = b->object;
		conflict.other = a->object;
	}
	return note_both(inventory, open, at, &conflict);
}

static int meet_address(struct vg_inventory *inventory, uint32_t open, uint32_t at)
{
	const struct vg_item *item = &inventory->items[at];
	struct vg_conflict conflict = { .first = item->first, .last = item->last, .object = inventory->items[open].object, .other = item->object };

	if (item->roles & VG_ROLE_CONTROL_PLANE)
		conflict.kind = VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL;
	else if (item->roles & VG_ROLE_NODE)
		conflict.kind = VG_CONFLICT_NODE_ADDRESS_IN_POOL;
	else
		return 0;
	return note_both(inventory, open, at, &conflict);
}

static int meet(struct vg_inventory *inventory, uint32_t open, uint32_t at)
{
	struct vg_item *a = &inventory->items[open], *b = &inventory->items[at];

	if (a->kind == VG_ROW_PROTECTED || b->kind == VG_ROW_PROTECTED) {
		a->shown = a->shown || b->kind == VG_ROW_POOL;
		b->shown = b->shown || a->kind == VG_ROW_POOL;
		return 0;
	}
	if (!b->roles)
		return meet_ranges(inventory, open, at);
	if (a->kind != VG_ROW_POOL)
		return 0;
	b->shown = true;
	return meet_address(inventory, open, at);
}

/* Against all that has not ended; what has is let go of. */
static int probe(struct sweep *sweep, uint32_t at)
{
	struct vg_inventory *inventory = sweep->inventory;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < sweep->n_open; i++) {
		uint32_t open = sweep->open[i];

		if (vg_inventory_addr_cmp(&inventory->items[open].last, &inventory->items[at].first) < 0)
			continue;
		sweep->open[n++] = open;
		inventory->steps++;
		if (r == 0)
			r = meet(inventory, open, at);
	}
	sweep->n_open = n;
	return r;
}

static bool is_open_range(const struct vg_item *item)
{
	return !item->roles && item->kind != VG_ROW_ASSIGNMENT;
}

static bool is_probed(const struct vg_item *item)
{
	return is_open_range(item) || (item->roles & (VG_ROLE_CONTROL_PLANE | VG_ROLE_NODE | VG_ROLE_PROTECTED));
}

static int by_item(const void *a, const void *b)
{
	const struct vg_sited_conflict *one = a, *other = b;

	if (one->item != other->item)
		return one->item < other->item ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

/* Each probe costs what is open; so much overlap that it exceeds the limit is said instead of looked at. */
static int sweep_items(struct sweep *sweep)
{
	struct vg_inventory *inventory = sweep->inventory;
	int r = 0;

	for (uint32_t i = 0; i < inventory->n_items && r == 0; i++) {
		if (!is_probed(&inventory->items[i]))
			continue;
		if (inventory->steps < VG_INVENTORY_STEPS_MAX)
			r = probe(sweep, i);
		else
			inventory->left_out++;
		if (is_open_range(&inventory->items[i]))
			sweep->open[sweep->n_open++] = i;
	}
	return r;
}

int vg_inventory_sweep(struct vg_inventory *inventory)
{
	_cleanup_free_ uint32_t *open = calloc(inventory->n_items + 1, sizeof(*open));
	struct sweep sweep = { .inventory = inventory, .open = open };
	int r = open ? sweep_items(&sweep) : -ENOMEM;

	if (r < 0)
		return r;
	if (inventory->n_conflicts)
		qsort(inventory->conflicts, inventory->n_conflicts, sizeof(*inventory->conflicts), by_item);
	return 0;
}
