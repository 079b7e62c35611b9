/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#include "kern/links.h"

#define ROWS_MAX 10

struct row {
	const char *name, *kind;
	uint32_t master, lower; /* ifindex: the place in the table, from 1 */
	bool global;
	bool guarded; /* expected */
	bool outer_port, below_port; /* expected */
	uint16_t type; /* 0: Ethernet */
	uint32_t flags;
};

struct host {
	const char *what;
	const char *names[3]; /* --interface */
	struct row rows[ROWS_MAX];
};

static const struct host hosts[] = {
	{ "a plain node with pods",
	  { NULL },
	  { { .name = "lo", .type = ARPHRD_LOOPBACK, .flags = IFF_LOOPBACK, .global = true },
	    { .name = "eth0", .global = true, .guarded = true },
	    { .name = "eth1", .guarded = true },
	    { .name = "cni0", .kind = "bridge", .global = true, .guarded = true },
	    { .name = "veth1", .kind = "veth", .master = 4, .lower = 2, .below_port = true },
	    { .name = "dummy0", .kind = "dummy" } } },
	{ "a namespace whose NIC is a veth",
	  { NULL },
	  { { .name = "lo", .type = ARPHRD_LOOPBACK, .flags = IFF_LOOPBACK },
	    { .name = "eth0", .kind = "veth", .lower = 3, .global = true, .guarded = true },
	    { .name = "peer", .kind = "veth", .lower = 2 } } },
	{ "a VLAN on a bond in a bridge",
	  { NULL },
	  { { .name = "eth0", .master = 3, .guarded = true, .below_port = true },
	    { .name = "eth1", .master = 3, .guarded = true, .below_port = true },
	    { .name = "bond0", .kind = "bond", .master = 5, .outer_port = true, .below_port = true },
	    { .name = "tap0", .kind = "tun", .master = 5, .below_port = true },
	    { .name = "br0", .kind = "bridge", .guarded = true },
	    { .name = "br0.7", .kind = "vlan", .lower = 5, .global = true, .guarded = true } } },
	{ "a node that is the switch between two NICs, a VLAN and a tunnel",
	  { NULL },
	  { { .name = "eth0", .master = 6, .guarded = true, .outer_port = true, .below_port = true },
	    { .name = "eth1", .guarded = true, .below_port = true },
	    { .name = "eth1.7", .kind = "vlan", .lower = 2, .master = 6, .outer_port = true, .below_port = true },
	    { .name = "vxlan0", .kind = "vxlan", .master = 6, .outer_port = true, .below_port = true },
	    { .name = "veth1", .kind = "veth", .master = 6, .lower = 2, .below_port = true },
	    { .name = "br0", .kind = "bridge", .global = true, .guarded = true },
	    { .name = "eth2", .master = 8, .guarded = true },
	    { .name = "vrf0", .kind = "vrf" } } },
	{ "software slaves of a bond, software ports of a bridge",
	  { NULL },
	  { { .name = "s0", .kind = "veth", .master = 2, .guarded = true },
	    { .name = "bond0", .kind = "bond", .global = true, .guarded = true },
	    { .name = "p0", .kind = "veth", .master = 4, .below_port = true },
	    { .name = "br0", .kind = "bridge", .global = true, .guarded = true } } },
	{ "service dummies and tunnels hold addresses that go nowhere",
	  { NULL },
	  { { .name = "kube-ipvs0", .kind = "dummy", .global = true },
	    { .name = "wg0", .kind = "wireguard", .type = ARPHRD_NONE, .global = true },
	    { .name = "ib0", .type = ARPHRD_INFINIBAND } } },
	{ "a name excuses no hardware, and what lies below must be Ethernet",
	  { NULL },
	  { { .name = "kube-lb0", .guarded = true },
	    { .name = "nodelocaldns", .kind = "veth", .lower = 9, .global = true, .guarded = true },
	    { .name = "ib0", .type = ARPHRD_INFINIBAND },
	    { .name = "vxlan0", .kind = "vxlan", .lower = 3, .global = true, .guarded = true } } },
	{ "--interface overrides, loopback excepted",
	  { "veth1", "lo" },
	  { { .name = "lo", .type = ARPHRD_LOOPBACK, .flags = IFF_LOOPBACK },
	    { .name = "eth0", .global = true },
	    { .name = "veth1", .kind = "veth", .lower = 2, .guarded = true } } },
};

static void put_row(struct vg_links *links, const struct row *row, uint32_t ifindex)
{
	struct vg_rt_link rt = {
		.ifindex = ifindex, .type = row->type ? row->type : ARPHRD_ETHER, .flags = row->flags, .master = row->master, .lower = row->lower
	};

	strcpy(rt.name, row->name);
	strcpy(rt.kind, row->kind ? row->kind : "");
	assert_int_equal(vg_links_put(links, &rt), 0);
	vg_links_find(links, ifindex)->has_global = row->global;
}

static void check_host(const struct host *host, bool backwards)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	size_t n_names = 0, n = 0;

	assert_int_equal(vg_links_new(&links), 0);
	while (n < ROWS_MAX && host->rows[n].name)
		n++;
	for (size_t i = 0; i < n; i++) {
		size_t row = backwards ? n - 1 - i : i;

		put_row(links, &host->rows[row], (uint32_t)row + 1);
	}
	while (host->names[n_names])
		n_names++;
	vg_links_choose(links, host->names, n_names);
	for (size_t i = 0; i < n; i++) {
		const struct vg_link *link = vg_links_at(links, i);
		const struct row *row = &host->rows[i];

		if (link->guarded != row->guarded)
			fail_msg("%s: %s is%s guarded", host->what, row->name, row->guarded ? " not" : "");
		if (link->outer_port != row->outer_port || link->below_port != row->below_port)
			fail_msg("%s: %s is%s an outer port, is%s below one", host->what, row->name, link->outer_port ? "" : " not",
				 link->below_port ? "" : " not");
		assert_int_equal(link->changed, row->guarded || row->below_port);
	}
}

static void chooses_what_to_guard(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		check_host(&hosts[i], false);
		check_host(&hosts[i], true);
	}
}

static void follows_links(void **state)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	struct vg_rt_link rt = { .ifindex = 2, .type = ARPHRD_ETHER, .name = "eth0" };

	(void)state;
	assert_int_equal(vg_links_new(&links), 0);
	assert_int_equal(vg_links_put(links, &rt), 0);
	strcpy(rt.name, "wan");
	assert_int_equal(vg_links_put(links, &rt), 0);
	assert_string_equal(vg_links_name(links, 2), "wan");
	assert_null(vg_links_at(links, 1));
	vg_links_remove(links, 3);
	vg_links_remove(links, 2);
	assert_null(vg_links_find(links, 2));
	assert_string_equal(vg_links_name(links, 2), "");
}

static void check_gap(struct vg_links *links, const char *const *names, size_t n_names, const char *expected)
{
	char gap[160] = "";

	vg_links_choose(links, names, n_names);
	assert_int_equal(vg_links_describe_gap(links, gap, sizeof(gap)), expected[0] != '\0');
	if (!strstr(gap, expected))
		fail_msg("\"%s\" does not say \"%s\"", gap, expected);
}

static void says_what_is_not_guarded(void **state)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	const struct row lo = { .name = "lo", .type = ARPHRD_LOOPBACK, .flags = IFF_LOOPBACK, .global = true };
	const struct row eth = { .name = "eth0" }, ib = { .name = "ib0", .type = ARPHRD_INFINIBAND };
	const struct row wg = { .name = "wg0", .kind = "wireguard", .type = ARPHRD_NONE, .flags = IFF_NOARP | IFF_POINTOPOINT, .global = true };
	const char *const names[] = { "ib0" };

	(void)state;
	assert_int_equal(vg_links_new(&links), 0);
	put_row(links, &lo, 1);
	check_gap(links, NULL, 0, "no link is guarded");
	put_row(links, &eth, 2);
	put_row(links, &wg, 3);
	put_row(links, &ib, 4);
	check_gap(links, NULL, 0, "");
	check_gap(links, names, 1, "ib0 is no Ethernet link");
	vg_links_find(links, 4)->has_global = true;
	check_gap(links, NULL, 0, "ib0 is no Ethernet link");
	assert_false(vg_links_find(links, 4)->guarded);
}

static void tells_what_is_new(void **state)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	const struct vg_rt_link list[] = { { .ifindex = 2 }, { .ifindex = 5 } };

	(void)state;
	assert_int_equal(vg_links_new(&links), 0);
	assert_false(vg_links_set_global(links, 2, true));
	assert_int_equal(vg_links_put(links, &list[0]), 0);
	assert_true(vg_links_set_global(links, 2, true));
	assert_false(vg_links_set_global(links, 2, true));
	assert_true(vg_links_set_global(links, 2, false));
	assert_true(vg_links_is_listed(list, 2, 5));
	assert_false(vg_links_is_listed(list, 1, 5));
}

/* Which links hold service addresses may be said before and after they are there, and they may be renamed. */
static void knows_dummies(void **state)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	struct vg_rt_link rt = { .ifindex = 2, .name = "purelb0", .kind = "dummy" };
	const struct vg_rt_link other = { .ifindex = 3, .name = "kube-ipvs0", .kind = "dummy" };
	struct vg_dummies dummies = { .n = 0 };

	(void)state;
	assert_int_equal(vg_links_new(&links), 0);
	assert_false(vg_links_set_dummies(links, &dummies));
	assert_int_equal(vg_links_put(links, &rt), 0);
	assert_int_equal(vg_links_put(links, &other), 0);
	assert_false(vg_links_find(links, 2)->dummy);
	assert_true(vg_links_find(links, 3)->dummy);
	vg_dummies_add(&dummies, "purelb0");
	assert_true(vg_links_set_dummies(links, &dummies));
	assert_false(vg_links_set_dummies(links, &dummies));
	assert_false(vg_links_is_dummy(links, "purelb0", ""));
	assert_true(vg_links_find(links, 2)->dummy && vg_links_is_dummy(links, "purelb0", "dummy"));
	memcpy(rt.name, "purelb1", sizeof("purelb1"));
	assert_int_equal(vg_links_put(links, &rt), 0);
	assert_false(vg_links_find(links, 2)->dummy);
	rt.ifindex = 4;
	memcpy(rt.name, "purelb0", sizeof("purelb0"));
	assert_int_equal(vg_links_put(links, &rt), 0);
	assert_true(vg_links_find(links, 4)->dummy);
	/* as long as not all are named, any of that kind may be one, and none of another */
	dummies.open = true;
	assert_true(vg_links_set_dummies(links, &dummies));
	assert_true(vg_links_find(links, 2)->dummy && vg_links_is_dummy(links, "any0", "dummy"));
	assert_false(vg_links_is_dummy(links, "eth0", "") || vg_links_is_dummy(links, "br0", "bridge"));
	dummies.open = false;
	assert_true(vg_links_set_dummies(links, &dummies));
	assert_false(vg_links_find(links, 2)->dummy);
}

static void is_bounded(void **state)
{
	VG_CLEANUP(vg_links_freep) struct vg_links *links = NULL;
	struct vg_rt_link rt = { .type = ARPHRD_ETHER, .name = "x" };

	(void)state;
	assert_int_equal(vg_links_new(&links), 0);
	for (uint32_t i = VG_MAX_LINKS; i > 0; i--) {
		rt.ifindex = i;
		assert_int_equal(vg_links_put(links, &rt), 0);
	}
	rt.ifindex = VG_MAX_LINKS + 1;
	assert_int_equal(vg_links_put(links, &rt), -ENOSPC);
	for (uint32_t i = 0; i < VG_MAX_LINKS; i++)
		assert_int_equal(vg_links_at(links, i)->rt.ifindex, i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_what_to_guard), cmocka_unit_test(follows_links), cmocka_unit_test(says_what_is_not_guarded),
		cmocka_unit_test(tells_what_is_new),	 cmocka_unit_test(knows_dummies), cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
