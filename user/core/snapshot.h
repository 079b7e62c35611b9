/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture that facts are judged against: assignments by prefix, what is protected, which node this is. Built once by a
 * source, then immutable; a change builds the next one. The longest prefix wins.
 *
 * Building: vg_snapshot_new(), then add, then vg_snapshot_inherit() (reload only), then hand it out as const.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/addr.h"

enum vg_bind_policy {
	VG_BIND_HOLDER, /* the listed nodes may bind and announce */
	VG_BIND_NOBODY, /* they announce without binding */
};

/* Strings belong to the snapshot. */
struct vg_assignment {
	struct vg_prefix prefix;
	enum vg_bind_policy bind;
	const char *service; /* "default/web", or NULL */
	const char *const *nodes; /* sorted, unique */
	size_t n_nodes; /* 0: nobody holds it */
	uint64_t changed_ns; /* CLOCK_BOOTTIME at which `nodes` became another set; 0: never since the first */
	unsigned line; /* of the source, for errors; 0: none */
	bool ranged; /* it came out of a CIDR or a range: nobody named this address by itself, though it may be a host prefix */
};

struct vg_protection {
	struct vg_prefix prefix;
	enum vg_reason reason; /* one of those whose verdict is protected */
};

struct vg_snapshot;

/* node: this node's name, copied. source: what the entries came from ("assignments"), copied. */
int vg_snapshot_new(const char *node, const char *source, struct vg_snapshot **ret_snapshot);
void vg_snapshot_free(struct vg_snapshot *snapshot); /* NULL is fine */

/* Copies everything of `add` (nodes in any order, repeats allowed). -EEXIST: the same prefix is there with another content;
 * *ret_other (may be NULL) then is the earlier one, until the next add. An equal repeat is 0 and adds nothing. -ENOMEM. */
int vg_snapshot_add(struct vg_snapshot *snapshot, const struct vg_assignment *add, const struct vg_assignment **ret_other);
/* The first reason given for a prefix stays. */
int vg_snapshot_protect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_reason reason);
/* Takes changed_ns over from the picture before: `now_ns` where the set of nodes of a prefix is another one, else as it was.
 * A prefix that is new is a first assignment and no change. */
void vg_snapshot_inherit(struct vg_snapshot *snapshot, const struct vg_snapshot *before, uint64_t now_ns);

const char *vg_snapshot_node(const struct vg_snapshot *snapshot);
const char *vg_snapshot_source(const struct vg_snapshot *snapshot);
/* Longest match, or NULL. O(number of distinct prefix lengths). */
const struct vg_assignment *vg_snapshot_find(const struct vg_snapshot *snapshot, const struct vg_addr *addr);
const struct vg_protection *vg_snapshot_protected(const struct vg_snapshot *snapshot, const struct vg_addr *addr);
/* Entry i in no particular order, for loading the maps; NULL past the end. */
const struct vg_assignment *vg_snapshot_assignment(const struct vg_snapshot *snapshot, size_t i);
const struct vg_protection *vg_snapshot_protection(const struct vg_snapshot *snapshot, size_t i);
size_t vg_snapshot_size(const struct vg_snapshot *snapshot); /* assignments */
bool vg_assignment_names(const struct vg_assignment *assignment, const char *node);

VG_DEFINE_CLEANUP(struct vg_snapshot *, vg_snapshot_free)

#endif
