/* SPDX-License-Identifier: Apache-2.0 */
/* An array sorted by ifindex: a node has dozens of links, and they seldom change. */
#include "kern/links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <net/if.h>
#include <net/if_arp.h>

#include "core/judge.h"

struct vg_links {
	struct vg_link *items;
	size_t n;
	size_t allocated;
	struct vg_dummies dummies;
};

int vg_links_new(struct vg_links **ret_links)
{
	struct vg_links *links = calloc(1, sizeof(*links));

	if (!links)
		return -ENOMEM;
	*ret_links = links;
	return 0;
}

void vg_links_free(struct vg_links *links)
{
	if (!links)
		return;
	free(links->items);
	free(links);
}

/* The place of ifindex, or where it would stand. */
static size_t find_place(const struct vg_links *links, uint32_t ifindex)
{
	size_t low = 0, high = links->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (links->items[middle].rt.ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct vg_link *vg_links_find(const struct vg_links *links, uint32_t ifindex)
{
	size_t i = find_place(links, ifindex);

	return i < links->n && links->items[i].rt.ifindex == ifindex ? &links->items[i] : NULL;
}

struct vg_link *vg_links_at(const struct vg_links *links, size_t i)
{
	return i < links->n ? &links->items[i] : NULL;
}

const char *vg_links_name(const struct vg_links *links, uint32_t ifindex)
{
	const struct vg_link *link = vg_links_find(links, ifindex);

	return link ? link->rt.name : "";
}

bool vg_links_may_excuse(const struct vg_links *links, uint32_t ifindex, const char *name)
{
	const struct vg_link *link = vg_links_find(links, ifindex);

	if (!link || strcmp(link->rt.name, name) != 0)
		return true;
	return link->dummy;
}

static int grow(struct vg_links *links)
{
	size_t wanted = links->allocated ? 2 * links->allocated : 16;
	struct vg_link *items;

	if (links->n >= VG_MAX_LINKS)
		return -ENOSPC;
	if (links->n < links->allocated)
		return 0;
	items = reallocarray(links->items, wanted, sizeof(*items));
	if (!items)
		return -ENOMEM;
	links->items = items;
	links->allocated = wanted;
	return 0;
}

int vg_links_put(struct vg_links *links, const struct vg_rt_link *rt)
{
	struct vg_link *link = vg_links_find(links, rt->ifindex);
	size_t i;
	int r;

	if (link) {
		link->rt = *rt;
		link->dummy = vg_links_is_dummy(links, rt->name, rt->kind);
		return 0;
	}
	r = grow(links);
	if (r < 0)
		return r;
	i = find_place(links, rt->ifindex);
	memmove(&links->items[i + 1], &links->items[i], (links->n - i) * sizeof(*links->items));
	links->items[i] = (struct vg_link){ .rt = *rt, .dummy = vg_links_is_dummy(links, rt->name, rt->kind) };
	links->n++;
	return 0;
}

void vg_links_remove(struct vg_links *links, uint32_t ifindex)
{
	size_t i = find_place(links, ifindex);

	if (i >= links->n || links->items[i].rt.ifindex != ifindex)
		return;
	memmove(&links->items[i], &links->items[i + 1], (links->n - i - 1) * sizeof(*links->items));
	links->n--;
}

bool vg_links_set_global(struct vg_links *links, uint32_t ifindex, bool has_global)
{
	struct vg_link *link = vg_links_find(links, ifindex);

	if (!link || link->has_global == has_global)
		return false;
	link->has_global = has_global;
	return true;
}

bool vg_links_is_dummy(const struct vg_links *links, const char *name, const char *kind)
{
	return (vg_dummies_have(&links->dummies, name) && !vg_link_leads_somewhere(name, kind)) ||
	       (links->dummies.open && strcmp(kind, "dummy") == 0);
}

const struct vg_dummies *vg_links_dummies(const struct vg_links *links)
{
	return &links->dummies;
}

bool vg_links_set_dummies(struct vg_links *links, const struct vg_dummies *dummies)
{
	if (vg_dummies_equal(&links->dummies, dummies))
		return false;
	links->dummies = *dummies;
	for (size_t i = 0; i < links->n; i++)
		links->items[i].dummy = vg_links_is_dummy(links, links->items[i].rt.name, links->items[i].rt.kind);
	return true;
}

bool vg_links_is_listed(const struct vg_rt_link *list, size_t n, uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].ifindex == ifindex)
			return true;
	}
	return false;
}

/* The kernel gives a kind to everything that software makes; what has none is hardware. */
static bool is_physical(const struct vg_link *link)
{
	return link->rt.kind[0] == '\0' && link->rt.type == ARPHRD_ETHER && !(link->rt.flags & IFF_LOOPBACK);
}

static bool is_named(const struct vg_link *link, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++) {
		if (strcmp(link->rt.name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Judged for itself. ARP and NDP claims are made on links with Ethernet framing alone. */
static bool is_chosen(const struct vg_link *link)
{
	if (link->rt.type != ARPHRD_ETHER || (link->rt.flags & IFF_LOOPBACK))
		return false;
	return is_physical(link) || (link->has_global && !link->dummy);
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	while (*kinds && strcmp(*kinds, kind) != 0)
		kinds++;
	return *kinds;
}

/* Ethernet from other hosts through IP. */
static bool is_tunnel(const struct vg_link *link)
{
	static const char *const kinds[] = { "vxlan", "geneve", "gretap", "ip6gretap", "erspan", "ip6erspan", "l2tpeth", "batadv", NULL };

	return is_one_of(link->rt.kind, kinds);
}

/* A port of something that forwards frames; the slaves of a bond, a team or a VRF device are not. */
static bool is_port(const struct vg_links *links, const struct vg_link *link)
{
	static const char *const kinds[] = { "bond", "team", "vrf", NULL };
	const struct vg_link *master = link->rt.master ? vg_links_find(links, link->rt.master) : NULL;

	return master && !is_one_of(master->rt.kind, kinds);
}

static bool is_lower_of(const struct vg_link *lower, const struct vg_link *upper)
{
	if (lower->rt.flags & IFF_LOOPBACK)
		return false;
	if (lower->rt.master == upper->rt.ifindex)
		return strcmp(upper->rt.kind, "bridge") != 0 || is_physical(lower);
	/* what a veth names is its other end, not a link below it */
	return upper->rt.lower == lower->rt.ifindex && strcmp(upper->rt.kind, "veth") != 0;
}

static bool guard_lower_links(struct vg_links *links, const struct vg_link *upper)
{
	bool found = false;

	for (size_t i = 0; i < links->n; i++) {
		struct vg_link *lower = &links->items[i];

		/* a tunnel's packets on InfiniBand are none of ours, and would be read at the wrong places */
		if (!lower->guarded && lower->rt.type == ARPHRD_ETHER && is_lower_of(lower, upper)) {
			lower->guarded = true;
			found = true;
		}
	}
	return found;
}

/* Towers are a few links high (VLAN on bridge on bond on hardware), and each round goes down by one at least. */
static void guard_towers(struct vg_links *links)
{
	bool found = true;

	while (found) {
		found = false;
		for (size_t i = 0; i < links->n; i++) {
			if (links->items[i].guarded && guard_lower_links(links, &links->items[i]))
				found = true;
		}
	}
}

/* A link with addresses to be asked for, InfiniBand above all; tunnels have none. */
static bool speaks_arp(const struct vg_link *link)
{
	return link->has_global && !(link->rt.flags & (IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT)) && link->rt.type != ARPHRD_NONE;
}

static bool has_outer_below(const struct vg_links *links, const struct vg_link *upper)
{
	for (size_t i = 0; i < links->n; i++) {
		const struct vg_link *lower = &links->items[i];

		if (lower->outer && is_lower_of(lower, upper))
			return true;
	}
	return false;
}

static void find_outer_links(struct vg_links *links)
{
	static const char *const towers[] = { "vlan", "bond", "team", "macvlan", "macsec", NULL };
	bool found = true;

	for (size_t i = 0; i < links->n; i++)
		links->items[i].outer = is_physical(&links->items[i]) || is_tunnel(&links->items[i]);
	while (found) {
		found = false;
		for (size_t i = 0; i < links->n; i++) {
			struct vg_link *link = &links->items[i];

			if (link->outer || !is_one_of(link->rt.kind, towers) || !has_outer_below(links, link))
				continue;
			link->outer = true;
			found = true;
		}
	}
}

static bool mark_below_ports(struct vg_links *links, const struct vg_link *upper)
{
	static const char *const none[] = { "veth", "tun", NULL }; /* nothing is below these, and pods make many */
	bool found = false;

	if (is_one_of(upper->rt.kind, none))
		return false;
	for (size_t i = 0; i < links->n; i++) {
		struct vg_link *lower = &links->items[i];

		if (!lower->below_port && is_lower_of(lower, upper)) {
			lower->below_port = true;
			found = true;
		}
	}
	return found;
}

static void find_ports(struct vg_links *links)
{
	bool found = true;

	find_outer_links(links);
	for (size_t i = 0; i < links->n; i++) {
		struct vg_link *link = &links->items[i];

		link->below_port = is_port(links, link);
		link->outer_port = link->below_port && link->outer;
	}
	while (found) {
		found = false;
		for (size_t i = 0; i < links->n; i++) {
			if (links->items[i].below_port && mark_below_ports(links, &links->items[i]))
				found = true;
		}
	}
}

static void choose_guarded(struct vg_links *links, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < links->n; i++) {
		struct vg_link *link = &links->items[i];

		if (n_names > 0)
			link->guarded = is_named(link, names, n_names) && !(link->rt.flags & IFF_LOOPBACK);
		else
			link->guarded = is_chosen(link);
		link->unjudged = link->rt.type != ARPHRD_ETHER && (link->guarded || (n_names == 0 && speaks_arp(link)));
		link->guarded &= link->rt.type == ARPHRD_ETHER;
	}
	if (n_names == 0)
		guard_towers(links);
}

static unsigned int role_of(const struct vg_link *link)
{
	return (link->guarded ? 1U : 0) | (link->outer_port ? 2U : 0) | (link->below_port ? 4U : 0);
}

void vg_links_choose(struct vg_links *links, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < links->n; i++)
		links->items[i].role = role_of(&links->items[i]);
	choose_guarded(links, names, n_names);
	find_ports(links);
	for (size_t i = 0; i < links->n; i++)
		links->items[i].changed = links->items[i].role != role_of(&links->items[i]);
}

bool vg_links_describe_gap(const struct vg_links *links, char *out, size_t size)
{
	bool guards = false;

	if (links->n >= VG_MAX_LINKS)
		return snprintf(out, size, "there are %zu links or more, and no more are followed", links->n) > 0;
	for (size_t i = 0; i < links->n; i++) {
		const struct vg_link *link = &links->items[i];

		if (link->unjudged)
			return snprintf(out, size, "%s is no Ethernet link, and its frames are not judged", link->rt.name) > 0;
		guards |= link->guarded;
	}
	return !guards && snprintf(out, size, "no link is guarded: none is hardware or holds a global address; name one with --interface") > 0;
}
