/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of node names, each kept once: many assignments name the same few nodes, and equal sets are equal pointers. */
#ifndef CORE_NODE_SETS_H
#define CORE_NODE_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

struct vg_node_set {
	uint64_t hash;
	size_t n;
	const char *names[]; /* sorted by strcmp(), unique */
};

/* All zeros is an empty table. The sets themselves live in the arena. */
struct vg_node_sets {
	const struct vg_node_set **slots;
	size_t size; /* 0 or a power of two */
	size_t n;
	const char **scratch;
	size_t scratch_size;
};

void vg_node_sets_deinit(struct vg_node_sets *sets);
/* names in any order, repeats allowed; copied. n 0 is the empty set. -ENOMEM. */
int vg_node_sets_intern(struct vg_node_sets *sets, struct vg_arena *arena, const char *const *names, size_t n, const struct vg_node_set **ret_set);

#endif
