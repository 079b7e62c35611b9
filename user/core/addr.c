/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses, prefixes and ranges as values. The families are kept apart although they share one form: ::/0 does not
 * contain 192.0.2.1, since whoever wrote it did not mean IPv4.
 */
#include "core/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_BITS 96

_Static_assert(VG_TEXT_MAX >= INET6_ADDRSTRLEN + 4, "an address, a slash and three digits");

static const uint8_t MAPPED[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

static unsigned __int128 to_number(const struct vg_addr *addr)
{
	unsigned __int128 number = 0;

	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		number = number << 8 | addr->bytes[i];
	return number;
}

static struct vg_addr from_number(unsigned __int128 number)
{
	struct vg_addr addr;

	for (size_t i = sizeof(addr.bytes); i-- > 0; number >>= 8)
		addr.bytes[i] = (uint8_t)number;
	return addr;
}

/* len 0..128 */
static struct vg_addr cut_host_bits(const struct vg_addr *addr, unsigned len)
{
	return from_number(len ? to_number(addr) & (~(unsigned __int128)0 << (128 - len)) : 0);
}

static uint8_t family_base(const struct vg_addr *addr)
{
	return vg_addr_is_ipv4(addr) ? MAPPED_BITS : 0;
}

int vg_addr_parse(const char *text, struct vg_addr *ret_addr)
{
	struct vg_addr addr;
	uint32_t be32;

	/* inet_pton() of glibc refuses leading zeros in IPv4, zones and white space. */
	if (inet_pton(AF_INET, text, &be32) == 1)
		addr = vg_addr_from_ipv4(be32);
	else if (inet_pton(AF_INET6, text, addr.bytes) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

void vg_addr_to_str(const struct vg_addr *addr, char *out)
{
	if (vg_addr_is_ipv4(addr))
		inet_ntop(AF_INET, addr->bytes + sizeof(MAPPED), out, VG_TEXT_MAX);
	else
		inet_ntop(AF_INET6, addr->bytes, out, VG_TEXT_MAX);
}

bool vg_addr_is_ipv4(const struct vg_addr *addr)
{
	return !memcmp(addr->bytes, MAPPED, sizeof(MAPPED));
}

int vg_addr_cmp(const struct vg_addr *a, const struct vg_addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool vg_addr_is_zero(const struct vg_addr *addr)
{
	return !to_number(addr);
}

static bool ipv4_is_global(const uint8_t *octets)
{
	static const uint8_t none[4] = { 0 }, broadcast[4] = { 255, 255, 255, 255 };

	return memcmp(octets, none, 4) && memcmp(octets, broadcast, 4) && octets[0] != 127 && (octets[0] & 0xf0) != 224 &&
	       !(octets[0] == 169 && octets[1] == 254);
}

bool vg_addr_is_global(const struct vg_addr *addr)
{
	const uint8_t *bytes = addr->bytes;

	if (vg_addr_is_ipv4(addr))
		return ipv4_is_global(bytes + sizeof(MAPPED));
	return to_number(addr) > 1 && bytes[0] != 0xff && !(bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

struct vg_addr vg_addr_from_ipv4(uint32_t be32)
{
	struct vg_addr addr;

	memcpy(addr.bytes, MAPPED, sizeof(MAPPED));
	memcpy(addr.bytes + sizeof(MAPPED), &be32, sizeof(be32));
	return addr;
}

int vg_addr_from_bytes(const void *bytes, size_t n, struct vg_addr *ret_addr)
{
	uint32_t be32;

	if (n == sizeof(be32)) {
		memcpy(&be32, bytes, n);
		*ret_addr = vg_addr_from_ipv4(be32);
		return 0;
	}
	if (n != sizeof(ret_addr->bytes))
		return -EINVAL;
	memcpy(ret_addr->bytes, bytes, n);
	return 0;
}

uint8_t vg_addr_bits(const struct vg_addr *addr)
{
	return 128 - family_base(addr);
}

/* Decimal digits only, no sign, no leading zero, up to 128. */
static int length_parse(const char *text, unsigned *ret_len)
{
	unsigned len = 0;
	size_t n = strlen(text);

	if (n < 1 || n > 3 || (text[0] == '0' && n > 1))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		len = len * 10 + (unsigned)(*text - '0');
	}
	if (len > 128)
		return -EINVAL;
	*ret_len = len;
	return 0;
}

int vg_prefix_parse(const char *text, struct vg_prefix *ret_prefix)
{
	char host[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "/");
	struct vg_prefix prefix;
	struct vg_addr addr;
	unsigned len;
	int r;

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	r = vg_addr_parse(host, &addr);
	if (r < 0)
		return r;
	len = vg_addr_bits(&addr);
	if (text[n] == '/') {
		r = length_parse(text + n + 1, &len);
		if (r < 0)
			return r;
		/* "::ffff:192.0.2.0/120" counts the bits of what it wrote. */
		if (strchr(host, ':') && vg_addr_is_ipv4(&addr)) {
			if (len < MAPPED_BITS)
				return -EINVAL;
			len -= MAPPED_BITS;
		}
	}
	r = vg_prefix_make(&addr, (uint8_t)len, &prefix);
	if (r < 0)
		return r;
	if (vg_addr_cmp(&prefix.addr, &addr))
		return -EINVAL;
	*ret_prefix = prefix;
	return 0;
}

int vg_prefix_make(const struct vg_addr *addr, uint8_t own_len, struct vg_prefix *ret_prefix)
{
	unsigned len = family_base(addr) + own_len;

	if (len > 128)
		return -EINVAL;
	*ret_prefix = (struct vg_prefix){ .addr = cut_host_bits(addr, len), .len = (uint8_t)len };
	return 0;
}

/* An IPv6 prefix that covers all of ::ffff:0:0/96 has no such address itself, unless it is that /96. */
static uint8_t prefix_base(const struct vg_prefix *prefix)
{
	return prefix->len < MAPPED_BITS ? 0 : family_base(&prefix->addr);
}

void vg_prefix_to_str(const struct vg_prefix *prefix, char *out)
{
	size_t n;

	vg_addr_to_str(&prefix->addr, out);
	if (vg_prefix_is_host(prefix))
		return;
	n = strlen(out);
	snprintf(out + n, VG_TEXT_MAX - n, "/%u", vg_prefix_own_len(prefix));
}

bool vg_prefix_contains(const struct vg_prefix *prefix, const struct vg_addr *addr)
{
	struct vg_addr network;

	if (prefix_base(prefix) != family_base(addr))
		return false;
	network = cut_host_bits(addr, prefix->len);
	return !vg_addr_cmp(&network, &prefix->addr);
}

bool vg_prefix_is_host(const struct vg_prefix *prefix)
{
	return prefix->len == 128;
}

uint8_t vg_prefix_own_len(const struct vg_prefix *prefix)
{
	return prefix->len - prefix_base(prefix);
}

int vg_prefix_cmp(const struct vg_prefix *a, const struct vg_prefix *b)
{
	int c = vg_addr_cmp(&a->addr, &b->addr);

	return c ? c : (int)a->len - (int)b->len;
}

static unsigned trailing_zeros(unsigned __int128 number)
{
	uint64_t low = (uint64_t)number, high = (uint64_t)(number >> 64);

	if (low)
		return (unsigned)__builtin_ctzll(low);
	return high ? 64 + (unsigned)__builtin_ctzll(high) : 128;
}

/* 2^bits - 1 */
static unsigned __int128 ones(unsigned bits)
{
	return bits ? ~(unsigned __int128)0 >> (128 - bits) : 0;
}

int vg_range_to_prefixes(const struct vg_addr *first, const struct vg_addr *last, struct vg_prefix *ret_prefixes, size_t *ret_n)
{
	unsigned __int128 at = to_number(first), end = to_number(last);
	size_t n = 0;

	if (vg_addr_is_ipv4(first) != vg_addr_is_ipv4(last) || at > end)
		return -EINVAL;
	for (;;) {
		unsigned bits = trailing_zeros(at);

		while (ones(bits) > end - at)
			bits--;
		ret_prefixes[n++] = (struct vg_prefix){ .addr = from_number(at), .len = (uint8_t)(128 - bits) };
		if (end - at == ones(bits))
			break;
		at += ones(bits) + 1;
	}
	*ret_n = n;
	return 0;
}

/* An address between optional spaces. */
static int spaced_addr_parse(const char *text, size_t n, struct vg_addr *ret_addr)
{
	char host[INET6_ADDRSTRLEN];

	while (n && *text == ' ')
		text++, n--;
	while (n && text[n - 1] == ' ')
		n--;
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	return vg_addr_parse(host, ret_addr);
}

int vg_range_parse(const char *text, struct vg_prefix *ret_prefixes, size_t *ret_n)
{
	const char *dash = strchr(text, '-');
	struct vg_addr first, last;
	int r;

	if (!dash) {
		r = vg_prefix_parse(text, ret_prefixes);
		if (r < 0)
			return r;
		*ret_n = 1;
		return 0;
	}
	r = spaced_addr_parse(text, (size_t)(dash - text), &first);
	if (r < 0)
		return r;
	r = spaced_addr_parse(dash + 1, strlen(dash + 1), &last);
	if (r < 0)
		return r;
	return vg_range_to_prefixes(&first, &last, ret_prefixes, ret_n);
}
