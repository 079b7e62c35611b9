/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which address does this Ethernet frame claim? ARP of any opcode (RFC 826), NDP neighbour advertisements (RFC 4861 4.4), under up to two
 * VLAN tags, ARP also in LLC/SNAP (RFC 1042). The bytes decide: a sender is free to lie in sll_protocol, so skb->protocol is never asked.
 *
 * It reads on where a strict receiver would stop (a wrong checksum, hop limit or payload length does not undo a claim) and never
 * beyond the frame: every byte comes through vg_frame_read(). What cannot be told is VG_PARSE_UNPARSED, never a guess.
 */
#ifndef VG_NEIGH_BPF_H
#define VG_NEIGH_BPF_H

#include "portable.bpf.h"

#define VG_NEIGH_TAGS 2
/* A frame of 1500 bytes holds 179 extension headers in front of an advertisement. The bound keeps the verifier's work small. */
#ifdef VG_NEIGH_PROBES
#define VG_NEIGH_EXT_HEADERS 4 /* older verifiers take each way through the headers for a new one */
#else
#define VG_NEIGH_EXT_HEADERS 192
#endif

#define VG_ETH_ALEN 6
#define VG_ETH_HLEN 14
#define VG_ETH_ZLEN 60 /* what is shorter leaves with zeros behind it */
#define VG_VLAN_HLEN 4
#define VG_SNAP_HLEN 8
#define VG_IP6_HLEN 40

#define VG_ETH_P_IP 0x0800
#define VG_ETH_P_ARP 0x0806
#define VG_ETH_P_8021Q 0x8100
#define VG_ETH_P_IPV6 0x86dd
#define VG_ETH_P_8021AD 0x88a8
#define VG_ETH_P_QINQ1 0x9100 /* the pre-standard QinQ tag, still a default of some switches */
#define VG_ETH_P_802_3_MIN 0x0600 /* below: a length, and LLC follows (as in the kernel's eth_proto_is_802_3) */

#define VG_IP6_HOPOPTS 0
#define VG_IP6_ROUTING 43
#define VG_IP6_FRAGMENT 44
#define VG_IP6_AH 51
#define VG_IP6_ICMP 58
#define VG_IP6_DSTOPTS 60
#define VG_ICMP6_NA 136
#define VG_NA_HLEN 24 /* without options */
#define VG_NA_TLLA 2 /* option "target link-layer address" (RFC 4861 4.6.1) */

/* Verified turn by turn, as bounded loops are from 5.3 on; unrolled it would be too long a program. */
#ifdef __bpf__
#define VG_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define VG_NO_UNROLL
#endif

struct vg_claim {
	struct vg_addr addr;
	enum vg_how how; /* VG_HOW_ARP_REQUEST, VG_HOW_ARP_REPLY (any other opcode), VG_HOW_NA */
	__u32 offset; /* of the ARP packet, or of the advertisement's ICMPv6 header */
};

#if defined(__bpf__) && defined(VG_NEIGH_PROBES)
/* For tracing programs: the bytes that stand in the kernel's own buffer. */
struct vg_frame {
	const __u8 *read; /* what was read last */
};

#define VG_FRAME_READ_MAX 32 /* more than is ever read at once; a power of two, for the verifier */

/*
 * The includer's: reads from the frame at hand into what vg_frame.read points at. A global function: if the verifier saw how an offset compares
 * to the length, no two turns of the loop below would be alike to it.
 */
int vg_frame_probe(__u32 offset, __u32 len);

static __always_inline int vg_frame_read(const struct vg_frame *frame, __u32 offset, void *ret_to, __u32 len)
{
	if (vg_frame_probe(offset, len))
		return -1;
	__builtin_memcpy(ret_to, frame->read, len);
	return 0;
}
#elif defined(__bpf__)
struct vg_frame {
	struct __sk_buff *skb;
};

/* 0, or negative if the frame has not that many bytes. Works on paged data too, unlike direct access. */
static __always_inline int vg_frame_read(const struct vg_frame *frame, __u32 offset, void *ret_to, __u32 len)
{
	return (int)bpf_skb_load_bytes(frame->skb, offset, ret_to, len);
}
#else
struct vg_frame {
	const __u8 *bytes;
	size_t len;
};

static __always_inline int vg_frame_read(const struct vg_frame *frame, __u32 offset, void *ret_to, __u32 len)
{
	if (offset > frame->len || len > frame->len - offset)
		return -1;
	memcpy(ret_to, frame->bytes + offset, len);
	return 0;
}
#endif

/* A sender protocol address whose end is missing: hardware fills short frames up with zeros, and these are the address then. */
static __always_inline int vg_neigh_read_spa(const struct vg_frame *frame, __u32 offset, __u8 spa[4])
{
	if (!vg_frame_read(frame, offset, spa, 4))
		return 0;
	if (offset + 4 > VG_ETH_ZLEN || vg_frame_read(frame, offset, spa, 1))
		return -1;
	spa[1] = spa[2] = spa[3] = 0;
	if (!vg_frame_read(frame, offset, spa, 3) || !vg_frame_read(frame, offset, spa, 2))
		return 0;
	return vg_frame_read(frame, offset, spa, 1);
}

static __always_inline bool vg_neigh_is_tag(__u16 type)
{
	return type == VG_ETH_P_8021Q || type == VG_ETH_P_8021AD || type == VG_ETH_P_QINQ1;
}

/* Extension headers that another header may follow. ESP (50) hides what follows; "none" (59), mobility and HIP end the chain. */
static __always_inline bool vg_neigh_is_ext(__u8 type)
{
	return type == VG_IP6_HOPOPTS || type == VG_IP6_ROUTING || type == VG_IP6_FRAGMENT || type == VG_IP6_AH || type == VG_IP6_DSTOPTS;
}

/*
 * Hardware type and length are whatever the sender says: spa follows a sender hardware address of ar_hln bytes. A sender protocol
 * address of 0.0.0.0 is a probe and claims nothing (RFC 5227 2.1.1).
 */
static __always_inline enum vg_parse vg_neigh_parse_arp(const struct vg_frame *frame, __u32 offset, struct vg_claim *ret_claim)
{
	__u8 head[8] = { 0 }, spa[4] = { 0 };

	if (vg_frame_read(frame, offset, head, sizeof(head)))
		return VG_PARSE_UNPARSED;
	if (vg_be16(head + 2) != VG_ETH_P_IP || head[5] != sizeof(spa))
		return VG_PARSE_NONE;
	if (vg_neigh_read_spa(frame, offset + sizeof(head) + head[4], spa))
		return VG_PARSE_UNPARSED;
	if (!(spa[0] | spa[1] | spa[2] | spa[3]))
		return VG_PARSE_NONE;
	vg_addr_map_v4(spa, &ret_claim->addr);
	ret_claim->how = vg_be16(head + 6) == 1 ? VG_HOW_ARP_REQUEST : VG_HOW_ARP_REPLY;
	ret_claim->offset = offset;
	return VG_PARSE_FOUND;
}

static __always_inline enum vg_parse vg_neigh_parse_icmp6(const struct vg_frame *frame, __u32 offset, struct vg_claim *ret_claim)
{
	struct vg_addr target = { { 0 } };
	__u8 type = 0;

	if (vg_frame_read(frame, offset, &type, sizeof(type)))
		return VG_PARSE_UNPARSED;
	if (type != VG_ICMP6_NA)
		return VG_PARSE_NONE;
	if (vg_frame_read(frame, offset + 8, &target, sizeof(target)))
		return VG_PARSE_UNPARSED;
	ret_claim->addr = target;
	ret_claim->how = VG_HOW_NA;
	ret_claim->offset = offset;
	return VG_PARSE_FOUND;
}

/*
 * Length of an extension header in bytes (RFC 8200 4, RFC 4302 2.2); 0 for a fragment that is not the first: what follows there is
 * data, and receivers drop a fragmented advertisement anyway (RFC 6980).
 */
static __always_inline __u32 vg_neigh_ext_len(__u8 type, const __u8 *ext)
{
	if (type == VG_IP6_FRAGMENT)
		return vg_be16(ext + 2) & 0xfff8 ? 0 : 8;
	if (type == VG_IP6_AH)
		return ((__u32)ext[1] + 2) * 4;
	return ((__u32)ext[1] + 1) * 8;
}

static __always_inline enum vg_parse vg_neigh_parse_ip6(const struct vg_frame *frame, __u32 offset, struct vg_claim *ret_claim)
{
	__u8 head[8] = { 0 }, type, ext[4] = { 0 };

	if (vg_frame_read(frame, offset, head, sizeof(head)))
		return VG_PARSE_UNPARSED;
	if (head[0] >> 4 != 6)
		return VG_PARSE_NONE;
	type = head[6];
	offset += VG_IP6_HLEN;
	VG_NO_UNROLL
	for (int i = 0; i < VG_NEIGH_EXT_HEADERS && vg_neigh_is_ext(type); i++) {
		__u32 len;

		if (vg_frame_read(frame, offset, ext, sizeof(ext)))
			return VG_PARSE_UNPARSED;
		len = vg_neigh_ext_len(type, ext);
		if (!len)
			return VG_PARSE_NONE;
		offset += len;
		type = ext[0];
	}
	if (type == VG_IP6_ICMP)
		return vg_neigh_parse_icmp6(frame, offset, ret_claim);
	return vg_neigh_is_ext(type) ? VG_PARSE_UNPARSED : VG_PARSE_NONE;
}

static __always_inline enum vg_parse vg_neigh_parse_type(const struct vg_frame *frame, __u16 type, __u32 offset, struct vg_claim *ret_claim)
{
	if (type == VG_ETH_P_ARP)
		return vg_neigh_parse_arp(frame, offset, ret_claim);
	if (type == VG_ETH_P_IPV6)
		return vg_neigh_parse_ip6(frame, offset, ret_claim);
	return vg_neigh_is_tag(type) ? VG_PARSE_UNPARSED : VG_PARSE_NONE;
}

/* RFC 1042: LLC AA AA 03, organisation 0, then an EtherType. Other LLC traffic (spanning tree) is none of ours, however short. */
static __always_inline __u16 vg_neigh_snap_type(const struct vg_frame *frame, __u32 offset)
{
	__u8 snap[VG_SNAP_HLEN] = { 0 };

	if (vg_frame_read(frame, offset, snap, sizeof(snap)))
		return 0;
	if (snap[0] != 0xaa || snap[1] != 0xaa || snap[2] != 0x03 || (snap[3] | snap[4] | snap[5]))
		return 0;
	return vg_be16(snap + 6);
}

/* *ret_claim is set only with VG_PARSE_FOUND. */
static __always_inline enum vg_parse vg_neigh_parse(const struct vg_frame *frame, struct vg_claim *ret_claim)
{
	__u32 offset = VG_ETH_HLEN;
	__u8 type_bytes[2] = { 0 };
	__u16 type;

	if (vg_frame_read(frame, offset - 2, type_bytes, sizeof(type_bytes)))
		return VG_PARSE_NONE; /* not even an Ethernet header: nobody will read it as ARP */
	type = vg_be16(type_bytes);
	for (int i = 0; i < VG_NEIGH_TAGS && vg_neigh_is_tag(type); i++) {
		if (vg_frame_read(frame, offset + 2, type_bytes, sizeof(type_bytes)))
			return VG_PARSE_UNPARSED;
		type = vg_be16(type_bytes);
		offset += VG_VLAN_HLEN;
	}
	if (type < VG_ETH_P_802_3_MIN) {
		type = vg_neigh_snap_type(frame, offset);
		offset += VG_SNAP_HLEN;
	}
	return vg_neigh_parse_type(frame, type, offset, ret_claim);
}

static __always_inline int vg_neigh_read_arp_mac(const struct vg_frame *frame, __u32 offset, __u8 mac[VG_ETH_ALEN])
{
	__u8 head[8] = { 0 };

	if (vg_frame_read(frame, offset, head, sizeof(head)) || head[0] || head[1] != 1 || head[4] != VG_ETH_ALEN)
		return -1;
	return vg_frame_read(frame, offset + sizeof(head), mac, VG_ETH_ALEN);
}

static __always_inline int vg_neigh_read_na_mac(const struct vg_frame *frame, __u32 offset, __u32 len, __u8 mac[VG_ETH_ALEN])
{
	__u8 option[8] = { 0 };

	offset += VG_NA_HLEN;
	if (len != offset + sizeof(option) || vg_frame_read(frame, offset, option, sizeof(option)))
		return -1;
	if (option[0] != VG_NA_TLLA || option[1] != 1)
		return -1;
	__builtin_memcpy(mac, option + 2, VG_ETH_ALEN);
	return 0;
}

/*
 * For which hardware address the frame claims it. len: of the whole frame. Negative where that is not plain: not Ethernet's in ARP; in an
 * advertisement anything but this one option to the frame's end, since receivers differ in which of two they take.
 */
static __always_inline int vg_neigh_read_mac(const struct vg_frame *frame, const struct vg_claim *claim, __u32 len, __u8 mac[VG_ETH_ALEN])
{
	if (claim->how == VG_HOW_NA)
		return vg_neigh_read_na_mac(frame, claim->offset, len, mac);
	return vg_neigh_read_arp_mac(frame, claim->offset, mac);
}

#endif
