/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else goes when an address is deleted. The kernel (net/ipv4/devinet.c, __inet_del_ifa) deletes with an IPv4 primary all
 * secondaries of its network unless promote_secondaries is set. IPv6 has no such rule. Pure: it gets the link's addresses.
 */
#ifndef CORE_CASCADE_H
#define CORE_CASCADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct vg_link_addr {
	struct vg_addr addr; /* IFA_LOCAL, else IFA_ADDRESS */
	struct vg_addr peer; /* IFA_ADDRESS; equal to addr where there is no peer */
	uint8_t prefix; /* own family */
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_* */
	uint8_t scope; /* RT_SCOPE_* */
	uint32_t preferred_lft; /* s; 0xffffffff: for ever */
	uint32_t valid_lft;
	char label[VG_IFNAME_MAX]; /* "" if none (IPv6) */
};

enum vg_removal {
	VG_REMOVAL_SAFE,
	VG_REMOVAL_GONE, /* not there any more with this very prefix */
	VG_REMOVAL_CASCADES, /* it would take *ret_victim with it */
};

/* addrs: all addresses of that link. ret_victim is set for VG_REMOVAL_CASCADES only. */
enum vg_removal vg_cascade_check(const struct vg_link_addr *addrs, size_t n, const struct vg_addr *addr, uint8_t prefix, bool promote_secondaries,
				 struct vg_addr *ret_victim);

#endif
