/* SPDX-License-Identifier: Apache-2.0 */
/* One unsorted array: it is empty but for seconds, and a walk over all of it costs less than one frame. */
#include "core/heal.h"

#include <errno.h>
#include <string.h>

enum state {
	SUSPECT,
	DUE, /* at due_ns */
	TAKEN, /* whoever took it has not said yet what came of it */
	WAITING, /* until due_ns at most */
	RESTING, /* done, and kept for the time of its last round */
};

struct entry {
	struct vg_heal_key key;
	enum state state;
	unsigned round;
	uint64_t since_ns; /* suspect: since when; else of the first round */
	uint64_t due_ns;
	uint64_t told_ns; /* last; 0: never */
	uint64_t wait_until_ns; /* 0: it has not waited yet */
	struct vg_addr node; /* waiting: for whose hardware address */
};

struct vg_heal {
	struct entry *entries;
	size_t n;
	size_t allocated;
	uint64_t second_ns; /* when the present second began */
	unsigned turns; /* told in it */
	bool delayed; /* more was due in it */
	uint64_t delays;
};

static const uint64_t round_offsets_ns[VG_HEAL_ROUNDS] = { 0, VG_HEAL_SECOND_NS, 3 * VG_HEAL_SECOND_NS };

int vg_heal_new(struct vg_heal **ret_heal)
{
	*ret_heal = calloc(1, sizeof(**ret_heal));
	return *ret_heal ? 0 : -ENOMEM;
}

void vg_heal_free(struct vg_heal *heal)
{
	if (!heal)
		return;
	free(heal->entries);
	free(heal);
}

static struct entry *find(const struct vg_heal *heal, const struct vg_heal_key *key)
{
	for (size_t i = 0; i < heal->n; i++) {
		if (heal->entries[i].key.ifindex == key->ifindex && !vg_addr_cmp(&heal->entries[i].key.addr, &key->addr))
			return &heal->entries[i];
	}
	return NULL;
}

static void remove_entry(struct vg_heal *heal, struct entry *entry)
{
	*entry = heal->entries[--heal->n];
}

static void forget_rested(struct vg_heal *heal, uint64_t now_ns)
{
	for (size_t i = heal->n; i-- > 0;) {
		if (heal->entries[i].state == RESTING && now_ns >= heal->entries[i].told_ns + VG_HEAL_GAP_NS)
			remove_entry(heal, &heal->entries[i]);
	}
}

static struct entry *find_oldest_suspect(const struct vg_heal *heal)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < heal->n; i++) {
		struct entry *entry = &heal->entries[i];

		if (entry->state == SUSPECT && (!oldest || entry->since_ns < oldest->since_ns))
			oldest = entry;
	}
	return oldest;
}

static int grow(struct vg_heal *heal)
{
	size_t wanted = heal->allocated ? 2 * heal->allocated : 16;
	struct entry *entries = reallocarray(heal->entries, wanted, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	heal->entries = entries;
	heal->allocated = wanted;
	return 0;
}

static int add(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns, struct entry **ret_entry)
{
	int r = 0;

	forget_rested(heal, now_ns);
	if (heal->n >= VG_HEAL_MAX)
		return -ENOSPC;
	if (heal->n == heal->allocated)
		r = grow(heal);
	if (r < 0)
		return r;
	heal->entries[heal->n] = (struct entry){ .key = *key, .since_ns = now_ns };
	*ret_entry = &heal->entries[heal->n++];
	return 0;
}

int vg_heal_suspect(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns)
{
	struct entry *entry = find(heal, key);

	if (!entry)
		return add(heal, key, now_ns, &entry); /* SUSPECT is 0 */
	if (entry->state == RESTING) {
		entry->state = SUSPECT;
		entry->since_ns = now_ns;
	}
	return 0;
}

/* What is under way begins anew: its last rounds may be over before what it was asked for. */
static void want(struct entry *entry, uint64_t now_ns)
{
	uint64_t at = entry->told_ns && now_ns < entry->told_ns + VG_HEAL_GAP_NS ? entry->told_ns + VG_HEAL_GAP_NS : now_ns;

	if (entry->state == WAITING || (entry->state == DUE && entry->round == 0))
		return;
	entry->state = DUE;
	entry->round = 0;
	entry->since_ns = entry->due_ns = at;
	entry->wait_until_ns = 0;
}

int vg_heal_want(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns)
{
	struct entry *entry = find(heal, key);
	int r = entry ? 0 : add(heal, key, now_ns, &entry);

	if (r == -ENOSPC && (entry = find_oldest_suspect(heal))) {
		*entry = (struct entry){ .key = *key };
		r = 0;
	}
	if (r == 0)
		want(entry, now_ns);
	return r;
}

void vg_heal_sift(struct vg_heal *heal, vg_heal_suspect_fn fn, void *ctx)
{
	for (size_t i = heal->n; i-- > 0;) {
		if (heal->entries[i].state == SUSPECT && fn(ctx, &heal->entries[i].key))
			remove_entry(heal, &heal->entries[i]);
	}
}

bool vg_heal_has_suspects(const struct vg_heal *heal)
{
	return find_oldest_suspect(heal);
}

static bool has_deadline(const struct entry *entry)
{
	return entry->state == DUE || entry->state == WAITING;
}

static bool is_spent(const struct vg_heal *heal, uint64_t now_ns)
{
	return heal->turns >= VG_HEAL_TURNS_MAX && now_ns < heal->second_ns + VG_HEAL_SECOND_NS;
}

uint64_t vg_heal_next_ns(const struct vg_heal *heal)
{
	uint64_t next = 0;

	for (size_t i = 0; i < heal->n; i++) {
		const struct entry *entry = &heal->entries[i];

		if (has_deadline(entry) && (!next || entry->due_ns < next))
			next = entry->due_ns;
	}
	return next && is_spent(heal, next) ? heal->second_ns + VG_HEAL_SECOND_NS : next;
}

static bool goes_before(const struct entry *a, const struct entry *b)
{
	return a->round != b->round ? a->round < b->round : a->due_ns < b->due_ns;
}

static struct entry *find_due(const struct vg_heal *heal, uint64_t now_ns)
{
	struct entry *first = NULL;

	for (size_t i = 0; i < heal->n; i++) {
		struct entry *entry = &heal->entries[i];

		if (has_deadline(entry) && entry->due_ns <= now_ns && (!first || goes_before(entry, first)))
			first = entry;
	}
	return first;
}

static void count_turn(struct vg_heal *heal, uint64_t now_ns)
{
	if (now_ns >= heal->second_ns + VG_HEAL_SECOND_NS) {
		heal->second_ns = now_ns;
		heal->turns = 0;
		heal->delayed = false;
	}
	heal->turns++;
}

bool vg_heal_take(struct vg_heal *heal, uint64_t now_ns, struct vg_heal_turn *ret_turn)
{
	struct entry *entry = find_due(heal, now_ns);

	if (!entry)
		return false;
	if (is_spent(heal, now_ns)) {
		heal->delays += !heal->delayed;
		heal->delayed = true;
		return false;
	}
	*ret_turn = (struct vg_heal_turn){
		.key = entry->key,
		.round = entry->round,
		.overdue = entry->wait_until_ns && now_ns >= entry->wait_until_ns,
	};
	entry->state = TAKEN;
	return true;
}

bool vg_heal_told(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns)
{
	struct entry *entry = find(heal, key);

	count_turn(heal, now_ns);
	if (!entry)
		return true;
	/* reckoned from when they were told first: waiting delays all of them */
	if (entry->round == 0)
		entry->since_ns = now_ns;
	entry->told_ns = now_ns;
	entry->wait_until_ns = 0;
	entry->round++;
	entry->state = entry->round < VG_HEAL_ROUNDS ? DUE : RESTING;
	if (entry->state == DUE)
		entry->due_ns = entry->since_ns + round_offsets_ns[entry->round];
	return entry->state == RESTING;
}

void vg_heal_wait(struct vg_heal *heal, const struct vg_heal_key *key, const struct vg_addr *node, uint64_t now_ns)
{
	struct entry *entry = find(heal, key);

	if (!entry)
		return;
	if (!entry->wait_until_ns)
		entry->wait_until_ns = now_ns + VG_HEAL_WAIT_NS;
	entry->state = WAITING;
	entry->node = *node;
	entry->due_ns = entry->wait_until_ns;
}

void vg_heal_end(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns)
{
	struct entry *entry = find(heal, key);

	if (!entry)
		return;
	entry->told_ns = now_ns;
	entry->wait_until_ns = 0;
	entry->state = RESTING;
}

void vg_heal_wake(struct vg_heal *heal, const struct vg_addr *node, uint32_t ifindex, uint64_t now_ns)
{
	for (size_t i = 0; i < heal->n; i++) {
		struct entry *entry = &heal->entries[i];

		if (entry->state != WAITING || (node && (entry->key.ifindex != ifindex || vg_addr_cmp(&entry->node, node))))
			continue;
		entry->state = DUE;
		entry->due_ns = now_ns;
	}
}

bool vg_heal_is_waiting(const struct vg_heal *heal)
{
	for (size_t i = 0; i < heal->n; i++) {
		if (heal->entries[i].state == WAITING)
			return true;
	}
	return false;
}

bool vg_heal_is_busy(const struct vg_heal *heal, const struct vg_addr *addr)
{
	for (size_t i = 0; i < heal->n; i++) {
		const struct entry *entry = &heal->entries[i];

		if (entry->state != SUSPECT && entry->state != RESTING && !vg_addr_cmp(&entry->key.addr, addr))
			return true;
	}
	return false;
}

uint64_t vg_heal_delays(const struct vg_heal *heal)
{
	return heal->delays;
}
