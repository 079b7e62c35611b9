/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers sorted by key and peer: entries keep their place in memory, and all of one address stand together. */
#include "kern/bound.h"

#include <errno.h>
#include <string.h>

struct vg_bounds {
	struct vg_bound **items;
	size_t n;
	size_t allocated;
};

int vg_bounds_new(struct vg_bounds **ret_bounds)
{
	struct vg_bounds *bounds = calloc(1, sizeof(*bounds));

	if (!bounds)
		return -ENOMEM;
	*ret_bounds = bounds;
	return 0;
}

void vg_bounds_free(struct vg_bounds *bounds)
{
	if (!bounds)
		return;
	for (size_t i = 0; i < bounds->n; i++)
		free(bounds->items[i]);
	free(bounds->items);
	free(bounds);
}

struct vg_bind_key vg_bind_key_of(const struct vg_fact *fact)
{
	return (struct vg_bind_key){ .addr = fact->addr, .ifindex = fact->ifindex, .prefix = fact->prefix | (uint32_t)fact->as << 8 };
}

static int compare(const struct vg_bound *bound, const struct vg_bind_key *key, const struct vg_addr *peer)
{
	int c = memcmp(&bound->key, key, sizeof(*key));

	return c != 0 ? c : memcmp(&bound->peer, peer, sizeof(*peer));
}

static size_t find_place(const struct vg_bounds *bounds, const struct vg_bind_key *key, const struct vg_addr *peer)
{
	size_t low = 0, high = bounds->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(bounds->items[middle], key, peer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int grow(struct vg_bounds *bounds)
{
	size_t wanted = bounds->allocated ? 2 * bounds->allocated : 64;
	struct vg_bound **items;

	if (bounds->n >= VG_BOUNDS_MAX)
		return -ENOSPC;
	if (bounds->n < bounds->allocated)
		return 0;
	items = reallocarray(bounds->items, wanted, sizeof(*items));
	if (!items)
		return -ENOMEM;
	bounds->items = items;
	bounds->allocated = wanted;
	return 0;
}

/* Room for it must be there. */
static void insert(struct vg_bounds *bounds, struct vg_bound *bound)
{
	size_t i = find_place(bounds, &bound->key, &bound->peer);

	memmove(&bounds->items[i + 1], &bounds->items[i], (bounds->n - i) * sizeof(*bounds->items));
	bounds->items[i] = bound;
	bounds->n++;
}

static void take_out(struct vg_bounds *bounds, const struct vg_bound *bound)
{
	size_t i = find_place(bounds, &bound->key, &bound->peer);

	while (i < bounds->n && bounds->items[i] != bound)
		i++;
	if (i == bounds->n)
		return;
	memmove(&bounds->items[i], &bounds->items[i + 1], (bounds->n - i - 1) * sizeof(*bounds->items));
	bounds->n--;
}

int vg_bounds_add(struct vg_bounds *bounds, const struct vg_fact *fact, const struct vg_addr *peer, struct vg_bound **ret_bound)
{
	struct vg_bound *bound;
	int r;

	r = grow(bounds);
	if (r < 0)
		return r;
	bound = calloc(1, sizeof(*bound));
	if (!bound)
		return -ENOMEM;
	bound->key = vg_bind_key_of(fact);
	bound->peer = peer ? *peer : fact->addr;
	bound->peer_known = peer;
	bound->fact = *fact;
	insert(bounds, bound);
	*ret_bound = bound;
	return 0;
}

void vg_bounds_remove(struct vg_bounds *bounds, struct vg_bound *bound)
{
	take_out(bounds, bound);
	free(bound);
}

static void learn_peer(struct vg_bounds *bounds, struct vg_bound *bound, const struct vg_addr *peer)
{
	take_out(bounds, bound);
	bound->peer = *peer;
	bound->peer_known = true;
	insert(bounds, bound);
}

struct vg_bound *vg_bounds_find(struct vg_bounds *bounds, const struct vg_bind_key *key, const struct vg_addr *peer)
{
	const struct vg_addr lowest = { .bytes = { 0 } };
	struct vg_bound *nameless = NULL;

	for (size_t i = find_place(bounds, key, &lowest); i < bounds->n; i++) {
		struct vg_bound *bound = bounds->items[i];

		if (memcmp(&bound->key, key, sizeof(*key)) != 0)
			break;
		if (!peer || (bound->peer_known && vg_addr_cmp(&bound->peer, peer) == 0))
			return bound;
		if (!bound->peer_known)
			nameless = bound;
	}
	if (nameless)
		learn_peer(bounds, nameless, peer);
	return nameless;
}

struct vg_bound *vg_bounds_find_ahead(const struct vg_bounds *bounds, const struct vg_bind_key *key)
{
	const struct vg_addr lowest = { .bytes = { 0 } };

	for (size_t i = find_place(bounds, key, &lowest); i < bounds->n; i++) {
		if (memcmp(&bounds->items[i]->key, key, sizeof(*key)) != 0)
			break;
		if (bounds->items[i]->ahead > 0)
			return bounds->items[i];
	}
	return NULL;
}

struct vg_bound *vg_bounds_at(const struct vg_bounds *bounds, size_t i)
{
	return i < bounds->n ? bounds->items[i] : NULL;
}

size_t vg_bounds_size(const struct vg_bounds *bounds)
{
	return bounds->n;
}

size_t vg_bounds_place(const struct vg_bounds *bounds, const struct vg_addr *addr)
{
	const struct vg_bind_key key = { .addr = *addr };
	const struct vg_addr lowest = { .bytes = { 0 } };

	return find_place(bounds, &key, &lowest);
}

bool vg_bounds_has_global(const struct vg_bounds *bounds, uint32_t ifindex)
{
	for (size_t i = 0; i < bounds->n; i++) {
		if (bounds->items[i]->key.ifindex == ifindex && vg_addr_is_global(&bounds->items[i]->key.addr))
			return true;
	}
	return false;
}

bool vg_bounds_names_peer(const struct vg_bounds *bounds, uint32_t ifindex, const struct vg_addr *addr)
{
	for (size_t i = 0; i < bounds->n; i++) {
		const struct vg_bound *bound = bounds->items[i];

		if (bound->key.ifindex == ifindex && vg_addr_cmp(&bound->peer, addr) == 0 && vg_addr_cmp(&bound->key.addr, addr) != 0)
			return true;
	}
	return false;
}

void vg_bounds_rename(const struct vg_bounds *bounds, uint32_t ifindex, const char *ifname)
{
	for (size_t i = 0; i < bounds->n; i++) {
		struct vg_fact *fact = &bounds->items[i]->fact;

		if (fact->ifindex == ifindex)
			snprintf(fact->ifname, sizeof(fact->ifname), "%s", ifname);
	}
}

void vg_bounds_mark_absent(const struct vg_bounds *bounds)
{
	for (size_t i = 0; i < bounds->n; i++)
		bounds->items[i]->present = false;
}

void vg_bounds_forget_ahead(const struct vg_bounds *bounds)
{
	for (size_t i = 0; i < bounds->n; i++)
		bounds->items[i]->ahead = 0;
}
