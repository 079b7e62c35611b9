/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference for bpf/nlmsg.bpf.h: the same question answered the kernel's way, with the uapi's own macros and a table of attributes,
 * all at once. Shares no line with what it checks.
 */
#ifndef TESTS_BPF_NLNAIVE_H
#define TESTS_BPF_NLNAIVE_H

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "vipguard/abi.h"

#define NAIVE_TABLE 16 /* beyond every type looked at */

struct naive_ask {
	struct vg_addr addr;
	enum vg_how how;
	__u32 ifindex, prefix, ifa_flags, nl_flags;
};

struct naive_tb {
	const struct rtattr *of[NAIVE_TABLE];
	_Bool short_one[NAIVE_TABLE]; /* some attribute of the type is shorter than min */
};

/* The bytes must be aligned to four. min: shortest payload by type that is no error for any of them. */
static inline void naive_parse(const struct nlmsghdr *nlh, size_t body, const __u32 *min, struct naive_tb *tb)
{
	int left = (int)(nlh->nlmsg_len - NLMSG_LENGTH(0)) - (int)NLMSG_ALIGN(body);
	const struct rtattr *attr = (const void *)((const char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(body));

	memset(tb, 0, sizeof(*tb));
	for (; left >= (int)sizeof(*attr) && RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		const unsigned int type = attr->rta_type & NLA_TYPE_MASK;

		if (type >= NAIVE_TABLE)
			continue;
		tb->of[type] = attr;
		tb->short_one[type] |= RTA_PAYLOAD(attr) < min[type];
	}
}

static inline void naive_addr(int family, const struct rtattr *attr, struct vg_addr *ret_addr)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (family == AF_INET) {
		memcpy(ret_addr->bytes, mapped, 12);
		memcpy(ret_addr->bytes + 12, RTA_DATA(attr), 4);
	} else {
		memcpy(ret_addr->bytes, RTA_DATA(attr), 16);
	}
}

static inline __u32 naive_u32(const struct rtattr *attr, __u32 otherwise)
{
	if (attr)
		memcpy(&otherwise, RTA_DATA(attr), sizeof(otherwise));
	return otherwise;
}

/* rtm_to_ifaddr(), inet6_rtm_newaddr() */
static inline _Bool naive_newaddr(const struct nlmsghdr *nlh, struct naive_ask *ask)
{
	const struct ifaddrmsg *ifm = NLMSG_DATA(nlh);
	const _Bool v4 = ifm->ifa_family == AF_INET;
	const __u32 len = v4 ? 4 : 16, min[NAIVE_TABLE] = { [IFA_ADDRESS] = len, [IFA_LOCAL] = len, [IFA_FLAGS] = 4 };
	const struct rtattr *attr;
	struct naive_tb tb;

	if (ifm->ifa_prefixlen > 8 * len)
		return 0;
	naive_parse(nlh, sizeof(*ifm), min, &tb);
	attr = tb.of[IFA_LOCAL];
	if (!v4 && !attr)
		attr = tb.of[IFA_ADDRESS];
	if (!attr || tb.short_one[IFA_ADDRESS] || tb.short_one[IFA_LOCAL] || tb.short_one[IFA_FLAGS])
		return 0;
	naive_addr(ifm->ifa_family, attr, &ask->addr);
	ask->how = VG_HOW_NETLINK;
	ask->ifindex = ifm->ifa_index;
	ask->prefix = ifm->ifa_prefixlen;
	ask->ifa_flags = naive_u32(tb.of[IFA_FLAGS], ifm->ifa_flags);
	return 1;
}

/* rtm_to_fib_config(), rtm_to_fib6_config() */
static inline _Bool naive_newroute(const struct nlmsghdr *nlh, struct naive_ask *ask)
{
	const struct rtmsg *rtm = NLMSG_DATA(nlh);
	const _Bool v4 = rtm->rtm_family == AF_INET;
	const __u32 min[NAIVE_TABLE] = { [RTA_DST] = v4 ? 4 : 0, [RTA_OIF] = 4, [RTA_TABLE] = 4 };
	struct naive_tb tb;
	__u32 table;

	if (rtm->rtm_type != RTN_LOCAL || rtm->rtm_dst_len != (v4 ? 32 : 128))
		return 0;
	naive_parse(nlh, sizeof(*rtm), min, &tb);
	if (!tb.of[RTA_DST] || tb.short_one[RTA_DST] || tb.short_one[RTA_OIF] || tb.short_one[RTA_TABLE])
		return 0;
	if (!v4 && RTA_PAYLOAD(tb.of[RTA_DST]) < 16)
		return 0;
	table = naive_u32(tb.of[RTA_TABLE], rtm->rtm_table);
	if (table != RT_TABLE_UNSPEC && table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL && table != RT_TABLE_DEFAULT)
		return 0;
	naive_addr(rtm->rtm_family, tb.of[RTA_DST], &ask->addr);
	ask->how = VG_HOW_ROUTE;
	ask->ifindex = naive_u32(tb.of[RTA_OIF], 1);
	ask->prefix = rtm->rtm_dst_len;
	return 1;
}

/* neigh_add() */
static inline _Bool naive_newneigh(const struct nlmsghdr *nlh, struct naive_ask *ask)
{
	static const __u32 min[NAIVE_TABLE];
	const struct ndmsg *ndm = NLMSG_DATA(nlh);
	const __u32 len = ndm->ndm_family == AF_INET ? 4 : 16;
	struct naive_tb tb;

	if (!(ndm->ndm_flags & NTF_PROXY))
		return 0;
	naive_parse(nlh, sizeof(*ndm), min, &tb);
	if (!tb.of[NDA_DST] || RTA_PAYLOAD(tb.of[NDA_DST]) < len)
		return 0;
	naive_addr(ndm->ndm_family, tb.of[NDA_DST], &ask->addr);
	ask->how = VG_HOW_PROXY;
	ask->ifindex = (__u32)ndm->ndm_ifindex;
	ask->prefix = 8 * len;
	return 1;
}

static inline _Bool naive_message(const struct nlmsghdr *nlh, struct naive_ask *ask)
{
	const __u32 len = nlh->nlmsg_len;
	const unsigned char *family = NLMSG_DATA(nlh);

	memset(ask, 0, sizeof(*ask));
	ask->nl_flags = nlh->nlmsg_flags;
	if (!(nlh->nlmsg_flags & NLM_F_REQUEST) || len < NLMSG_LENGTH(1) || (*family != AF_INET && *family != AF_INET6))
		return 0;
	if (nlh->nlmsg_type == RTM_NEWADDR)
		return len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)) && naive_newaddr(nlh, ask);
	if (nlh->nlmsg_type == RTM_NEWROUTE)
		return len >= NLMSG_LENGTH(sizeof(struct rtmsg)) && naive_newroute(nlh, ask);
	if (nlh->nlmsg_type == RTM_NEWNEIGH)
		return len >= NLMSG_LENGTH(sizeof(struct ndmsg)) && naive_newneigh(nlh, ask);
	return 0;
}

/* netlink_rcv_skb(): the asks in their order; how many there are, of which at most max are stored. */
static inline size_t naive_walk(const void *data, size_t len, struct naive_ask *asks, size_t max)
{
	const char *at = data;
	struct naive_ask ask;
	size_t n = 0;

	while (len >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *nlh = (const void *)at;
		size_t step;

		if (nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > len)
			break;
		if (naive_message(nlh, &ask)) {
			if (n < max)
				asks[n] = ask;
			n++;
		}
		step = ((size_t)nlh->nlmsg_len + 3) & ~(size_t)3;
		if (step > len)
			step = len;
		at += step;
		len -= step;
	}
	return n;
}

#endif
