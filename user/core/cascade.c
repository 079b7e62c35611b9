/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cascade.h"

#include <linux/if_addr.h>

static bool is_it(const struct vg_link_addr *bound, const struct vg_addr *addr, uint8_t prefix)
{
	return bound->prefix == prefix && !vg_addr_cmp(&bound->addr, addr);
}

/*
 * __inet_del_ifa(): a secondary goes with its primary if the masks are equal and inet_ifa_match(), which compares ifa_address:
 * that is IFA_ADDRESS, the peer of a point-to-point address, and not IFA_LOCAL.
 */
static bool goes_with(const struct vg_link_addr *primary, const struct vg_link_addr *other)
{
	struct vg_prefix network;

	if (!(other->flags & IFA_F_SECONDARY) || other->prefix != primary->prefix)
		return false;
	if (!vg_addr_is_ipv4(&other->peer) || vg_prefix_make(&primary->peer, primary->prefix, &network) < 0)
		return false;
	return vg_prefix_contains(&network, &other->peer);
}

/* IPv6: IFA_F_SECONDARY is the same bit as IFA_F_TEMPORARY there and takes nothing with it (inet6_addr_del()). */
static bool takes_others(const struct vg_link_addr *bound, bool promote_secondaries)
{
	return vg_addr_is_ipv4(&bound->addr) && !(bound->flags & IFA_F_SECONDARY) && !promote_secondaries;
}

enum vg_removal vg_cascade_check(const struct vg_link_addr *addrs, size_t n, const struct vg_addr *addr, uint8_t prefix, bool promote_secondaries,
				 struct vg_addr *ret_victim)
{
	enum vg_removal removal = VG_REMOVAL_GONE;

	/* One address may be there twice with two peers; which one the kernel takes is not ours to bet on. */
	for (size_t i = 0; i < n; i++) {
		if (!is_it(&addrs[i], addr, prefix))
			continue;
		removal = VG_REMOVAL_SAFE;
		if (!takes_others(&addrs[i], promote_secondaries))
			continue;
		for (size_t other = 0; other < n; other++) {
			if (other == i || !goes_with(&addrs[i], &addrs[other]))
				continue;
			*ret_victim = addrs[other].addr;
			return VG_REMOVAL_CASCADES;
		}
	}
	return removal;
}
