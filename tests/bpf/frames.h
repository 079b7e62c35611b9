/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for the tests of the frame parser, written down as what they are; the same table is given to the parser built for the host
 * (test_neigh.c) and to the program loaded into a kernel (announce_run.c).
 */
#ifndef TESTS_BPF_FRAMES_H
#define TESTS_BPF_FRAMES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "neigh.bpf.h"

#define FRAMES_MAX 2048

enum frames_body { FRAMES_ARP, FRAMES_IP6, FRAMES_ZEROS };

struct frames_spec {
	const char *name;
	uint16_t tags[4]; /* EtherTypes of VLAN tags, 0 ends */
	bool snap; /* LLC/SNAP in front of the type */
	uint8_t snap_control; /* 0: 3, unnumbered information */
	uint16_t type; /* EtherType; 0: that of the body */
	enum frames_body body;
	/* ARP */
	uint16_t op, ptype; /* ptype 0: IPv4 */
	uint8_t hln, pln; /* pln 0: 4 */
	const char *spa;
	/* IPv6 */
	uint8_t ext[12]; /* types of the n_ext extension headers; the last one again where there are more */
	unsigned int n_ext;
	uint8_t ext_units; /* hdr ext len of each */
	uint16_t fragment; /* offset and flags field of a fragment header */
	uint8_t next; /* 0: ICMPv6 */
	uint8_t icmp6;
	uint8_t version; /* 0: 6 */
	const char *target;
	/* what it is; addr is spa or target */
	enum vg_parse expect;
	enum vg_how how;
};

struct frames_frame {
	uint8_t bytes[FRAMES_MAX];
	size_t len;
};

static inline void frames_put(struct frames_frame *frame, const void *bytes, size_t len)
{
	memcpy(frame->bytes + frame->len, bytes, len);
	frame->len += len;
}

static inline void frames_put16(struct frames_frame *frame, uint16_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	frames_put(frame, bytes, sizeof(bytes));
}

static inline void frames_pad(struct frames_frame *frame, uint8_t value, size_t len)
{
	memset(frame->bytes + frame->len, value, len);
	frame->len += len;
}

static inline void frames_put_arp(struct frames_frame *frame, const struct frames_spec *spec)
{
	uint8_t spa[16] = { 0 };
	uint8_t pln = spec->pln ? spec->pln : 4;

	inet_pton(AF_INET, spec->spa, spa);
	frames_put16(frame, 1);
	frames_put16(frame, spec->ptype ? spec->ptype : 0x0800);
	frames_pad(frame, spec->hln, 1);
	frames_pad(frame, pln, 1);
	frames_put16(frame, spec->op);
	frames_pad(frame, 0x02, spec->hln);
	frames_put(frame, spa, pln);
	frames_pad(frame, 0, spec->hln);
	frames_put(frame, spa, pln);
}

static inline uint8_t frames_ext_type(const struct frames_spec *spec, unsigned int i)
{
	return spec->ext[i < sizeof(spec->ext) ? i : sizeof(spec->ext) - 1];
}

static inline size_t frames_ext_len(uint8_t type, uint8_t units)
{
	return type == 44 ? 8 : type == 51 ? (units + 2U) * 4 : (units + 1U) * 8;
}

static inline void frames_put_ext(struct frames_frame *frame, const struct frames_spec *spec, unsigned int i)
{
	size_t start = frame->len;
	uint8_t next = spec->next ? spec->next : 58, type = frames_ext_type(spec, i);

	frames_pad(frame, 0, frames_ext_len(type, spec->ext_units));
	frame->bytes[start] = i + 1 < spec->n_ext ? frames_ext_type(spec, i + 1) : next;
	frame->bytes[start + 1] = type == 44 ? 0 : spec->ext_units;
	if (type == 44) {
		frame->bytes[start + 2] = (uint8_t)(spec->fragment >> 8);
		frame->bytes[start + 3] = (uint8_t)spec->fragment;
	}
}

static inline void frames_put_ip6(struct frames_frame *frame, const struct frames_spec *spec)
{
	uint8_t head[40] = { 0 }, message[24] = { 0 };
	uint8_t next = spec->next ? spec->next : 58;

	head[0] = (uint8_t)((spec->version ? spec->version : 6) << 4);
	head[6] = spec->n_ext ? spec->ext[0] : next;
	head[7] = 255;
	frames_put(frame, head, sizeof(head));
	for (unsigned int i = 0; i < spec->n_ext; i++)
		frames_put_ext(frame, spec, i);
	message[0] = spec->icmp6;
	inet_pton(AF_INET6, spec->target, message + 8);
	frames_put(frame, message, sizeof(message));
}

static inline void frames_build(const struct frames_spec *spec, struct frames_frame *ret_frame)
{
	uint16_t type = spec->type ? spec->type : spec->body == FRAMES_IP6 ? 0x86dd : 0x0806;
	const uint8_t snap[] = { 0xaa, 0xaa, spec->snap_control ? spec->snap_control : 3, 0, 0, 0 };
	struct frames_frame frame = { .len = 0 };

	frames_pad(&frame, 0xff, 6);
	frames_pad(&frame, 0x02, 6);
	for (size_t i = 0; i < 4 && spec->tags[i]; i++) {
		frames_put16(&frame, spec->tags[i]);
		frames_put16(&frame, 100);
	}
	if (spec->snap) {
		frames_put16(&frame, 36);
		frames_put(&frame, snap, sizeof(snap));
	}
	frames_put16(&frame, type);
	if (spec->body == FRAMES_ARP)
		frames_put_arp(&frame, spec);
	else if (spec->body == FRAMES_IP6)
		frames_put_ip6(&frame, spec);
	else
		frames_pad(&frame, 0, 64);
	*ret_frame = frame;
}

static inline struct vg_addr frames_addr(const struct frames_spec *spec)
{
	struct vg_addr addr = { { 0 } };

	if (spec->body == FRAMES_IP6) {
		inet_pton(AF_INET6, spec->target, addr.bytes);
		return addr;
	}
	addr.bytes[10] = addr.bytes[11] = 0xff;
	inet_pton(AF_INET, spec->spa, addr.bytes + 12);
	return addr;
}

/*
 * Up to the last byte of the address claimed: with fewer bytes there is no claim, with these there is. A short ARP frame is filled up with
 * zeros on its way out, so the first byte of its address is enough.
 */
static inline size_t frames_claim_len(const struct frames_spec *spec, const struct frames_frame *frame)
{
	size_t whole;

	if (spec->body == FRAMES_IP6)
		return frame->len;
	whole = frame->len - spec->hln - 4;
	return whole <= 60 ? whole - 3 : whole;
}

/* The address that a frame cut to len bytes claims: what is missing of an IPv4 one is zero. */
static inline struct vg_addr frames_cut_addr(const struct frames_spec *spec, const struct frames_frame *frame, size_t len)
{
	struct vg_addr addr = frames_addr(spec);

	for (size_t missing = 0; spec->body != FRAMES_IP6 && missing < 3 && len + missing < frame->len - spec->hln - 4; missing++)
		addr.bytes[15 - missing] = 0;
	return addr;
}

#define FRAMES_V4 "192.0.2.10"
#define FRAMES_V6 "2001:db8::10"
#define FRAMES_FOUND_ARP(op_, how_) .body = FRAMES_ARP, .op = op_, .hln = 6, .spa = FRAMES_V4, .expect = VG_PARSE_FOUND, .how = how_
#define FRAMES_REPLY FRAMES_FOUND_ARP(2, VG_HOW_ARP_REPLY)
#define FRAMES_REPLY_AS(expect_) .body = FRAMES_ARP, .op = 2, .hln = 6, .spa = FRAMES_V4, .expect = expect_
#define FRAMES_ICMP6(type_, expect_) .body = FRAMES_IP6, .icmp6 = type_, .target = FRAMES_V6, .expect = expect_, .how = VG_HOW_NA
#define FRAMES_NA FRAMES_ICMP6(136, VG_PARSE_FOUND)

#define FRAMES_MANY \
	{ \
		0, 60, 43, 44, 51, 60, 60, 60, 60, 60, 60, 60 \
	}

static const struct frames_spec frames_specs[] = {
	{ .name = "ARP request", FRAMES_FOUND_ARP(1, VG_HOW_ARP_REQUEST) },
	{ .name = "ARP reply", FRAMES_REPLY },
	{ .name = "RARP reply", FRAMES_FOUND_ARP(4, VG_HOW_ARP_REPLY) },
	{ .name = "ARP opcode 0", FRAMES_FOUND_ARP(0, VG_HOW_ARP_REPLY) },
	{ .name = "ARP opcode 256 is no request", FRAMES_FOUND_ARP(256, VG_HOW_ARP_REPLY) },
	{ .name = "ARP, 802.1Q", FRAMES_REPLY, .tags = { 0x8100 } },
	{ .name = "ARP, QinQ", FRAMES_REPLY, .tags = { 0x88a8, 0x8100 } },
	{ .name = "ARP, old QinQ", FRAMES_REPLY, .tags = { 0x9100, 0x8100 } },
	{ .name = "ARP, two 802.1Q", FRAMES_REPLY, .tags = { 0x8100, 0x8100 } },
	{ .name = "three tags are too deep", FRAMES_REPLY_AS(VG_PARSE_UNPARSED), .tags = { 0x8100, 0x8100, 0x8100 } },
	{ .name = "ARP, SNAP", FRAMES_REPLY, .snap = true },
	{ .name = "ARP, SNAP in 802.1Q", FRAMES_REPLY, .snap = true, .tags = { 0x8100 } },
	{ .name = "LLC that is no SNAP", FRAMES_REPLY_AS(VG_PARSE_NONE), .snap = true, .snap_control = 0x13 },
	{ .name = "ARP, hardware address of 20 bytes",
	  .body = FRAMES_ARP,
	  .op = 1,
	  .hln = 20,
	  .spa = FRAMES_V4,
	  .expect = VG_PARSE_FOUND,
	  .how = VG_HOW_ARP_REQUEST },
	{ .name = "ARP, hardware address of 255 bytes",
	  .body = FRAMES_ARP,
	  .op = 2,
	  .hln = 255,
	  .spa = FRAMES_V4,
	  .expect = VG_PARSE_FOUND,
	  .how = VG_HOW_ARP_REPLY },
	{ .name = "ARP, no hardware address", .body = FRAMES_ARP, .op = 2, .spa = FRAMES_V4, .expect = VG_PARSE_FOUND, .how = VG_HOW_ARP_REPLY },
	{ .name = "ARP probe", .body = FRAMES_ARP, .op = 1, .hln = 6, .spa = "0.0.0.0", .expect = VG_PARSE_NONE },
	{ .name = "ARP of another protocol", FRAMES_REPLY_AS(VG_PARSE_NONE), .ptype = 0x86dd },
	{ .name = "ARP with a protocol address of 16 bytes", FRAMES_REPLY_AS(VG_PARSE_NONE), .pln = 16 },
	{ .name = "NA", FRAMES_NA },
	{ .name = "NA, 802.1Q", FRAMES_NA, .tags = { 0x8100 } },
	{ .name = "NA, QinQ", FRAMES_NA, .tags = { 0x88a8, 0x8100 } },
	{ .name = "NA, SNAP", FRAMES_NA, .snap = true },
	{ .name = "NS claims nothing", FRAMES_ICMP6(135, VG_PARSE_NONE) },
	{ .name = "echo request", FRAMES_ICMP6(128, VG_PARSE_NONE) },
	{ .name = "NA behind hop-by-hop", FRAMES_NA, .ext = { 0 }, .n_ext = 1 },
	{ .name = "NA behind long destination options", FRAMES_NA, .ext = { 60 }, .n_ext = 1, .ext_units = 30 },
	{ .name = "NA behind routing", FRAMES_NA, .ext = { 43 }, .n_ext = 1, .ext_units = 2 },
	{ .name = "NA behind authentication", FRAMES_NA, .ext = { 51 }, .n_ext = 1, .ext_units = 4 },
	{ .name = "NA in a first fragment", FRAMES_NA, .ext = { 44 }, .n_ext = 1, .fragment = 1 },
	{ .name = "later fragment", FRAMES_ICMP6(136, VG_PARSE_NONE), .ext = { 44 }, .n_ext = 1, .fragment = 8 },
	{ .name = "NA behind eight headers", FRAMES_NA, .ext = { 0, 60, 43, 44, 51, 60, 60, 60 }, .n_ext = 8 },
	{ .name = "NA behind all the headers that 1500 bytes hold", FRAMES_NA, .ext = FRAMES_MANY, .n_ext = 179 },
	{ .name = "NA behind as many headers as are read", FRAMES_NA, .ext = FRAMES_MANY, .n_ext = VG_NEIGH_EXT_HEADERS },
	{ .name = "one more header is too deep", FRAMES_ICMP6(136, VG_PARSE_UNPARSED), .ext = FRAMES_MANY, .n_ext = VG_NEIGH_EXT_HEADERS + 1 },
	{ .name = "no next header", FRAMES_ICMP6(136, VG_PARSE_NONE), .next = 59 },
	{ .name = "ESP", FRAMES_ICMP6(136, VG_PARSE_NONE), .next = 50 },
	{ .name = "TCP over IPv6", FRAMES_ICMP6(136, VG_PARSE_NONE), .next = 6 },
	{ .name = "UDP over IPv6", FRAMES_ICMP6(136, VG_PARSE_NONE), .next = 17 },
	{ .name = "UDP behind hop-by-hop", FRAMES_ICMP6(136, VG_PARSE_NONE), .ext = { 0 }, .n_ext = 1, .next = 17 },
	{ .name = "version 4 in IPv6", FRAMES_ICMP6(136, VG_PARSE_NONE), .version = 4 },
	{ .name = "IPv4 whose bytes read like ARP", FRAMES_REPLY_AS(VG_PARSE_NONE), .type = 0x0800 },
	{ .name = "LLDP", .body = FRAMES_ZEROS, .type = 0x88cc, .expect = VG_PARSE_NONE },
	{ .name = "PPPoE", .body = FRAMES_ZEROS, .type = 0x8864, .expect = VG_PARSE_NONE },
	{ .name = "802.3 of zeros", .body = FRAMES_ZEROS, .type = 0x0040, .expect = VG_PARSE_NONE },
};

#define FRAMES_COUNT (sizeof(frames_specs) / sizeof(frames_specs[0]))

#endif
