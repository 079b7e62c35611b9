/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash -> numbers of objects that somebody else keeps; several may have the same hash. 8 bytes a slot, no allocation for an entry. A
 * find may be wrong (24 bits of the hash are kept), never missing: whoever asks looks at the object.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VG_INDEX_BITS 20 /* of an id, and of a part */
#define VG_INDEX_MAX (4U * 1024 * 1024) /* entries of one index */

/* All zeros is an empty index. */
struct vg_index {
	uint64_t *slots;
	uint32_t size; /* 0 or a power of two */
	uint32_t n;
};

struct vg_index_entry {
	uint64_t hash;
	uint32_t id; /* below 2^20 - 1 */
	uint32_t part; /* below 2^20: which of the object's values it is */
};

struct vg_index_cursor {
	uint32_t at;
	bool begun;
};

void vg_index_deinit(struct vg_index *index);
/* Room for more entries, so that add cannot fail. -ENOMEM; -E2BIG: VG_INDEX_MAX. */
int vg_index_reserve(struct vg_index *index, size_t more);
void vg_index_add(struct vg_index *index, const struct vg_index_entry *entry);
void vg_index_remove(struct vg_index *index, const struct vg_index_entry *entry); /* the very same, or nothing */
/* The next entry that may have this hash; cursor begins as all zeros. The index must not change meanwhile. */
bool vg_index_next(const struct vg_index *index, uint64_t hash, struct vg_index_cursor *cursor, struct vg_index_entry *ret_entry);

#endif
