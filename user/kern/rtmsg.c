/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own walkers (NLMSG_OK, RTA_OK) accept what is cut short as the end; here that is an error, so that a message
 * is understood whole or not at all. Of repeated attributes the last one counts, as in nla_parse() of lib/nlattr.c.
 */
#include "kern/rtmsg.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"

#define ATTRS_MAX 64 /* above IFLA_LINK_NETNSID (37), IFLA_LINKINFO (18), IFA_FLAGS (8); later attributes are of no use here */

struct attr {
	const unsigned char *data;
	size_t len;
};

static int parse_attrs(const unsigned char *data, size_t len, struct attr attrs[ATTRS_MAX])
{
	memset(attrs, 0, ATTRS_MAX * sizeof(*attrs));
	while (len > 0) {
		struct nlattr header;
		size_t step;
		unsigned int type;

		if (len < sizeof(header))
			return -EBADMSG;
		memcpy(&header, data, sizeof(header));
		if (header.nla_len < sizeof(header) || header.nla_len > len)
			return -EBADMSG;
		type = header.nla_type & NLA_TYPE_MASK;
		if (type < ATTRS_MAX) {
			attrs[type].data = data + sizeof(header);
			attrs[type].len = header.nla_len - sizeof(header);
		}
		step = NLA_ALIGN(header.nla_len);
		/* the last attribute may come without its padding */
		if (step > len)
			step = len;
		data += step;
		len -= step;
	}
	return 0;
}

static int get_u32(const struct attr *attr, uint32_t *value)
{
	if (!attr->data)
		return 0;
	if (attr->len != sizeof(*value))
		return -EBADMSG;
	memcpy(value, attr->data, sizeof(*value));
	return 0;
}

/* The text ends with the attribute or with a NUL; one that does not fit into size is refused. */
static int get_str(const struct attr *attr, char *out, size_t size)
{
	size_t n;

	if (!attr->data)
		return 0;
	n = strnlen((const char *)attr->data, attr->len);
	if (n >= size)
		return -EBADMSG;
	memcpy(out, attr->data, n);
	out[n] = '\0';
	return 0;
}

static int get_addr(const struct attr *attr, int family, struct vg_addr *ret_addr)
{
	if (attr->len != (family == AF_INET ? 4U : 16U))
		return -EBADMSG;
	return vg_addr_from_bytes(attr->data, attr->len, ret_addr);
}

static int get_addresses(const struct attr *attrs, int family, struct vg_link_addr *addr)
{
	const struct attr *local = &attrs[IFA_LOCAL];
	const struct attr *address = &attrs[IFA_ADDRESS];
	int r;

	if (!local->data && !address->data)
		return -EBADMSG;
	r = get_addr(local->data ? local : address, family, &addr->addr);
	if (r < 0)
		return r;
	return get_addr(address->data ? address : local, family, &addr->peer);
}

static int get_lifetime(const struct attr *attr, struct vg_link_addr *addr)
{
	struct ifa_cacheinfo info;

	addr->preferred_lft = UINT32_MAX;
	addr->valid_lft = UINT32_MAX;
	if (!attr->data)
		return 0;
	if (attr->len < sizeof(info))
		return -EBADMSG;
	memcpy(&info, attr->data, sizeof(info));
	addr->preferred_lft = info.ifa_prefered;
	addr->valid_lft = info.ifa_valid;
	return 0;
}

static int parse_addr(const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	struct attr attrs[ATTRS_MAX];
	struct ifaddrmsg header;
	int r;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6)
		return 0;
	if (header.ifa_prefixlen > (header.ifa_family == AF_INET ? 32 : 128))
		return -EBADMSG;
	r = parse_attrs(data + NLMSG_ALIGN(sizeof(header)), len - sizeof(header), attrs);
	if (r < 0)
		return r;
	msg->addr.prefix = header.ifa_prefixlen;
	msg->addr.ifindex = header.ifa_index;
	msg->addr.scope = header.ifa_scope;
	msg->addr.flags = header.ifa_flags;
	r = get_addresses(attrs, header.ifa_family, &msg->addr);
	if (r < 0)
		return r;
	r = get_u32(&attrs[IFA_FLAGS], &msg->addr.flags);
	if (r < 0)
		return r;
	r = get_str(&attrs[IFA_LABEL], msg->addr.label, sizeof(msg->addr.label));
	if (r < 0)
		return r;
	r = get_lifetime(&attrs[IFA_CACHEINFO], &msg->addr);
	if (r < 0)
		return r;
	msg->kind = VG_RT_ADDR;
	return 0;
}

static int get_kind(const struct attr *attr, struct vg_rt_link *link)
{
	struct attr attrs[ATTRS_MAX];
	int r;

	if (!attr->data)
		return 0;
	r = parse_attrs(attr->data, attr->len, attrs);
	if (r < 0)
		return r;
	/* a kind of that length is none that is known, and no reason to refuse a whole list */
	if (attrs[IFLA_INFO_KIND].len >= sizeof(link->kind))
		attrs[IFLA_INFO_KIND].len = sizeof(link->kind) - 1;
	return get_str(&attrs[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
}

/* One of several modes has an attribute of its own then; which one is no matter. */
static int get_xdp(const struct attr *attr, struct vg_rt_link *link)
{
	struct attr attrs[ATTRS_MAX];
	int r;

	if (!attr->data)
		return 0;
	r = parse_attrs(attr->data, attr->len, attrs);
	for (unsigned int type = IFLA_XDP_PROG_ID; r == 0 && type <= IFLA_XDP_HW_PROG_ID; type++) {
		if (!link->xdp)
			r = get_u32(&attrs[type], &link->xdp);
	}
	return r;
}

static int get_link(const struct attr *attrs, struct vg_rt_link *link)
{
	int r;

	if (attrs[IFLA_ADDRESS].len == sizeof(link->mac))
		memcpy(link->mac, attrs[IFLA_ADDRESS].data, sizeof(link->mac));
	r = get_str(&attrs[IFLA_IFNAME], link->name, sizeof(link->name));
	if (r < 0)
		return r;
	r = get_u32(&attrs[IFLA_MASTER], &link->master);
	if (r < 0)
		return r;
	r = get_kind(&attrs[IFLA_LINKINFO], link);
	if (r < 0)
		return r;
	r = get_xdp(&attrs[IFLA_XDP], link);
	if (r < 0)
		return r;
	/* with a namespace id, IFLA_LINK is an index of another namespace */
	if (attrs[IFLA_LINK_NETNSID].data)
		return 0;
	return get_u32(&attrs[IFLA_LINK], &link->lower);
}

static int parse_link(const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	struct attr attrs[ATTRS_MAX];
	struct ifinfomsg header;
	int r;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	/* of AF_BRIDGE it speaks of the port: RTM_DELLINK then means that the link left its bridge */
	if (header.ifi_family != AF_UNSPEC)
		return 0;
	if (header.ifi_index <= 0)
		return -EBADMSG;
	r = parse_attrs(data + NLMSG_ALIGN(sizeof(header)), len - sizeof(header), attrs);
	if (r < 0)
		return r;
	/* a wireless event (net/wireless/wext-core.c) carries a name and no more: no picture of the link */
	if (attrs[IFLA_WIRELESS].data)
		return 0;
	msg->link.ifindex = (uint32_t)header.ifi_index;
	msg->link.flags = header.ifi_flags;
	msg->link.type = header.ifi_type;
	r = get_link(attrs, &msg->link);
	if (r < 0)
		return r;
	msg->kind = VG_RT_LINK;
	return 0;
}

static int parse_tc(const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	struct tcmsg header;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.tcm_ifindex <= 0)
		return 0;
	msg->ifindex = (uint32_t)header.tcm_ifindex;
	msg->kind = VG_RT_TC;
	return 0;
}

static bool is_answering_route(const struct rtmsg *header, uint32_t table)
{
	return header->rtm_type == RTN_LOCAL && header->rtm_protocol != RTPROT_KERNEL && !(header->rtm_flags & RTM_F_CLONED) &&
	       header->rtm_dst_len == (header->rtm_family == AF_INET ? 32 : 128) && table >= RT_TABLE_DEFAULT && table <= RT_TABLE_LOCAL;
}

static int get_route(const struct attr *attrs, const struct rtmsg *header, struct vg_rt_answer *answer)
{
	int r = get_addr(&attrs[RTA_DST], header->rtm_family, &answer->addr);

	if (r == 0)
		r = get_u32(&attrs[RTA_OIF], &answer->ifindex);
	if (r == 0)
		r = get_u32(&attrs[RTA_PRIORITY], &answer->metric);
	answer->protocol = header->rtm_protocol;
	answer->scope = header->rtm_scope;
	answer->tos = header->rtm_tos;
	answer->plural = attrs[RTA_MULTIPATH].data || attrs[RTA_NH_ID].data || !answer->ifindex;
	return r;
}

static int parse_route(const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	struct attr attrs[ATTRS_MAX];
	struct rtmsg header;
	int r;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6)
		return 0;
	r = parse_attrs(data + NLMSG_ALIGN(sizeof(header)), len - sizeof(header), attrs);
	if (r < 0)
		return r;
	msg->answer.table = header.rtm_table;
	r = get_u32(&attrs[RTA_TABLE], &msg->answer.table);
	if (r < 0 || !is_answering_route(&header, msg->answer.table))
		return r;
	r = get_route(attrs, &header, &msg->answer);
	if (r == 0)
		msg->kind = VG_RT_ROUTE;
	return r;
}

static void get_neigh(const struct attr *attrs, const struct ndmsg *header, struct vg_rt_neigh *neigh)
{
	neigh->ifindex = (uint32_t)header->ndm_ifindex;
	neigh->state = header->ndm_state;
	neigh->has_mac = attrs[NDA_LLADDR].len == sizeof(neigh->mac);
	if (neigh->has_mac)
		memcpy(neigh->mac, attrs[NDA_LLADDR].data, sizeof(neigh->mac));
}

static int parse_neigh(const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	struct attr attrs[ATTRS_MAX];
	struct vg_addr addr;
	struct ndmsg header;
	int r;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6)
		return 0;
	r = parse_attrs(data + NLMSG_ALIGN(sizeof(header)), len - sizeof(header), attrs);
	if (r == 0)
		r = get_addr(&attrs[NDA_DST], header.ndm_family, &addr);
	if (r < 0)
		return r;
	msg->kind = VG_RT_NEIGH;
	msg->neigh.addr = addr;
	get_neigh(attrs, &header, &msg->neigh);
	if (!(header.ndm_flags & NTF_PROXY))
		return 0;
	msg->answer.addr = addr;
	msg->answer.ifindex = header.ndm_ifindex > 0 ? (uint32_t)header.ndm_ifindex : 0;
	msg->kind = VG_RT_PROXY;
	return 0;
}

static int parse_result(const unsigned char *data, size_t len, enum vg_rt_kind kind, struct vg_rt_msg *msg)
{
	int32_t error;

	msg->kind = kind;
	/* NLMSG_DONE of older kernels may be empty */
	if (len == 0 && kind == VG_RT_DONE)
		return 0;
	if (len < sizeof(error))
		return -EBADMSG;
	memcpy(&error, data, sizeof(error));
	/* INT_MIN has no positive twin for strerror() */
	if (error > 0 || error == INT_MIN)
		return -EBADMSG;
	msg->error = error;
	return 0;
}

static int parse_payload(uint16_t type, const unsigned char *data, size_t len, struct vg_rt_msg *msg)
{
	switch (type) {
	case RTM_NEWADDR:
	case RTM_DELADDR: msg->gone = type == RTM_DELADDR; return parse_addr(data, len, msg);
	case RTM_NEWLINK:
	case RTM_DELLINK: msg->gone = type == RTM_DELLINK; return parse_link(data, len, msg);
	case RTM_NEWROUTE:
	case RTM_DELROUTE: msg->gone = type == RTM_DELROUTE; return parse_route(data, len, msg);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH: msg->gone = type == RTM_DELNEIGH; return parse_neigh(data, len, msg);
	case RTM_NEWQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELQDISC:
	case RTM_DELTFILTER: msg->gone = type == RTM_DELQDISC || type == RTM_DELTFILTER; return parse_tc(data, len, msg);
	case NLMSG_DONE: return parse_result(data, len, VG_RT_DONE, msg);
	case NLMSG_ERROR: return parse_result(data, len, VG_RT_ERROR, msg);
	default: return 0;
	}
}

int vg_rtmsg_parse(const void *data, size_t len, struct vg_rt_msg *ret_msg, size_t *ret_size)
{
	struct vg_rt_msg msg = { .kind = VG_RT_OTHER };
	struct nlmsghdr header;
	size_t size;
	int r;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > len)
		return -EBADMSG;
	msg.portid = header.nlmsg_pid;
	msg.seq = header.nlmsg_seq;
	msg.interrupted = header.nlmsg_flags & NLM_F_DUMP_INTR;
	r = parse_payload(header.nlmsg_type, (const unsigned char *)data + sizeof(header), header.nlmsg_len - sizeof(header), &msg);
	if (r < 0)
		return r;
	size = NLMSG_ALIGN((size_t)header.nlmsg_len);
	*ret_msg = msg;
	*ret_size = size > len ? len : size;
	return 0;
}
