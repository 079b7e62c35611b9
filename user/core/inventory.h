/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owner table of a cluster: every range that somebody hands out and every address that somebody carries, whose it is, who holds it,
 * what proves that, and what contradicts it. Made from the cluster and the snapshot that was assessed from it, by the same rules. Pure.
 */
#ifndef CORE_INVENTORY_H
#define CORE_INVENTORY_H

#include "core/assess.h"
#include "core/judge.h"

#define VG_INVENTORY_CONFLICTS_MAX 16384 /* between ranges, and between ranges and addresses; more are counted */
#define VG_INVENTORY_STEPS_MAX (1U << 22) /* pairs that are looked at to find those; then the rest is left out */
#define VG_INVENTORY_PROOF_MAX 4 /* pieces for one row, the decisive first */

/* In this order where two rows speak of the same addresses. */
enum vg_row_kind {
	VG_ROW_POOL, /* a range that a balancer hands out */
	VG_ROW_EGRESS_IP,
	VG_ROW_ASSIGNMENT, /* of the assignments file: a range, or an address that no Service carries */
	VG_ROW_PROTECTED, /* of the operator's, if a pool has a part of it */
	VG_ROW_CONTROL_PLANE_VIP,
	VG_ROW_VIP, /* carried by a Service */
	VG_ROW_NODE_ADDRESS, /* of any node, if it lies in a pool and no Service carries it */
	VG_ROW_KIND_MAX
};

enum vg_conflict_kind {
	VG_CONFLICT_POOLS_OVERLAP, /* object, other */
	VG_CONFLICT_EGRESS_IP_IN_POOL, /* object: the pool; other */
	VG_CONFLICT_NODE_ADDRESS_IN_POOL, /* object: the pool; other: the Node, or NULL: this node's */
	VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL, /* object: the pool; other: what names the address, or NULL */
	VG_CONFLICT_NO_INSTANCE, /* object: a pool without a live MetalLB in its namespace */
	VG_CONFLICT_NOT_ADVERTISED, /* object: a pool that no advertisement selects */
	VG_CONFLICT_TWO_OWNERS,
	VG_CONFLICT_OUTSIDE_POOL, /* object: the Service, name: the pool that it says it is from */
	VG_CONFLICT_NO_SUCH_POOL, /* likewise */
	VG_CONFLICT_PENDING, /* object: the Service that asks for it in vain */
	VG_CONFLICT_SHARED, /* count: how many Services; object: the first of them */
	VG_CONFLICT_NODE_ADDRESS_CARRIED, /* object: the Service */
	VG_CONFLICT_CONTROL_PLANE_VIP_CARRIED, /* object: the Service */
	VG_CONFLICT_MAX
};

struct vg_conflict {
	enum vg_conflict_kind kind;
	bool echo; /* it stands at another row, too, and is told there */
	struct vg_addr first, last; /* where */
	const struct vg_object *object, *other;
	const char *name;
	size_t count;
};

/* Everything is borrowed for the call. */
struct vg_row {
	enum vg_row_kind kind;
	struct vg_addr first, last;
	const char *owner; /* NULL: none is known */
	const char *class; /* the Service's loadBalancerClass, or that of the pool's instance; "": none */
	const struct vg_assignment *assignment; /* who holds it, or NULL */
	const struct vg_service *const *services; /* that carry it, by key */
	size_t n_services;
	bool crowded; /* more than VG_CARRIERS_MAX carry it: they were not looked at */
	const struct vg_evidence *proof;
	size_t n_proof;
	/* Of an address: what vg_judge() says. Of a range: of the addresses in it that nothing else speaks of; not judged if they differ. */
	bool judged;
	struct vg_answer answer;
	const struct vg_conflict *conflicts;
	size_t n_conflicts;
};

/* Another value than 0 ends the walk. */
typedef int (*vg_row_fn)(void *ctx, const struct vg_row *row);

struct vg_inventory_ground {
	const struct vg_snapshot *snapshot;
	const struct vg_cluster *cluster; /* NULL: the snapshot is all there is */
	struct vg_circumstances circumstances;
	struct vg_moment now;
};

struct vg_inventory;

/* Borrows from the ground: neither cluster nor snapshot may change while it lives. -ENOMEM. */
int vg_inventory_new(const struct vg_inventory_ground *ground, struct vg_inventory **ret_inventory);
void vg_inventory_free(struct vg_inventory *inventory); /* NULL is fine */
/* Rows by address, IPv4 first, a range before what lies in it; the same for the same objects in whatever order they came.
 * 0, -ENOMEM, or what fn returned. May be walked again. */
int vg_inventory_walk(const struct vg_inventory *inventory, vg_row_fn fn, void *ctx);
size_t vg_inventory_size(const struct vg_inventory *inventory); /* rows */
size_t vg_inventory_left_out(const struct vg_inventory *inventory); /* conflicts that found no room, or what was not looked at */
size_t vg_inventory_steps(const struct vg_inventory *inventory); /* pairs looked at, for tests */

const char *vg_row_kind_to_str(enum vg_row_kind kind);
const char *vg_conflict_kind_to_str(enum vg_conflict_kind kind);
/* "192.0.2.10", "192.0.2.0/24" or "192.0.2.10-192.0.2.20"; out: VG_RANGE_TEXT_MAX. */
#define VG_RANGE_TEXT_MAX (2 * VG_TEXT_MAX + 1)
void vg_range_to_str(const struct vg_addr *first, const struct vg_addr *last, char *out);

VG_DEFINE_CLEANUP(struct vg_inventory *, vg_inventory_free)

#endif
