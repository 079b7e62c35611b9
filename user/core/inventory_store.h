/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an inventory (core/inventory.h), shared by core/inventory*.c only. */
#ifndef CORE_INVENTORY_STORE_H
#define CORE_INVENTORY_STORE_H

#include "core/inventory.h"
#include "core/scene.h"

/* What an address is besides what its row is called. */
enum vg_role {
	VG_ROLE_ASSIGNMENT = 1 << 0,
	VG_ROLE_PROTECTED = 1 << 1,
	VG_ROLE_NODE = 1 << 2,
	VG_ROLE_CARRIED = 1 << 3,
	VG_ROLE_CONTROL_PLANE = 1 << 4,
};

/* What becomes a row: a range (roles 0), or an address with all that it is. */
struct vg_item {
	struct vg_addr first, last;
	uint8_t kind; /* enum vg_row_kind */
	uint8_t roles; /* enum vg_role, or-ed */
	bool shown; /* what is there only if it lies in a pool is not shown before it is known to */
	uint32_t line; /* of the assignments file */
	const struct vg_object *object; /* what says so, or NULL */
	const char *field; /* of it */
	const struct vg_assignment *assignment; /* of the file */
};

struct vg_sited_conflict {
	uint32_t item;
	uint32_t number; /* as they were found */
	struct vg_conflict conflict;
};

struct vg_inventory {
	struct vg_inventory_ground ground;
	const struct vg_scene *scene; /* NULL: no cluster */
	struct vg_scene *own_scene; /* drawn anew because the cluster's is not up to date; or NULL */
	struct vg_item *items;
	size_t n_items;
	size_t items_size;
	const struct vg_claims **pools; /* all of MetalLB's, by name without namespace */
	size_t n_pools;
	struct vg_sited_conflict *conflicts; /* by item */
	size_t n_conflicts;
	size_t conflicts_size;
	size_t n_shown;
	size_t left_out;
	size_t steps;
};

/* IPv4 before IPv6. */
int vg_inventory_addr_cmp(const struct vg_addr *a, const struct vg_addr *b);

/* inventory_items.c: everything that may become a row, sorted, an address once. -ENOMEM */
int vg_inventory_collect(struct vg_inventory *inventory);
/* inventory_sweep.c: what overlaps, in one pass over the sorted items; shows what is only shown if it does. -ENOMEM */
int vg_inventory_sweep(struct vg_inventory *inventory);

#endif
