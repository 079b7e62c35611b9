/* SPDX-License-Identifier: Apache-2.0 */
/* What contradicts itself in the owner table: each kind of conflict beside a harmless sibling, in whatever order the objects came. */
#include "inventory_world.h"

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

static void node_at_its_ends(struct world *world)
{
	usual(world);
	put_node(world, "worker8", "worker8", "192.0.2.255", NULL);
	put_node(world, "worker9", "worker9", "192.0.2.240", NULL);
}

static void ranges_of_one_pool(struct world *world)
{
	const struct vg_range ranges[] = { { addr_of("198.51.100.0"), addr_of("198.51.100.9") },
					   { addr_of("198.51.100.5"), addr_of("198.51.100.20") } };
	struct vg_claims claims = { .object = head_of(VG_KIND_CILIUM_POOL, "blue"), .ranges = { ranges, 2 }, .link = "", .protocol = "" };

	put(world, &claims.object);
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
	put_service(world, &(struct svc){ .key = "default/wish", .address = "192.0.2.250", .pool = "gone", .from = VG_FROM_SPEC });
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
	{ "a node at its first address, which a Service carries, and at its last", node_at_its_ends,
	  "node-address-in-pool 192.0.2.240 metallb-system/public worker9\nnode-address-carried 192.0.2.240 default/web\n"
	  "node-address-in-pool 192.0.2.255 metallb-system/public worker8\n" },
	{ "a pool over itself", ranges_of_one_pool, "" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conflicts_are),
		cmocka_unit_test(ranges_are_marked),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(conflicts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
