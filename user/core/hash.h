/* SPDX-License-Identifier: Apache-2.0 */
/* One hash for the tables of core/: fast and well mixed, not secret. A table whose keys a stranger picks hands in a seed. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The multipliers of MurmurHash3's 64-bit finaliser. */
static inline uint64_t vg_hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 32) * 0xc4ceb9fe1a85ec53ULL;
	return hash ^ hash >> 29;
}

static inline uint64_t vg_hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;
	uint64_t word;

	hash = vg_hash_word(hash, n);
	for (; n >= sizeof(word); at += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = vg_hash_word(hash, word);
	}
	word = 0;
	memcpy(&word, at, n);
	return n ? vg_hash_word(hash, word) : hash;
}

#endif
