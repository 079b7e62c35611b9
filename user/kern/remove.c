/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path that decides how long a violation stays. A host prefix, what controllers bind, costs one request: nothing can hang
 * on it, and the kernel itself says when it is gone. A wider IPv4 prefix may be a primary, so the link's addresses are read first.
 */
#include "kern/remove.h"

#include <errno.h>
#include <string.h>

#include "core/cascade.h"
#include "core/judge.h"
#include "kern/answer.h"

static bool read_switch(const char *link)
{
	char path[96];
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", link);
	file = fopen(path, "re");
	return file && fgetc(file) == '1';
}

/* IN_DEV_PROMOTE_SECONDARIES of include/linux/inetdevice.h: the link's switch or that of all links. */
static bool promotes_secondaries(const char *link)
{
	return read_switch(link) || read_switch("all");
}

static bool is_gone(int r)
{
	/* EADDRNOTAVAIL: no such address; ENODEV, ENXIO: no such link, or none with this family */
	return r == -EADDRNOTAVAIL || r == -ENODEV || r == -ENXIO;
}

static int check_cascade(struct vg_rtnl *rtnl, const struct vg_fact *fact, struct vg_error *ret_why)
{
	_cleanup_free_ struct vg_link_addr *addrs = NULL;
	char text[VG_TEXT_MAX], victim_text[VG_TEXT_MAX];
	struct vg_addr victim;
	size_t n;
	int r;

	r = vg_rtnl_list_addrs(rtnl, fact->ifindex, &addrs, &n);
	if (is_gone(r))
		return -ENOENT;
	if (r < 0)
		return vg_error_set(ret_why, r, "cannot list the addresses of %s: %s", fact->ifname, strerror(-r));
	switch (vg_cascade_check(addrs, n, &fact->addr, fact->prefix, promotes_secondaries(fact->ifname), &victim)) {
	case VG_REMOVAL_GONE: return -ENOENT;
	case VG_REMOVAL_CASCADES:
		vg_addr_to_str(&fact->addr, text);
		vg_addr_to_str(&victim, victim_text);
		return vg_error_set(ret_why, -EBUSY, "removing %s/%u from %s would take its secondary %s with it", text, fact->prefix, fact->ifname,
				    victim_text);
	case VG_REMOVAL_SAFE: break;
	}
	return 0;
}

/* With a peer, IPv4 deletes by the peer's network (inet_rtm_deladdr()), so the address is looked up with all that it has. */
static int remove_with_peer(struct vg_rtnl *rtnl, const struct vg_fact *fact, struct vg_error *ret_why)
{
	_cleanup_free_ struct vg_link_addr *addrs = NULL;
	int result = -ENOENT;
	size_t n;
	int r;

	/* two addresses with one peer are a primary and its secondary, whatever their prefix */
	r = vg_addr_is_ipv4(&fact->addr) ? check_cascade(rtnl, fact, ret_why) : 0;
	if (r < 0)
		return r;
	r = vg_rtnl_list_addrs(rtnl, fact->ifindex, &addrs, &n);
	if (r < 0)
		return is_gone(r) ? -ENOENT : r;
	for (size_t i = 0; i < n; i++) {
		if (vg_addr_cmp(&addrs[i].addr, &fact->addr) != 0 || addrs[i].prefix != fact->prefix)
			continue;
		r = vg_rtnl_delete_addr(rtnl, fact->ifindex, &addrs[i].addr, &addrs[i].peer, addrs[i].prefix);
		if (r < 0 && !is_gone(r))
			return r;
		if (r == 0)
			result = 0;
	}
	return result;
}

/* The verdict was about the name that the link had. A link that holds service addresses by now excuses the bind. */
static int check_link(struct vg_rtnl *rtnl, const struct vg_fact *fact, struct vg_error *ret_why)
{
	char name[VG_IFNAME_MAX];
	int r;

	r = vg_rtnl_link_name(rtnl, fact->ifindex, name);
	if (r < 0)
		return is_gone(r) ? -ENOENT : r;
	if (strcmp(name, fact->ifname) != 0 && vg_link_is_service_dummy(name))
		return vg_error_set(ret_why, -EBUSY, "%s is %s by now, which holds service addresses", fact->ifname, name);
	return 0;
}

static int remove_exactly(struct vg_rtnl *rtnl, const struct vg_fact *fact, bool is_peer, struct vg_error *ret_why)
{
	bool v4 = vg_addr_is_ipv4(&fact->addr);
	int r = 0;

	/* an IPv6 address that maps an IPv4 one; only its prefix may tell */
	if (v4 && fact->prefix > 32)
		return vg_rtnl_delete_addr6(rtnl, fact->ifindex, &fact->addr, fact->prefix);
	if (v4 && (fact->prefix < 32 || is_peer))
		r = check_cascade(rtnl, fact, ret_why);
	if (r == 0)
		r = vg_rtnl_delete_addr(rtnl, fact->ifindex, &fact->addr, &fact->addr, fact->prefix);
	if (is_gone(r))
		r = remove_with_peer(rtnl, fact, ret_why);
	if (r == -ENOENT && v4)
		r = vg_rtnl_delete_addr6(rtnl, fact->ifindex, &fact->addr, fact->prefix);
	return r;
}

int vg_remove_bind(struct vg_rtnl *rtnl, const struct vg_fact *fact, bool is_peer, struct vg_error *ret_why)
{
	char text[VG_TEXT_MAX];
	int r;

	r = check_link(rtnl, fact, ret_why);
	if (r == 0)
		r = remove_exactly(rtnl, fact, is_peer, ret_why);
	if (is_gone(r))
		r = -ENOENT;
	if (r < 0 && r != -ENOENT && r != -EBUSY) {
		vg_addr_to_str(&fact->addr, text);
		vg_error_set(ret_why, r, "cannot remove %s/%u from %s: %s", text, fact->prefix, fact->ifname, strerror(-r));
	}
	return r;
}

/* ESRCH: no such route */
static bool is_gone_answer(int r)
{
	return is_gone(r) || r == -ENOENT || r == -ESRCH;
}

/* The list is of this moment, and holds nothing that the kernel made itself. A route by several next hops is for others too. */
static int remove_listed(struct vg_rtnl *rtnl, const struct vg_fact *fact, const struct vg_rt_answer *list, size_t n, struct vg_error *ret_why)
{
	int result = -ENOENT, r;

	for (size_t i = 0; i < n; i++) {
		if (list[i].ifindex != fact->ifindex || vg_addr_cmp(&list[i].addr, &fact->addr) != 0)
			continue;
		if (list[i].plural)
			return vg_error_set(ret_why, -EBUSY, "the route has several next hops, or an object of them");
		r = vg_answer_delete(rtnl, fact->as, &list[i]);
		if (r < 0 && !is_gone_answer(r))
			return r;
		if (r == 0)
			result = 0;
	}
	return result;
}

int vg_remove_answer(struct vg_rtnl *rtnl, const struct vg_fact *fact, struct vg_error *ret_why)
{
	_cleanup_free_ struct vg_rt_answer *list = NULL;
	char text[VG_TEXT_MAX];
	size_t n = 0;
	int r;

	/* index 0: of no link in particular */
	r = fact->ifindex ? check_link(rtnl, fact, ret_why) : 0;
	if (r == 0)
		r = vg_answer_list(rtnl, fact->as, &list, &n);
	if (r == 0)
		r = remove_listed(rtnl, fact, list, n, ret_why);
	if (r < 0 && r != -ENOENT && r != -EBUSY) {
		vg_addr_to_str(&fact->addr, text);
		vg_error_set(ret_why, r, "cannot remove the %s of %s: %s", fact->as == VG_HOW_ROUTE ? "route" : "proxy entry", text, strerror(-r));
	}
	return r;
}
