/* SPDX-License-Identifier: Apache-2.0 */
#include "core/index.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_FIRST 16
#define MASK ((1U << VG_INDEX_BITS) - 1)
#define TAG_SHIFT (2 * VG_INDEX_BITS)

/* tag (24 bits) | id + 1 | part; 0 is a free slot. */
static uint64_t slot_of(const struct vg_index_entry *entry)
{
	return entry->hash >> TAG_SHIFT << TAG_SHIFT | (uint64_t)(entry->id + 1) << VG_INDEX_BITS | entry->part;
}

static uint32_t home_of(const struct vg_index *index, uint64_t slot)
{
	return (uint32_t)(slot >> TAG_SHIFT) & (index->size - 1);
}

static uint32_t after(const struct vg_index *index, uint32_t at)
{
	return (at + 1) & (index->size - 1);
}

void vg_index_deinit(struct vg_index *index)
{
	free(index->slots);
	*index = (struct vg_index){ 0 };
}

static void place(struct vg_index *index, uint64_t slot)
{
	uint32_t at = home_of(index, slot);

	while (index->slots[at])
		at = after(index, at);
	index->slots[at] = slot;
}

/* Four fifths full at most. */
static bool has_room(uint32_t size, size_t n)
{
	return n * 5 <= (size_t)size * 4;
}

int vg_index_reserve(struct vg_index *index, size_t more)
{
	struct vg_index bigger = *index;

	if (more > VG_INDEX_MAX - index->n)
		return -E2BIG;
	if (has_room(index->size, index->n + more))
		return 0;
	for (bigger.size = index->size ? index->size : SIZE_FIRST; !has_room(bigger.size, index->n + more); bigger.size *= 2)
		;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < index->size; i++) {
		if (index->slots[i])
			place(&bigger, index->slots[i]);
	}
	free(index->slots);
	*index = bigger;
	return 0;
}

void vg_index_add(struct vg_index *index, const struct vg_index_entry *entry)
{
	place(index, slot_of(entry));
	index->n++;
}

/* Closes the gap, so that no search stops too early: what came after it and belongs at or before it moves up. */
static void close_gap(struct vg_index *index, uint32_t gap)
{
	uint32_t mask = index->size - 1;

	for (uint32_t at = after(index, gap); index->slots[at]; at = after(index, at)) {
		uint32_t home = home_of(index, index->slots[at]);

		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		index->slots[gap] = index->slots[at];
		gap = at;
	}
	index->slots[gap] = 0;
}

void vg_index_remove(struct vg_index *index, const struct vg_index_entry *entry)
{
	uint64_t slot = slot_of(entry);

	if (!index->size)
		return;
	for (uint32_t at = home_of(index, slot); index->slots[at]; at = after(index, at)) {
		if (index->slots[at] != slot)
			continue;
		close_gap(index, at);
		index->n--;
		return;
	}
}

bool vg_index_next(const struct vg_index *index, uint64_t hash, struct vg_index_cursor *cursor, struct vg_index_entry *ret_entry)
{
	uint64_t tag = hash >> TAG_SHIFT;

	if (!index->n)
		return false;
	if (!cursor->begun)
		*cursor = (struct vg_index_cursor){ .at = (uint32_t)tag & (index->size - 1), .begun = true };
	while (index->slots[cursor->at]) {
		uint64_t slot = index->slots[cursor->at];

		cursor->at = after(index, cursor->at);
		if (slot >> TAG_SHIFT != tag)
			continue;
		*ret_entry = (struct vg_index_entry){ hash, (uint32_t)(slot >> VG_INDEX_BITS & MASK) - 1, (uint32_t)(slot & MASK) };
		return true;
	}
	return false;
}
