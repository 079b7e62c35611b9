/* SPDX-License-Identifier: Apache-2.0 */
/* The owner table: its rows, their order, and what a large cluster costs. */
#include "inventory_world.h"

#define N_MANY 20000U
#define N_POOLS 100U

/* ---- tables as a whole: cp1's nodes are 192.0.2.11 and on */

static void file_and_cluster(struct world *world)
{
	static const char *const nodes[] = { "worker2" };
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
	struct vg_assignment one = { .durable = true, .nodes = nodes, .n_nodes = 1, .line = 7, .ranged = true };
	size_t n;

	assert_int_equal(vg_range_parse("198.51.100.3-198.51.100.9", prefixes, &n), 0);
	for (size_t i = 0; i < n; i++) {
		one.prefix = prefixes[i];
		assert_int_equal(vg_snapshot_add(world->snapshot, &one, NULL), 0);
	}
	one = (struct vg_assignment){ .durable = true, .line = 9, .prefix = prefix_of("2001:db8::9") };
	assert_int_equal(vg_snapshot_add(world->snapshot, &one, NULL), 0);
	one.prefix = prefix_of(VIP);
	assert_int_equal(vg_snapshot_add(world->snapshot, &one, NULL), 0);
	world->config.file = world->snapshot;
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
}

static void operators_list(struct world *world)
{
	struct vg_prefix half = prefix_of("192.0.2.128/25"), far = prefix_of("203.0.113.7"), near = prefix_of("192.0.2.254");

	usual(world);
	assert_int_equal(vg_snapshot_protect(world->snapshot, &half, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protect(world->snapshot, &far, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protect(world->snapshot, &near, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
}

/* The names would come the other way round. */
static void one_beginning(struct world *world)
{
	put_claims(world, VG_KIND_CILIUM_POOL, "a-short", "198.51.100.0", "198.51.100.1", 0);
	put_claims(world, VG_KIND_CILIUM_POOL, "z-long", "198.51.100.0", "198.51.100.7", 0);
}

struct table_case {
	const char *name;
	void (*build)(struct world *world);
	const char *text;
};

static const struct table_case tables[] = {
	{ "usual", usual,
	  "pool 192.0.2.240/28 owner=metallb by=metallb-system/public by=metallb-system/all by=metallb-system/speaker-a pool-reserved/pool-reserved\n"
	  "vip 192.0.2.240 owner=metallb on=worker1 of=default/web by=metallb-system/s1 by=default/web by=metallb-system/speaker-a "
	  "by=metallb-system/public owner-never-binds/assigned-elsewhere\n" },
	{ "a range of the file is one row again, and what it says beats the cluster", file_and_cluster,
	  "vip 192.0.2.240 of=default/web assigned-elsewhere/assigned-elsewhere\n"
	  "assignment 198.51.100.3-198.51.100.9 on=worker2 assigned-elsewhere/assigned-elsewhere\n"
	  "assignment 2001:db8::9 assigned-elsewhere/assigned-elsewhere\n" },
	{ "what is protected is shown where a pool has it", operators_list,
	  "protected 192.0.2.128/25\n"
	  "pool 192.0.2.240/28 owner=metallb by=metallb-system/public by=metallb-system/all by=metallb-system/speaker-a\n"
	  "vip 192.0.2.240 owner=metallb on=worker1 of=default/web by=metallb-system/s1 by=default/web by=metallb-system/speaker-a "
	  "by=metallb-system/public protect-list/protect-list\n"
	  "protected 192.0.2.254 protect-list/protect-list\n" },
	{ "the longer range first", one_beginning,
	  "pool 198.51.100.0/29 owner=cilium by=z-long ~pools-overlap\npool 198.51.100.0/31 owner=cilium by=a-short !pools-overlap\n" },
	{ "other balancers, IPv4 first", balancers,
	  "pool 192.0.2.100-192.0.2.110 owner=kube-vip by=kube-system/kubevip\n"
	  "vip 192.0.2.101 of=default/low by=default/low owner-unproven/owner-unproven\n"
	  "pool 198.51.100.8 owner=cilium by=blue no-service/no-service\n"
	  "pool 198.51.100.64/26 owner=purelb by=purelb/group\n"
	  "pool 2001:db8::1-2001:db8::4 owner=openelb by=eip\n"
	  "vip 2001:db8::2 of=default/six by=default/six owner-unproven/owner-unproven\n" },
};

static void rows_are(void **state)
{
	static struct page page;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct world world;

		world_begin(&world);
		tables[i].build(&world);
		world.assessed = world.config.file; /* a fresh snapshot, but for the file */
		print_world(&world, &page);
		if (strcmp(page.text, tables[i].text))
			fail_msg("case \"%s\":\n%s", tables[i].name, page.text);
		world_end(&world);
	}
}

/* ---- without a cluster, and at the limits */

static void without_a_cluster(void **state)
{
	static struct page page;
	struct world world;

	(void)state;
	world_begin(&world);
	vg_cluster_free(world.cluster);
	world.cluster = NULL;
	{
		struct vg_assignment one = { .prefix = prefix_of("192.0.2.9"), .durable = true, .line = 3 };
		struct vg_inventory *inventory;

		assert_int_equal(vg_snapshot_add(world.snapshot, &one, NULL), 0);
		inventory = inventory_of(&world);
		page = (struct page){ .len = 0 };
		assert_int_equal(vg_inventory_walk(inventory, print_row, &page), 0);
		assert_string_equal(page.text, "assignment 192.0.2.9 assigned-elsewhere/assigned-elsewhere\n");
		vg_inventory_free(inventory);
	}
	world_end(&world);
}

static int stop_at_second(void *ctx, const struct vg_row *row)
{
	(void)row;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void a_walk_can_be_ended(void **state)
{
	struct vg_inventory *inventory;
	struct world world;
	int n = 0;

	(void)state;
	world_begin(&world);
	balancers(&world);
	assess(&world);
	inventory = inventory_of(&world);
	assert_int_equal(vg_inventory_walk(inventory, stop_at_second, &n), 7);
	assert_int_equal(n, 2);
	vg_inventory_free(inventory);
	world_end(&world);
}

static void crowded(void **state)
{
	static struct page page;
	struct world world;
	char key[32];

	(void)state;
	world_begin(&world);
	for (int i = 0; i < VG_CARRIERS_MAX + 10; i++) {
		snprintf(key, sizeof(key), "default/s%d", i);
		put_service(&world, &(struct svc){ .key = key, .address = VIP });
	}
	print_world(&world, &page);
	assert_int_equal(page.rows, 1);
	assert_non_null(strstr(page.text, " owner-unproven/owner-unproven !shared\n"));
	world_end(&world);
}

struct count {
	size_t pools, vips;
	struct vg_addr last;
};

static int count_row(void *ctx, const struct vg_row *row)
{
	struct count *count = ctx;

	count->pools += row->kind == VG_ROW_POOL;
	count->vips += row->kind == VG_ROW_VIP;
	assert_true(vg_addr_cmp(&count->last, &row->first) <= 0);
	count->last = row->first;
	assert_int_equal(row->n_conflicts, 0);
	return 0;
}

static void put_many(struct world *world)
{
	char key[32], pool[32], text[VG_TEXT_MAX], last[VG_TEXT_MAX];

	put_metallb(world);
	advertise(world);
	for (unsigned i = 0; i < N_POOLS; i++) {
		snprintf(key, sizeof(key), "metallb-system/p%u", i);
		snprintf(text, sizeof(text), "2001:db8:%x::", i);
		snprintf(last, sizeof(last), "2001:db8:%x::ffff", i);
		put_claims(world, VG_KIND_POOL, key, text, last, 0);
	}
	for (unsigned i = 0; i < N_MANY; i++) {
		snprintf(key, sizeof(key), "t%u/s%u", i % 7, i);
		snprintf(pool, sizeof(pool), "p%u", i % N_POOLS);
		snprintf(text, sizeof(text), "2001:db8:%x::%x", i % N_POOLS, i / N_POOLS);
		put_service(world, &(struct svc){ .key = key, .address = text, .pool = pool });
	}
}

/* Nothing is looked at twice: what is carried is held against no range, and ranges that do not meet are not held against each other. */
static void a_large_cluster_costs_its_size(void **state)
{
	struct vg_inventory *inventory;
	struct count count = { 0 };
	struct world world;

	(void)state;
	world_begin(&world);
	put_many(&world);
	assess(&world);
	inventory = inventory_of(&world);
	assert_int_equal(vg_inventory_walk(inventory, count_row, &count), 0);
	assert_int_equal(count.vips, N_MANY);
	assert_int_equal(count.pools, N_POOLS + 1);
	assert_true(vg_inventory_steps(inventory) <= N_POOLS);
	assert_int_equal(vg_inventory_left_out(inventory), 0);
	vg_inventory_free(inventory);
	world_end(&world);
}

static void names_are_told(void **state)
{
	(void)state;
	for (int i = 0; i < VG_ROW_KIND_MAX; i++)
		assert_non_null(vg_row_kind_to_str(i));
	assert_null(vg_row_kind_to_str(VG_ROW_KIND_MAX));
	for (int i = 0; i < VG_CONFLICT_MAX; i++)
		assert_non_null(vg_conflict_kind_to_str(i));
	assert_null(vg_conflict_kind_to_str(VG_CONFLICT_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are),
		cmocka_unit_test(without_a_cluster),
		cmocka_unit_test(a_walk_can_be_ended),
		cmocka_unit_test(crowded),
		cmocka_unit_test(a_large_cluster_costs_its_size),
		cmocka_unit_test(names_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
