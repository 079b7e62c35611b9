/* SPDX-License-Identifier: Apache-2.0 */
#include "core/prefix_map.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define SIZE_FIRST 16
#define NONE SIZE_MAX

/* The address as two numbers: cutting host bits and comparing are then a few instructions in the judge's path. */
struct key {
	uint64_t high;
	uint64_t low;
	uint8_t len;
};

static struct key key_of(const struct vg_addr *addr, uint8_t len)
{
	uint64_t words[2];

	memcpy(words, addr->bytes, sizeof(words));
	return (struct key){ .high = be64toh(words[0]), .low = be64toh(words[1]), .len = len };
}

static struct key key_cut(const struct key *key, unsigned len)
{
	struct key cut = { .len = (uint8_t)len };

	if (len > 64) {
		cut.high = key->high;
		cut.low = key->low & ~0ULL << (128 - len);
	} else if (len) {
		cut.high = key->high & ~0ULL << (64 - len);
	}
	return cut;
}

static uint64_t hash_of(const struct key *key)
{
	return vg_hash_word(vg_hash_word(key->len, key->high), key->low);
}

static unsigned char *item_at(const struct vg_prefix_map *map, size_t number)
{
	return map->items + number * map->each;
}

static struct key key_at(const struct vg_prefix_map *map, size_t number)
{
	const struct vg_prefix *prefix = (const void *)item_at(map, number);

	return key_of(&prefix->addr, prefix->len);
}

/* A number has more bits than an id of the index: the rest of them goes before. */
static struct vg_index_entry entry_of(const struct key *key, size_t number)
{
	return (struct vg_index_entry){ .hash = hash_of(key),
					.id = (uint32_t)(number >> VG_INDEX_BITS),
					.part = (uint32_t)(number & ((1U << VG_INDEX_BITS) - 1)) };
}

/* The number of the item, or NONE. */
static size_t find(const struct vg_prefix_map *map, const struct key *key)
{
	struct vg_index_cursor cursor = { 0 };
	uint64_t hash = hash_of(key);
	struct vg_index_entry entry;

	while (vg_index_next(&map->index, hash, &cursor, &entry)) {
		size_t number = (size_t)entry.id << VG_INDEX_BITS | entry.part;
		struct key there = key_at(map, number);

		if (there.low == key->low && there.high == key->high && there.len == key->len)
			return number;
	}
	return NONE;
}

void vg_prefix_map_deinit(struct vg_prefix_map *map)
{
	free(map->items);
	vg_index_deinit(&map->index);
	*map = (struct vg_prefix_map){ .each = map->each };
}

static int reserve(struct vg_prefix_map *map)
{
	size_t wanted = map->size ? map->size * 2 : SIZE_FIRST;
	void *bigger;
	int r = vg_index_reserve(&map->index, 1);

	if (r < 0 || map->n < map->size)
		return r;
	bigger = reallocarray(map->items, wanted, map->each);
	if (!bigger)
		return -ENOMEM;
	map->items = bigger;
	map->size = wanted;
	return 0;
}

static void count_length(struct vg_prefix_map *map, const struct vg_prefix *prefix, int by)
{
	bool six = vg_prefix_own_len(prefix) == prefix->len;
	uint64_t *lengths = six ? map->lengths6 : map->lengths4;
	uint32_t *count = six ? &map->counts6[prefix->len] : &map->counts4[prefix->len];
	uint64_t bit = 1ULL << prefix->len % 64;

	*count += (uint32_t)by;
	if (*count)
		lengths[prefix->len / 64] |= bit;
	else
		lengths[prefix->len / 64] &= ~bit;
}

int vg_prefix_map_add(struct vg_prefix_map *map, const void *item)
{
	const struct vg_prefix *prefix = item;
	struct key key = key_of(&prefix->addr, prefix->len);
	struct vg_index_entry entry = entry_of(&key, map->n);
	int r;

	if (find(map, &key) != NONE)
		return -EEXIST;
	r = reserve(map);
	if (r < 0)
		return r;
	memcpy(item_at(map, map->n++), item, map->each);
	vg_index_add(&map->index, &entry);
	count_length(map, prefix, 1);
	return 0;
}

static void move(struct vg_prefix_map *map, size_t from, size_t to)
{
	struct key key = key_at(map, from);
	struct vg_index_entry before = entry_of(&key, from), after = entry_of(&key, to);

	vg_index_remove(&map->index, &before);
	vg_index_add(&map->index, &after);
	memcpy(item_at(map, to), item_at(map, from), map->each);
}

bool vg_prefix_map_remove(struct vg_prefix_map *map, const struct vg_prefix *prefix)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	size_t number = find(map, &key);
	struct vg_index_entry entry;

	if (number == NONE)
		return false;
	entry = entry_of(&key, number);
	/* the prefix may be that of the very item */
	count_length(map, prefix, -1);
	vg_index_remove(&map->index, &entry);
	if (number != --map->n)
		move(map, map->n, number);
	return true;
}

void *vg_prefix_map_get(const struct vg_prefix_map *map, const struct vg_prefix *prefix)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	size_t number = find(map, &key);

	return number == NONE ? NULL : item_at(map, number);
}

void *vg_prefix_map_match(const struct vg_prefix_map *map, const struct vg_addr *addr)
{
	const uint64_t *lengths = vg_addr_is_ipv4(addr) ? map->lengths4 : map->lengths6;
	struct key whole = key_of(addr, 128);

	for (unsigned word = 3; word-- > 0;) {
		for (uint64_t left = lengths[word]; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			struct key key = key_cut(&whole, word * 64 + bit);
			size_t number = find(map, &key);

			if (number != NONE)
				return item_at(map, number);
			left &= ~(1ULL << bit);
		}
	}
	return NULL;
}

void *vg_prefix_map_at(const struct vg_prefix_map *map, size_t i)
{
	return i < map->n ? item_at(map, i) : NULL;
}
