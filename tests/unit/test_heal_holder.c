/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an address is given back to, and where that node is to be found; never where there is a doubt. */
#include "cluster_world.h"

#include "core/heal_holder.h"

static void deinit(struct world *world)
{
	vg_changes_deinit(&world->changes);
	vg_snapshot_free(world->snapshot);
	vg_cluster_free(world->cluster);
}

static const char *const w1[] = { "worker1" };
static const char *const both[] = { "worker1", "worker2" };
static const char *const here[] = { "cp1" };

static const struct {
	const char *name;
	const char *const *nodes;
	uint32_t n;
	uint64_t changed; /* seconds ago; 0: never */
	bool stale, durable, protected;
	enum vg_reason announce;
	const char *want;
} cases[] = {
	{ "one other", w1, 1, 0, false, false, false, VG_ASSIGNED_ELSEWHERE, "worker1" },
	{ "one other, long after a change", w1, 1, 60, false, false, false, VG_ASSIGNED_ELSEWHERE, "worker1" },
	{ "in transition", w1, 1, 3, false, false, false, VG_ASSIGNED_ELSEWHERE, NULL },
	{ "stale", w1, 1, 0, true, false, false, VG_ASSIGNED_ELSEWHERE, NULL },
	{ "of the file, whatever the cluster is", w1, 1, 0, true, true, false, VG_ASSIGNED_ELSEWHERE, "worker1" },
	{ "two others", both, 2, 0, false, false, false, VG_ASSIGNED_ELSEWHERE, NULL },
	{ "nobody", NULL, 0, 0, false, true, false, VG_ASSIGNED_ELSEWHERE, NULL },
	{ "this node", here, 1, 0, false, false, false, VG_ASSIGNED_HERE, NULL },
	{ "protected", w1, 1, 0, false, false, true, VG_ASSIGNED_ELSEWHERE, NULL },
	{ "not known", NULL, 0, 0, false, false, false, VG_HOLDER_UNKNOWN, NULL },
	{ "two owners", w1, 1, 0, false, false, false, VG_OWNER_CONFLICT, NULL },
	{ "in a pool, carried by nobody", NULL, 0, 0, false, false, false, VG_POOL_RESERVED, NULL },
	{ "announced by nobody", w1, 1, 0, false, false, false, VG_NOT_ANNOUNCED, NULL },
	{ "another node's own", w1, 1, 0, false, false, false, VG_OTHER_NODE_ADDRESS, NULL },
};

static void only_one_certain_holder(void **state)
{
	const struct vg_addr vip = addr_of("192.0.2.240");
	const struct vg_prefix prefix = prefix_of("192.0.2.240");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
		struct vg_assignment entry = { .prefix = prefix, .nodes = cases[i].nodes, .n_nodes = cases[i].n };
		struct vg_circumstances now = { .now_ns = BOOT0, .grace_ns = 15 * SECOND, .stale = cases[i].stale };
		struct vg_answer answer;
		const char *holder;

		assert_int_equal(vg_snapshot_new("cp1", "kubernetes", &snapshot), 0);
		entry.durable = cases[i].durable;
		entry.bind_reason = VG_OWNER_NEVER_BINDS;
		entry.announce_reason = (uint8_t)cases[i].announce;
		entry.changed_ns = cases[i].changed ? BOOT0 - cases[i].changed * SECOND : 0;
		assert_int_equal(vg_snapshot_set(snapshot, &entry), 0);
		if (cases[i].protected)
			assert_int_equal(vg_snapshot_protect(snapshot, &prefix, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
		answer = vg_judge(snapshot, &vip, NULL, &now);
		holder = vg_heal_holder(&answer);
		assert_case(cases[i].name, cases[i].want ? holder && !strcmp(holder, cases[i].want) : !holder);
	}
}

static void nothing_known_is_nobody(void **state)
{
	const struct vg_addr vip = addr_of("192.0.2.240");
	struct vg_circumstances now = { .now_ns = BOOT0 };
	struct vg_answer answer = vg_judge(NULL, &vip, NULL, &now);

	(void)state;
	assert_null(vg_heal_holder(&answer));
}

static void place(struct world *world, const char *node, const char *address)
{
	struct vg_addr addr = addr_of(address);

	assert_int_equal(vg_snapshot_place(world->snapshot, node, &addr), 0);
}

static void check(struct world *world, const char *node, const char *vip, const char *const *want, size_t n)
{
	struct vg_addr addr = addr_of(vip), found[VG_HEAL_ADDRS_MAX];

	assert_int_equal(vg_heal_addresses(world->snapshot, world->cluster, node, &addr, found), n);
	for (size_t i = 0; i < n; i++) {
		struct vg_addr one = addr_of(want[i]);

		assert_memory_equal(&found[i], &one, sizeof(one));
	}
}

static void finds_addresses(void **state)
{
	VG_CLEANUP(deinit) struct world world;

	(void)state;
	world_begin(&world);
	vg_cluster_free_dead(world.cluster);
	check(&world, "worker1", "192.0.2.240", (const char *[]){ "192.0.2.21" }, 1);
	check(&world, "worker1", "2001:db8::240", (const char *[]){ "192.0.2.21" }, 1);
	check(&world, "nobody", "192.0.2.240", NULL, 0);
	/* the family of the VIP first, the file before the cluster */
	place(&world, "worker1", "2001:db8::21");
	place(&world, "worker1", "192.0.2.121");
	place(&world, "worker2", "192.0.2.122");
	check(&world, "worker1", "192.0.2.240", (const char *[]){ "192.0.2.121", "192.0.2.21", "2001:db8::21" }, 3);
	check(&world, "worker1", "2001:db8::240", (const char *[]){ "2001:db8::21", "192.0.2.121", "192.0.2.21" }, 3);
}

/* A kubelet reports what was bound on its node: a VIP's hardware address is what is to be found out. */
static void leaves_out_what_may_be_a_vip(void **state)
{
	VG_CLEANUP(deinit) struct world world;
	const struct vg_prefix protected = prefix_of("192.0.2.21");
	struct vg_assignment vip = { .prefix = prefix_of("192.0.2.22"), .nodes = w1, .n_nodes = 1 };
	struct vg_assignment pool = { .prefix = prefix_of("192.0.2.0/24"), .nodes = w1, .n_nodes = 1, .ranged = true };

	(void)state;
	world_begin(&world);
	vg_cluster_free_dead(world.cluster);
	check(&world, "worker2", "192.0.2.22", NULL, 0);
	check(&world, "worker2", "192.0.2.240", (const char *[]){ "192.0.2.22" }, 1);
	assert_int_equal(vg_snapshot_set(world.snapshot, &pool), 0); /* around everything: it names nobody's */
	check(&world, "worker2", "192.0.2.240", (const char *[]){ "192.0.2.22" }, 1);
	assert_int_equal(vg_snapshot_set(world.snapshot, &vip), 0);
	check(&world, "worker2", "192.0.2.240", NULL, 0);
	assert_int_equal(vg_snapshot_protect(world.snapshot, &protected, VG_CONTROL_PLANE_VIP, VG_ORIGIN_CLUSTER), 0);
	check(&world, "worker1", "192.0.2.240", NULL, 0);
	place(&world, "worker1", "fe80::21");
	place(&world, "worker1", "127.0.0.1");
	check(&world, "worker1", "192.0.2.240", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_one_certain_holder),
		cmocka_unit_test(nothing_known_is_nobody),
		cmocka_unit_test(finds_addresses),
		cmocka_unit_test(leaves_out_what_may_be_a_vip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
