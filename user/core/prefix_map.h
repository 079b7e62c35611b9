/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefix -> number, with the longest match for an address. An open-addressing hash and, for each family, a bitmap of the
 * lengths in use: a match tries one probe for each length that is there at all, from long to short. Its memory only grows.
 */
#ifndef CORE_PREFIX_MAP_H
#define CORE_PREFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct vg_prefix_slot;

#define VG_PREFIX_LENGTHS 129

/* All zeros is an empty map. */
struct vg_prefix_map {
	struct vg_prefix_slot *slots;
	size_t size; /* 0 or a power of two */
	size_t n;
	uint64_t lengths4[3]; /* bit len, of the 128 */
	uint64_t lengths6[3];
	uint32_t counts4[VG_PREFIX_LENGTHS]; /* by length: how many there are */
	uint32_t counts6[VG_PREFIX_LENGTHS];
};

void vg_prefix_map_deinit(struct vg_prefix_map *map);
/* -EEXIST (the map is as it was), -ENOMEM. */
int vg_prefix_map_add(struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t value);
/* This very prefix gets another number; false: it is not there. */
bool vg_prefix_map_replace(struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t value);
/* This very prefix; false: it was not there. */
bool vg_prefix_map_remove(struct vg_prefix_map *map, const struct vg_prefix *prefix);
/* This very prefix. ret_value is untouched for false. */
bool vg_prefix_map_get(const struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t *ret_value);
/* The longest prefix that contains addr. ret_value is untouched for false. */
bool vg_prefix_map_match(const struct vg_prefix_map *map, const struct vg_addr *addr, uint32_t *ret_value);

#endif
