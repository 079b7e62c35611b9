/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What do these rtnetlink messages ask for? A walk over all messages of one send and all their attributes, after the kernel's own rules,
 * so that both see the same: netlink_rcv_skb() and __nla_validate_parse() (liberal); rtm_to_ifaddr() and inet6_rtm_newaddr() with
 * extract_addr(); rtm_to_fib_config() and rtm_to_fib6_config(); neigh_add(). 5.10 to 7.3 agree in all that is read here.
 *
 * A machine of small steps, each one message's head or one attribute: the verifier needs to see one step only. The beginning of a send, mostly
 * all of it, is copied at once: to fetch a few bytes costs as much as many. A message that the kernel itself would refuse or skip is passed over.
 */
#ifndef VG_NLMSG_BPF_H
#define VG_NLMSG_BPF_H

#include "portable.bpf.h"

/* Of one send; an address takes about five. More is not looked at. A page of the shortest attributes fits. */
#define VG_NL_STEPS 1024

#define VG_NL_CACHE 128 /* a power of two; what is asked with one address has 84 bytes at the most, but for foreign attributes */
#define VG_NL_READ_MAX 16 /* at a time */

#define VG_NL_HDRLEN 16
#define VG_NL_REQUEST 0x1
#define VG_NL_ATTR_HDRLEN 4
#define VG_NL_ATTR_TYPE 0x3fff /* without NLA_F_NESTED and NLA_F_NET_BYTEORDER */

#define VG_RTM_NEWADDR 20
#define VG_RTM_NEWROUTE 24
#define VG_RTM_NEWNEIGH 28
#define VG_IFA_BODY 8 /* sizeof(struct ifaddrmsg) */
#define VG_RTM_BODY 12 /* struct rtmsg, and struct ndmsg */

#define VG_NL_ADDRESS 1 /* IFA_ADDRESS, RTA_DST, NDA_DST */
#define VG_IFA_LOCAL 2
#define VG_IFA_FLAGS 8
#define VG_RTA_OIF 4
#define VG_RTA_TABLE 15

#define VG_RTN_LOCAL 2
#define VG_TABLE_DEFAULT 253 /* main and local follow; 0 is taken for main */
#define VG_NTF_PROXY 0x08
#define VG_LOOPBACK_IFINDEX 1 /* in every namespace */

#define VG_AF_INET 2
#define VG_AF_INET6 10

/* It lives in a map, not on the stack: the verifier forgets what is written there, so that all ways through a step end in one state. */
struct vg_nlwalk {
	__u8 cache[VG_NL_CACHE + VG_NL_READ_MAX] __attribute__((aligned(8))); /* the first bytes of it */
	__u32 cached;
	const __u8 *data; /* the whole send */
	__u32 sent; /* its length */
	__u32 offset; /* of what is read next */
	__u32 end; /* of the attributes of the message under way; 0: a message is next */
	__u32 next; /* where that one starts */
	struct vg_ask ask; /* whole after VG_NL_ASK only */
	__u8 address[sizeof(struct vg_addr)]; /* own family; of repeated attributes the last, as in the kernel's tb[] */
	__u8 local[sizeof(struct vg_addr)];
	__u32 has_address;
	__u32 has_local;
	__u32 v4;
	__u32 table;
	__u32 refused; /* an attribute is shorter than the kernel's policy asks: it will answer ERANGE */
};

enum vg_nl_step {
	VG_NL_MORE, /* go on */
	VG_NL_ASK, /* there is an ask; go on afterwards */
	VG_NL_END,
	VG_NL_UNREADABLE,
};

/* Netlink is in host byte order. */
struct vg_nl_head {
	__u32 len;
	__u16 type;
	__u16 flags;
};

struct vg_nl_attr {
	__u16 len;
	__u16 type;
};

static __always_inline long vg_nl_fetch(void *to, __u32 len, const __u8 *from)
{
#ifdef __bpf__
	return bpf_probe_read_kernel(to, len, from);
#else
	memcpy(to, from, len);
	return 0;
#endif
}

/* offset: a multiple of four; len: a constant, VG_NL_READ_MAX at the most. */
static __always_inline long vg_nl_read(const struct vg_nlwalk *walk, void *to, __u32 len, __u32 offset)
{
	if (offset + len > walk->cached)
		return vg_nl_fetch(to, len, walk->data + offset);
	__builtin_memcpy(to, __builtin_assume_aligned(walk->cache + (offset & (VG_NL_CACHE - 1)), 4), len);
	return 0;
}

static __always_inline __u32 vg_nl_align(__u32 len)
{
	return (len + 3) & ~3U;
}

static __always_inline __u32 vg_nl_u32(const __u8 *at)
{
	__u32 value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static __always_inline void vg_nl_start(struct vg_nlwalk *walk, const __u8 *data, __u32 sent)
{
	walk->cached = sent < VG_NL_CACHE ? sent : VG_NL_CACHE;
	walk->data = data;
	walk->sent = sent;
	walk->offset = 0;
	walk->end = 0;
	walk->next = 0;
	if (vg_nl_fetch(walk->cache, walk->cached, data))
		walk->cached = 0;
}

static __always_inline __u32 vg_nl_host(const struct vg_nlwalk *walk)
{
	return walk->v4 ? 32 : 128;
}

/* family, prefix length, flags, scope, index */
static __always_inline bool vg_nl_begin_addr(struct vg_nlwalk *walk, const __u8 *body)
{
	walk->ask.how = VG_HOW_NETLINK;
	walk->ask.prefix = body[1];
	walk->ask.ifa_flags = body[2];
	walk->ask.ifindex = vg_nl_u32(body + 4);
	return walk->ask.prefix <= vg_nl_host(walk);
}

/* family, length of destination, of source, TOS, table, protocol, scope, type. A wider one is nobody's VIP: TPROXY has local 0.0.0.0/0. */
static __always_inline bool vg_nl_begin_route(struct vg_nlwalk *walk, const __u8 *body)
{
	walk->ask.how = VG_HOW_ROUTE;
	walk->ask.prefix = body[1];
	walk->ask.ifindex = VG_LOOPBACK_IFINDEX; /* unless it says otherwise */
	walk->table = body[4];
	return body[7] == VG_RTN_LOCAL && walk->ask.prefix == vg_nl_host(walk);
}

/* family, three bytes of padding, index, two bytes of state, flags, type */
static __always_inline bool vg_nl_begin_proxy(struct vg_nlwalk *walk, const __u8 *body)
{
	walk->ask.how = VG_HOW_PROXY;
	walk->ask.prefix = vg_nl_host(walk);
	walk->ask.ifindex = vg_nl_u32(body + 4);
	return body[10] & VG_NTF_PROXY;
}

/* True: its attributes are to be read. */
static __always_inline bool vg_nl_begin(struct vg_nlwalk *walk, const struct vg_nl_head *head, const __u8 *body)
{
	if (body[0] != VG_AF_INET && body[0] != VG_AF_INET6)
		return false;
	walk->v4 = body[0] == VG_AF_INET;
	walk->has_address = 0;
	walk->has_local = 0;
	walk->refused = 0;
	walk->ask.ifa_flags = 0;
	walk->ask.nl_flags = head->flags;
	if (head->type == VG_RTM_NEWADDR)
		return vg_nl_begin_addr(walk, body);
	if (head->type == VG_RTM_NEWROUTE)
		return vg_nl_begin_route(walk, body);
	return vg_nl_begin_proxy(walk, body);
}

/* 0: not a message that is looked into. */
static __always_inline __u32 vg_nl_body_len(const struct vg_nl_head *head)
{
	if (!(head->flags & VG_NL_REQUEST))
		return 0;
	if (head->type == VG_RTM_NEWADDR)
		return VG_IFA_BODY;
	return head->type == VG_RTM_NEWROUTE || head->type == VG_RTM_NEWNEIGH ? VG_RTM_BODY : 0;
}

/* Most sends: one message, of another kind. To know it costs next to nothing. */
static __always_inline bool vg_nl_is_other(const __u8 *data, __u32 sent)
{
	struct vg_nl_head head;

	return sent >= VG_NL_HDRLEN && !vg_nl_fetch(&head, sizeof(head), data) && head.len >= sent && !vg_nl_body_len(&head);
}

/* netlink_rcv_skb(): goes on as long as a head fits and its length makes sense; what ip sends as padding does not. */
static __always_inline enum vg_nl_step vg_nl_message(struct vg_nlwalk *walk)
{
	__u32 rest = walk->sent - walk->offset, len, body_len;
	__u32 at = walk->offset;
	__u8 body[VG_RTM_BODY] __attribute__((aligned(4))) = { 0 };
	struct vg_nl_head head;

	if (rest < VG_NL_HDRLEN)
		return VG_NL_END;
	if (vg_nl_read(walk, &head, sizeof(head), at))
		return VG_NL_UNREADABLE;
	if (head.len < VG_NL_HDRLEN || head.len > rest)
		return VG_NL_END;
	len = vg_nl_align(head.len);
	walk->next = len < head.len || len > rest ? walk->sent : walk->offset + len;
	body_len = vg_nl_body_len(&head);
	if (!body_len || head.len < VG_NL_HDRLEN + body_len) {
		walk->offset = walk->next;
		return VG_NL_MORE;
	}
	if (vg_nl_read(walk, body, VG_IFA_BODY, at + VG_NL_HDRLEN) ||
	    (body_len == VG_RTM_BODY && vg_nl_read(walk, body + VG_IFA_BODY, VG_RTM_BODY - VG_IFA_BODY, at + VG_NL_HDRLEN + VG_IFA_BODY)))
		return VG_NL_UNREADABLE;
	if (vg_nl_begin(walk, &head, body)) {
		walk->end = walk->offset + head.len;
		walk->offset += VG_NL_HDRLEN + body_len;
	} else {
		walk->offset = walk->next;
	}
	return VG_NL_MORE;
}

/* Too short: by a policy, and the kernel refuses whatever follows; or by the last one alone (NDA_DST, RTA_DST of IPv6). */
static __always_inline long vg_nl_note_addr(struct vg_nlwalk *walk, __u8 *to, __u32 *has, __u32 payload, __u32 len)
{
	bool by_policy = walk->ask.how == VG_HOW_NETLINK || (walk->ask.how == VG_HOW_ROUTE && walk->v4);

	*has = len >= (walk->v4 ? 4 : sizeof(struct vg_addr));
	if (!*has) {
		walk->refused |= by_policy;
		return 0;
	}
	return walk->v4 ? vg_nl_read(walk, to, 4, payload) : vg_nl_read(walk, to, sizeof(struct vg_addr), payload);
}

static __always_inline long vg_nl_note_u32(struct vg_nlwalk *walk, __u32 *to, __u32 payload, __u32 len)
{
	if (len >= sizeof(*to))
		return vg_nl_read(walk, to, sizeof(*to), payload);
	walk->refused = 1;
	return 0;
}

static __always_inline long vg_nl_note(struct vg_nlwalk *walk, __u32 type, __u32 payload, __u32 len)
{
	if (type == VG_NL_ADDRESS)
		return vg_nl_note_addr(walk, walk->address, &walk->has_address, payload, len);
	if (walk->ask.how == VG_HOW_NETLINK && type == VG_IFA_LOCAL)
		return vg_nl_note_addr(walk, walk->local, &walk->has_local, payload, len);
	if (walk->ask.how == VG_HOW_NETLINK && type == VG_IFA_FLAGS)
		return vg_nl_note_u32(walk, &walk->ask.ifa_flags, payload, len);
	if (walk->ask.how == VG_HOW_ROUTE && type == VG_RTA_OIF)
		return vg_nl_note_u32(walk, &walk->ask.ifindex, payload, len);
	if (walk->ask.how == VG_HOW_ROUTE && type == VG_RTA_TABLE)
		return vg_nl_note_u32(walk, &walk->table, payload, len);
	return 0;
}

/* IPv4 needs IFA_LOCAL; IPv6 takes IFA_LOCAL, else IFA_ADDRESS (which with IFA_LOCAL names the peer). Tables that need a rule are its maker's. */
static __always_inline const __u8 *vg_nl_pick(const struct vg_nlwalk *walk)
{
	if (walk->refused)
		return NULL;
	if (walk->ask.how == VG_HOW_NETLINK && (walk->has_local || walk->v4))
		return walk->has_local ? walk->local : NULL;
	if (walk->ask.how == VG_HOW_ROUTE && walk->table && (walk->table < VG_TABLE_DEFAULT || walk->table > VG_TABLE_DEFAULT + 2))
		return NULL;
	return walk->has_address ? walk->address : NULL;
}

static __always_inline enum vg_nl_step vg_nl_finish(struct vg_nlwalk *walk)
{
	const __u8 *addr = vg_nl_pick(walk);

	walk->offset = walk->next;
	walk->end = 0;
	if (!addr)
		return VG_NL_MORE;
	if (walk->v4)
		vg_addr_map_v4(addr, &walk->ask.addr);
	else
		__builtin_memcpy(walk->ask.addr.bytes, addr, sizeof(walk->ask.addr.bytes));
	return VG_NL_ASK;
}

/* The walk ends where nla_ok() ends it; what is left over is ignored there too. */
static __always_inline enum vg_nl_step vg_nl_attribute(struct vg_nlwalk *walk)
{
	__u32 at = walk->offset;
	struct vg_nl_attr attr;

	if (walk->offset + VG_NL_ATTR_HDRLEN > walk->end)
		return vg_nl_finish(walk);
	if (vg_nl_read(walk, &attr, sizeof(attr), at))
		return VG_NL_UNREADABLE;
	if (attr.len < VG_NL_ATTR_HDRLEN || attr.len > walk->end - walk->offset)
		return vg_nl_finish(walk);
	walk->offset += vg_nl_align(attr.len);
	if (vg_nl_note(walk, attr.type & VG_NL_ATTR_TYPE, at + VG_NL_ATTR_HDRLEN, attr.len - VG_NL_ATTR_HDRLEN))
		return VG_NL_UNREADABLE;
	return VG_NL_MORE;
}

static __always_inline enum vg_nl_step vg_nl_step(struct vg_nlwalk *walk)
{
	return walk->end ? vg_nl_attribute(walk) : vg_nl_message(walk);
}

#endif
