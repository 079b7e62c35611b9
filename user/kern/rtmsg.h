/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink messages as values. Pure and strict: every length is checked before it is used, so bytes of any origin may be
 * handed in. What the guard has no use for is VG_RT_OTHER, not an error.
 */
#ifndef KERN_RTMSG_H
#define KERN_RTMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cascade.h"

#define VG_LINK_KIND_MAX 16

enum vg_rt_kind {
	VG_RT_OTHER,
	VG_RT_ADDR, /* RTM_NEWADDR, RTM_DELADDR of IPv4 and IPv6 */
	VG_RT_LINK, /* RTM_NEWLINK, RTM_DELLINK of the link itself, not of its bridge port */
	VG_RT_TC, /* RTM_NEWQDISC, RTM_DELQDISC, RTM_NEWTFILTER, RTM_DELTFILTER */
	VG_RT_DONE, /* NLMSG_DONE: end of a dump */
	VG_RT_ERROR, /* NLMSG_ERROR: error is 0 for an acknowledgement */
};

struct vg_rt_link {
	uint32_t ifindex;
	uint32_t flags; /* IFF_* */
	uint16_t type; /* ARPHRD_* */
	uint32_t master; /* ifindex of its bridge, bond, ...; 0: none */
	uint32_t lower; /* IFLA_LINK in this network namespace; 0: none. A veth names its peer here. */
	uint8_t mac[6]; /* all zero if it has none of six bytes */
	char name[VG_IFNAME_MAX];
	char kind[VG_LINK_KIND_MAX]; /* "vlan", "veth", ..., cut short if it is longer; "": hardware, or loopback */
};

struct vg_rt_msg {
	enum vg_rt_kind kind;
	bool gone; /* RTM_DEL... */
	bool interrupted; /* NLM_F_DUMP_INTR: the dump is to be repeated */
	uint32_t portid; /* netlink port of who asked; often, but not always, a pid; 0: the kernel */
	uint32_t seq;
	int error; /* VG_RT_ERROR, VG_RT_DONE: 0 or -errno */
	uint32_t ifindex; /* VG_RT_TC */
	struct vg_link_addr addr; /* VG_RT_ADDR */
	struct vg_rt_link link; /* VG_RT_LINK */
};

/* One message, from its nlmsghdr. len: bytes that may be read. -EBADMSG: a length does not fit. ret_size: the message with
 * its padding, never more than len. */
int vg_rtmsg_parse(const void *data, size_t len, struct vg_rt_msg *ret_msg, size_t *ret_size);

#endif
