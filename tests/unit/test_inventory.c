/* SPDX-License-Identifier: Apache-2.0 */
/* The owner table: its rows, their order, each kind of conflict, and what a large cluster costs. */
#include "cluster_world.h"

#include <stdlib.h>

#include "core/inventory.h"

#define TEXT_MAX 16384
#define N_MANY 20000U
#define N_POOLS 100U

/* The table as text: "kind address owner=… nodes=… services=… proof=… bind/announce !conflict" a line; echoes with "~". */
struct page {
	char text[TEXT_MAX];
	size_t len;
	size_t rows;
	size_t conflicts;
};

static void print_to(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print_to(struct page *page, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(page->text + page->len, sizeof(page->text) - page->len, format, arguments);
	va_end(arguments);
	page->len += (size_t)n;
	assert_true(page->len < sizeof(page->text));
}

static int print_row(void *ctx, const struct vg_row *row)
{
	char text[VG_RANGE_TEXT_MAX];
	struct page *page = ctx;

	vg_range_to_str(&row->first, &row->last, text);
	print_to(page, "%s %s", vg_row_kind_to_str(row->kind), text);
	if (row->owner)
		print_to(page, " owner=%s", row->owner);
	for (uint32_t i = 0; row->assignment && i < row->assignment->n_nodes; i++)
		print_to(page, " on=%s", row->assignment->nodes[i]);
	for (size_t i = 0; i < row->n_services; i++)
		print_to(page, " of=%s", row->services[i]->object.key);
	for (size_t i = 0; i < row->n_proof; i++)
		print_to(page, " by=%s", row->proof[i].object ? row->proof[i].object->key : vg_kind_to_str(row->proof[i].kind));
	if (row->judged)
		print_to(page, " %s/%s", vg_reason_to_str(row->answer.bind.reason), vg_reason_to_str(row->answer.announce.reason));
	for (size_t i = 0; i < row->n_conflicts; i++)
		print_to(page, " %c%s", row->conflicts[i].echo ? '~' : '!', vg_conflict_kind_to_str(row->conflicts[i].kind));
	print_to(page, "\n");
	page->rows++;
	return 0;
}

static struct vg_inventory *inventory_of(const struct world *world)
{
	struct vg_inventory_ground ground = { .snapshot = world->snapshot, .cluster = world->cluster, .now = world->now };
	struct vg_inventory *inventory;

	ground.circumstances = (struct vg_circumstances){ .now_ns = world->now.boot_ns, .grace_ns = world->config.grace_ns };
	assert_int_equal(vg_inventory_new(&ground, &inventory), 0);
	return inventory;
}

static void print_world(struct world *world, struct page *page)
{
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;

	assess(world);
	inventory = inventory_of(world);
	*page = (struct page){ .len = 0 };
	assert_int_equal(vg_inventory_walk(inventory, print_row, page), 0);
	assert_int_equal(page->rows, vg_inventory_size(inventory));
}

static void advertise(struct world *world)
{
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
}

/* ---- tables as a whole: cp1's nodes are 192.0.2.11 and on */

static void usual(struct world *world)
{
	put_metallb(world);
	advertise(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/s1", "default/web", "worker1");
}

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

static void balancers(struct world *world)
{
	put_claims(world, VG_KIND_OPENELB_EIP, "eip", "2001:db8::1", "2001:db8::4", 0);
	put_claims(world, VG_KIND_PURELB_GROUP, "purelb/group", "198.51.100.64", "198.51.100.127", 0);
	put_claims(world, VG_KIND_CILIUM_POOL, "blue", "198.51.100.8", "198.51.100.8", 0);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.100", "192.0.2.110", VG_CLAIMS_KUBE_VIP_POOL);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/other", "192.0.2.150", "192.0.2.160", 0);
	put_service(world, &(struct svc){ .key = "default/low", .address = "192.0.2.101" });
	put_service(world, &(struct svc){ .key = "default/six", .address = "2001:db8::2" });
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

/* ---- conflicts: each kind in a cluster that has it, and not in its harmless sibling */

static void two_pools(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.250", "192.0.2.253", VG_CLAIMS_KUBE_VIP_POOL);
}

static void neighbours(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.230", "192.0.2.239", VG_CLAIMS_KUBE_VIP_POOL);
}

static void egress(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_EGRESS_IP, "out", "192.0.2.245", 0);
}

static void egress_elsewhere(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_EGRESS_IP, "out", "192.0.2.239", 0);
}

static void node_in_pool(struct world *world)
{
	usual(world);
	put_node(world, "worker9", "worker9", "192.0.2.249", NULL);
}

static void node_beside_pool(struct world *world)
{
	usual(world);
	put_node(world, "worker9", "worker9", "192.0.2.239", NULL);
}

static void api_server_in_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", "192.0.2.249", VG_CLAIMS_CONTROL_PLANE);
}

static void api_server_beside_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", "192.0.2.239", VG_CLAIMS_CONTROL_PLANE);
}

static void no_instance(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_POOL, "other/lost", "198.51.100.0", "198.51.100.7", 0);
}

static void pods_unseen(struct world *world)
{
	no_instance(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_POD, VG_KIND_FORBIDDEN);
}

static void not_advertised(struct world *world)
{
	put_metallb(world);
}

static void advertisements_unseen(struct world *world)
{
	put_metallb(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_BGP_ADVERTISEMENT, VG_KIND_FORBIDDEN);
}

static void two_owners(struct world *world)
{
	usual(world);
	put_kube_vip(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void outside_pool(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/old", .address = "192.0.2.7", .pool = "public" });
}

static void old_mark(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/old", .address = "192.0.2.7", .pool = "public", .class = "example.org/lb" });
}

static void in_namesake(struct world *world)
{
	outside_pool(world);
	put_claims(world, VG_KIND_POOL, "metallb-two/public", "192.0.2.0", "192.0.2.7", 0);
	put_pod(world, &(struct pod){ .key = "metallb-two/speaker", .flags = VG_POD_METALLB_SPEAKER });
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-two/all", NULL, NULL, NULL, 0);
}

static void no_such_pool(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/old", .address = "192.0.2.7", .pool = "gone" });
}

static void pools_unseen(struct world *world)
{
	no_such_pool(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_POOL, VG_KIND_FORBIDDEN);
}

static void pending(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/wish", .address = "192.0.2.250", .from = VG_FROM_SPEC });
	put_service(world, &(struct svc){ .key = "default/admin", .address = "192.0.2.251", .from = VG_FROM_EXTERNAL });
}

static void shared(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "public" });
}

static void node_carried(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/old", .address = "192.0.2.12" });
}

static void servicelb(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/old", .address = "192.0.2.12", .flags = VG_SERVICE_SERVICELB });
	put_service(world, &(struct svc){ .key = "default/admin", .address = "192.0.2.21", .from = VG_FROM_EXTERNAL });
}

static void api_server_carried(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", "192.0.2.5", VG_CLAIMS_CONTROL_PLANE);
	put_service(world, &(struct svc){ .key = "default/api", .address = "192.0.2.5" });
}

struct conflict_case {
	const char *name;
	void (*build)(struct world *world);
	const char *expected; /* "kind where object[ other]" of each, echoes left out */
};

static const struct conflict_case conflicts[] = {
	{ "none", usual, "" },
	{ "pools overlap", two_pools, "pools-overlap 192.0.2.250-192.0.2.253 metallb-system/public kube-system/kubevip\n" },
	{ "pools touch", neighbours, "" },
	{ "an EgressIP in a pool", egress, "egress-ip-in-pool 192.0.2.245 metallb-system/public out\n" },
	{ "an EgressIP beside it", egress_elsewhere, "" },
	{ "a node in a pool", node_in_pool, "node-address-in-pool 192.0.2.249 metallb-system/public worker9\n" },
	{ "a node beside it", node_beside_pool, "" },
	{ "the API server in a pool", api_server_in_pool, "control-plane-vip-in-pool 192.0.2.249 metallb-system/public cluster\n" },
	{ "the API server beside it", api_server_beside_pool, "" },
	{ "no instance", no_instance, "no-instance 198.51.100.0/29 other/lost\n" },
	{ "Pods cannot be seen", pods_unseen, "" },
	{ "not advertised", not_advertised, "not-advertised 192.0.2.240/28 metallb-system/public\n" },
	{ "advertisements cannot be seen", advertisements_unseen, "" },
	{ "two owners", two_owners, "two-owners 192.0.2.240 default/web\n" },
	{ "outside its pool", outside_pool, "outside-pool 192.0.2.7 default/old\n" },
	{ "an old mark of another class", old_mark, "" },
	{ "in the pool of that name elsewhere", in_namesake, "" },
	{ "no such pool", no_such_pool, "no-such-pool 192.0.2.7 default/old\n" },
	{ "pools cannot be seen", pools_unseen, "" },
	{ "pending", pending, "pending 192.0.2.250 default/wish\n" },
	{ "shared", shared, "shared 192.0.2.240 default/dns\n" },
	{ "a node's address is carried", node_carried, "node-address-carried 192.0.2.12 default/old\n" },
	{ "ServiceLB and externalIPs do so by design", servicelb, "" },
	{ "the API server's address is carried", api_server_carried, "control-plane-vip-carried 192.0.2.5 default/api\n" },
};

static int print_conflicts(void *ctx, const struct vg_row *row)
{
	struct page *page = ctx;

	for (size_t i = 0; i < row->n_conflicts; i++) {
		const struct vg_conflict *conflict = &row->conflicts[i];
		char text[VG_RANGE_TEXT_MAX];

		page->conflicts++;
		if (conflict->echo)
			continue;
		vg_range_to_str(&conflict->first, &conflict->last, text);
		print_to(page, "%s %s %s", vg_conflict_kind_to_str(conflict->kind), text, conflict->object->key);
		print_to(page, "%s%s\n", conflict->other ? " " : "", conflict->other ? conflict->other->key : "");
	}
	return 0;
}

static void conflicts_are(void **state)
{
	static struct page page;
	bool seen[VG_CONFLICT_MAX] = { false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conflicts); i++) {
		struct vg_inventory *inventory;
		struct world world;

		world_begin(&world);
		conflicts[i].build(&world);
		assess(&world);
		inventory = inventory_of(&world);
		page = (struct page){ .len = 0 };
		assert_int_equal(vg_inventory_walk(inventory, print_conflicts, &page), 0);
		if (strcmp(page.text, conflicts[i].expected))
			fail_msg("case \"%s\":\n%s", conflicts[i].name, page.text);
		for (int kind = 0; kind < VG_CONFLICT_MAX; kind++)
			seen[kind] = seen[kind] || !strncmp(page.text, vg_conflict_kind_to_str(kind), strcspn(page.text, " "));
		vg_inventory_free(inventory);
		world_end(&world);
	}
	for (int kind = 0; kind < VG_CONFLICT_MAX; kind++)
		assert_case(vg_conflict_kind_to_str(kind), seen[kind]);
}

/* The range that a conflict is about says so, too. */
static void ranges_are_marked(void **state)
{
	static struct page page;
	struct world world;

	(void)state;
	world_begin(&world);
	node_in_pool(&world);
	print_world(&world, &page);
	assert_non_null(strstr(page.text, "pool-reserved/pool-reserved ~node-address-in-pool\n"));
	assert_non_null(strstr(page.text, "node-address 192.0.2.249 by=worker9 pool-reserved/pool-reserved !node-address-in-pool\n"));
	world_end(&world);
}

/* ---- the order in which objects came */

typedef void (*build_fn)(struct world *world);

static void put_speaker_b(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-b", .flags = VG_POD_METALLB_SPEAKER });
}

static void put_another_advertisement(struct world *world)
{
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/zone", "public", NULL, NULL, 0);
}

static void put_second_status(struct world *world)
{
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/s0", "default/web", "worker2");
}

static void order_does_not_matter(void **state)
{
	static const build_fn parts[] = { put_metallb, put_speaker_b, advertise,    put_another_advertisement, put_second_status, shared, balancers,
					  egress,      pending,	      node_in_pool, api_server_carried };
	static struct page first, other;
	struct world world;

	(void)state;
	for (size_t turn = 0; turn < ARRAY_SIZE(parts); turn++) {
		world_begin(&world);
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			parts[turn % 2 ? (turn + ARRAY_SIZE(parts) - i) % ARRAY_SIZE(parts) : (turn + i) % ARRAY_SIZE(parts)](&world);
		print_world(&world, turn ? &other : &first);
		if (turn && strcmp(first.text, other.text))
			fail_msg("turn %zu:\n%s\nbut the first time:\n%s", turn, other.text, first.text);
		world_end(&world);
	}
	assert_true(first.rows > 10);
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

/* Every range over every other: as many conflicts as there is room for, the rest counted. */
static void conflicts_are_bounded(void **state)
{
	struct vg_inventory *inventory;
	struct world world;
	const unsigned n = 300;
	char key[32];

	(void)state;
	world_begin(&world);
	for (unsigned i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "pool-%u", i);
		put_claims(&world, VG_KIND_CILIUM_POOL, key, "198.51.100.0", "198.51.100.255", 0);
	}
	assess(&world);
	inventory = inventory_of(&world);
	assert_int_equal(vg_inventory_steps(inventory), n * (n - 1) / 2);
	assert_int_equal(vg_inventory_left_out(inventory), n * (n - 1) / 2 - VG_INVENTORY_CONFLICTS_MAX / 2);
	assert_int_equal(vg_inventory_size(inventory), n);
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
		cmocka_unit_test(conflicts_are),
		cmocka_unit_test(ranges_are_marked),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(without_a_cluster),
		cmocka_unit_test(a_walk_can_be_ended),
		cmocka_unit_test(crowded),
		cmocka_unit_test(a_large_cluster_costs_its_size),
		cmocka_unit_test(conflicts_are_bounded),
		cmocka_unit_test(names_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
