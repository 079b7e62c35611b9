/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The witness's own reading of a frame: does it claim an IP address for a hardware address, which, and under which VLAN tags?
 *
 * Written from the RFCs alone (826, 1042, 4861, 8200, IEEE 802.1Q), sharing nothing with the guard's parser nor with the senders' builder.
 * It is meant to see more than a strict receiver would: a wrong checksum or hop limit does not make a claim disappear.
 */
#ifndef TESTS_TOOLS_CLAIM_H
#define TESTS_TOOLS_CLAIM_H

#include "tools.h"

#define CLAIM_TAGS_MAX 8
#define CLAIM_HW_MAX 32

enum claim_kind { CLAIM_ARP_REQUEST, CLAIM_ARP_REPLY, CLAIM_ARP_OTHER, CLAIM_NA, CLAIM_NS, CLAIM_KIND_MAX };

static const char *const claim_kinds[] = {
	[CLAIM_ARP_REQUEST] = "arp-request", [CLAIM_ARP_REPLY] = "arp-reply", [CLAIM_ARP_OTHER] = "arp-other", [CLAIM_NA] = "na", [CLAIM_NS] = "ns",
};
_Static_assert(sizeof(claim_kinds) / sizeof(claim_kinds[0]) == CLAIM_KIND_MAX, "every kind has a name");

/* `addr`: network byte order, 4 or 16 bytes by `family`. `hw_len` 0: no hardware address is given (an NA without option 2). */
struct claim {
	enum claim_kind kind;
	int family;
	unsigned char addr[16];
	unsigned char hw[CLAIM_HW_MAX];
	unsigned int hw_len;
	uint16_t tags[CLAIM_TAGS_MAX];
	unsigned int tag_count;
};

/* What is left to read. Every read is checked against `left`; a short frame ends as "no claim". */
struct claim_input {
	const unsigned char *at;
	size_t left;
};

static inline const unsigned char *claim_take(struct claim_input *in, size_t len)
{
	const unsigned char *at = in->at;

	if (len > in->left)
		return NULL;
	in->at += len;
	in->left -= len;
	return at;
}

static inline unsigned int claim_be16(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static inline bool claim_read_hw(const unsigned char *hw, size_t len, struct claim *claim)
{
	if (!hw || len > sizeof(claim->hw))
		return false;
	memcpy(claim->hw, hw, len);
	claim->hw_len = (unsigned int)len;
	return true;
}

/* Any hardware type, lengths as the packet gives them. Sender 0.0.0.0 is a probe (RFC 5227 2.1.1) and claims nothing. */
static inline bool claim_read_arp(struct claim_input in, struct claim *claim)
{
	static const unsigned char none[4];
	const unsigned char *head = claim_take(&in, 8), *sha, *spa;
	unsigned int op;

	if (!head || claim_be16(head + 2) != 0x0800 || head[5] != 4)
		return false;
	sha = claim_take(&in, head[4]);
	spa = claim_take(&in, 4);
	if (!spa || !memcmp(spa, none, sizeof(none)) || !claim_read_hw(sha, head[4] < CLAIM_HW_MAX ? head[4] : CLAIM_HW_MAX, claim))
		return false;
	op = claim_be16(head + 6);
	claim->kind = op == 1 ? CLAIM_ARP_REQUEST : op == 2 ? CLAIM_ARP_REPLY : CLAIM_ARP_OTHER;
	claim->family = AF_INET;
	memcpy(claim->addr, spa, 4);
	return true;
}

/* Looks for one Neighbour Discovery option (RFC 4861 4.6): type, length in units of eight bytes, address. */
static inline void claim_read_nd_option(struct claim_input in, unsigned int wanted, struct claim *claim)
{
	while (in.left >= 8 && in.at[1]) {
		size_t len = (size_t)in.at[1] * 8;
		const unsigned char *option = claim_take(&in, len);

		if (!option)
			return;
		if (option[0] == wanted) {
			claim_read_hw(option + 2, len == 8 ? 6 : len - 2 < CLAIM_HW_MAX ? len - 2 : CLAIM_HW_MAX, claim);
			return;
		}
	}
}

/* NA: claims its target. NS: claims its source, when it says that one's link-layer address (RFC 4861 7.2.3). */
static inline bool claim_read_icmp6(struct claim_input in, const unsigned char *source, struct claim *claim)
{
	const unsigned char *head = claim_take(&in, 24);

	if (!head || (head[0] != 135 && head[0] != 136))
		return false;
	claim->family = AF_INET6;
	claim->kind = head[0] == 136 ? CLAIM_NA : CLAIM_NS;
	memcpy(claim->addr, head[0] == 136 ? head + 8 : source, 16);
	claim_read_nd_option(in, head[0] == 136 ? 2 : 1, claim);
	return claim->kind == CLAIM_NA || claim->hw_len;
}

/* The length of the extension header at `in`, 0 if it is none that can be skipped. */
static inline size_t claim_ext_len(unsigned int type, const struct claim_input *in)
{
	if (in->left < 8)
		return 0;
	switch (type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case 135: /* mobility, RFC 6275 */
	case 139: /* HIP, RFC 7401 */
	case 140: /* shim6, RFC 5533 */ return ((size_t)in->at[1] + 1) * 8;
	case IPPROTO_AH: return ((size_t)in->at[1] + 2) * 4;
	case IPPROTO_FRAGMENT: /* only the first fragment has what follows */ return claim_be16(in->at + 2) & 0xfff8 ? 0 : 8;
	default: return 0;
	}
}

static inline bool claim_read_ip6(struct claim_input in, struct claim *claim)
{
	const unsigned char *head = claim_take(&in, 40);
	unsigned int next;

	if (!head || head[0] >> 4 != 6)
		return false;
	for (next = head[6]; next != IPPROTO_ICMPV6;) {
		size_t len = claim_ext_len(next, &in);
		const unsigned char *ext = len ? claim_take(&in, len) : NULL;

		if (!ext)
			return false;
		next = ext[0];
	}
	return claim_read_icmp6(in, head + 8, claim);
}

/* ARP or IPv6 behind LLC/SNAP (RFC 1042): a length stands where the type was. 0 if it is none. */
static inline unsigned int claim_take_snap(struct claim_input *in)
{
	static const unsigned char snap[] = { 0xaa, 0xaa, 3, 0, 0, 0 };
	const unsigned char *head = claim_take(in, 8);

	return head && !memcmp(head, snap, sizeof(snap)) ? claim_be16(head + 6) : 0;
}

static inline bool claim_is_tag(unsigned int type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/*
 * Reads a whole Ethernet frame. Tags the kernel has taken out of it stand in `claim->tags` already; those still inside are appended.
 * True if it claims an address; `claim` then says everything.
 */
static inline bool claim_read(const unsigned char *frame, size_t len, struct claim *claim)
{
	struct claim_input in = { .at = frame, .left = len };
	const unsigned char *at = claim_take(&in, 14);
	unsigned int type;

	if (!at)
		return false;
	for (type = claim_be16(at + 12); claim_is_tag(type); type = claim_be16(at + 2)) {
		at = claim_take(&in, 4);
		if (!at || claim->tag_count == CLAIM_TAGS_MAX)
			return false;
		claim->tags[claim->tag_count++] = (uint16_t)(claim_be16(at) & 0xfff);
	}
	if (type < 0x0600)
		type = claim_take_snap(&in);
	if (type == 0x0806)
		return claim_read_arp(in, claim);
	return type == 0x86dd && claim_read_ip6(in, claim);
}

#endif
