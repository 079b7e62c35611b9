/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "conf/prefixes.h"

static void test_prefixes(void **state)
{
	static const struct {
		const char *text;
		const char *protect; /* part of what is wrong with it; NULL: nothing */
		const char *vip;
	} cases[] = {
		{ "192.0.2.10", NULL, NULL },
		{ "192.0.2.0/24", NULL, NULL },
		{ "192.0.2.10-192.0.2.20", NULL, NULL },
		{ "2001:db8::/32", NULL, NULL },
		{ "203.0.0.0/8", NULL, NULL },
		{ "192.0.2.10/24", "expected 192.0.2.0/24 for the network or 192.0.2.10 for the one address", "has host bits" },
		{ "2001:db8::1/64", "expected 2001:db8::/64 for the network", "has host bits" },
		{ "0.0.0.0/0", "too wide", "too wide" },
		{ "192.0.0.0/7", "too wide", "too wide" },
		{ "::/0", "too wide", "too wide" },
		{ "2000::/3", "too wide", "too wide" },
		{ "::/64", "too wide", "too wide" }, /* holds IPv4-mapped */
		{ "::fffe:0:0/95", "too wide", "too wide" },
		{ "::1-::1:0:0:0", "too wide", "too wide" },
		{ "192.0.2.20-192.0.2.10", "\"192.0.2.20-192.0.2.10\" is no range; expected first-last", "no range" },
		{ "192.0.2.10-2001:db8::1", "no range", "no range" },
		{ "192.0.2.300", "\"192.0.2.300\" is no IP address, CIDR or range; expected", "is no IP address" },
		{ "192.0.2.0/33", "is no IP address", "is no IP address" },
		{ "192.0.2.0/", "is no IP address", "is no IP address" },
		{ "worker1", "is no IP address", "is no IP address" },
		{ "", "\"\" is no IP address", "is no IP address" },
		{ "127.0.0.1", NULL, "is or covers a loopback address" },
		{ "::1", NULL, "is or covers a loopback address" },
		{ "169.254.20.10", NULL, "link-local" },
		{ "fe80::1", NULL, "link-local" },
		{ "224.0.0.18", NULL, "multicast" },
		{ "ff02::1", NULL, "multicast" },
		{ "0.0.0.0", NULL, "unspecified" },
		{ "::", NULL, "unspecified" },
		{ "255.255.255.255", NULL, "broadcast" },
		{ "126.255.0.0-127.0.0.0", NULL, "loopback" }, /* covers it */
		{ "::1.0.0.0/104", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
		size_t n = 77;
		struct vg_error error = { "" };
		int r;

		r = vg_prefixes_parse(cases[i].text, &error, prefixes, &n);
		assert_case(cases[i].text, cases[i].protect ? r == -EINVAL && strstr(error.text, cases[i].protect) && n == 77 : r == 0 && n >= 1);
		n = 77;
		r = vg_prefixes_parse_vip(cases[i].text, &error, prefixes, &n);
		assert_case(cases[i].text, cases[i].vip ? r == -EINVAL && strstr(error.text, cases[i].vip) && n == 77 : r == 0 && n >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_prefixes) };

	return cmocka_run_group_tests_name("prefixes", tests, NULL, NULL);
}
