/* SPDX-License-Identifier: Apache-2.0 */
/* The owners besides MetalLB and kube-vip, what happens when two meet, other nodes' addresses, and what is protected. */
#include "cluster_world.h"

static void claimed(struct world *world)
{
	put_kube_vip(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void own_lease(struct world *world, const char *holder, uint64_t renewed, uint64_t acquired)
{
	put_lease(world, &(struct lease){ .key = "default/kubevip-web", .holder = holder, .renewed = renewed, .acquired = acquired });
}

static void lease_elsewhere(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2", 1, 0);
}

static void plain(struct world *world, uint32_t flags, const char *class)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = flags, .class = class });
}

static void nothing_known(struct world *world)
{
	plain(world, 0, NULL);
}

static void cilium_elsewhere(struct world *world)
{
	plain(world, 0, NULL);
	put_lease(world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker1" });
}

static void cilium_here(struct world *world)
{
	plain(world, 0, "io.cilium/l2-announcer");
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "cp1" });
}

static void cilium_expired(struct world *world)
{
	plain(world, 0, "io.cilium/l2-announcer");
	put_lease(world, &(struct lease){ .key = "cilium/cilium-l2announce-default-web", .holder = "worker1", .renewed = 60 });
}

static void cilium_pool(struct world *world)
{
	plain(world, 0, NULL);
	put_claims(world, VG_KIND_CILIUM_POOL, "lan", "192.0.2.224", "192.0.2.255", 0);
}

/* ---- PureLB and OpenELB: a mark, and what shows that they are there */

static void purelb_mark(struct world *world, const char *holder)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB, .held = holder });
}

static void put_agent(struct world *world, const char *node)
{
	put_pod(world, &(struct pod){ .key = "purelb/agent-x", .balancer = "lbnodeagent", .node = node, .flags = VG_POD_OTHER_BALANCER });
}

static void purelb_elsewhere(struct world *world)
{
	put_purelb(world);
	purelb_mark(world, "worker1");
}

static void purelb_elsewhere_with_an_agent(struct world *world)
{
	purelb_mark(world, "worker1");
	put_agent(world, "worker1");
}

static void purelb_elsewhere_with_an_object(struct world *world)
{
	struct vg_claims agent = { .object = head_of(VG_KIND_PURELB_AGENT, "purelb/default"), .link = "", .protocol = "" };

	purelb_mark(world, "worker1");
	put(world, &agent.object);
}

static void purelb_taking_over(struct world *world)
{
	purelb_elsewhere(world);
	put_agent(world, "cp1");
}

static void purelb_dead_agent(struct world *world)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, "purelb/agent-x"), .node = "cp1", .class = "", .lease = "", .lease_namespace = "" };

	pod.balancer = "lbnodeagent";
	pod.uid = pod.image = pod.config_hash = pod.controller = "";
	pod.flags = VG_POD_OTHER_BALANCER;
	purelb_elsewhere(world);
	put(world, &pod.object);
}

static void purelb_allocator_here(struct world *world)
{
	purelb_mark(world, "worker1");
	put_pod(world, &(struct pod){ .key = "purelb/a", .balancer = "purelb/allocator", .node = "cp1", .flags = VG_POD_OTHER_BALANCER });
}

static void purelb_here(struct world *world)
{
	put_purelb(world);
	purelb_mark(world, "cp1");
	put_agent(world, "cp1");
}

static void purelb_unheld(struct world *world)
{
	put_purelb(world);
	plain(world, VG_SERVICE_PURELB, NULL);
}

static void purelb_remote(struct world *world)
{
	put_purelb(world);
	plain(world, VG_SERVICE_PURELB | VG_SERVICE_PURELB_REMOTE, NULL);
}

static void purelb_gone(struct world *world)
{
	purelb_mark(world, "worker1");
}

static void purelb_remote_gone(struct world *world)
{
	plain(world, VG_SERVICE_PURELB | VG_SERVICE_PURELB_REMOTE, NULL);
}

static void purelb_gone_and_a_claim(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2", 1, 0);
	put_service(world,
		    &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB | VG_SERVICE_KUBE_VIP_ADDRESSES, .held = "cp1" });
}

static void openelb(struct world *world)
{
	put_openelb(world);
	plain(world, VG_SERVICE_OPENELB, NULL);
}

static void openelb_by_pod(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "x/manager", .balancer = "openelb-manager", .node = "cp2", .flags = VG_POD_OTHER_BALANCER });
	plain(world, VG_SERVICE_OPENELB, NULL);
}

static void openelb_gone(struct world *world)
{
	put_purelb(world);
	plain(world, VG_SERVICE_OPENELB, NULL);
}

static void antrea(struct world *world)
{
	plain(world, VG_SERVICE_ANTREA, NULL);
}

static void loxilb(struct world *world)
{
	plain(world, 0, "loxilb.io/loxilb");
}

/* ---- two owners */

static void proven_metallb(struct world *world, uint32_t flags)
{
	put_metallb(world);
	put_kube_vip(world);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = flags });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", "worker1");
}

static void metallb_and_claim(struct world *world)
{
	proven_metallb(world, VG_SERVICE_KUBE_VIP_ADDRESSES);
}

static void metallb_and_trace(struct world *world)
{
	proven_metallb(world, VG_SERVICE_KUBE_VIP_TRACE);
}

static void metallb_and_ignored_claim(struct world *world)
{
	proven_metallb(world, VG_SERVICE_KUBE_VIP_ADDRESSES | VG_SERVICE_KUBE_VIP_IGNORE);
}

static void metallb_and_kube_vip_lease(struct world *world)
{
	proven_metallb(world, 0);
	own_lease(world, "cp1", 1, 0);
}

static void unproven_metallb_and_claim(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_LABEL });
}

static void allocating_metallb_and_claim(struct world *world)
{
	unproven_metallb_and_claim(world);
	put_metallb(world);
}

static void metallb_and_cilium(struct world *world)
{
	proven_metallb(world, 0);
	put_lease(world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker1" });
}

static void metallb_and_purelb_gone(struct world *world)
{
	proven_metallb(world, VG_SERVICE_PURELB);
}

static void metallb_and_purelb(struct world *world)
{
	proven_metallb(world, VG_SERVICE_PURELB);
	put_purelb(world);
}

static void metallb_and_openelb_gone(struct world *world)
{
	proven_metallb(world, VG_SERVICE_OPENELB);
}

static void metallb_and_openelb(struct world *world)
{
	put_openelb(world);
	proven_metallb(world, VG_SERVICE_OPENELB);
}

static void shared_by_two_owners(struct world *world)
{
	proven_metallb(world, 0);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void shared_with_ipam(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/some", NULL, "expose", "l2", 0);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "public" });
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .label = { "expose", "l2" } });
}

/* ---- another node's address */

static void another_nodes(struct world *world, uint32_t flags)
{
	put_node(world, "worker1", "worker1", VIP, NULL);
	plain(world, flags, NULL);
}

static void another_nodes_internal(struct world *world)
{
	another_nodes(world, 0);
}

static void servicelb(struct world *world)
{
	another_nodes(world, VG_SERVICE_SERVICELB);
}

/* A kubelet may report a VIP that was bound on its node, and a dead one goes on doing so. */
static void another_nodes_with_a_trace(struct world *world)
{
	another_nodes(world, VG_SERVICE_KUBE_VIP_TRACE);
}

static void another_nodes_with_kube_vip(struct world *world)
{
	another_nodes(world, 0);
	put_kube_vip(world);
}

static void another_nodes_with_hidden_settings(struct world *world)
{
	another_nodes(world, 0);
	put_pod(world, &(struct pod){ .key = "kv/kube-vip-x", .flags = VG_POD_KUBE_VIP | VG_POD_KV_HIDDEN });
}

static void another_nodes_kept_from_kube_vip(struct world *world)
{
	another_nodes(world, VG_SERVICE_KUBE_VIP_IGNORE);
	put_kube_vip(world);
}

static void global_lease(struct world *world, const char *holder, uint64_t renewed)
{
	put_lease(world, &(struct lease){ .key = "other/plndr-svcs-lock", .holder = holder, .renewed = renewed });
}

static void another_nodes_with_a_leader(struct world *world)
{
	another_nodes(world, 0);
	global_lease(world, "cp1", 1);
}

static void another_nodes_with_an_old_lease(struct world *world)
{
	another_nodes(world, 0);
	global_lease(world, "cp1", 60);
	own_lease(world, "cp1", 60, 0);
}

static void another_nodes_without_a_leader(struct world *world)
{
	another_nodes(world, 0);
	global_lease(world, "", 1);
}

static void another_nodes_with_a_lease(struct world *world)
{
	another_nodes(world, 0);
	own_lease(world, "cp1", 1, 0);
}

static void servicelb_with_kube_vip(struct world *world)
{
	another_nodes(world, VG_SERVICE_SERVICELB | VG_SERVICE_KUBE_VIP_TRACE);
	put_kube_vip(world);
	global_lease(world, "cp1", 1);
}

static void servicelb_and_routed(struct world *world)
{
	servicelb(world);
	put_service(world, &(struct svc){ .key = "default/x", .address = VIP, .from = VG_FROM_EXTERNAL });
}

static void another_nodes_routed(struct world *world)
{
	put_node(world, "worker1", "worker1", VIP, NULL);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .from = VG_FROM_EXTERNAL });
}

static void another_nodes_external(struct world *world)
{
	put_node(world, "worker1", "worker1", "192.0.2.21", VIP);
	plain(world, VG_SERVICE_SERVICELB, NULL);
}

static void another_nodes_without_us(struct world *world)
{
	servicelb(world);
	drop(world, VG_KIND_NODE, "cp1");
}

static void another_nodes_but_wished(struct world *world)
{
	put_node(world, "worker1", "worker1", VIP, NULL);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .from = VG_FROM_SPEC });
}

static void hijacked_elsewhere(struct world *world)
{
	proven_metallb(world, 0);
	put_node(world, "worker2", "worker2", VIP, NULL);
}

static void hijacked_of_unproven(struct world *world)
{
	hijacked_elsewhere(world);
	drop(world, VG_KIND_POD, "metallb-system/speaker-a");
}

static void hijacked_here(struct world *world)
{
	proven_metallb(world, 0);
	put_node(world, "cp1", "cp1", VIP, NULL);
}

static void control_plane_vip(struct world *world)
{
	proven_metallb(world, 0);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp2", .address = VIP, .flags = VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE });
}

static void control_plane_endpoint(struct world *world)
{
	put_address_claim(world, VG_KIND_CONFIG_MAP, "kube-system/kubeadm-config", VIP, VG_CLAIMS_CONTROL_PLANE);
}

static void control_plane_of_openshift(struct world *world)
{
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", VIP, VG_CLAIMS_CONTROL_PLANE);
}

static void own_and_control_plane(struct world *world)
{
	control_plane_of_openshift(world);
	put_node(world, "cp1", "cp1", VIP, NULL);
}

static const struct rule other_rules[] = {
	{ "nobody", nothing_known, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "Cilium, another node", cilium_elsewhere, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "Cilium, here, by class", cilium_here, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "Cilium, expired", cilium_expired, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "Cilium's pool alone", cilium_pool, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "PureLB, another node", purelb_elsewhere, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "PureLB, another node, shown by an agent there", purelb_elsewhere_with_an_agent, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "PureLB, another node, shown by LBNodeAgent", purelb_elsewhere_with_an_object, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "PureLB, another node, an agent here", purelb_taking_over, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "PureLB, another node, a dead agent here", purelb_dead_agent, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "PureLB, another node, the allocator here", purelb_allocator_here, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "PureLB, here", purelb_here, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "PureLB, nobody announces", purelb_unheld, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "PureLB, remote", purelb_remote, VG_OWNER_EVERYWHERE, VG_HOLDER_UNKNOWN },
	{ "PureLB's mark alone", purelb_gone, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "PureLB's remote mark alone", purelb_remote_gone, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "PureLB's mark alone and a claim", purelb_gone_and_a_claim, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "OpenELB by a Pod", openelb_by_pod, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "OpenELB's mark alone", openelb_gone, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "OpenELB", openelb, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "Antrea", antrea, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "LoxiLB", loxilb, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "MetalLB and a claim", metallb_and_claim, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "MetalLB and a trace", metallb_and_trace, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "MetalLB and an ignored claim", metallb_and_ignored_claim, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "MetalLB and a Lease without a claim", metallb_and_kube_vip_lease, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "an unproven MetalLB and a claim", unproven_metallb_and_claim, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a MetalLB that only allocates and a claim", allocating_metallb_and_claim, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "MetalLB and Cilium", metallb_and_cilium, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "MetalLB and OpenELB", metallb_and_openelb, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "MetalLB and OpenELB's mark alone", metallb_and_openelb_gone, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "MetalLB and PureLB", metallb_and_purelb, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "MetalLB and PureLB's mark alone", metallb_and_purelb_gone, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "two Services, two owners", shared_by_two_owners, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "two Services, one left to somebody else", shared_with_ipam, VG_IPAM_ONLY, VG_IPAM_ONLY },
	{ "another node's InternalIP", another_nodes_internal, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "ServiceLB", servicelb, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "another node's ExternalIP", another_nodes_external, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "another node's, and no Node of our name", another_nodes_without_us, VG_NODE_UNKNOWN, VG_NODE_UNKNOWN },
	{ "another node's, wished for", another_nodes_but_wished, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, an externalIP", another_nodes_routed, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, with a trace", another_nodes_with_a_trace, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, kube-vip takes it", another_nodes_with_kube_vip, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, kube-vip may take it", another_nodes_with_hidden_settings, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, kube-vip is kept away", another_nodes_kept_from_kube_vip, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "another node's, kube-vip leads somewhere", another_nodes_with_a_leader, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, kube-vip has its Lease", another_nodes_with_a_lease, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another node's, Leases long expired", another_nodes_with_an_old_lease, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "another node's, nobody leads", another_nodes_without_a_leader, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "ServiceLB beside kube-vip", servicelb_with_kube_vip, VG_OTHER_NODE_ADDRESS, VG_OTHER_NODE_ADDRESS },
	{ "ServiceLB's, and an externalIP", servicelb_and_routed, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "hijacked by another node", hijacked_elsewhere, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "hijacked, MetalLB not proven", hijacked_of_unproven, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "hijacked here", hijacked_here, VG_NODE_ADDRESS, VG_NODE_ADDRESS },
	{ "kube-vip's control-plane VIP", control_plane_vip, VG_CONTROL_PLANE_VIP, VG_CONTROL_PLANE_VIP },
	{ "controlPlaneEndpoint", control_plane_endpoint, VG_CONTROL_PLANE_VIP, VG_CONTROL_PLANE_VIP },
	{ "OpenShift", control_plane_of_openshift, VG_CONTROL_PLANE_VIP, VG_CONTROL_PLANE_VIP },
	{ "ours and OpenShift's", own_and_control_plane, VG_NODE_ADDRESS, VG_NODE_ADDRESS },
};

static void others(void **state)
{
	(void)state;
	check_rules(other_rules, ARRAY_SIZE(other_rules));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(others) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
