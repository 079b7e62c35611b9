/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture that facts are judged against: assignments by prefix, what is protected, which node this is. The longest prefix wins.
 *
 * From a file it is built once, with add, then inherit (reload only), and handed out as const. From the cluster core/assess.c keeps
 * it up to date, with set and unset, all changes of one moment at once: who judges always sees a whole picture.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/addr.h"
#include "core/dummies.h"

enum vg_bind_policy {
	VG_BIND_HOLDER, /* the listed nodes may bind and announce */
	VG_BIND_NOBODY, /* they announce without binding */
};

/*
 * Strings belong to the snapshot, but `service`, `owner` and `source` of an entry that was set: they are borrowed, and whoever sets
 * it keeps them until it is set again or unset.
 */
struct vg_assignment {
	struct vg_prefix prefix;
	bool ranged; /* it came out of a CIDR or a range: nobody named this address by itself, though it may be a host prefix */
	bool durable; /* it cannot be out of date: from the assignments file */
	uint8_t bind; /* enum vg_bind_policy */
	/* enum vg_reason: what holds on this node, time and staleness apart. vg_snapshot_add() finds them by `nodes` and `bind`. */
	uint8_t bind_reason;
	uint8_t announce_reason;
	unsigned line; /* of the file, for errors; 0: none */
	uint32_t n_nodes; /* 0: nobody holds it, or nobody knows */
	const char *const *nodes; /* sorted, unique */
	const char *service; /* "default/web" (the first of them), or NULL */
	const char *owner; /* "metallb", or NULL */
	const char *source; /* what names the nodes: "assignments", "ServiceL2Status", ...; or NULL */
	uint64_t changed_ns; /* CLOCK_BOOTTIME at which `nodes` became another set; 0: never since the first */
};

enum vg_origin {
	VG_ORIGIN_CONFIG, /* the operator, the file, this node's links */
	VG_ORIGIN_CLUSTER, /* the API, or what was kept of it */
	VG_ORIGIN_MAX
};

struct vg_protection {
	struct vg_prefix prefix;
	enum vg_reason reason; /* one of those whose verdict is protected; the cluster's where both origins gave one */
	enum vg_reason given[VG_ORIGIN_MAX]; /* by origin; VG_NO_SERVICE: none */
};

struct vg_snapshot;

/* node: this node's name, copied. source: what the entries came from ("assignments"), copied. */
int vg_snapshot_new(const char *node, const char *source, struct vg_snapshot **ret_snapshot);
void vg_snapshot_free(struct vg_snapshot *snapshot); /* NULL is fine */

/* Copies everything of `add` (nodes in any order, repeats allowed). -EEXIST: the same prefix is there with another content;
 * *ret_other (may be NULL) then is the earlier one, until the next add. An equal repeat is 0 and adds nothing. -ENOMEM. */
int vg_snapshot_add(struct vg_snapshot *snapshot, const struct vg_assignment *add, const struct vg_assignment **ret_other);
/* Replaces what is there for this very prefix, or adds it. nodes in any order; copied. -ENOMEM: it is as it was. */
int vg_snapshot_set(struct vg_snapshot *snapshot, const struct vg_assignment *set);
/* Adds the assignments, places and the operator's protections of another one. -EEXIST, -E2BIG, -ENOMEM. */
int vg_snapshot_copy(struct vg_snapshot *snapshot, const struct vg_snapshot *from);
void vg_snapshot_unset(struct vg_snapshot *snapshot, const struct vg_prefix *prefix);
/* The first reason that an origin gives for a prefix stays. */
int vg_snapshot_protect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_reason reason, enum vg_origin origin);
/* Takes away the reason that this origin gave; what another gave stays. */
void vg_snapshot_unprotect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_origin origin);
/* Takes changed_ns over from the picture before: `now_ns` where the set of nodes of a prefix is another one, else as it was.
 * A prefix that is new is a first assignment and no change. */
void vg_snapshot_inherit(struct vg_snapshot *snapshot, const struct vg_snapshot *before, uint64_t now_ns);

/*
 * Under which addresses the other nodes are on the links, where a file says so: how their hardware addresses are found. -E2BIG: VG_PLACES_MAX are
 * there. -ENOMEM.
 */
#define VG_PLACES_MAX 4096
int vg_snapshot_place(struct vg_snapshot *snapshot, const char *node, const struct vg_addr *addr);
/* Those of a node, `max` at most; how many. */
size_t vg_snapshot_places(const struct vg_snapshot *snapshot, const char *node, struct vg_addr *ret_addrs, size_t max);

/* Which links hold service addresses besides those that are known by name. */
void vg_snapshot_set_dummies(struct vg_snapshot *snapshot, const struct vg_dummies *dummies);
const struct vg_dummies *vg_snapshot_dummies(const struct vg_snapshot *snapshot);

const char *vg_snapshot_node(const struct vg_snapshot *snapshot);
const char *vg_snapshot_source(const struct vg_snapshot *snapshot);
/* Longest match, or NULL. O(number of distinct prefix lengths). */
const struct vg_assignment *vg_snapshot_find(const struct vg_snapshot *snapshot, const struct vg_addr *addr);
const struct vg_protection *vg_snapshot_protected(const struct vg_snapshot *snapshot, const struct vg_addr *addr);
/* This very prefix, or NULL. */
const struct vg_assignment *vg_snapshot_at(const struct vg_snapshot *snapshot, const struct vg_prefix *prefix);
/* Entry i in no particular order, for loading the maps; NULL past the end. */
const struct vg_assignment *vg_snapshot_assignment(const struct vg_snapshot *snapshot, size_t i);
const struct vg_protection *vg_snapshot_protection(const struct vg_snapshot *snapshot, size_t i);
size_t vg_snapshot_size(const struct vg_snapshot *snapshot); /* assignments */
bool vg_assignment_names(const struct vg_assignment *assignment, const char *node);
/* None in the file is nobody; none of the cluster's is not known. */
bool vg_assignment_knows_nodes(const struct vg_assignment *assignment);

VG_DEFINE_CLEANUP(struct vg_snapshot *, vg_snapshot_free)

#endif
