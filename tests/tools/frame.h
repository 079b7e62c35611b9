/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building ARP and Neighbour Discovery frames, for the programs that send. The witness, which judges, shares nothing with it.
 *
 * A frame is a bounded byte buffer; an append beyond its end is a mistake of the program and ends it.
 */
#ifndef TESTS_TOOLS_FRAME_H
#define TESTS_TOOLS_FRAME_H

#include "tools.h"

#include <linux/if_ether.h>

#define FRAME_MAX 2048
#define FRAME_IP6_LEN 40

struct frame {
	unsigned char bytes[FRAME_MAX];
	size_t len;
};

/* One ARP packet (RFC 826). `hlen` bytes of each hardware address are written: the six given, then zeros. */
struct frame_arp {
	unsigned int htype, hlen, op;
	const unsigned char *sha, *tha;
	const unsigned char *spa, *tpa;
};

/* One Neighbour Advertisement (RFC 4861 4.4). `flags` is the byte with R, S and O (0x80, 0x40, 0x20). */
struct frame_na {
	const unsigned char *source, *dest, *target;
	unsigned char flags;
	const unsigned char *mac;
	unsigned int ext_headers;
	bool fragment; /* an atomic one (RFC 6946) behind these */
};

static const unsigned char frame_mac_broadcast[TOOL_MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const unsigned char frame_mac_all_nodes[TOOL_MAC_LEN] = { 0x33, 0x33, 0, 0, 0, 1 };
static const unsigned char frame_ip6_all_nodes[16] = { 0xff, 0x02, [15] = 1 };

static inline unsigned char *frame_space(struct frame *frame, size_t len)
{
	unsigned char *at = frame->bytes + frame->len;

	if (len > sizeof(frame->bytes) - frame->len)
		tool_die(1, "a frame of more than %zu bytes", sizeof(frame->bytes));
	memset(at, 0, len);
	frame->len += len;
	return at;
}

static inline void frame_put(struct frame *frame, const void *bytes, size_t len)
{
	memcpy(frame_space(frame, len), bytes, len);
}

static inline void frame_put8(struct frame *frame, unsigned int value)
{
	*frame_space(frame, 1) = (unsigned char)value;
}

static inline void frame_put16(struct frame *frame, unsigned int value)
{
	frame_put8(frame, value >> 8 & 0xff);
	frame_put8(frame, value & 0xff);
}

static inline void frame_put_ethernet(struct frame *frame, const unsigned char *dest, const unsigned char *source)
{
	frame_put(frame, dest, TOOL_MAC_LEN);
	frame_put(frame, source, TOOL_MAC_LEN);
}

static inline void frame_put_arp(struct frame *frame, const struct frame_arp *arp)
{
	size_t given = arp->hlen < TOOL_MAC_LEN ? arp->hlen : TOOL_MAC_LEN;

	frame_put16(frame, arp->htype);
	frame_put16(frame, ETH_P_IP);
	frame_put8(frame, arp->hlen);
	frame_put8(frame, 4);
	frame_put16(frame, arp->op);
	memcpy(frame_space(frame, arp->hlen), arp->sha, given);
	frame_put(frame, arp->spa, 4);
	memcpy(frame_space(frame, arp->hlen), arp->tha, given);
	frame_put(frame, arp->tpa, 4);
}

/* ICMPv6 checksum (RFC 4443 2.3): source, destination, length and next header 58 are summed with the message. Host byte order. */
static inline unsigned int frame_icmp6_sum(const unsigned char *source, const unsigned char *dest, const unsigned char *message, size_t len)
{
	uint32_t sum = IPPROTO_ICMPV6 + (uint32_t)len;

	for (size_t i = 0; i < 16; i += 2) {
		sum += (uint32_t)source[i] << 8 | source[i + 1];
		sum += (uint32_t)dest[i] << 8 | dest[i + 1];
	}
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)message[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* The ICMPv6 part alone, checksum zero: what a raw ICMPv6 socket takes (the kernel fills the sum in, RFC 3542 3.1). */
static inline void frame_put_na_message(struct frame *frame, const struct frame_na *na)
{
	static const unsigned char head[] = { 136, 0, 0, 0 };

	frame_put(frame, head, sizeof(head));
	frame_put8(frame, na->flags);
	frame_space(frame, 3);
	frame_put(frame, na->target, 16);
	frame_put8(frame, 2);
	frame_put8(frame, 1);
	frame_put(frame, na->mac, TOOL_MAC_LEN);
}

/*
 * `count` extension headers of eight bytes, padded by one PadN option (RFC 8200 4.2): one hop-by-hop, which may only stand first, then
 * destination options. The first one's type has been written already, in the IPv6 header.
 */
static inline void frame_put_ext_headers(struct frame *frame, unsigned int count)
{
	static const unsigned char padding[] = { 0, 1, 4, 0, 0, 0, 0 };

	for (unsigned int i = 0; i < count; i++) {
		frame_put8(frame, i + 1 < count ? IPPROTO_DSTOPTS : IPPROTO_ICMPV6);
		frame_put(frame, padding, sizeof(padding));
	}
}

/* IPv6 header (RFC 8200 3) for `len` bytes that begin with a header of type `next`. */
static inline void frame_put_ip6(struct frame *frame, const unsigned char *source, const unsigned char *dest, unsigned int next, size_t len)
{
	frame_put8(frame, 0x60);
	frame_space(frame, 3);
	frame_put16(frame, (unsigned int)len);
	frame_put8(frame, next);
	frame_put8(frame, 255);
	frame_put(frame, source, 16);
	frame_put(frame, dest, 16);
}

static inline void frame_set_icmp6_sum(struct frame *message, const unsigned char *source, const unsigned char *dest)
{
	unsigned int sum = frame_icmp6_sum(source, dest, message->bytes, message->len);

	message->bytes[2] = (unsigned char)(sum >> 8);
	message->bytes[3] = (unsigned char)(sum & 0xff);
}

/* IPv6 header, extension headers, message with its checksum. */
static inline void frame_put_na(struct frame *frame, const struct frame_na *na)
{
	static const unsigned char fragment[] = { IPPROTO_ICMPV6, 0, 0, 0, 0, 0, 0, 1 };
	unsigned int next = na->ext_headers ? IPPROTO_HOPOPTS : na->fragment ? IPPROTO_FRAGMENT : IPPROTO_ICMPV6;
	struct frame message = { .len = 0 };

	frame_put_na_message(&message, na);
	frame_set_icmp6_sum(&message, na->source, na->dest);
	frame_put_ip6(frame, na->source, na->dest, next, na->ext_headers * 8 + (na->fragment ? sizeof(fragment) : 0) + message.len);
	frame_put_ext_headers(frame, na->ext_headers);
	if (na->fragment)
		frame_put(frame, fragment, sizeof(fragment));
	frame_put(frame, message.bytes, message.len);
}

/* A router advertisement (RFC 4861 4.2) of nobody's router, with the /64 of `prefix` to make addresses in (4.6.2: on link, autonomous). */
static inline void frame_put_ra(struct frame *frame, const unsigned char *source, const unsigned char *prefix)
{
	static const unsigned char head[] = { 134, 0, 0, 0, 64, 0, 0, 0 }, option[] = { 3, 4, 64, 0xc0, 0, 0, 0xe, 0x10, 0, 0, 0xe, 0x10 };
	struct frame message = { .len = 0 };

	frame_put(&message, head, sizeof(head));
	frame_space(&message, 8);
	frame_put(&message, option, sizeof(option));
	frame_space(&message, 4);
	frame_put(&message, prefix, 8);
	frame_space(&message, 8);
	frame_set_icmp6_sum(&message, source, frame_ip6_all_nodes);
	frame_put_ip6(frame, source, frame_ip6_all_nodes, IPPROTO_ICMPV6, message.len);
	frame_put(frame, message.bytes, message.len);
}

/* The link-local address a node would form from its MAC (RFC 4291, appendix A). */
static inline void frame_link_local(const unsigned char *mac, unsigned char *ret_addr)
{
	const unsigned char addr[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };

	memcpy(ret_addr, addr, sizeof(addr));
}

#endif
