/* SPDX-License-Identifier: Apache-2.0 */
/* One bind, unbind or announcement seen, from whatever source (BPF, rtnetlink, start-up dump): one form for all. A value. */
#ifndef CORE_FACT_H
#define CORE_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "vipguard/abi.h"

enum vg_fact_kind { VG_FACT_BIND, VG_FACT_UNBIND, VG_FACT_ANNOUNCE, VG_FACT_KIND_MAX };

struct vg_fact {
	enum vg_fact_kind kind;
	enum vg_how how;
	enum vg_how as; /* VG_HOW_ROUTE, _PROXY, _ANYCAST: what answers for the address, which is on no link; else 0 */
	struct vg_addr addr;
	uint8_t prefix; /* own family; announce: 32 or 128 */
	uint32_t ifindex;
	char ifname[VG_IFNAME_MAX]; /* "" if the link is gone already */
	bool real_link; /* whatever its name is, this link is none that exists to hold service addresses */
	uint32_t in_ifindex; /* a forwarded announcement: the port it came in on, else 0 */
	char in_ifname[VG_IFNAME_MAX];
	uint32_t netns; /* inode number */
	uint32_t ifa_flags; /* IFA_F_* */
	uint32_t nl_flags; /* NLM_F_* of the request */
	struct vg_who who; /* pid 0: not known */
	uint64_t time_ns; /* CLOCK_BOOTTIME at which the kernel did it */
	uint64_t count; /* announcements or refused binds that this fact stands for, at least 1 */
	uint8_t family; /* announce: AF_* of the socket that sent it, 0: none */
	uint8_t source[6]; /* announce: hardware address that it came from */
	uint32_t sender_netns; /* announce: inode number of the network namespace that made the frame, 0: not known */
	bool kernel_made; /* announce: by the kernel of this network namespace, so for whoever bound the address */
	bool refused; /* the kernel denied this bind or dropped these frames */
	bool past; /* announce: these frames left by a road on which nothing can be dropped */
	bool deniable; /* audit: enforce would have refused it in the kernel */
};

/* The name by which the link is judged, or NULL: a real link. The fact's. */
static inline const char *vg_fact_link(const struct vg_fact *fact)
{
	return fact->real_link ? NULL : fact->ifname;
}

const char *vg_fact_kind_to_str(enum vg_fact_kind kind); /* "bind", ... */

#endif
