/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses, prefixes and ranges as values. One form for both families: struct vg_addr of abi.h, IPv4 in its mapped form,
 * so that ::ffff:192.0.2.1 and 192.0.2.1 are the same by comparison alone.
 */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "vipguard/abi.h"

/* len counts bits of the 128: an IPv4 /24 is 120. Host bits of addr are zero. */
struct vg_prefix {
	struct vg_addr addr;
	uint8_t len;
};

/* 0, or -EINVAL for what is no address: leading zeros, zones, prefixes, white space, empty, too long. */
int vg_addr_parse(const char *text, struct vg_addr *ret_addr);
/* out: VG_TEXT_MAX bytes; IPv4 dotted, IPv6 as RFC 5952. */
void vg_addr_to_str(const struct vg_addr *addr, char *out);
bool vg_addr_is_ipv4(const struct vg_addr *addr);
int vg_addr_cmp(const struct vg_addr *a, const struct vg_addr *b);
bool vg_addr_is_zero(const struct vg_addr *addr); /* "::" only; 0.0.0.0 is not */
bool vg_addr_is_global(const struct vg_addr *addr); /* not loopback, link-local, multicast, unspecified */
struct vg_addr vg_addr_from_ipv4(uint32_t be32);
/* 4 or 16 bytes in network order; -EINVAL for another length. */
int vg_addr_from_bytes(const void *bytes, size_t n, struct vg_addr *ret_addr);
uint8_t vg_addr_bits(const struct vg_addr *addr); /* 32 or 128: the longest prefix in its own family */

/* "192.0.2.0/24", "2001:db8::/64", or an address alone (its longest prefix). -EINVAL also when host bits are set. */
int vg_prefix_parse(const char *text, struct vg_prefix *ret_prefix);
/* own_len in the address's own family. -EINVAL if it is too long. Host bits are cut. */
int vg_prefix_make(const struct vg_addr *addr, uint8_t own_len, struct vg_prefix *ret_prefix);
void vg_prefix_to_str(const struct vg_prefix *prefix, char *out); /* out: VG_TEXT_MAX; a host prefix without "/32" */
bool vg_prefix_contains(const struct vg_prefix *prefix, const struct vg_addr *addr);
bool vg_prefix_is_host(const struct vg_prefix *prefix);
uint8_t vg_prefix_own_len(const struct vg_prefix *prefix); /* in its own family: 0..32 or 0..128 */
int vg_prefix_cmp(const struct vg_prefix *a, const struct vg_prefix *b);

/*
 * The fewest prefixes that cover first..last, in order. ret: caller's array of at least VG_RANGE_PREFIXES_MAX.
 * -EINVAL if the families differ or last is before first.
 */
#define VG_RANGE_PREFIXES_MAX 256
int vg_range_to_prefixes(const struct vg_addr *first, const struct vg_addr *last, struct vg_prefix *ret_prefixes, size_t *ret_n);
/* An address, a CIDR, or "first-last" (spaces around the dash allowed), as prefixes. */
int vg_range_parse(const char *text, struct vg_prefix *ret_prefixes, size_t *ret_n);

#endif
