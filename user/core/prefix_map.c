/* SPDX-License-Identifier: Apache-2.0 */
#include "core/prefix_map.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define SIZE_FIRST 16

/* The address as two numbers: cutting host bits and comparing are then a few instructions in the judge's path. */
struct key {
	uint64_t high;
	uint64_t low;
	uint8_t len;
};

struct vg_prefix_slot {
	uint64_t high;
	uint64_t low;
	uint32_t value;
	uint8_t len;
	bool used;
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

static size_t home_of(const struct vg_prefix_map *map, uint64_t high, uint64_t low, uint8_t len)
{
	return vg_hash_word(vg_hash_word(len, high), low) & (map->size - 1);
}

/* The slot of the key, or the free one where it belongs. The map is never full. */
static struct vg_prefix_slot *probe(const struct vg_prefix_map *map, const struct key *key)
{
	size_t i = home_of(map, key->high, key->low, key->len);
	struct vg_prefix_slot *slot;

	for (;; i = (i + 1) & (map->size - 1)) {
		slot = &map->slots[i];
		if (!slot->used || (slot->low == key->low && slot->high == key->high && slot->len == key->len))
			return slot;
	}
}

void vg_prefix_map_deinit(struct vg_prefix_map *map)
{
	free(map->slots);
	*map = (struct vg_prefix_map){ 0 };
}

static int grow(struct vg_prefix_map *map)
{
	struct vg_prefix_map bigger = *map;

	bigger.size = map->size ? map->size * 2 : SIZE_FIRST;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->size; i++) {
		const struct vg_prefix_slot *slot = &map->slots[i];
		struct key key = { .high = slot->high, .low = slot->low, .len = slot->len };

		if (slot->used)
			*probe(&bigger, &key) = *slot;
	}
	free(map->slots);
	*map = bigger;
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

int vg_prefix_map_add(struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t value)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	struct vg_prefix_slot *slot;
	int r;

	if (map->n * 3 >= map->size * 2) {
		r = grow(map);
		if (r < 0)
			return r;
	}
	slot = probe(map, &key);
	if (slot->used)
		return -EEXIST;
	*slot = (struct vg_prefix_slot){ .high = key.high, .low = key.low, .value = value, .len = key.len, .used = true };
	map->n++;
	count_length(map, prefix, 1);
	return 0;
}

/* Closes the gap at `i`: what comes behind it and would be found through it moves up (Knuth, vol. 3, 6.4, algorithm R). */
static void close_gap(struct vg_prefix_map *map, size_t i)
{
	size_t mask = map->size - 1;

	for (size_t j = (i + 1) & mask; map->slots[j].used; j = (j + 1) & mask) {
		const struct vg_prefix_slot *slot = &map->slots[j];
		size_t home = home_of(map, slot->high, slot->low, slot->len);

		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		map->slots[i] = *slot;
		i = j;
	}
	map->slots[i].used = false;
}

bool vg_prefix_map_remove(struct vg_prefix_map *map, const struct vg_prefix *prefix)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	const struct vg_prefix_slot *slot = map->n ? probe(map, &key) : NULL;

	if (!slot || !slot->used)
		return false;
	close_gap(map, (size_t)(slot - map->slots));
	map->n--;
	count_length(map, prefix, -1);
	return true;
}

bool vg_prefix_map_replace(struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t value)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	struct vg_prefix_slot *slot = map->n ? probe(map, &key) : NULL;

	if (!slot || !slot->used)
		return false;
	slot->value = value;
	return true;
}

bool vg_prefix_map_get(const struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t *ret_value)
{
	struct key key = key_of(&prefix->addr, prefix->len);
	const struct vg_prefix_slot *slot;

	if (!map->n)
		return false;
	slot = probe(map, &key);
	if (!slot->used)
		return false;
	*ret_value = slot->value;
	return true;
}

bool vg_prefix_map_match(const struct vg_prefix_map *map, const struct vg_addr *addr, uint32_t *ret_value)
{
	const uint64_t *lengths = vg_addr_is_ipv4(addr) ? map->lengths4 : map->lengths6;
	struct key whole = key_of(addr, 128);

	for (unsigned word = 3; word-- > 0;) {
		for (uint64_t left = lengths[word]; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			struct key key = key_cut(&whole, word * 64 + bit);
			const struct vg_prefix_slot *slot = probe(map, &key);

			if (slot->used) {
				*ret_value = slot->value;
				return true;
			}
			left &= ~(1ULL << bit);
		}
	}
	return false;
}
