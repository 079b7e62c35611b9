/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All entries have the same period, so the list in order of opening is in order of expiry, too: no heap is needed, and an
 * entry that starts its next period goes to the end.
 */
#include "core/fold.h"

#include <errno.h>
#include <string.h>

#include "core/hash.h"

_Static_assert(sizeof(struct vg_fold_key) == 40, "no hidden padding: it is hashed and compared as bytes");
_Static_assert((VG_FOLD_MAX & (VG_FOLD_MAX - 1)) == 0, "as many buckets as entries, by mask");

struct entry {
	struct vg_fold_key key;
	struct entry *next_in_bucket;
	struct entry *older;
	struct entry *newer;
	uint64_t end_ns;
	uint64_t count; /* repeats since the last line */
	char payload[];
};

struct vg_fold {
	uint64_t period_ns;
	size_t payload_size;
	vg_fold_fn fn;
	void *ctx;
	struct entry *oldest;
	struct entry *newest;
	size_t n;
	struct entry *buckets[VG_FOLD_MAX];
};

int vg_fold_new(uint64_t period_ns, size_t payload_size, vg_fold_fn fn, void *ctx, struct vg_fold **ret_fold)
{
	struct vg_fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return -ENOMEM;
	fold->period_ns = period_ns;
	fold->payload_size = payload_size;
	fold->fn = fn;
	fold->ctx = ctx;
	*ret_fold = fold;
	return 0;
}

/* The place that points at the entry of that key, or at the NULL where it belongs. The seed keeps a stranger from choosing the
 * bucket. */
static struct entry **find(struct vg_fold *fold, const struct vg_fold_key *key)
{
	size_t bucket = vg_hash_bytes((uintptr_t)fold, key, sizeof(*key)) & (VG_FOLD_MAX - 1);
	struct entry **place = &fold->buckets[bucket];

	while (*place && memcmp(&(*place)->key, key, sizeof(*key)))
		place = &(*place)->next_in_bucket;
	return place;
}

static void unlink_entry(struct vg_fold *fold, struct entry *entry)
{
	*(entry->older ? &entry->older->newer : &fold->oldest) = entry->newer;
	*(entry->newer ? &entry->newer->older : &fold->newest) = entry->older;
}

static void append_entry(struct vg_fold *fold, struct entry *entry, uint64_t now_ns)
{
	if (__builtin_add_overflow(now_ns, fold->period_ns, &entry->end_ns))
		entry->end_ns = UINT64_MAX;
	entry->newer = NULL;
	entry->older = fold->newest;
	*(fold->newest ? &fold->newest->newer : &fold->oldest) = entry;
	fold->newest = entry;
}

static void forget(struct vg_fold *fold, struct entry *entry)
{
	struct entry **place = find(fold, &entry->key);

	*place = entry->next_in_bucket;
	unlink_entry(fold, entry);
	fold->n--;
	free(entry);
}

/* False: there was nothing to say. */
static bool say(struct vg_fold *fold, struct entry *entry)
{
	uint64_t count = entry->count;

	if (!count)
		return false;
	entry->count = 0;
	fold->fn(fold->ctx, &entry->key, entry->payload, count);
	return true;
}

void vg_fold_free(struct vg_fold *fold)
{
	if (!fold)
		return;
	while (fold->oldest)
		forget(fold, fold->oldest);
	free(fold);
}

static struct entry *open_entry(struct vg_fold *fold, const struct vg_fold_key *key, uint64_t now_ns)
{
	struct entry *entry, **place;

	if (fold->n == VG_FOLD_MAX) {
		say(fold, fold->oldest);
		forget(fold, fold->oldest);
	}
	entry = calloc(1, sizeof(*entry) + fold->payload_size);
	if (!entry)
		return NULL;
	entry->key = *key;
	place = find(fold, key);
	*place = entry;
	append_entry(fold, entry, now_ns);
	fold->n++;
	return entry;
}

bool vg_fold_add(struct vg_fold *fold, const struct vg_fold_key *key, const void *payload, uint64_t count, uint64_t now_ns)
{
	struct entry *entry;

	if (!fold->period_ns)
		return true;
	vg_fold_expire(fold, now_ns);
	entry = *find(fold, key);
	if (!entry) {
		/* Without memory for it every repeat is said: noisy, but nothing is lost. */
		open_entry(fold, key, now_ns);
		return true;
	}
	entry->count += count;
	if (fold->payload_size)
		memcpy(entry->payload, payload, fold->payload_size);
	return false;
}

void vg_fold_expire(struct vg_fold *fold, uint64_t now_ns)
{
	while (fold->oldest && fold->oldest->end_ns <= now_ns) {
		struct entry *entry = fold->oldest;

		if (say(fold, entry)) {
			unlink_entry(fold, entry);
			append_entry(fold, entry, now_ns);
		} else {
			forget(fold, entry);
		}
	}
}

void vg_fold_flush(struct vg_fold *fold)
{
	while (fold->oldest) {
		say(fold, fold->oldest);
		forget(fold, fold->oldest);
	}
}

size_t vg_fold_size(const struct vg_fold *fold)
{
	return fold->n;
}

uint64_t vg_fold_next_ns(const struct vg_fold *fold)
{
	return fold->oldest ? fold->oldest->end_ns : 0;
}
