/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <linux/if_addr.h>

#include "core/cascade.h"

#define ADDRS_MAX 4

struct bound {
	const char *addr;
	const char *peer; /* NULL: none */
	uint8_t prefix;
	uint32_t flags;
};

static const struct {
	const char *name;
	struct bound bound[ADDRS_MAX];
	const char *addr;
	uint8_t prefix;
	bool promote;
	enum vg_removal removal;
	const char *victim;
} cases[] = {
	{ "alone", { { "192.0.2.10", NULL, 24, 0 } }, "192.0.2.10", 24, false, VG_REMOVAL_SAFE, NULL },
	{ "not there", { { "192.0.2.10", NULL, 24, 0 } }, "192.0.2.11", 24, false, VG_REMOVAL_GONE, NULL },
	{ "there with another prefix", { { "192.0.2.10", NULL, 24, 0 } }, "192.0.2.10", 32, false, VG_REMOVAL_GONE, NULL },
	{ "no addresses", { { NULL, NULL, 0, 0 } }, "192.0.2.10", 32, false, VG_REMOVAL_GONE, NULL },
	{ "a /32 beside the node's /24",
	  { { "192.0.2.11", NULL, 24, 0 }, { "192.0.2.10", NULL, 32, 0 } },
	  "192.0.2.10",
	  32,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "a primary and its secondary",
	  { { "192.0.2.10", NULL, 24, 0 }, { "192.0.2.11", NULL, 24, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  24,
	  false,
	  VG_REMOVAL_CASCADES,
	  "192.0.2.11" },
	{ "promoted instead",
	  { { "192.0.2.10", NULL, 24, 0 }, { "192.0.2.11", NULL, 24, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  24,
	  true,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "the secondary itself",
	  { { "192.0.2.11", NULL, 24, 0 }, { "192.0.2.10", NULL, 24, IFA_F_SECONDARY }, { "192.0.2.12", NULL, 24, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  24,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "a secondary of another mask",
	  { { "192.0.2.10", NULL, 24, 0 }, { "192.0.2.1", NULL, 25, 0 }, { "192.0.2.11", NULL, 25, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  24,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "a secondary of another network",
	  { { "192.0.2.10", NULL, 24, 0 }, { "198.51.100.10", NULL, 24, 0 }, { "198.51.100.11", NULL, 24, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  24,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "a point-to-point address: the peer's network counts",
	  { { "192.0.2.10", "203.0.113.1", 32, 0 }, { "198.51.100.1", "203.0.113.1", 32, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  32,
	  false,
	  VG_REMOVAL_CASCADES,
	  "198.51.100.1" },
	{ "point-to-point, other peers",
	  { { "192.0.2.10", "203.0.113.1", 32, 0 }, { "192.0.2.11", "203.0.113.2", 32, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  32,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "twice with two peers, one of which takes another along",
	  { { "192.0.2.10", "203.0.113.1", 32, 0 }, { "192.0.2.10", "203.0.113.2", 32, 0 }, { "192.0.2.9", "203.0.113.2", 32, IFA_F_SECONDARY } },
	  "192.0.2.10",
	  32,
	  false,
	  VG_REMOVAL_CASCADES,
	  "192.0.2.9" },
	{ "IPv6 has no such rule",
	  { { "2001:db8::10", NULL, 64, 0 }, { "2001:db8::11", NULL, 64, IFA_F_TEMPORARY } },
	  "2001:db8::10",
	  64,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
	{ "an IPv6 temporary address is no IPv4 secondary",
	  { { "0.0.0.1", NULL, 0, 0 }, { "2001:db8::11", NULL, 0, IFA_F_TEMPORARY } },
	  "0.0.0.1",
	  0,
	  false,
	  VG_REMOVAL_SAFE,
	  NULL },
};

static void test_cascade(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_link_addr addrs[ADDRS_MAX] = { 0 };
		struct vg_addr addr = addr_of(cases[i].addr), victim = { { 42 } }, expected = victim;
		size_t n = 0;

		for (const struct bound *bound = cases[i].bound; n < ADDRS_MAX && bound[n].addr; n++) {
			addrs[n].addr = addr_of(bound[n].addr);
			addrs[n].peer = addr_of(bound[n].peer ? bound[n].peer : bound[n].addr);
			addrs[n].prefix = bound[n].prefix;
			addrs[n].flags = bound[n].flags;
		}
		if (cases[i].victim)
			expected = addr_of(cases[i].victim);
		assert_case(cases[i].name, vg_cascade_check(addrs, n, &addr, cases[i].prefix, cases[i].promote, &victim) == cases[i].removal);
		assert_case(cases[i].name, !vg_addr_cmp(&victim, &expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cascade) };

	return cmocka_run_group_tests_name("cascade", tests, NULL, NULL);
}
