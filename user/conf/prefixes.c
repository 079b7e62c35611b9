/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/text.h"

#define IPV4_LEN_MIN 8
#define IPV6_LEN_MIN 16

#define IPV4(a, b, c, d, own_len) \
	{ \
		.addr = { { [10] = 0xff, [11] = 0xff, a, b, c, d } }, .len = 96 + (own_len) \
	}
#define IPV6(first, second, last, own_len) \
	{ \
		.addr = { { first, second, [15] = last } }, .len = own_len \
	}

static const struct {
	struct vg_prefix prefix;
	const char *what;
} never_vips[] = {
	{ IPV4(0, 0, 0, 0, 32), "the unspecified address" },
	{ IPV4(127, 0, 0, 0, 8), "a loopback address" },
	{ IPV4(169, 254, 0, 0, 16), "a link-local address" },
	{ IPV4(224, 0, 0, 0, 4), "a multicast address" },
	{ IPV4(255, 255, 255, 255, 32), "the broadcast address" },
	{ IPV6(0, 0, 0, 128), "the unspecified address" },
	{ IPV6(0, 0, 1, 128), "a loopback address" },
	{ IPV6(0xfe, 0x80, 0, 10), "a link-local address" },
	{ IPV6(0xff, 0, 0, 8), "a multicast address" },
};

static bool overlap(const struct vg_prefix *a, const struct vg_prefix *b)
{
	return vg_prefix_contains(a, &b->addr) || vg_prefix_contains(b, &a->addr);
}

/* The /80 that holds IPv4 in its mapped form: the kernel's maps have one form for both families and would match it. */
static bool covers_mapped(const struct vg_prefix *prefix)
{
	static const struct vg_addr zero;

	return prefix->len < 96 && !memcmp(prefix->addr.bytes, zero.bytes, 10);
}

static bool too_wide(const struct vg_prefix *prefix)
{
	if (vg_addr_is_ipv4(&prefix->addr) && prefix->len >= 96)
		return vg_prefix_own_len(prefix) < IPV4_LEN_MIN;
	return prefix->len < IPV6_LEN_MIN || covers_mapped(prefix);
}

/* "192.0.2.10/24": the network that was meant, if this is what is wrong. */
static bool has_host_bits(const char *text, struct vg_addr *ret_addr, struct vg_prefix *ret_network)
{
	_cleanup_free_ char *host = strndup(text, strcspn(text, "/"));
	const char *slash = strchr(text, '/');
	struct vg_prefix network;
	struct vg_addr addr;
	unsigned long len;
	char *end;

	if (!host || !slash || slash[1] < '0' || slash[1] > '9' || vg_addr_parse(host, &addr) < 0)
		return false;
	len = strtoul(slash + 1, &end, 10);
	if (*end || len > 128 || vg_prefix_make(&addr, (uint8_t)len, &network) < 0 || !vg_addr_cmp(&network.addr, &addr))
		return false;
	*ret_addr = addr;
	*ret_network = network;
	return true;
}

static int explain(const char *text, struct vg_error *ret_error)
{
	char quote[VG_QUOTE_MAX], host[VG_TEXT_MAX], meant[VG_TEXT_MAX];
	struct vg_prefix network;
	struct vg_addr addr;

	vg_text_quote(text, quote);
	if (has_host_bits(text, &addr, &network)) {
		vg_addr_to_str(&addr, host);
		vg_prefix_to_str(&network, meant);
		return vg_error_set(ret_error, -EINVAL, "%s has host bits set; expected %s for the network or %s for the one address", quote, meant,
				    host);
	}
	if (strchr(text, '-'))
		return vg_error_set(ret_error, -EINVAL, "%s is no range; expected first-last, both IPv4 or both IPv6, the last not before the first",
				    quote);
	return vg_error_set(ret_error, -EINVAL,
			    "%s is no IP address, CIDR or range; expected for example 192.0.2.10, 192.0.2.0/24, "
			    "192.0.2.10-192.0.2.20 or 2001:db8::/64",
			    quote);
}

int vg_prefixes_parse(const char *text, struct vg_error *ret_error, struct vg_prefix *ret_prefixes, size_t *ret_n)
{
	char quote[VG_QUOTE_MAX];
	size_t n;
	int r;

	r = vg_range_parse(text, ret_prefixes, &n);
	if (r < 0)
		return explain(text, ret_error);
	for (size_t i = 0; i < n; i++) {
		if (!too_wide(&ret_prefixes[i]))
			continue;
		vg_text_quote(text, quote);
		return vg_error_set(ret_error, -EINVAL, "%s is too wide to be meant; expected IPv4 of /%d, IPv6 of /%d or longer, and not in ::/80",
				    quote, IPV4_LEN_MIN, IPV6_LEN_MIN);
	}
	*ret_n = n;
	return 0;
}

int vg_prefixes_parse_vip(const char *text, struct vg_error *ret_error, struct vg_prefix *ret_prefixes, size_t *ret_n)
{
	char quote[VG_QUOTE_MAX];
	size_t n;
	int r;

	r = vg_prefixes_parse(text, ret_error, ret_prefixes, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n * ARRAY_SIZE(never_vips); i++) {
		size_t never = i % ARRAY_SIZE(never_vips);

		if (!overlap(&ret_prefixes[i / ARRAY_SIZE(never_vips)], &never_vips[never].prefix))
			continue;
		vg_text_quote(text, quote);
		return vg_error_set(ret_error, -EINVAL, "%s is or covers %s; expected what a Service may have", quote, never_vips[never].what);
	}
	*ret_n = n;
	return 0;
}
