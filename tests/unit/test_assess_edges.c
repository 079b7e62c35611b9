/* SPDX-License-Identifier: Apache-2.0 */
/* Corners of the rules that the tables beside this one leave out; most were found by breaking a rule on purpose (tests/mutation). */
#include "cluster_world.h"

#define L2 VG_KIND_L2_ADVERTISEMENT
#define BGP VG_KIND_BGP_ADVERTISEMENT

static void web(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .uid = 7 });
}

static void announced_by(struct world *world, const char *service, const char *node)
{
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", service, node);
}

/* One Service is announced by BGP alone, the other one by L2 from here. */
static void shared_by_modes(struct world *world, const char *by_l2)
{
	put_metallb(world);
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	put_advertisement(world, L2, "metallb-system/some", NULL, "expose", "l2", 0);
	web(world);
	put_service(world, &(struct svc){ .key = by_l2, .address = VIP, .pool = "public", .label = { "expose", "l2" } });
	announced_by(world, by_l2, "cp1");
}

static void shared_by_bgp_then_l2(struct world *world)
{
	shared_by_modes(world, "default/zzz");
}

static void shared_by_l2_then_bgp(struct world *world)
{
	shared_by_modes(world, "default/aaa");
}

static void maybe_l2_elsewhere(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	announced_by(world, "default/web", "worker1");
	vg_cluster_set_knowledge(world->cluster, L2, VG_KIND_FORBIDDEN);
}

/* A mark alone, while what would prove it is out of sight. */
static void unseen_beside_metallb(struct world *world, uint32_t mark, enum vg_kind kind)
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	announced_by(world, "default/web", "worker1");
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = mark, .held = "worker1" });
	vg_cluster_set_knowledge(world->cluster, kind, VG_KIND_FORBIDDEN);
}

static void unseen_groups(struct world *world)
{
	unseen_beside_metallb(world, VG_SERVICE_PURELB, VG_KIND_PURELB_GROUP);
}

static void unseen_agents(struct world *world)
{
	unseen_beside_metallb(world, VG_SERVICE_PURELB, VG_KIND_PURELB_AGENT);
}

static void unseen_eips(struct world *world)
{
	unseen_beside_metallb(world, VG_SERVICE_OPENELB, VG_KIND_OPENELB_EIP);
}

static void seen_groups(struct world *world)
{
	unseen_beside_metallb(world, VG_SERVICE_PURELB, VG_KIND_OPENELB_EIP);
}

/* ---- Events of one second, in whatever order */

static void by_events(struct world *world, const char *const nodes[3])
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_L2_STATUS, VG_KIND_ABSENT);
	put_event(world, "default/e1", "default/web", nodes[0], 7, 60);
	put_event(world, "default/e2", "default/web", nodes[1], 7, 60);
	put_event(world, "default/e3", "default/web", nodes[2], 7, 60);
}

static void events_first_here(struct world *world)
{
	by_events(world, (const char *const[]){ "cp1", "worker1", "worker2" });
}

static void events_second_here(struct world *world)
{
	by_events(world, (const char *const[]){ "worker1", "cp1", "worker2" });
}

static void events_last_here(struct world *world)
{
	by_events(world, (const char *const[]){ "worker1", "worker2", "cp1" });
}

static void events_elsewhere(struct world *world)
{
	by_events(world, (const char *const[]){ "worker1", "worker2", "worker1" });
}

/* ---- kube-vip */

static void kube_vip(struct world *world, uint32_t flags)
{
	put_kube_vip(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = flags });
}

static void ignored_without_a_claim(struct world *world)
{
	kube_vip(world, VG_SERVICE_KUBE_VIP_IGNORE);
	put_lease(world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .renewed = 1 });
}

static void expired_global(struct world *world)
{
	kube_vip(world, VG_SERVICE_KUBE_VIP_LABEL);
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp2", .renewed = 60 });
}

static void claim_in_ciliums_pool(struct world *world)
{
	kube_vip(world, VG_SERVICE_KUBE_VIP_LABEL);
	put_lease(world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .renewed = 1 });
	put_claims(world, VG_KIND_CILIUM_POOL, "lan", "192.0.2.224", "192.0.2.255", 0);
}

/* Its clock is ahead of ours. */
static void taken_over_in_the_future(struct world *world)
{
	struct vg_lease lease = { .object = head_of(VG_KIND_LEASE, "default/kubevip-web"), .holder = "cp2", .duration_ns = 15 * SECOND };

	kube_vip(world, VG_SERVICE_KUBE_VIP_LABEL);
	lease.acquired_ns = lease.renewed_ns = world->now.real_ns + 3600 * SECOND;
	lease.transitions = 1;
	put(world, &lease.object);
}

/* ---- a Lease whose holder is no Node: somebody holds it all the same */

static void cilium_by_a_stranger(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, BGP, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "stranger", .renewed = 1 });
}

static void cilium_expired_stranger(struct world *world)
{
	cilium_by_a_stranger(world);
	drop(world, VG_KIND_LEASE, "cilium/cilium-l2announce-default-web");
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "stranger", .renewed = 60 });
}

static void cilium_by_two(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "stranger", .renewed = 1 });
	put_lease(world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker1", .renewed = 1 });
}

static void two_global_leases(struct world *world)
{
	kube_vip(world, VG_SERVICE_KUBE_VIP_LABEL);
	put_pod(world, &(struct pod){ .key = "kv/kube-vip-a", .lease = "svcs", .lease_namespace = "kv", .flags = KUBE_VIP_ARP });
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "worker1", .renewed = 1 });
	put_lease(world, &(struct lease){ .key = "kv/svcs", .holder = "stranger", .renewed = 1 });
}

/* ---- PureLB: one holder an address */

static void held_by_family(struct world *world)
{
	struct vg_carried carried[] = { { addr_of(VIP), VG_FROM_STATUS }, { addr_of("2001:db8::5"), VG_FROM_STATUS } };
	struct vg_held held[] = { { addr_of(VIP), "worker1" }, { addr_of("2001:db8::5"), "cp1" } };
	struct vg_service service = { .object = head_of(VG_KIND_SERVICE, "default/web"), .class = "", .metallb_pool = "", .kube_vip_lease = "" };

	put_purelb(world);
	service.vip_host = "";
	service.flags = VG_SERVICE_LOAD_BALANCER | VG_SERVICE_PURELB;
	service.carried = (struct vg_carrieds){ carried, 2 };
	service.held = (struct vg_helds){ held, 2 };
	put(world, &service.object);
}

/* ---- Pods that are gone, and Pods that disagree */

static void dead_speaker(struct world *world)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, "metallb-system/speaker-a"),
			      .node = "cp1",
			      .class = "",
			      .lease = "",
			      .lease_namespace = "",
			      .balancer = "",
			      .uid = "",
			      .image = "",
			      .config_hash = "",
			      .controller = "" };

	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	web(world);
	pod.flags = VG_POD_METALLB_SPEAKER;
	put(world, &pod.object);
}

static void reserved_by_pods_that_disagree(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-b", .class = "metallb.io/edge", .flags = VG_POD_METALLB_SPEAKER });
}

/* ---- what is protected, and what is not */

static void provided_address(struct world *world)
{
	struct vg_addr provided = addr_of(VIP);
	struct vg_node node = { .object = head_of(VG_KIND_NODE, "cp1"), .hostname = "cp1", .provided = { &provided, 1 } };

	put(world, &node.object);
}

static void claim_of_something_else(struct world *world)
{
	put_address_claim(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", VIP, VG_CLAIMS_KUBE_VIP_POOL);
}

static const struct rule edges[] = {
	{ "shared, by BGP and by L2 from here", shared_by_bgp_then_l2, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "shared, by L2 from here and by BGP", shared_by_l2_then_bgp, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "BGP, L2 forbidden, a status elsewhere", maybe_l2_elsewhere, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "three Events of one second, the first is here", events_first_here, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "three Events of one second, the second is here", events_second_here, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "three Events of one second, the last is here", events_last_here, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "three Events of one second, none is here", events_elsewhere, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "no claim, ignored", ignored_without_a_claim, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "the global Lease has expired", expired_global, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a claim in Cilium's pool", claim_in_ciliums_pool, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "taken over in the future", taken_over_in_the_future, VG_IN_TRANSITION, VG_IN_TRANSITION },
	{ "Cilium's Lease names a stranger", cilium_by_a_stranger, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "Cilium's Lease named a stranger", cilium_expired_stranger, VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED },
	{ "one of Cilium's Leases names a stranger", cilium_by_two, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "one of two global Leases names a stranger", two_global_leases, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "PureLB, another holder for IPv6", held_by_family, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a speaker that is gone", dead_speaker, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "reserved, Pods disagree about the class", reserved_by_pods_that_disagree, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "provided-node-ip", provided_address, VG_NODE_ADDRESS, VG_NODE_ADDRESS },
	{ "a ConfigMap that is not the control plane's", claim_of_something_else, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "PureLB's mark beside MetalLB, ServiceGroups not seen", unseen_groups, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "PureLB's mark beside MetalLB, LBNodeAgents not seen", unseen_agents, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "PureLB's mark beside MetalLB, Eips not seen", seen_groups, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "OpenELB's mark beside MetalLB, Eips not seen", unseen_eips, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
};

static void at_the_edges(void **state)
{
	(void)state;
	check_rules(edges, ARRAY_SIZE(edges));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(at_the_edges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
