/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/seen.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "core/addr.h"

struct entry {
	struct vg_seen_key key;
	uint64_t told; /* of its count */
};

struct vg_seen {
	const struct vg_maps *maps;
	struct vg_timer *timer;
	uint64_t period_ns;
	vg_seen_fn fn;
	void *ctx;
	struct entry *entries; /* sorted by key */
	size_t n;
	size_t allocated;
	uint64_t lost_events; /* lost_ring_announce at the last look */
};

/* The place of key, or where it would stand. */
static size_t find_place(const struct vg_seen *seen, const struct vg_seen_key *key)
{
	size_t low = 0, high = seen->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&seen->entries[middle].key, key, sizeof(*key)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct vg_seen *seen, size_t i, const struct vg_seen_key *key)
{
	return i < seen->n && memcmp(&seen->entries[i].key, key, sizeof(*key)) == 0;
}

static int grow(struct vg_seen *seen)
{
	size_t wanted = seen->allocated ? 2 * seen->allocated : 16;
	struct entry *entries;

	if (seen->n < seen->allocated)
		return 0;
	/* the kernel's map holds no more */
	if (seen->n >= VG_MAX_SEEN)
		return -ENOSPC;
	entries = reallocarray(seen->entries, wanted, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	seen->entries = entries;
	seen->allocated = wanted;
	return 0;
}

static int add(struct vg_seen *seen, const struct vg_seen_key *key, size_t *ret_i)
{
	size_t i = find_place(seen, key);
	int r;

	if (!is_at(seen, i, key)) {
		r = grow(seen);
		if (r < 0)
			return r;
		memmove(&seen->entries[i + 1], &seen->entries[i], (seen->n - i) * sizeof(*seen->entries));
		seen->entries[i] = (struct entry){ .key = *key };
		seen->n++;
	}
	*ret_i = i;
	return 0;
}

static void forget(struct vg_seen *seen, size_t i)
{
	memmove(&seen->entries[i], &seen->entries[i + 1], (seen->n - i - 1) * sizeof(*seen->entries));
	seen->n--;
}

static struct vg_fact fact_of(const struct vg_seen_key *key, const struct vg_seen_value *value)
{
	bool bind = key->what == VG_SEEN_DENIED || key->what == VG_SEEN_WOULD_DENY;
	struct vg_fact fact = {
		.kind = bind ? VG_FACT_BIND : VG_FACT_ANNOUNCE,
		.how = value->last.how,
		.addr = key->addr,
		.prefix = bind ? (uint8_t)value->last.prefix : vg_addr_bits(&key->addr),
		.ifindex = key->ifindex,
		.in_ifindex = key->in_ifindex,
		.ifa_flags = value->last.ifa_flags,
		.nl_flags = value->last.nl_flags,
		.family = (uint8_t)key->family,
		.sender_netns = key->netns,
		.who = value->who,
		.time_ns = value->last_ns,
		.refused = key->what == VG_SEEN_DROPPED || key->what == VG_SEEN_DENIED,
		.deniable = key->what == VG_SEEN_WOULD_DENY,
		.past = key->what == VG_SEEN_PAST,
	};

	memcpy(fact.source, value->last.source, sizeof(fact.source));
	memcpy(fact.ifname, value->last.ifname, sizeof(fact.ifname));
	fact.ifname[sizeof(fact.ifname) - 1] = '\0';
	return fact;
}

/* False: nothing new. */
static bool tell(struct vg_seen *seen, struct entry *entry, const struct vg_seen_value *value)
{
	struct vg_fact fact;

	if (value->count <= entry->told)
		return false;
	fact = fact_of(&entry->key, value);
	fact.count = value->count - entry->told;
	entry->told = value->count;
	seen->fn(seen->ctx, &fact);
	return true;
}

static void arm(struct vg_seen *seen)
{
	int r;

	if (seen->n == 0 || vg_timer_deadline(seen->timer))
		return;
	r = vg_timer_arm(seen->timer, vg_time_boot_ns() + seen->period_ns);
	if (r < 0)
		vg_log_errno(r, "cannot set the timer of announcements");
}

static void look(struct vg_seen *seen, const struct vg_seen_key *key)
{
	struct vg_seen_value value;
	size_t i;

	if (vg_maps_get(seen->maps, VG_MAP_SEEN, key, &value) < 0 || add(seen, key, &i) < 0)
		return;
	tell(seen, &seen->entries[i], &value);
}

static enum vg_seen_what what_of(const struct vg_event *event)
{
	if (event->type == VG_EVENT_DENIED)
		return event->would_deny ? VG_SEEN_WOULD_DENY : VG_SEEN_DENIED;
	if (event->would_deny)
		return VG_SEEN_PAST;
	return event->dropped ? VG_SEEN_DROPPED : VG_SEEN_PASSED;
}

void vg_seen_note(struct vg_seen *seen, const struct vg_event *event)
{
	const struct vg_seen_key key = {
		.addr = event->addr,
		.ifindex = event->ifindex,
		.in_ifindex = event->in_ifindex,
		.pid = event->who.pid,
		.what = what_of(event),
		.family = event->family,
		.netns = event->sender_netns,
	};

	look(seen, &key);
	arm(seen);
}

void vg_seen_drain(struct vg_seen *seen)
{
	_cleanup_free_ struct vg_seen_key *keys = NULL;
	size_t n;

	if (vg_maps_list_keys(seen->maps, VG_MAP_SEEN, (void **)&keys, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		look(seen, &keys[i]);
	arm(seen);
}

/* What comes between the look and the deletion is in the value taken out. */
static void take_out(struct vg_seen *seen, struct entry *entry)
{
	struct vg_seen_value value;

	if (vg_maps_take_out(seen->maps, VG_MAP_SEEN, &entry->key, &value) == 0)
		tell(seen, entry, &value);
}

void vg_seen_hand_over(struct vg_seen *seen)
{
	vg_seen_drain(seen);
	vg_timer_disarm(seen->timer);
	for (size_t i = seen->n; i-- > 0;) {
		take_out(seen, &seen->entries[i]);
		forget(seen, i);
	}
}

/* True: it stays for another period. */
static bool review(struct vg_seen *seen, struct entry *entry)
{
	struct vg_seen_value value;

	if (vg_maps_get(seen->maps, VG_MAP_SEEN, &entry->key, &value) < 0)
		return false;
	if (tell(seen, entry, &value))
		return true;
	/* silent for a period */
	take_out(seen, entry);
	return false;
}

static void on_period(void *ctx)
{
	struct vg_seen *seen = ctx;
	uint64_t lost = __atomic_load_n(&seen->maps->stats->lost_ring_announce, __ATOMIC_RELAXED);

	for (size_t i = seen->n; i-- > 0;) {
		if (!review(seen, &seen->entries[i]))
			forget(seen, i);
	}
	/* an event was lost: there may be entries that nobody told of */
	if (lost != seen->lost_events)
		vg_seen_drain(seen);
	seen->lost_events = lost;
	arm(seen);
}

int vg_seen_new(struct vg_loop *loop, const struct vg_maps *maps, uint64_t period_ns, vg_seen_fn fn, void *ctx, struct vg_seen **ret_seen)
{
	VG_CLEANUP(vg_seen_freep) struct vg_seen *seen = calloc(1, sizeof(*seen));
	int r;

	if (!seen)
		return -ENOMEM;
	seen->maps = maps;
	seen->period_ns = period_ns;
	seen->fn = fn;
	seen->ctx = ctx;
	seen->lost_events = maps->stats->lost_ring_announce;
	r = vg_timer_new(loop, on_period, seen, &seen->timer);
	if (r < 0)
		return r;
	*ret_seen = TAKE_PTR(seen);
	return 0;
}

void vg_seen_free(struct vg_seen *seen)
{
	if (!seen)
		return;
	vg_timer_free(seen->timer);
	free(seen->entries);
	free(seen);
}

size_t vg_seen_size(const struct vg_seen *seen)
{
	return seen->n;
}
