/* SPDX-License-Identifier: Apache-2.0 */
#include "core/heal_frame.h"

#include <string.h>

#define ETH_HLEN 14
#define ETH_ZLEN 60 /* the shortest frame, without its checksum: what follows ARP is zeros of ours, not what memory held */
#define TYPE_ARP 0x0806
#define TYPE_IPV6 0x86dd
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define IP6_HLEN 40
#define NEXT_ICMP6 58
#define NA_LEN 32 /* with its option */
#define NA_TYPE 136
#define NA_OVERRIDE 0x20
#define NA_OPTION_TLLA 2

static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 0x01 };

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_ethernet(uint8_t *frame, const uint8_t *to, const uint8_t *from, unsigned type)
{
	memcpy(frame, to, VG_MAC_LEN);
	memcpy(frame + VG_MAC_LEN, from, VG_MAC_LEN);
	put16(frame + 12, type);
}

/* RFC 826. A request knows no target hardware address: zeros (RFC 5227 2.3). */
static size_t put_arp(const struct vg_heal_news *news, unsigned op, uint8_t *frame)
{
	static const uint8_t broadcast[VG_MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t head[] = { 0, 1, 0x08, 0x00, VG_MAC_LEN, 4 };
	const uint8_t *ip = news->addr.bytes + 12;
	uint8_t *arp = frame + ETH_HLEN;

	put_ethernet(frame, broadcast, news->own_mac, TYPE_ARP);
	memcpy(arp, head, sizeof(head));
	put16(arp + 6, op);
	memcpy(arp + 8, news->mac, VG_MAC_LEN);
	memcpy(arp + 14, ip, 4);
	if (op == ARP_REPLY)
		memcpy(arp + 18, news->mac, VG_MAC_LEN);
	memcpy(arp + 24, ip, 4);
	return ETH_ZLEN;
}

static uint32_t add16(uint32_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/* RFC 4443 2.3, over the pseudo-header of RFC 8200 8.1. */
static unsigned checksum_of(const uint8_t *ip6, const uint8_t *icmp)
{
	uint32_t sum = add16(NA_LEN + NEXT_ICMP6, ip6 + 8, 32);

	sum = add16(sum, icmp, NA_LEN);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t put_na(const struct vg_heal_news *news, uint8_t *frame)
{
	static const uint8_t all_nodes_mac[VG_MAC_LEN] = { 0x33, 0x33, 0, 0, 0, 1 }; /* RFC 2464 7 */
	uint8_t *ip6 = frame + ETH_HLEN, *icmp = ip6 + IP6_HLEN;

	put_ethernet(frame, all_nodes_mac, news->own_mac, TYPE_IPV6);
	ip6[0] = 0x60;
	put16(ip6 + 4, NA_LEN);
	ip6[6] = NEXT_ICMP6;
	ip6[7] = 255; /* hop limit: else it is refused (RFC 4861 7.1.2) */
	memcpy(ip6 + 8, news->source.bytes, sizeof(news->source.bytes));
	memcpy(ip6 + 24, all_nodes, sizeof(all_nodes));
	icmp[0] = NA_TYPE;
	icmp[4] = NA_OVERRIDE; /* neither solicited nor a router: a VIP is none */
	memcpy(icmp + 8, news->addr.bytes, sizeof(news->addr.bytes));
	icmp[24] = NA_OPTION_TLLA;
	icmp[25] = 1; /* in units of eight bytes */
	memcpy(icmp + 26, news->mac, VG_MAC_LEN);
	put16(icmp + 2, checksum_of(ip6, icmp));
	return ETH_HLEN + IP6_HLEN + NA_LEN;
}

size_t vg_heal_frame(const struct vg_heal_news *news, unsigned i, uint8_t out[VG_HEAL_FRAME_MAX])
{
	memset(out, 0, VG_HEAL_FRAME_MAX);
	if (!vg_addr_is_ipv4(&news->addr))
		return i == 0 ? put_na(news, out) : 0;
	return i < 2 ? put_arp(news, i == 0 ? ARP_REQUEST : ARP_REPLY, out) : 0;
}
