/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <linux/if_addr.h>

#include "core/own.h"

static void test_own(void **state)
{
	static const struct {
		const char *name;
		const char *addr;
		uint8_t prefix;
		uint32_t flags;
		const char *ifname;
		enum vg_how how;
		enum { OTHER, OWN, NAMED_OWN } want;
	} cases[] = {
		{ "the node's own", "203.0.113.11", 24, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "a host prefix that nobody speaks of", "203.0.113.12", 32, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "IPv6", "2001:db8:1::11", 64, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "pool as wide as the network: its mask", "192.0.2.11", 24, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "pool: finite lifetime", "192.0.2.12", 32, 0, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "pool: permanent host prefix", "192.0.2.13", 32, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "pool: deprecated host prefix", "192.0.2.14", 32, IFA_F_PERMANENT | IFA_F_DEPRECATED, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "pool: deprecated, finite", "192.0.2.15", 32, IFA_F_DEPRECATED, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "pool: deprecated with its mask", "192.0.2.16", 24, IFA_F_DEPRECATED, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "IPv6 pool: permanent host prefix", "2001:db8::13", 128, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "IPv6 pool: its mask", "2001:db8::11", 64, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "named by itself, host prefix", "198.51.100.10", 32, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "named by itself, deprecated", "198.51.100.10", 24, IFA_F_PERMANENT | IFA_F_DEPRECATED, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "named by itself, all that the link has", "198.51.100.10", 24, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, NAMED_OWN },
		{ "named by itself, finite, all it has", "198.51.100.10", 32, 0, "eth0", VG_HOW_PREEXISTING, NAMED_OWN },
		{ "the edge of a range is not named by itself", "198.51.100.20", 24, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OWN },
		{ "on a link of service addresses", "203.0.113.13", 32, IFA_F_PERMANENT, "kube-ipvs0", VG_HOW_PREEXISTING, OTHER },
		{ "on a link that an object names", "203.0.113.15", 32, IFA_F_PERMANENT, "purelb0", VG_HOW_PREEXISTING, OTHER },
		{ "seen being added", "203.0.113.11", 24, IFA_F_PERMANENT, "eth0", VG_HOW_NETLINK, OTHER },
		{ "loopback", "127.0.0.1", 8, IFA_F_PERMANENT, "lo", VG_HOW_PREEXISTING, OTHER },
		{ "IPv6 loopback", "::1", 128, IFA_F_PERMANENT, "lo", VG_HOW_PREEXISTING, OTHER },
		{ "link-local", "fe80::1", 64, IFA_F_PERMANENT, "eth0", VG_HOW_PREEXISTING, OTHER },
		{ "on lo but global", "203.0.113.14", 32, IFA_F_PERMANENT, "lo", VG_HOW_PREEXISTING, OWN },
	};
	static const struct {
		const char *prefix;
		bool ranged;
	} assigned[] = {
		{ "192.0.2.0/24", true },
		{ "2001:db8::/64", true },
		{ "198.51.100.10", false },
		{ "198.51.100.20", true },
	};
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	struct vg_dummies dummies = { .n = 0 };

	(void)state;
	assert_int_equal(vg_snapshot_new("worker1", "assignments", &snapshot), 0);
	vg_dummies_add(&dummies, "purelb0");
	vg_snapshot_set_dummies(snapshot, &dummies);
	for (size_t i = 0; i < ARRAY_SIZE(assigned); i++) {
		struct vg_assignment one = { .prefix = prefix_of(assigned[i].prefix), .ranged = assigned[i].ranged };

		assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_own own;
		struct vg_fact fact = {
			.how = cases[i].how,
			.addr = addr_of(cases[i].addr),
			.prefix = cases[i].prefix,
			.ifa_flags = cases[i].flags,
		};

		strcpy(fact.ifname, cases[i].ifname);
		assert_case(cases[i].name, vg_own_collect(snapshot, &fact, 1, &own) == (cases[i].want != OTHER));
		assert_case(cases[i].name, cases[i].want == OTHER || own.named == (cases[i].want == NAMED_OWN));
	}
}

/* What such a link has is the node's own, though it bears the name of one that holds service addresses. */
static void test_real_link(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	struct vg_fact fact = { .how = VG_HOW_PREEXISTING, .addr = addr_of("203.0.113.11"), .prefix = 24, .ifname = "kube-ipvs0" };
	struct vg_own own;

	(void)state;
	assert_int_equal(vg_snapshot_new("worker1", "assignments", &snapshot), 0);
	assert_int_equal(vg_own_collect(snapshot, &fact, 1, &own), 0);
	fact.real_link = true;
	assert_int_equal(vg_own_collect(snapshot, &fact, 1, &own), 1);
}

static struct vg_fact found_on(uint32_t ifindex, const char *addr, uint8_t prefix)
{
	struct vg_fact fact = {
		.how = VG_HOW_PREEXISTING, .addr = addr_of(addr), .prefix = prefix, .ifindex = ifindex, .ifa_flags = IFA_F_PERMANENT
	};

	strcpy(fact.ifname, "eth0");
	return fact;
}

/* A VIP that a controller bound with the network's mask is judged where the node has an address of its own beside it. */
static void test_named_beside_others(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	struct vg_assignment named = { .prefix = prefix_of("192.0.2.240") };
	struct vg_fact found[] = { found_on(2, "192.0.2.240", 24), found_on(2, "192.0.2.11", 24) };
	struct vg_own own[ARRAY_SIZE(found)];

	(void)state;
	assert_int_equal(vg_snapshot_new("worker1", "assignments", &snapshot), 0);
	assert_int_equal(vg_snapshot_add(snapshot, &named, NULL), 0);
	assert_int_equal(vg_own_collect(snapshot, found, 2, own), 1);
	assert_false(own[0].named);
	found[1].ifindex = 3; /* another link's does not keep this one reachable */
	assert_int_equal(vg_own_collect(snapshot, found, 2, own), 2);
	assert_true(own[0].named);
	found[1] = found_on(2, "192.0.2.241", 32); /* nor does another VIP */
	assert_int_equal(vg_own_collect(snapshot, found, 2, own), 2);
	found[1] = found_on(2, "2001:db8::11", 64); /* nor the other family */
	assert_int_equal(vg_own_collect(snapshot, found, 2, own), 2);
	assert_int_equal(vg_own_collect(snapshot, found, 0, own), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_own), cmocka_unit_test(test_real_link),
					    cmocka_unit_test(test_named_beside_others) };

	return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
