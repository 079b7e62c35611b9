/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "conf/addresses.h"

/* As iproute2 6.1 prints it, shortened; {} is what it prints for a link that a filter took away. */
static const char listing[] =
	"[{},{\"ifindex\":1,\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\",\"UP\"],\"addr_info\":[{\"family\":\"inet\",\"local\":\"127.0.0.1\","
	"\"prefixlen\":8,\"scope\":\"host\",\"label\":\"lo\",\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295}]},"
	"{\"ifindex\":2,\"ifname\":\"eth0\",\"address\":\"52:54:00:00:00:01\",\"addr_info\":[{},"
	"{\"family\":\"inet\",\"local\":\"192.0.2.11\",\"prefixlen\":24,\"broadcast\":\"192.0.2.255\",\"scope\":\"global\",\"dynamic\":true,"
	"\"label\":\"eth0\",\"valid_life_time\":3600,\"preferred_life_time\":1800},"
	"{\"family\":\"inet\",\"local\":\"192.0.2.240\",\"prefixlen\":32,\"scope\":\"link\",\"deprecated\":true,\"label\":\"eth0\","
	"\"valid_life_time\":4294967295,\"preferred_life_time\":0},"
	"{\"family\":\"inet\",\"local\":\"192.0.2.12\",\"address\":\"198.51.100.1\",\"prefixlen\":24,\"scope\":\"global\",\"secondary\":true},"
	"{\"family\":\"inet6\",\"local\":\"fe80::1\",\"prefixlen\":64,\"scope\":\"link\",\"tentative\":true,\"noprefixroute\":true}]},"
	"{\"ifindex\":3,\"ifname\":\"eth1\",\"addr_info\":[]},{\"ifindex\":4,\"ifname\":\"eth2\"}]";

static void check(const struct vg_listed_addr *listed, const char *ifname, uint32_t ifindex, const char *addr, const char *peer, uint8_t prefix,
		  uint32_t flags, uint8_t scope)
{
	struct vg_addr expected = addr_of(addr), expected_peer = addr_of(peer);

	assert_string_equal(listed->ifname, ifname);
	assert_int_equal(listed->bound.ifindex, ifindex);
	assert_case(addr, !vg_addr_cmp(&listed->bound.addr, &expected));
	assert_case(addr, !vg_addr_cmp(&listed->bound.peer, &expected_peer));
	assert_int_equal(listed->bound.prefix, prefix);
	assert_int_equal(listed->bound.flags, flags);
	assert_int_equal(listed->bound.scope, scope);
}

static void test_listing(void **state)
{
	_cleanup_free_ struct vg_listed_addr *addrs = NULL;
	struct vg_error error = { "" };
	size_t n;

	(void)state;
	assert_int_equal(vg_addresses_parse(listing, strlen(listing), "ip.json", &error, &addrs, &n), 0);
	assert_int_equal(n, 5);
	check(&addrs[0], "lo", 1, "127.0.0.1", "127.0.0.1", 8, IFA_F_PERMANENT, RT_SCOPE_HOST);
	check(&addrs[1], "eth0", 2, "192.0.2.11", "192.0.2.11", 24, 0, RT_SCOPE_UNIVERSE);
	assert_int_equal(addrs[1].bound.valid_lft, 3600);
	assert_int_equal(addrs[1].bound.preferred_lft, 1800);
	assert_string_equal(addrs[1].bound.label, "eth0");
	check(&addrs[2], "eth0", 2, "192.0.2.240", "192.0.2.240", 32, IFA_F_PERMANENT | IFA_F_DEPRECATED, RT_SCOPE_LINK);
	assert_int_equal(addrs[2].bound.valid_lft, 0xffffffff);
	assert_int_equal(addrs[2].bound.preferred_lft, 0);
	check(&addrs[3], "eth0", 2, "192.0.2.12", "198.51.100.1", 24, IFA_F_PERMANENT | IFA_F_SECONDARY, RT_SCOPE_UNIVERSE);
	check(&addrs[4], "eth0", 2, "fe80::1", "fe80::1", 64, IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE, RT_SCOPE_LINK);
	assert_string_equal(addrs[4].bound.label, "");
}

/* What is odd is skipped, not guessed. */
static void test_skipped(void **state)
{
	static const char *const odd[] = {
		"{}",
		"{\"local\":\"192.0.2.1\"}",
		"{\"prefixlen\":24}",
		"{\"local\":\"192.0.2.1\",\"prefixlen\":33}",
		"{\"local\":\"192.0.2.1\",\"prefixlen\":-1}",
		"{\"local\":\"192.0.2.1\",\"prefixlen\":\"24\"}",
		"{\"local\":\"192.0.2.01\",\"prefixlen\":24}",
		"{\"local\":3221225985,\"prefixlen\":24}",
		"{\"family\":\"inet6\",\"local\":\"192.0.2.1\",\"prefixlen\":24}",
		"{\"family\":\"inet\",\"local\":\"2001:db8::1\",\"prefixlen\":24}",
		"null",
		"[]",
		"\"192.0.2.1/24\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_free_ struct vg_listed_addr *addrs = NULL;
		struct vg_error error = { "" };
		char text[512];
		size_t n = 77;

		snprintf(text, sizeof(text), "[{\"ifindex\":2,\"ifname\":\"eth0\",\"addr_info\":[%s,{\"local\":\"192.0.2.9\",\"prefixlen\":32}]}]",
			 odd[i]);
		assert_case(odd[i], vg_addresses_parse(text, strlen(text), "ip.json", &error, &addrs, &n) == 0);
		assert_case(odd[i], n == 1);
		check(&addrs[0], "eth0", 2, "192.0.2.9", "192.0.2.9", 32, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE);
	}
}

static void test_links_without_name(void **state)
{
	static const char text[] = "[{\"ifname\":\"a-name-of-16-char\",\"addr_info\":[{\"local\":\"192.0.2.1\",\"prefixlen\":32}]},"
				   "{\"addr_info\":[{\"local\":\"192.0.2.1\",\"prefixlen\":32}]},{\"ifname\":7,\"addr_info\":{}}]";
	_cleanup_free_ struct vg_listed_addr *addrs = NULL;
	struct vg_error error = { "" };
	size_t n = 77;

	(void)state;
	assert_int_equal(vg_addresses_parse(text, strlen(text), "ip.json", &error, &addrs, &n), 0);
	assert_int_equal(n, 0);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{ "", "ip.json:1: is no JSON: " },
		{ "1: lo: <LOOPBACK,UP>\n", "ip.json:1: is no JSON: " },
		{ "[\n{},\n", "ip.json:3: is no JSON: " },
		{ "[] []", "ip.json:1: is no JSON: " },
		{ "{\"ifname\":\"eth0\"}", "ip.json:1: found no list; expected what `ip -json address show` prints" },
		{ "[{}, 7]", "ip.json: item 2 is no link; expected what" },
		{ "[{\"ifname\":\"eth0\",\"addr_info\":[{\"local\":\"192.0.2.1\",\"prefixlen\":32}]}, \"x\"]", "ip.json: item 2 is no link" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_listed_addr *addrs = NULL;
		struct vg_error error = { "" };
		size_t n;

		assert_case(cases[i].text, vg_addresses_parse(cases[i].text, strlen(cases[i].text), "ip.json", &error, &addrs, &n) == -EINVAL);
		assert_case(cases[i].text, !strncmp(error.text, cases[i].error, strlen(cases[i].error)));
		assert_null(addrs);
	}
}

static void test_files(void **state)
{
	struct vg_listed_addr *addrs = NULL;
	struct vg_error error;
	size_t n;

	(void)state;
	assert_int_equal(vg_addresses_read("/", &error, &addrs, &n), -EISDIR);
	assert_int_equal(vg_addresses_read("/nowhere/ip.json", &error, &addrs, &n), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing), cmocka_unit_test(test_skipped), cmocka_unit_test(test_links_without_name),
		cmocka_unit_test(test_wrong),	cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
