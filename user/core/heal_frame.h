/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames that tell neighbours whose hardware address an IP address has. Pure: bytes.
 *
 * IPv4: an ARP announcement (RFC 5227 2.3) and the same as a reply, since some stacks take only the one and some only the other. In both the
 * sender's and the target's protocol address are the address itself; a reply names the hardware address as target's, too, without which Linux
 * does not take it for gratuitous (arp_is_garp() of net/ipv4/arp.c) and keeps what it learnt less than a second ago.
 * IPv6: an unsolicited neighbour advertisement to all nodes with Override and the target link-layer option (RFC 4861 4.4, 7.2.6).
 *
 * The Ethernet source is always our own: in another node's name a frame would teach every switch on its way that this node is behind our port.
 */
#ifndef CORE_HEAL_FRAME_H
#define CORE_HEAL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define VG_MAC_LEN 6
#define VG_HEAL_FRAME_MAX 86 /* Ethernet 14, IPv6 40, advertisement 24, option 8 */

struct vg_heal_news {
	struct vg_addr addr;
	uint8_t mac[VG_MAC_LEN]; /* whose it is */
	uint8_t own_mac[VG_MAC_LEN]; /* of the link that it leaves by */
	struct vg_addr source; /* IPv6: an address of ours on that link */
};

/* The i-th frame of a round; its length, or 0: there are no more. */
size_t vg_heal_frame(const struct vg_heal_news *news, unsigned i, uint8_t out[VG_HEAL_FRAME_MAX]);

#endif
