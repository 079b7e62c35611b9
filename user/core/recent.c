/* SPDX-License-Identifier: Apache-2.0 */
/* One list in order of time. It is walked for each entry that comes: there are some hundred, and they come folded. */
#include "core/recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *newer;
	struct vg_addr addr;
	uint64_t left_out; /* of this address, behind its first ones; of its first entry */
	size_t size;
	_Alignas(8) char data[];
};

struct vg_recent {
	struct vg_recent_limits limits;
	struct entry *oldest, *newest;
	size_t n, bytes;
	uint64_t evicted;
};

int vg_recent_new(const struct vg_recent_limits *limits, struct vg_recent **ret_recent)
{
	struct vg_recent *recent = calloc(1, sizeof(*recent));

	if (!recent)
		return -ENOMEM;
	recent->limits = *limits;
	*ret_recent = recent;
	return 0;
}

static bool is_of(const struct entry *entry, const struct vg_addr *addr)
{
	return vg_addr_cmp(&entry->addr, addr) == 0;
}

/* before: the next older one, NULL for the oldest. */
static void take_out(struct vg_recent *recent, struct entry *before)
{
	struct entry **place = before ? &before->newer : &recent->oldest, *entry = *place;

	*place = entry->newer;
	if (recent->newest == entry)
		recent->newest = before;
	recent->n--;
	recent->bytes -= entry->size;
	free(entry);
}

static void evict_oldest(struct vg_recent *recent)
{
	take_out(recent, NULL);
	recent->evicted++;
}

void vg_recent_free(struct vg_recent *recent)
{
	if (!recent)
		return;
	while (recent->n)
		take_out(recent, NULL);
	free(recent);
}

/* An address that has as many as it may loses the oldest one behind its first. */
static void make_room_of(struct vg_recent *recent, const struct vg_addr *addr)
{
	struct entry *first = NULL, *before = NULL, *victim_before = NULL;
	size_t n = 0;

	for (struct entry *entry = recent->oldest; entry; before = entry, entry = entry->newer) {
		if (!is_of(entry, addr))
			continue;
		first = first ?: entry;
		if (n++ == recent->limits.first)
			victim_before = before;
	}
	if (n < recent->limits.first + recent->limits.last)
		return;
	first->left_out++;
	take_out(recent, victim_before);
}

static void make_room(struct vg_recent *recent, size_t size)
{
	while (recent->n && (recent->n >= recent->limits.entries || recent->bytes + size > recent->limits.bytes))
		evict_oldest(recent);
}

void vg_recent_add(struct vg_recent *recent, const struct vg_addr *addr, const void *data, size_t size)
{
	struct entry *entry = size > recent->limits.bytes ? NULL : malloc(sizeof(*entry) + size);

	if (!entry) {
		recent->evicted++;
		return;
	}
	make_room_of(recent, addr);
	make_room(recent, size);
	*entry = (struct entry){ .addr = *addr, .size = size };
	memcpy(entry->data, data, size);
	if (recent->newest)
		recent->newest->newer = entry;
	else
		recent->oldest = entry;
	recent->newest = entry;
	recent->n++;
	recent->bytes += size;
}

void *vg_recent_find(struct vg_recent *recent, const struct vg_addr *addr, bool (*is)(const void *ctx, const void *data, size_t size),
		     const void *ctx)
{
	struct entry *found = NULL;

	for (struct entry *entry = recent->oldest; entry; entry = entry->newer) {
		if (is_of(entry, addr) && is(ctx, entry->data, entry->size))
			found = entry;
	}
	return found ? found->data : NULL;
}

int vg_recent_for_each(const struct vg_recent *recent, const struct vg_addr *addr, const struct vg_addr *other,
		       int (*fn)(void *ctx, const void *data, size_t size), void *ctx)
{
	int r = 0;

	for (const struct entry *entry = recent->oldest; entry && r >= 0; entry = entry->newer) {
		if (is_of(entry, addr) || (other && is_of(entry, other)))
			r = fn(ctx, entry->data, entry->size);
	}
	return r < 0 ? r : 0;
}

int vg_recent_for_all(const struct vg_recent *recent, int (*fn)(void *ctx, const struct vg_addr *addr, const void *data, size_t size), void *ctx)
{
	int r = 0;

	for (const struct entry *entry = recent->oldest; entry && r >= 0; entry = entry->newer)
		r = fn(ctx, &entry->addr, entry->data, entry->size);
	return r < 0 ? r : 0;
}

struct vg_recent_counts vg_recent_count(const struct vg_recent *recent, const struct vg_addr *addr)
{
	struct vg_recent_counts counts = { .evicted = recent->evicted };

	for (const struct entry *entry = recent->oldest; entry; entry = entry->newer) {
		if (!is_of(entry, addr))
			continue;
		counts.kept++;
		counts.left_out += entry->left_out;
	}
	return counts;
}
