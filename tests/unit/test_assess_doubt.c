/* SPDX-License-Identifier: Apache-2.0 */
/* What is only seen in part, what is too much to look at, and what depends on nothing but what is there: in doubt the harmless answer. */
#include "cluster_world.h"

#include "core/scene.h"

#define L2 VG_KIND_L2_ADVERTISEMENT
#define BGP VG_KIND_BGP_ADVERTISEMENT

static void forbid(struct world *world, enum vg_kind kind)
{
	vg_cluster_set_knowledge(world->cluster, kind, VG_KIND_FORBIDDEN);
}

static void web(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .uid = 7 });
}

static void elsewhere(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", "worker1");
}

static void claim_elsewhere(struct world *world, const char *pool)
{
	put_kube_vip(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = pool, .flags = VG_SERVICE_KUBE_VIP_LABEL });
	put_lease(world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .renewed = 1 });
}

/* ---- what may not be read */

static void claim_beside_unseen_pools(struct world *world)
{
	claim_elsewhere(world, "public");
	forbid(world, VG_KIND_POOL);
}

static void claim_beside_unseen_states(struct world *world)
{
	claim_elsewhere(world, "public");
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	forbid(world, VG_KIND_CONFIGURATION_STATE);
}

/* The other one's pool may have no advertisement at all: then somebody else announces it. */
static void shared_beside_unseen_l2(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	put_pod(world, &(struct pod){ .key = "other/speaker", .flags = VG_POD_METALLB_SPEAKER });
	put_claims(world, VG_KIND_POOL, "other/edge", VIP, VIP, 0);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "edge" });
	forbid(world, L2);
}

/* Two MetalLBs have a pool of that name: one only allocates, the proof of the other one is out of sight. */
static void claim_beside_two_pools(struct world *world)
{
	claim_beside_unseen_states(world);
	put_pod(world, &(struct pod){ .key = "other/speaker", .flags = VG_POD_METALLB_SPEAKER });
	put_claims(world, VG_KIND_POOL, "other/public", VIP, VIP, 0);
}

/* That nobody advertises it is seen. */
static void claim_beside_allocating(struct world *world)
{
	claim_beside_two_pools(world);
	drop(world, VG_KIND_POOL, "metallb-system/public");
}

static void unseen_states_and_a_status(struct world *world)
{
	elsewhere(world);
	forbid(world, VG_KIND_CONFIGURATION_STATE);
}

static void unseen_states(struct world *world)
{
	unseen_states_and_a_status(world);
	drop(world, VG_KIND_L2_STATUS, "metallb-system/l2-1");
}

static void bgp_and_unseen_states(struct world *world)
{
	unseen_states_and_a_status(world);
	drop(world, L2, "metallb-system/all");
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	put_status(world, VG_KIND_BGP_STATUS, "metallb-system/bgp-1", "default/web", "worker1");
	drop(world, VG_KIND_L2_STATUS, "metallb-system/l2-1");
}

static void reserved(struct world *world)
{
	elsewhere(world);
	drop(world, VG_KIND_SERVICE, "default/web");
}

static void reserved_but_unseen_states(struct world *world)
{
	reserved(world);
	forbid(world, VG_KIND_CONFIGURATION_STATE);
}

static void reserved_but_unseen_groups(struct world *world)
{
	reserved(world);
	forbid(world, VG_KIND_PURELB_GROUP);
}

static void reserved_but_unseen_maps(struct world *world)
{
	reserved(world);
	forbid(world, VG_KIND_CONFIG_MAP);
}

static void unclaimed_beside_unseen_pools(struct world *world)
{
	claim_elsewhere(world, NULL);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
	forbid(world, VG_KIND_CILIUM_POOL);
}

/* Cilium's pool would leave that one to somebody else: it is not the other Service's owner who decides. */
static void unclaimed_beside_cilium(struct world *world)
{
	unclaimed_beside_unseen_pools(world);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP });
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-dns", .holder = "worker1" });
}

static void servicelb(struct world *world)
{
	put_node(world, "worker1", "worker1", VIP, NULL);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_SERVICELB });
}

static void servicelb_beside_unseen_pools(struct world *world)
{
	servicelb(world);
	forbid(world, VG_KIND_CILIUM_POOL);
}

static void servicelb_beside_unseen_leases(struct world *world)
{
	servicelb(world);
	forbid(world, VG_KIND_LEASE);
}

/* ---- another node's address with more than one mark */

static void servicelb_and_metallb(struct world *world)
{
	servicelb(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_SERVICELB });
}

static void servicelb_and_cilium(struct world *world)
{
	servicelb(world);
	put_claims(world, VG_KIND_CILIUM_POOL, "lan", "192.0.2.224", "192.0.2.255", 0);
}

static void servicelb_before_metallb(struct world *world)
{
	servicelb(world);
	put_service(world, &(struct svc){ .key = "default/x", .address = VIP, .pool = "public" });
}

static void servicelb_after_metallb(struct world *world)
{
	servicelb(world);
	put_service(world, &(struct svc){ .key = "default/a", .address = VIP, .pool = "public" });
}

/* ---- holders of which one is not known */

static void purelb_and_an_unheld(struct world *world)
{
	put_purelb(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB, .held = "worker1" });
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .flags = VG_SERVICE_PURELB });
}

static void purelb_with_unseen_pods(struct world *world)
{
	put_purelb(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB, .held = "worker1" });
	forbid(world, VG_KIND_POD);
}

static void cilium_and_an_unheld(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .class = "io.cilium/l2-announcer" });
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .class = "io.cilium/l2-announcer" });
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "worker1" });
}

/* Held by one node, and on a dummy of every node: who announces that one is not known. */
static void purelb_local_and_remote(struct world *world)
{
	put_purelb(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB, .held = "worker1" });
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .flags = VG_SERVICE_PURELB | VG_SERVICE_PURELB_REMOTE });
}

/* A class that both take for theirs. */
static void class_of_two(struct world *world)
{
	claim_elsewhere(world, NULL);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .class = "example.org/lb", .flags = KUBE_VIP_ARP });
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-a", .class = "example.org/lb", .flags = VG_POD_METALLB_SPEAKER });
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .class = "example.org/lb" });
}

/* ---- too many */

static void many_profiles(struct world *world)
{
	claim_elsewhere(world, NULL);
	for (unsigned i = 0; i < VG_SCENE_PROFILES_MAX; i++) {
		char key[32], lease[32];

		snprintf(key, sizeof(key), "x/kube-vip-%u", i);
		snprintf(lease, sizeof(lease), "lease-%u", i);
		put_pod(world, &(struct pod){ .key = key, .lease = lease, .flags = KUBE_VIP_ARP });
	}
}

static void many_instances(struct world *world)
{
	servicelb(world);
	for (unsigned i = 0; i <= VG_SCENE_INSTANCES_MAX; i++) {
		char key[32];

		snprintf(key, sizeof(key), "ns-%u/speaker", i);
		put_pod(world, &(struct pod){ .key = key, .flags = VG_POD_METALLB_SPEAKER });
	}
}

static void put_pools(struct world *world, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char key[64];

		snprintf(key, sizeof(key), "metallb-system/pool-%u", i);
		put_claims(world, VG_KIND_POOL, key, "198.51.100.0", "198.51.100.3", 0);
	}
}

/* Whether this pool or another one is left out: the claim is not the only one that may count. */
static void many_pools(struct world *world)
{
	claim_elsewhere(world, "gone");
	put_metallb(world);
	put_pools(world, VG_SCENE_POOLS_MAX);
}

static void put_advertisements(struct world *world, enum vg_kind kind, unsigned n, const char *pool)
{
	for (unsigned i = 0; i < n; i++) {
		char key[64];

		snprintf(key, sizeof(key), "metallb-system/a-%u", i);
		put_advertisement(world, kind, key, pool, "expose", "l2", 0);
	}
}

/* One that was left out might select the pool. */
static void many_advertisements(struct world *world)
{
	put_metallb(world);
	put_advertisements(world, L2, VG_SCENE_ADVERTISEMENTS_MAX + 1, "edge");
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
}

static void as_many_advertisements(struct world *world)
{
	many_advertisements(world);
	drop(world, L2, "metallb-system/a-7");
}

static void many_of_one_pool(struct world *world)
{
	put_metallb(world);
	put_advertisements(world, L2, VG_POOL_ADVERTISEMENTS_MAX + 1, "public");
	web(world);
}

static void as_many_of_one_pool(struct world *world)
{
	many_of_one_pool(world);
	drop(world, L2, "metallb-system/a-7");
}

static const struct rule doubts[] = {
	{ "a claim, IPAddressPools are not seen", claim_beside_unseen_pools, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "a claim, ConfigurationStates are not seen", claim_beside_unseen_states, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "a claim, one of two pools is not proven", claim_beside_two_pools, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "a claim, MetalLB only allocates", claim_beside_allocating, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "shared, L2Advertisements are not seen", shared_beside_unseen_l2, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "ConfigurationStates are not seen", unseen_states, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "ConfigurationStates are not seen, a status", unseen_states_and_a_status, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "ConfigurationStates are not seen, BGP", bgp_and_unseen_states, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "reserved", reserved, VG_POOL_RESERVED, VG_POOL_RESERVED },
	{ "reserved, ConfigurationStates are not seen", reserved_but_unseen_states, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "reserved, ServiceGroups are not seen", reserved_but_unseen_groups, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "reserved, ConfigMaps are not seen", reserved_but_unseen_maps, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "no claim, Cilium's pools are not seen", unclaimed_beside_unseen_pools, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, beside Cilium", unclaimed_beside_cilium, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "ServiceLB", servicelb, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "ServiceLB, Cilium's pools are not seen", servicelb_beside_unseen_pools, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "ServiceLB, Leases not seen", servicelb_beside_unseen_leases, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "ServiceLB and MetalLB's mark", servicelb_and_metallb, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "ServiceLB and Cilium's pool", servicelb_and_cilium, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "ServiceLB, then MetalLB's mark", servicelb_before_metallb, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "MetalLB's mark, then ServiceLB", servicelb_after_metallb, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "PureLB, shared with an unheld one", purelb_and_an_unheld, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "Cilium, shared with an unheld one", cilium_and_an_unheld, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "PureLB, Pods not seen", purelb_with_unseen_pods, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "PureLB, one of two on every node", purelb_local_and_remote, VG_OWNER_EVERYWHERE, VG_HOLDER_UNKNOWN },
	{ "a class of two owners", class_of_two, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "too many ways to run kube-vip", many_profiles, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "too many MetalLBs", many_instances, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "too many pools", many_pools, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "too many advertisements", many_advertisements, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "as many advertisements as are looked at", as_many_advertisements, VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED },
	{ "too many advertisements of one pool", many_of_one_pool, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "as many of one pool as are looked at", as_many_of_one_pool, VG_IPAM_ONLY, VG_IPAM_ONLY },
};

static void in_doubt(void **state)
{
	(void)state;
	check_rules(doubts, ARRAY_SIZE(doubts));
}

/* What was left out is counted. */
static void too_much_is_counted(void **state)
{
	void (*const builds[])(struct world *) = { many_profiles, many_instances, many_pools, many_advertisements };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		struct world world;

		world_begin(&world);
		assess(&world);
		assert_int_equal(vg_cluster_refused(world.cluster), 0);
		builds[i](&world);
		assess(&world);
		assert_int_equal(vg_cluster_refused(world.cluster), 1);
		world_end(&world);
	}
}

static void put_crowd(struct world *world, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char key[32];

		snprintf(key, sizeof(key), "crowd/s-%03u", i);
		put_service(world, &(struct svc){ .key = key, .address = VIP, .pool = "public" });
	}
}

static void a_crowd_is_not_judged(void **state)
{
	const struct vg_service *service = NULL;
	struct vg_addr addr = addr_of(VIP);
	struct world world;
	unsigned n = 0;

	(void)state;
	world_begin(&world);
	elsewhere(&world);
	put_crowd(&world, VG_CARRIERS_MAX);
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	assert_int_equal(vg_cluster_refused(world.cluster), 1);
	for (; (service = vg_cluster_carrier(world.cluster, &addr, service)); n++)
		;
	assert_int_equal(n, VG_CARRIERS_MAX);
	drop(&world, VG_KIND_SERVICE, "crowd/s-100");
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE);
	put_crowd(&world, VG_CARRIERS_MAX);
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	world_end(&world);
}

/* Each look at a crowd is counted: the count tells what was looked at, and a change of another Service is no reason. */
static void a_change_assesses_nothing_else(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	elsewhere(&world);
	put_crowd(&world, VG_CARRIERS_MAX);
	put_service(&world, &(struct svc){ .key = "default/other", .address = "198.51.100.1" });
	assess(&world);
	assert_int_equal(vg_cluster_refused(world.cluster), 1);
	put_service(&world, &(struct svc){ .key = "default/other", .address = "198.51.100.2" });
	assess(&world);
	assert_int_equal(world.changes.n, 2);
	assert_false(world.changes.all);
	drop(&world, VG_KIND_SERVICE, "default/other");
	assess(&world);
	assert_int_equal(world.changes.n, 1);
	assert_int_equal(vg_cluster_refused(world.cluster), 1);
	put_status(&world, VG_KIND_L2_STATUS, "metallb-system/l2-2", "crowd/s-001", "worker1");
	assess(&world);
	assert_int_equal(vg_cluster_refused(world.cluster), 2);
	world_end(&world);
}

/* A pool of link-local addresses: a Service may carry one, and nothing is said of either. */
static void link_local_is_not_reserved(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	reserved(&world);
	put_claims(&world, VG_KIND_POOL, "metallb-system/local", "169.254.7.0", "169.254.7.255", 0);
	put_service(&world, &(struct svc){ .key = "default/web", .address = "169.254.7.7", .pool = "local" });
	assess(&world);
	assert_says(&world, "169.254.7.7", VG_NO_SERVICE, VG_NO_SERVICE);
	assert_says(&world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	world_end(&world);
}

/* Two pools of others, one in the other, inside of MetalLB's: whichever came first. */
static void order_of_foreign_pools(void **state)
{
	size_t sizes[2];

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct world world;

		world_begin(&world);
		reserved(&world);
		for (unsigned i = 0; i < 2; i++) {
			bool inner = i == first;

			put_claims(&world, VG_KIND_CILIUM_POOL, inner ? "inner" : "outer", VIP, inner ? VIP : "192.0.2.243", 0);
		}
		assess(&world);
		assert_says(&world, VIP, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT);
		assert_says(&world, "192.0.2.243", VG_OWNER_CONFLICT, VG_OWNER_CONFLICT);
		assert_says(&world, "192.0.2.244", VG_POOL_RESERVED, VG_POOL_RESERVED);
		sizes[first] = vg_snapshot_size(world.snapshot);
		world_end(&world);
	}
	assert_int_equal(sizes[0], sizes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_doubt),
		cmocka_unit_test(too_much_is_counted),
		cmocka_unit_test(a_crowd_is_not_judged),
		cmocka_unit_test(a_change_assesses_nothing_else),
		cmocka_unit_test(link_local_is_not_reserved),
		cmocka_unit_test(order_of_foreign_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
