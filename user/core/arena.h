/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is handed out piece by piece and freed as a whole: the strings of a snapshot, without a header for each. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct vg_arena_chunk;

/* All zeros is an empty arena. */
struct vg_arena {
	struct vg_arena_chunk *chunks;
	size_t used; /* of the first chunk */
};

void vg_arena_deinit(struct vg_arena *arena);
/* Aligned for pointers, not cleared. NULL: no memory. */
void *vg_arena_alloc(struct vg_arena *arena, size_t size);
/* NULL: no memory. */
char *vg_arena_copy(struct vg_arena *arena, const char *text);

#endif
