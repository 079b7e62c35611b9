/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which address does this rtnetlink message ask to bind? A bounded reading of one RTM_NEWADDR, after the kernel's own rules, so that
 * both see the same: netlink_rcv_skb() and __nla_validate_parse() (liberal), rtm_to_ifaddr() for IPv4, inet6_rtm_newaddr() with
 * extract_addr() for IPv6; 5.10 to 7.3 agree in all that is read here.
 *
 * A message that the kernel itself would refuse or skip is VG_PARSE_NONE. Several messages in one send, or more than fits the
 * bounds, is VG_PARSE_UNPARSED.
 */
#ifndef VG_NLMSG_BPF_H
#define VG_NLMSG_BPF_H

#include "portable.bpf.h"

#define VG_NLMSG_MAX 512 /* a power of two: the verifier learns the bound from a mask */
#define VG_NLMSG_ATTRS 24

#define VG_NLMSG_HDRLEN 16
#define VG_NLMSG_TYPE 4
#define VG_NLMSG_FLAGS 6
#define VG_NLM_F_REQUEST 0x1
#define VG_RTM_NEWADDR 20

#define VG_IFADDRMSG 16 /* struct ifaddrmsg: family, prefix length, flags, scope, index */
#define VG_IFA_ATTRS 24
#define VG_IFA_ADDRESS 1
#define VG_IFA_LOCAL 2
#define VG_IFA_FLAGS 8
#define VG_IFA_TABLE 16 /* beyond every type read here; a power of two for the verifier */
#define VG_NLA_HDRLEN 4
#define VG_NLA_TYPE_MASK 0x3fff /* without NLA_F_NESTED and NLA_F_NET_BYTEORDER */

#define VG_AF_INET 2
#define VG_AF_INET6 10

/*
 * The start of what was sent, and what the walk found in it. The tail of bytes lets an attribute's payload be read anywhere without a
 * second bound. The table is in here, not on the stack, since the verifier forgets what is written to a map: every path through the
 * walk ends in the same state, where a table on the stack would double the states with each attribute.
 */
struct vg_nlmsg {
	__u8 bytes[VG_NLMSG_MAX + VG_NLA_HDRLEN + sizeof(struct vg_addr)] __attribute__((aligned(8)));
	__u32 tb[VG_IFA_TABLE]; /* offset by type, 0: absent; of repeated ones the last, as in the kernel's tb[] */
	__u32 refused; /* an attribute is shorter than the kernel's policy asks: it will answer ERANGE */
};

struct vg_newaddr {
	struct vg_addr addr; /* the one that becomes local */
	__u32 ifindex;
	__u32 prefix; /* own family */
	__u32 ifa_flags;
	__u32 nl_flags;
};

/* Multiples of four always; the mask repeats to the verifier what the callers have checked. */
static __always_inline const __u8 *vg_nlmsg_at(const struct vg_nlmsg *msg, __u32 offset)
{
	return msg->bytes + (offset & (VG_NLMSG_MAX - VG_NLA_HDRLEN));
}

/* Netlink is in host byte order and four-byte aligned (NLMSG_ALIGNTO, NLA_ALIGNTO). */
static __always_inline __u16 vg_nlmsg_u16(const __u8 *at)
{
	__u16 value;

	__builtin_memcpy(&value, __builtin_assume_aligned(at, 2), sizeof(value));
	return value;
}

static __always_inline __u32 vg_nlmsg_u32(const __u8 *at)
{
	__u32 value;

	__builtin_memcpy(&value, __builtin_assume_aligned(at, 4), sizeof(value));
	return value;
}

static __always_inline __u32 vg_nlmsg_align(__u32 len)
{
	return (len + 3) & ~3U;
}

static __always_inline void vg_nlmsg_note(struct vg_nlmsg *msg, __u32 type, __u32 offset, __u32 payload, __u32 addr_len)
{
	if (type >= VG_IFA_TABLE)
		return;
	msg->tb[type & (VG_IFA_TABLE - 1)] = offset;
	if ((type == VG_IFA_ADDRESS || type == VG_IFA_LOCAL) && payload < addr_len)
		msg->refused = 1;
	if (type == VG_IFA_FLAGS && payload < sizeof(__u32))
		msg->refused = 1;
}

/* False if there are more attributes than are looked at. The walk ends where nla_ok() ends it; what is left over is ignored there too. */
static __always_inline bool vg_nlmsg_walk(struct vg_nlmsg *msg, __u32 end, __u32 addr_len)
{
	__u32 offset = VG_IFA_ATTRS;

	for (int i = 0; i < VG_NLMSG_ATTRS; i++) {
		const __u8 *at = vg_nlmsg_at(msg, offset);
		__u32 len;

		if (offset + VG_NLA_HDRLEN > end)
			return true;
		len = vg_nlmsg_u16(at);
		if (len < VG_NLA_HDRLEN || offset + len > end)
			return true;
		vg_nlmsg_note(msg, vg_nlmsg_u16(at + 2) & VG_NLA_TYPE_MASK, offset, len - VG_NLA_HDRLEN, addr_len);
		offset += vg_nlmsg_align(len);
	}
	return offset + VG_NLA_HDRLEN > end;
}

/* IPv4 needs IFA_LOCAL; IPv6 takes IFA_LOCAL, else IFA_ADDRESS (which with IFA_LOCAL names the peer). */
static __always_inline enum vg_parse vg_nlmsg_pick(const struct vg_nlmsg *msg, bool v4, struct vg_newaddr *ret_new)
{
	__u32 offset = msg->tb[VG_IFA_LOCAL], flags = msg->tb[VG_IFA_FLAGS];
	const __u8 *at;

	if (!offset && !v4)
		offset = msg->tb[VG_IFA_ADDRESS];
	if (!offset || msg->refused)
		return VG_PARSE_NONE;
	at = vg_nlmsg_at(msg, offset) + VG_NLA_HDRLEN;
	if (v4)
		vg_addr_map_v4(at, &ret_new->addr);
	else
		__builtin_memcpy(ret_new->addr.bytes, __builtin_assume_aligned(at, 4), sizeof(ret_new->addr.bytes));
	ret_new->prefix = msg->bytes[VG_IFADDRMSG + 1];
	ret_new->ifindex = vg_nlmsg_u32(msg->bytes + VG_IFADDRMSG + 4);
	ret_new->ifa_flags = flags ? vg_nlmsg_u32(vg_nlmsg_at(msg, flags) + VG_NLA_HDRLEN) : msg->bytes[VG_IFADDRMSG + 2];
	ret_new->nl_flags = vg_nlmsg_u16(msg->bytes + VG_NLMSG_FLAGS);
	return VG_PARSE_FOUND;
}

/* One RTM_NEWADDR of `end` bytes, all of them in msg. */
static __always_inline enum vg_parse vg_nlmsg_parse_newaddr(struct vg_nlmsg *msg, __u32 end, struct vg_newaddr *ret_new)
{
	__u8 family = msg->bytes[VG_IFADDRMSG], prefix = msg->bytes[VG_IFADDRMSG + 1];
	bool v4 = family == VG_AF_INET;

	if (end < VG_IFA_ATTRS || (!v4 && family != VG_AF_INET6))
		return VG_PARSE_NONE;
	if (prefix > (v4 ? 32 : 128))
		return VG_PARSE_NONE;
	__builtin_memset(msg->tb, 0, sizeof(msg->tb));
	msg->refused = 0;
	if (!vg_nlmsg_walk(msg, end, v4 ? 4 : sizeof(struct vg_addr)))
		return VG_PARSE_UNPARSED;
	return vg_nlmsg_pick(msg, v4, ret_new);
}

/*
 * Whether the kernel will read another message behind the first, of `len` bytes: netlink_rcv_skb() goes on as long as a header fits and its
 * length makes sense. (ip pads its dump requests with zeros: those are none.) True if it cannot be told.
 */
static __always_inline bool vg_nlmsg_has_second(const struct vg_nlmsg *msg, __u32 sent, __u32 len)
{
	__u32 second, offset = vg_nlmsg_align(len);

	/* The first test keeps align() from having wrapped or passed `sent`. */
	if (sent - len < VG_NLMSG_HDRLEN || sent - offset < VG_NLMSG_HDRLEN)
		return false;
	if (offset > VG_NLMSG_MAX - VG_NLA_HDRLEN)
		return true;
	second = vg_nlmsg_u32(vg_nlmsg_at(msg, offset));
	return second >= VG_NLMSG_HDRLEN && second <= sent - offset;
}

/*
 * `sent` is the length of the whole send; msg holds its first min(sent, VG_NLMSG_MAX) bytes, what is behind them may be anything.
 * *ret_new is meaningful only with VG_PARSE_FOUND.
 */
static __always_inline enum vg_parse vg_nlmsg_parse(struct vg_nlmsg *msg, __u32 sent, struct vg_newaddr *ret_new)
{
	__u32 len;

	if (sent < VG_NLMSG_HDRLEN)
		return VG_PARSE_NONE;
	len = vg_nlmsg_u32(msg->bytes);
	if (len < VG_NLMSG_HDRLEN || len > sent)
		return VG_PARSE_NONE; /* netlink_rcv_skb() stops here */
	if (vg_nlmsg_has_second(msg, sent, len))
		return VG_PARSE_UNPARSED;
	if (vg_nlmsg_u16(msg->bytes + VG_NLMSG_TYPE) != VG_RTM_NEWADDR || !(vg_nlmsg_u16(msg->bytes + VG_NLMSG_FLAGS) & VG_NLM_F_REQUEST))
		return VG_PARSE_NONE;
	if (len > VG_NLMSG_MAX)
		return VG_PARSE_UNPARSED;
	return vg_nlmsg_parse_newaddr(msg, len, ret_new);
}

#endif
