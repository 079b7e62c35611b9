/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>

static void test_parse_and_print(void **state)
{
	static const struct {
		const char *text;
		const char *printed; /* NULL: no address */
	} cases[] = {
		{ "192.0.2.10", "192.0.2.10" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::ffff:192.0.2.10", "192.0.2.10" },
		{ "::ffff:c000:20a", "192.0.2.10" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* RFC 5952 section 4.2.3: the first of two equal runs */
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, /* section 4.2.2: one group is not shortened */
		{ "2001:db8:0000::0001", "2001:db8::1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "", NULL },
		{ " 192.0.2.10", NULL },
		{ "192.0.2.10 ", NULL },
		{ "192.0.2.010", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.10/32", NULL },
		{ "0xc0.0.2.10", NULL },
		{ "::ffff:192.0.2.010", NULL },
		{ "fe80::1%eth0", NULL },
		{ "2001:db8::1::", NULL },
		{ "2001:db8:::1", NULL },
		{ "12345::", NULL },
		{ "localhost", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_addr addr = { { 42 } }, again;
		char text[VG_TEXT_MAX];
		int r = vg_addr_parse(cases[i].text, &addr);

		if (!cases[i].printed) {
			assert_case(cases[i].text, r == -EINVAL && addr.bytes[0] == 42);
			continue;
		}
		assert_case(cases[i].text, r == 0);
		vg_addr_to_str(&addr, text);
		assert_string_equal(text, cases[i].printed);
		assert_int_equal(vg_addr_parse(text, &again), 0);
		assert_int_equal(vg_addr_cmp(&addr, &again), 0);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		bool ipv4;
		bool zero;
		bool global;
	} cases[] = {
		{ "192.0.2.10", true, false, true },
		{ "0.0.0.0", true, false, false },
		{ "127.0.0.1", true, false, false },
		{ "169.254.20.10", true, false, false },
		{ "169.253.255.255", true, false, true },
		{ "224.0.0.1", true, false, false },
		{ "239.255.255.255", true, false, false },
		{ "240.0.0.1", true, false, true },
		{ "255.255.255.255", true, false, false },
		{ "::", false, true, false },
		{ "::1", false, false, false },
		{ "::2", false, false, true },
		{ "fe80::1", false, false, false },
		{ "febf::1", false, false, false },
		{ "fec0::1", false, false, true },
		{ "ff02::1", false, false, false },
		{ "fd00::1", false, false, true },
		{ "2001:db8::1", false, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_addr addr = addr_of(cases[i].text);

		assert_case(cases[i].text, vg_addr_is_ipv4(&addr) == cases[i].ipv4);
		assert_case(cases[i].text, vg_addr_bits(&addr) == (cases[i].ipv4 ? 32 : 128));
		assert_case(cases[i].text, vg_addr_is_zero(&addr) == cases[i].zero);
		assert_case(cases[i].text, vg_addr_is_global(&addr) == cases[i].global);
	}
}

static void test_from_bytes(void **state)
{
	static const uint8_t four[4] = { 192, 0, 2, 10 };
	struct vg_addr addr, mapped = addr_of("192.0.2.10"), six = addr_of("2001:db8::1");

	(void)state;
	assert_int_equal(vg_addr_from_bytes(four, 4, &addr), 0);
	assert_int_equal(vg_addr_cmp(&addr, &mapped), 0);
	assert_int_equal(vg_addr_from_bytes(six.bytes, 16, &addr), 0);
	assert_int_equal(vg_addr_cmp(&addr, &six), 0);
	assert_int_equal(vg_addr_from_bytes(six.bytes, 0, &addr), -EINVAL);
	assert_int_equal(vg_addr_from_bytes(six.bytes, 15, &addr), -EINVAL);
	addr = vg_addr_from_ipv4(htonl(0xc000020a));
	assert_int_equal(vg_addr_cmp(&addr, &mapped), 0);
	assert_true(vg_addr_cmp(&mapped, &six) < 0);
	assert_true(vg_addr_cmp(&six, &mapped) > 0);
}

static void test_prefix(void **state)
{
	static const struct {
		const char *text;
		const char *printed; /* NULL: no prefix */
		unsigned own_len;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.0/24", 24 },
		{ "192.0.2.10", "192.0.2.10", 32 },
		{ "192.0.2.10/32", "192.0.2.10", 32 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "::/0", "::/0", 0 },
		{ "2001:db8::/64", "2001:db8::/64", 64 },
		{ "2001:db8::1/128", "2001:db8::1", 128 },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24", 24 },
		{ "::fffe:0:0/95", "::fffe:0:0/95", 95 },
		{ "192.0.2.10/24", NULL, 0 }, /* host bits */
		{ "2001:db8::1/64", NULL, 0 },
		{ "192.0.2.0/33", NULL, 0 },
		{ "192.0.2.0/255.255.255.0", NULL, 0 },
		{ "192.0.2.0/", NULL, 0 },
		{ "192.0.2.0/-1", NULL, 0 },
		{ "192.0.2.0/+24", NULL, 0 },
		{ "192.0.2.0/024", NULL, 0 },
		{ "192.0.2.0/24 ", NULL, 0 },
		{ "192.0.2.0/24/24", NULL, 0 },
		{ "192.0.2.0/4294967320", NULL, 0 },
		{ "2001:db8::/129", NULL, 0 },
		{ "::ffff:192.0.2.0/24", NULL, 0 },
		{ "/24", NULL, 0 },
		{ "", NULL, 0 },
		{ "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000/64", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_prefix prefix = { .len = 77 };
		char text[VG_TEXT_MAX];
		int r = vg_prefix_parse(cases[i].text, &prefix);

		if (!cases[i].printed) {
			assert_case(cases[i].text, r == -EINVAL && prefix.len == 77);
			continue;
		}
		assert_case(cases[i].text, r == 0);
		vg_prefix_to_str(&prefix, text);
		assert_string_equal(text, cases[i].printed);
		assert_case(cases[i].text, vg_prefix_own_len(&prefix) == cases[i].own_len);
		assert_case(cases[i].text, vg_prefix_is_host(&prefix) == !strchr(text, '/'));
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *prefix;
		const char *addr;
		bool contains;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/25", "192.0.2.128", false },
		{ "192.0.2.10", "192.0.2.10", true },
		{ "192.0.2.10", "192.0.2.11", false },
		{ "0.0.0.0/0", "203.0.113.1", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false }, /* the families are apart */
		{ "::fffe:0:0/95", "192.0.2.1", false },
		{ "2001:db8::/65", "2001:db8::7fff:0:0:1", true },
		{ "2001:db8::/65", "2001:db8::8000:0:0:1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_prefix prefix = prefix_of(cases[i].prefix);
		struct vg_addr addr = addr_of(cases[i].addr);

		assert_case(cases[i].prefix, vg_prefix_contains(&prefix, &addr) == cases[i].contains);
	}
}

static void test_make(void **state)
{
	struct vg_prefix prefix, network = prefix_of("192.0.2.0/24"), narrower = prefix_of("192.0.2.0/25");
	struct vg_addr addr = addr_of("192.0.2.10"), six = addr_of("2001:db8::1");

	(void)state;
	assert_int_equal(vg_prefix_make(&addr, 24, &prefix), 0);
	assert_int_equal(vg_prefix_cmp(&prefix, &network), 0);
	assert_true(vg_prefix_cmp(&network, &narrower) < 0);
	assert_int_equal(vg_prefix_make(&addr, 33, &prefix), -EINVAL);
	assert_int_equal(vg_prefix_make(&six, 129, &prefix), -EINVAL);
	assert_int_equal(vg_prefix_make(&six, 0, &prefix), 0);
	assert_true(vg_addr_is_zero(&prefix.addr));
}

static void test_range(void **state)
{
	static const struct {
		const char *text;
		const char *prefixes; /* with a space behind each; NULL: no range */
	} cases[] = {
		{ "192.0.2.10", "192.0.2.10 " },
		{ "192.0.2.0/24", "192.0.2.0/24 " },
		{ "192.0.2.10-192.0.2.10", "192.0.2.10 " },
		{ "192.0.2.10-192.0.2.20", "192.0.2.10/31 192.0.2.12/30 192.0.2.16/30 192.0.2.20 " },
		{ " 192.0.2.0 - 192.0.2.255 ", "192.0.2.0/24 " },
		{ "192.0.2.255-192.0.3.0", "192.0.2.255 192.0.3.0 " },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0/0 " },
		{ "255.255.255.254-255.255.255.255", "255.255.255.254/31 " },
		{ "2001:db8::1-2001:db8::4", "2001:db8::1 2001:db8::2/127 2001:db8::4 " },
		{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0 " },
		{ "::ffff:192.0.2.10-192.0.2.11", "192.0.2.10/31 " },
		{ "192.0.2.20-192.0.2.10", NULL },
		{ "192.0.2.10-2001:db8::1", NULL },
		{ "192.0.2.10-", NULL },
		{ "-192.0.2.10", NULL },
		{ "-", NULL },
		{ "192.0.2.10-20", NULL },
		{ "192.0.2.0/24-192.0.3.0/24", NULL },
		{ "192.0.2.1-192.0.2.2-192.0.2.3", NULL },
		{ "192.0.2.10\t-192.0.2.20", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
		char all[1024] = "", text[VG_TEXT_MAX];
		size_t n = 77;
		int r = vg_range_parse(cases[i].text, prefixes, &n);

		if (!cases[i].prefixes) {
			assert_case(cases[i].text, r == -EINVAL && n == 77);
			continue;
		}
		assert_case(cases[i].text, r == 0);
		for (size_t j = 0; j < n; j++) {
			vg_prefix_to_str(&prefixes[j], text);
			strcat(strcat(all, text), " ");
		}
		assert_string_equal(all, cases[i].prefixes);
	}
}

/* The widest case there is fits the caller's array, and the prefixes follow on each other without gap or overlap. */
static void test_range_is_exact(void **state)
{
	struct vg_addr first = addr_of("::1"), last = addr_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
	unsigned __int128 covered = 0;
	size_t n;

	(void)state;
	assert_int_equal(vg_range_to_prefixes(&first, &last, prefixes, &n), 0);
	assert_int_equal(n, 254);
	for (size_t i = 0; i < n; i++) {
		covered += (unsigned __int128)1 << (128 - prefixes[i].len);
		if (i)
			assert_true(vg_addr_cmp(&prefixes[i - 1].addr, &prefixes[i].addr) < 0);
	}
	assert_true(covered == ~(unsigned __int128)0 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_print), cmocka_unit_test(test_kinds),	       cmocka_unit_test(test_from_bytes),
		cmocka_unit_test(test_prefix),		cmocka_unit_test(test_contains),       cmocka_unit_test(test_make),
		cmocka_unit_test(test_range),		cmocka_unit_test(test_range_is_exact),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
