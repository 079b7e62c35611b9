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
	VG_RT_ROUTE, /* RTM_NEWROUTE, RTM_DELROUTE of a host route of type local that no address made, in table main, local or default */
	VG_RT_PROXY, /* RTM_NEWNEIGH of a proxy neighbour */
	VG_RT_NEIGH, /* RTM_NEWNEIGH, RTM_DELNEIGH of another one, IPv4 or IPv6 */
	VG_RT_DONE, /* NLMSG_DONE: end of a dump */
	VG_RT_ERROR, /* NLMSG_ERROR: error is 0 for an acknowledgement */
};

struct vg_rt_link {
	uint32_t ifindex;
	uint32_t flags; /* IFF_* */
	uint16_t type; /* ARPHRD_* */
	uint32_t master; /* ifindex of its bridge, bond, ...; 0: none */
	uint32_t lower; /* IFLA_LINK in this network namespace; 0: none. A veth names its peer here. */
	uint32_t xdp; /* id of the XDP program on it; 0: none */
	uint8_t mac[6]; /* all zero if it has none of six bytes */
	char name[VG_IFNAME_MAX];
	char kind[VG_LINK_KIND_MAX]; /* "vlan", "veth", ..., cut short if it is longer; "": hardware, or loopback */
};

/* What makes the kernel answer for an address that is on no link. */
struct vg_rt_answer {
	struct vg_addr addr;
	uint32_t ifindex; /* route: of its only next hop; proxy: 0 means all links */
	/* of a route: */
	uint32_t table;
	uint32_t metric;
	uint8_t protocol; /* RTPROT_* */
	uint8_t scope;
	uint8_t tos;
	bool plural; /* its next hops are several, or an object of their own */
};

/* An entry of the neighbour table. */
struct vg_rt_neigh {
	struct vg_addr addr;
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	bool has_mac; /* of six bytes */
	uint8_t mac[6];
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
	struct vg_rt_answer answer; /* VG_RT_ROUTE, VG_RT_PROXY */
	struct vg_rt_neigh neigh; /* VG_RT_NEIGH */
};

/* One message, from its nlmsghdr. len: bytes that may be read. -EBADMSG: a length does not fit. ret_size: the message with
 * its padding, never more than len. */
int vg_rtmsg_parse(const void *data, size_t len, struct vg_rt_msg *ret_msg, size_t *ret_size);

#endif
