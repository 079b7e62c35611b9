/* SPDX-License-Identifier: Apache-2.0 */
#include "core/node_sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define SIZE_FIRST 16

void vg_node_sets_deinit(struct vg_node_sets *sets)
{
	free(sets->slots);
	free(sets->scratch);
	*sets = (struct vg_node_sets){ 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted and unique in sets->scratch; the names themselves stay the caller's. */
static int normalise(struct vg_node_sets *sets, const char *const *names, size_t n, size_t *ret_n)
{
	size_t unique = 0;

	if (n > sets->scratch_size) {
		const char **scratch = reallocarray(sets->scratch, n, sizeof(*scratch));

		if (!scratch)
			return -ENOMEM;
		sets->scratch = scratch;
		sets->scratch_size = n;
	}
	for (size_t i = 0; i < n; i++)
		sets->scratch[i] = names[i];
	if (n > 1)
		qsort(sets->scratch, n, sizeof(*sets->scratch), by_name);
	for (size_t i = 0; i < n; i++) {
		if (!unique || strcmp(sets->scratch[unique - 1], sets->scratch[i]))
			sets->scratch[unique++] = sets->scratch[i];
	}
	*ret_n = unique;
	return 0;
}

static bool set_is(const struct vg_node_set *set, uint64_t hash, const char *const *names, size_t n)
{
	if (set->hash != hash || set->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(set->names[i], names[i]))
			return false;
	}
	return true;
}

/* The slot of that set, or the free one where it belongs. */
static const struct vg_node_set **probe(const struct vg_node_sets *sets, uint64_t hash, const char *const *names, size_t n)
{
	size_t i = hash & (sets->size - 1);

	while (sets->slots[i] && !set_is(sets->slots[i], hash, names, n))
		i = (i + 1) & (sets->size - 1);
	return &sets->slots[i];
}

static int grow(struct vg_node_sets *sets)
{
	struct vg_node_sets bigger = *sets;

	bigger.size = sets->size ? sets->size * 2 : SIZE_FIRST;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < sets->size; i++) {
		const struct vg_node_set *set = sets->slots[i];

		if (set)
			*probe(&bigger, set->hash, set->names, set->n) = set;
	}
	free(sets->slots);
	*sets = bigger;
	return 0;
}

static int build(struct vg_arena *arena, uint64_t hash, const char *const *names, size_t n, const struct vg_node_set **ret_set)
{
	struct vg_node_set *set = vg_arena_alloc(arena, sizeof(*set) + n * sizeof(set->names[0]));

	if (!set)
		return -ENOMEM;
	set->hash = hash;
	set->n = n;
	for (size_t i = 0; i < n; i++) {
		set->names[i] = vg_arena_copy(arena, names[i]);
		if (!set->names[i])
			return -ENOMEM;
	}
	*ret_set = set;
	return 0;
}

int vg_node_sets_intern(struct vg_node_sets *sets, struct vg_arena *arena, const char *const *names, size_t n, const struct vg_node_set **ret_set)
{
	const struct vg_node_set **slot;
	uint64_t hash = 0;
	int r;

	r = normalise(sets, names, n, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		hash = vg_hash_bytes(hash, sets->scratch[i], strlen(sets->scratch[i]));
	if (sets->n * 3 >= sets->size * 2) {
		r = grow(sets);
		if (r < 0)
			return r;
	}
	slot = probe(sets, hash, sets->scratch, n);
	if (!*slot) {
		r = build(arena, hash, sets->scratch, n, slot);
		if (r < 0)
			return r;
		sets->n++;
	}
	*ret_set = *slot;
	return 0;
}
