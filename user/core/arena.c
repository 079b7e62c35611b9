/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

/* Small snapshots stay small, large ones need few chunks. */
#define CHUNK_FIRST ((size_t)4 * 1024)
#define CHUNK_MAX ((size_t)1024 * 1024)

struct vg_arena_chunk {
	struct vg_arena_chunk *next;
	size_t size;
	max_align_t bytes[];
};

void vg_arena_deinit(struct vg_arena *arena)
{
	struct vg_arena_chunk *chunk = arena->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*arena = (struct vg_arena){ 0 };
}

static int grow(struct vg_arena *arena, size_t at_least)
{
	size_t size = arena->chunks ? arena->chunks->size * 2 : CHUNK_FIRST;
	struct vg_arena_chunk *chunk;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < at_least)
		size = at_least;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return -1;
	chunk->next = arena->chunks;
	chunk->size = size;
	arena->chunks = chunk;
	arena->used = 0;
	return 0;
}

static void *take(struct vg_arena *arena, size_t size, size_t align)
{
	size_t start = (arena->used + align - 1) & ~(align - 1);

	if (!arena->chunks || start > arena->chunks->size || arena->chunks->size - start < size) {
		if (grow(arena, size) < 0)
			return NULL;
		start = 0;
	}
	arena->used = start + size;
	return (char *)arena->chunks->bytes + start;
}

void *vg_arena_alloc(struct vg_arena *arena, size_t size)
{
	return take(arena, size, sizeof(void *));
}

char *vg_arena_copy(struct vg_arena *arena, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = take(arena, n, 1);

	return copy ? memcpy(copy, text, n) : NULL;
}
