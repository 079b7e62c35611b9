/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items by prefix, with the longest match for an address. The items lie in one array, found by a hash index; for each family a
 * bitmap tells the lengths in use: a match looks once for each length that is there at all, from long to short.
 */
#ifndef CORE_PREFIX_MAP_H
#define CORE_PREFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/index.h"

#define VG_PREFIX_LENGTHS 129

/* VG_PREFIX_MAP(type) is an empty map. */
struct vg_prefix_map {
	size_t each; /* bytes of an item, which begins with its struct vg_prefix */
	unsigned char *items;
	size_t n;
	size_t size; /* room for so many */
	struct vg_index index;
	uint64_t lengths4[3]; /* bit len, of the 128 */
	uint64_t lengths6[3];
	uint32_t counts4[VG_PREFIX_LENGTHS]; /* by length: how many there are */
	uint32_t counts6[VG_PREFIX_LENGTHS];
};

#define VG_PREFIX_MAP(type) ((struct vg_prefix_map){ .each = sizeof(type) })

void vg_prefix_map_deinit(struct vg_prefix_map *map); /* it is an empty one then */
/* Copies the item. -EEXIST (the map is as it was), -ENOMEM; -E2BIG: VG_INDEX_MAX. */
int vg_prefix_map_add(struct vg_prefix_map *map, const void *item);
/* This very prefix; the last item takes the place of the one that goes. false: it was not there. */
bool vg_prefix_map_remove(struct vg_prefix_map *map, const struct vg_prefix *prefix);

/* Items are to be changed in place, but for their prefix. Pointers hold until the next add or remove. */

/* This very prefix, or NULL. */
void *vg_prefix_map_get(const struct vg_prefix_map *map, const struct vg_prefix *prefix);
/* The longest prefix that contains addr, or NULL. */
void *vg_prefix_map_match(const struct vg_prefix_map *map, const struct vg_addr *addr);
/* By number, in no particular order; NULL past the end. */
void *vg_prefix_map_at(const struct vg_prefix_map *map, size_t i);

#endif
