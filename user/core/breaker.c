/* SPDX-License-Identifier: Apache-2.0 */
/* A table of what is bound, sorted by address, and the short list of flips that were acted on lately. */
#include "core/breaker.h"

#include <errno.h>
#include <string.h>

enum state {
	UNSETTLED, /* never judged by a picture that is complete, fresh and settled */
	RIGHT, /* no violation */
	WRONG,
};

struct entry {
	struct vg_bind_key key; /* the address first */
	uint8_t state; /* enum state */
	bool held;
	bool flips; /* in the change at hand */
	bool told; /* vg_breaker_take_held() has handed it out */
	bool released; /* vg_breaker_take_released() has not yet */
};

struct flip {
	struct vg_addr addr;
	uint64_t at_ns;
};

struct vg_breaker {
	uint32_t limit;
	struct entry *entries;
	size_t n, size;
	size_t n_held;
	size_t flips;
	struct flip *recent; /* acted on within the window, the oldest first, each address once; at most `limit` */
	size_t n_recent, recent_size;
	struct vg_addr *inherited;
	size_t n_inherited;
};

int vg_breaker_new(uint32_t limit, struct vg_breaker **ret_breaker)
{
	struct vg_breaker *breaker = calloc(1, sizeof(*breaker));

	if (!breaker)
		return -ENOMEM;
	breaker->limit = limit;
	*ret_breaker = breaker;
	return 0;
}

void vg_breaker_free(struct vg_breaker *breaker)
{
	if (!breaker)
		return;
	free(breaker->entries);
	free(breaker->recent);
	free(breaker->inherited);
	free(breaker);
}

/* ---- what a guard before this one held */

int vg_breaker_inherit(struct vg_breaker *breaker, const struct vg_addr *addr)
{
	struct vg_addr *grown = reallocarray(breaker->inherited, breaker->n_inherited + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	breaker->inherited = grown;
	breaker->inherited[breaker->n_inherited++] = *addr;
	breaker->flips = breaker->n_inherited;
	return 0;
}

void vg_breaker_end_inheritance(struct vg_breaker *breaker)
{
	free(breaker->inherited);
	breaker->inherited = NULL;
	breaker->n_inherited = 0;
}

static bool is_inherited(const struct vg_breaker *breaker, const struct vg_addr *addr)
{
	for (size_t i = 0; i < breaker->n_inherited; i++)
		if (vg_addr_cmp(&breaker->inherited[i], addr) == 0)
			return true;
	return false;
}

/* ---- the table */

static size_t find_place(const struct vg_breaker *breaker, const struct vg_bind_key *key)
{
	size_t low = 0, high = breaker->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&breaker->entries[middle].key, key, sizeof(*key)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct entry *find(const struct vg_breaker *breaker, const struct vg_bind_key *key)
{
	size_t i = find_place(breaker, key);

	return i < breaker->n && memcmp(&breaker->entries[i].key, key, sizeof(*key)) == 0 ? &breaker->entries[i] : NULL;
}

static int grow(struct vg_breaker *breaker)
{
	size_t size = breaker->size ? 2 * breaker->size : 64;
	struct entry *grown;

	if (breaker->n >= VG_MAX_BINDS)
		return -ENOSPC;
	if (breaker->n < breaker->size)
		return 0;
	grown = reallocarray(breaker->entries, size, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	breaker->entries = grown;
	breaker->size = size;
	return 0;
}

static int add(struct vg_breaker *breaker, const struct vg_bind_key *key, struct entry **ret_entry)
{
	size_t i;
	int r = grow(breaker);

	if (r < 0)
		return r;
	i = find_place(breaker, key);
	memmove(&breaker->entries[i + 1], &breaker->entries[i], (breaker->n - i) * sizeof(*breaker->entries));
	breaker->n++;
	breaker->entries[i] = (struct entry){ .key = *key };
	*ret_entry = &breaker->entries[i];
	return 0;
}

static void hold(struct vg_breaker *breaker, struct entry *entry)
{
	breaker->n_held += !entry->held;
	entry->held = true;
	entry->released = false;
}

static void release(struct vg_breaker *breaker, struct entry *entry)
{
	breaker->n_held -= entry->held;
	entry->released |= entry->held;
	entry->held = entry->told = false;
}

/* The source is behind, or the change too young: that says nothing yet. */
static bool is_settled(const struct vg_judgement *judgement)
{
	return judgement->reason != VG_STALE_SOURCE && judgement->reason != VG_IN_TRANSITION;
}

static void settle(struct vg_breaker *breaker, struct entry *entry, const struct vg_judgement *judgement)
{
	if (!is_settled(judgement))
		return;
	entry->state = judgement->verdict == VG_VIOLATION ? WRONG : RIGHT;
	if (entry->state == RIGHT)
		release(breaker, entry);
}

int vg_breaker_note(struct vg_breaker *breaker, const struct vg_bind_key *key, const struct vg_judgement *judgement, bool is_new)
{
	struct entry *entry = find(breaker, key);
	int r = 0;

	if (!entry) {
		r = add(breaker, key, &entry);
		if (r < 0)
			return r;
		if (is_inherited(breaker, &key->addr))
			hold(breaker, entry);
	}
	if (is_new) {
		release(breaker, entry);
		entry->state = UNSETTLED;
	}
	settle(breaker, entry, judgement);
	return 0;
}

void vg_breaker_forget(struct vg_breaker *breaker, const struct vg_bind_key *key)
{
	struct entry *entry = find(breaker, key);
	size_t i;

	if (!entry)
		return;
	release(breaker, entry);
	i = (size_t)(entry - breaker->entries);
	memmove(entry, entry + 1, (breaker->n - i - 1) * sizeof(*entry));
	breaker->n--;
}

/* ---- a change */

void vg_breaker_weigh(struct vg_breaker *breaker, const struct vg_bind_key *key, const struct vg_judgement *judgement)
{
	struct entry *entry = find(breaker, key);

	/* its fact is still on the way, or the end of an earlier bind overtook it */
	if (!entry && add(breaker, key, &entry) < 0)
		return;
	entry->flips = entry->state == RIGHT && judgement->verdict == VG_VIOLATION;
	if (!entry->flips)
		settle(breaker, entry, judgement);
}

static void expire(struct vg_breaker *breaker, uint64_t now_ns)
{
	size_t gone = 0;

	while (gone < breaker->n_recent && now_ns - breaker->recent[gone].at_ns >= VG_BREAKER_WINDOW_NS)
		gone++;
	breaker->n_recent -= gone;
	if (gone > 0)
		memmove(breaker->recent, breaker->recent + gone, breaker->n_recent * sizeof(*breaker->recent));
}

static bool is_recent(const struct vg_breaker *breaker, const struct vg_addr *addr)
{
	for (size_t i = 0; i < breaker->n_recent; i++)
		if (vg_addr_cmp(&breaker->recent[i].addr, addr) == 0)
			return true;
	return false;
}

static bool is_same_address(const struct vg_breaker *breaker, size_t i, const struct vg_addr *before)
{
	return before && vg_addr_cmp(&breaker->entries[i].key.addr, before) == 0;
}

static size_t count_flips(const struct vg_breaker *breaker)
{
	const struct vg_addr *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < breaker->n; i++) {
		if (!breaker->entries[i].flips || is_same_address(breaker, i, before))
			continue;
		before = &breaker->entries[i].key.addr;
		n += n > breaker->limit || !is_recent(breaker, before);
	}
	return n;
}

static int remember(struct vg_breaker *breaker, const struct vg_addr *addr, uint64_t now_ns)
{
	size_t size = breaker->recent_size ? 2 * breaker->recent_size : 16;
	struct flip *grown;

	if (is_recent(breaker, addr))
		return 0;
	if (breaker->n_recent == breaker->recent_size) {
		grown = reallocarray(breaker->recent, size, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		breaker->recent = grown;
		breaker->recent_size = size;
	}
	breaker->recent[breaker->n_recent++] = (struct flip){ .addr = *addr, .at_ns = now_ns };
	return 0;
}

/* What cannot be counted is rather held. */
static void decide_one(struct vg_breaker *breaker, struct entry *entry, bool holds, uint64_t now_ns)
{
	entry->flips = false;
	entry->state = WRONG;
	if (holds || (breaker->limit != VG_BREAKER_OFF && remember(breaker, &entry->key.addr, now_ns) < 0))
		hold(breaker, entry);
}

bool vg_breaker_decide(struct vg_breaker *breaker, uint64_t now_ns)
{
	size_t before = breaker->n_held, total;
	bool tripped = breaker->n_held > 0 || breaker->n_inherited > 0, holds;

	expire(breaker, now_ns);
	total = count_flips(breaker);
	if (total > 0)
		total += breaker->n_recent;
	holds = tripped || total > breaker->limit;
	if (holds && !tripped)
		breaker->flips = total;
	for (size_t i = 0; i < breaker->n; i++)
		if (breaker->entries[i].flips)
			decide_one(breaker, &breaker->entries[i], holds, now_ns);
	return breaker->n_held > before;
}

/* ---- what is held */

bool vg_breaker_holds(const struct vg_breaker *breaker, const struct vg_bind_key *key)
{
	const struct entry *entry = find(breaker, key);

	return entry && entry->held;
}

bool vg_breaker_holds_address(const struct vg_breaker *breaker, const struct vg_addr *addr)
{
	const struct vg_bind_key first = { .addr = *addr };

	for (size_t i = find_place(breaker, &first); i < breaker->n && is_same_address(breaker, i, addr); i++)
		if (breaker->entries[i].held)
			return true;
	return false;
}

bool vg_breaker_is_tripped(const struct vg_breaker *breaker)
{
	return breaker->n_held > 0;
}

size_t vg_breaker_flips(const struct vg_breaker *breaker)
{
	return breaker->flips;
}

size_t vg_breaker_for_each(const struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx)
{
	const struct vg_addr *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < breaker->n; i++) {
		if (!breaker->entries[i].held || is_same_address(breaker, i, before))
			continue;
		before = &breaker->entries[i].key.addr;
		if (fn)
			fn(ctx, before);
		n++;
	}
	return n;
}

void vg_breaker_take_held(struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx)
{
	for (size_t i = 0; i < breaker->n; i++) {
		struct entry *entry = &breaker->entries[i];

		if (entry->held && !entry->told)
			fn(ctx, &entry->key.addr);
		entry->told = entry->held;
	}
}

void vg_breaker_take_released(struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx)
{
	for (size_t i = 0; i < breaker->n; i++) {
		struct entry *entry = &breaker->entries[i];

		if (entry->released)
			fn(ctx, &entry->key.addr);
		entry->released = false;
	}
}

void vg_breaker_resume(struct vg_breaker *breaker)
{
	for (size_t i = 0; i < breaker->n; i++)
		release(breaker, &breaker->entries[i]);
	vg_breaker_end_inheritance(breaker);
	breaker->n_recent = 0;
}
