/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen last of each address, for evidence: the first entries of an address and the newest ones, since the first tell how it began and
 * the newest how it is. Bounded in all directions; what goes is counted. Entries are blocks of bytes, copied. Pure.
 */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/addr.h"

struct vg_recent;

struct vg_recent_limits {
	size_t entries; /* of all addresses; beyond, the oldest goes, whoever's it is */
	size_t bytes; /* likewise */
	size_t first, last; /* of one address */
};

struct vg_recent_counts {
	uint64_t kept; /* of this address */
	uint64_t left_out; /* of this address, behind its first ones; as long as these are there */
	uint64_t evicted; /* of all addresses, since the whole was full */
};

int vg_recent_new(const struct vg_recent_limits *limits, struct vg_recent **ret_recent);
void vg_recent_free(struct vg_recent *recent); /* NULL is fine */
/* An entry that has no address has the address of zeros. No memory, or larger than all may be: it counts as evicted. */
void vg_recent_add(struct vg_recent *recent, const struct vg_addr *addr, const void *data, size_t size);
/* The newest entry of this address for which `is` holds, to be changed in place; NULL: none. */
void *vg_recent_find(struct vg_recent *recent, const struct vg_addr *addr, bool (*is)(const void *ctx, const void *data, size_t size),
		     const void *ctx);
/* Calls back for each entry of this address, and of `other` if that is not NULL, in the order in which they came; until fn returns an error. */
int vg_recent_for_each(const struct vg_recent *recent, const struct vg_addr *addr, const struct vg_addr *other,
		       int (*fn)(void *ctx, const void *data, size_t size), void *ctx);
/* The same for each entry of whatever address. */
int vg_recent_for_all(const struct vg_recent *recent, int (*fn)(void *ctx, const struct vg_addr *addr, const void *data, size_t size), void *ctx);
struct vg_recent_counts vg_recent_count(const struct vg_recent *recent, const struct vg_addr *addr);

VG_DEFINE_CLEANUP(struct vg_recent *, vg_recent_free)

#endif
