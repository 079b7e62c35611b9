/* SPDX-License-Identifier: Apache-2.0 */
/* The frame parser on any bytes: nothing is read beyond them, and a claim is one that stands in them or in the zeros that fill up a short frame. */
#include <stdint.h>
#include <stdlib.h>

#include "neigh.bpf.h"

/* A short frame as it leaves: hardware fills it up with zeros. */
static const uint8_t *padded(const uint8_t *data, size_t *size, uint8_t short_frame[VG_ETH_ZLEN])
{
	if (*size >= VG_ETH_ZLEN)
		return data;
	memset(short_frame, 0, VG_ETH_ZLEN);
	memcpy(short_frame, data, *size);
	*size = VG_ETH_ZLEN;
	return short_frame;
}

/* An IPv4 address counts by its last four bytes. */
static bool stands_in(const uint8_t *bytes, size_t size, const struct vg_claim *claim)
{
	const size_t skip = claim->how == VG_HOW_NA ? 0 : 12, len = sizeof(claim->addr) - skip;

	for (size_t at = VG_ETH_HLEN; at + len <= size; at++)
		if (!memcmp(bytes + at, claim->addr.bytes + skip, len))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vg_frame frame = { .bytes = data, .len = size };
	uint8_t short_frame[VG_ETH_ZLEN];
	__u8 mac[VG_ETH_ALEN];
	struct vg_claim claim = { .offset = 0 };

	if (vg_neigh_parse(&frame, &claim) != VG_PARSE_FOUND)
		return 0;
	(void)vg_neigh_read_mac(&frame, &claim, (__u32)size, mac);
	data = padded(data, &size, short_frame);
	if (!stands_in(data, size, &claim))
		abort();
	if (claim.how != VG_HOW_NA && claim.how != VG_HOW_ARP_REQUEST && claim.how != VG_HOW_ARP_REPLY)
		abort();
	return 0;
}
