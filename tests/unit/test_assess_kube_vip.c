/* SPDX-License-Identifier: Apache-2.0 */
/* kube-vip's rules, one by one: what claims a Service for it, which Lease names the holder, and when that proves nothing. */
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

static void lease_here(struct world *world)
{
	claimed(world);
	own_lease(world, "cp1", 1, 0);
}

static void lease_elsewhere(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2", 1, 0);
}

static void lease_expired(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2", 60, 0);
}

static void lease_released(struct world *world)
{
	claimed(world);
	own_lease(world, "", 1, 0);
}

static void lease_of_the_future(struct world *world)
{
	struct vg_lease lease = { .object = head_of(VG_KIND_LEASE, "default/kubevip-web"), .holder = "cp2", .duration_ns = 5 * SECOND };

	claimed(world);
	lease.renewed_ns = world->now.real_ns + 3600 * SECOND;
	put(world, &lease.object);
}

static void lease_moved(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2", 1, 4);
}

static void lease_moved_here(struct world *world)
{
	claimed(world);
	own_lease(world, "cp1", 1, 4);
}

static void first_lease(struct world *world)
{
	claimed(world);
	put_lease(world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .renewed = 1, .acquired = 4, .first = true });
}

static void holder_is_no_node(struct world *world)
{
	claimed(world);
	own_lease(world, "cp2_1ff5cef5", 1, 0);
}

static void holder_by_hostname(struct world *world)
{
	claimed(world);
	put_node(world, "node-b.example.org", "Node-B", NULL, NULL);
	own_lease(world, "node-b", 1, 0);
}

static void hostname_of_two(struct world *world)
{
	holder_by_hostname(world);
	put_node(world, "node-c.example.org", "node-b", NULL, NULL);
}

static void lease_of_another_namespace(struct world *world)
{
	claimed(world);
	put_lease(world, &(struct lease){ .key = "other/kubevip-web", .holder = "cp2" });
}

static void global_here(struct world *world)
{
	claimed(world);
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1" });
}

static void global_elsewhere(struct world *world)
{
	claimed(world);
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp2" });
}

static void global_of_another_namespace(struct world *world)
{
	claimed(world);
	put_lease(world, &(struct lease){ .key = "default/plndr-svcs-lock", .holder = "cp2" });
}

static void global_by_another_name(struct world *world)
{
	claimed(world);
	put_pod(world, &(struct pod){ .key = "kv/kube-vip-a", .lease = "svcs", .lease_namespace = "kv", .flags = KUBE_VIP_ARP });
	put_lease(world, &(struct lease){ .key = "kv/svcs", .holder = "cp2" });
}

/* Two instances: the one that serves Services without a class elects for each of them, the other one's leader has nothing to do with them. */
static void global_of_another_instance(struct world *world)
{
	global_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1",
				      .lease_namespace = "kube-system",
				      .class = "example.org/kv",
				      .flags = KUBE_VIP_ARP | VG_POD_KV_CLASS_ONLY });
}

static void global_of_the_control_plane(struct world *world)
{
	global_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1",
				      .lease_namespace = "kube-system",
				      .flags = VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE });
}

static void global_beside_elections(struct world *world)
{
	global_elsewhere(world);
	put_pod(world,
		&(struct pod){ .key = "kube-system/kube-vip-cp1", .lease_namespace = "kube-system", .flags = KUBE_VIP_ARP | VG_POD_KV_ELECTION });
}

static void settings_not_seen(struct world *world)
{
	lease_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kv/kube-vip-x", .flags = VG_POD_KUBE_VIP | VG_POD_KV_HIDDEN });
}

static void settings_not_seen_here(struct world *world)
{
	settings_not_seen(world);
	own_lease(world, "cp1", 1, 60);
}

static void own_before_global(struct world *world)
{
	global_elsewhere(world);
	own_lease(world, "cp1", 1, 0);
}

static void expired_own_then_global(struct world *world)
{
	global_elsewhere(world);
	own_lease(world, "cp1", 60, 0);
}

static void lease_name(struct world *world)
{
	global_here(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_WISH, .lease = "shared" });
	put_lease(world, &(struct lease){ .key = "default/shared", .holder = "cp2" });
}

static void lease_name_with_namespace(struct world *world)
{
	lease_name(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_WISH, .lease = "infra/shared" });
	put_lease(world, &(struct lease){ .key = "infra/shared", .holder = "worker1" });
	put_lease(world, &(struct lease){ .key = "default/shared", .holder = "cp1" });
}

static void lease_name_expired(struct world *world)
{
	lease_name(world);
	put_lease(world, &(struct lease){ .key = "default/shared", .holder = "cp2", .renewed = 60 });
	pass(world, 60);
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1" });
}

static void bgp(struct world *world)
{
	claimed(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .flags = VG_POD_KUBE_VIP | VG_POD_KV_SERVICES | VG_POD_KV_BGP });
}

static void bgp_with_election(struct world *world)
{
	lease_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1",
				      .flags = VG_POD_KUBE_VIP | VG_POD_KV_SERVICES | VG_POD_KV_BGP | VG_POD_KV_ELECTION });
}

static void bgp_for_the_control_plane(struct world *world)
{
	lease_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-x", .flags = VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE | VG_POD_KV_BGP });
}

static void ignored(struct world *world)
{
	lease_here(world);
	put_service(world,
		    &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES | VG_SERVICE_KUBE_VIP_IGNORE });
}

static void of_its_class(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .class = "kube-vip.io/kube-vip-class" });
}

static void of_its_own_class(struct world *world)
{
	lease_elsewhere(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .class = "example.org/kv", .flags = KUBE_VIP_ARP });
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .class = "example.org/kv" });
}

static void claim_with_foreign_class(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .class = "example.org/lb", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void claim_only_wished(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .from = VG_FROM_ANNOTATION, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void unclaimed(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_TRACE });
}

static void unclaimed_without_services(struct world *world)
{
	unclaimed(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .flags = VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE });
}

static void unclaimed_expired(struct world *world)
{
	unclaimed(world);
	drop(world, VG_KIND_LEASE, "default/kubevip-web");
	own_lease(world, "cp2", 60, 0);
}

static void unclaimed_global(struct world *world)
{
	global_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
}

static void unclaimed_class_only(struct world *world)
{
	unclaimed(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .flags = KUBE_VIP_ARP | VG_POD_KV_CLASS_ONLY });
}

static void unclaimed_class_only_idle(struct world *world)
{
	unclaimed(world);
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .flags = KUBE_VIP_ARP | VG_POD_KV_CLASS_ONLY_IDLE });
}

static void unclaimed_but_marked(struct world *world)
{
	unclaimed(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
}

static void shared_with_an_unheld(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void external_ip(struct world *world)
{
	lease_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .from = VG_FROM_EXTERNAL, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void nodes_unknown(struct world *world)
{
	lease_elsewhere(world);
	drop(world, VG_KIND_NODE, "cp1");
}

static const struct rule kube_vip_rules[] = {
	{ "its Lease names us", lease_here, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "its Lease names another", lease_elsewhere, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "no Lease", claimed, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "expired", lease_expired, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "released", lease_released, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "renewed in the future", lease_of_the_future, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "taken over just now", lease_moved, VG_IN_TRANSITION, VG_IN_TRANSITION },
	{ "taken over just now by us", lease_moved_here, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "the first holder", first_lease, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "the holder is no Node", holder_is_no_node, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "the holder by hostname", holder_by_hostname, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a hostname of two Nodes", hostname_of_two, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a Lease of another namespace", lease_of_another_namespace, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "the global Lease names us", global_here, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "the global Lease names another", global_elsewhere, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a global Lease elsewhere", global_of_another_namespace, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a global Lease by its own name", global_by_another_name, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "the global Lease of another instance", global_of_another_instance, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "the global Lease of the control plane's kube-vip", global_of_the_control_plane, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "the global Lease beside elections for each", global_beside_elections, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a kube-vip whose settings are not seen", settings_not_seen, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a kube-vip whose settings are not seen, and our Lease", settings_not_seen_here, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "its own before the global one", own_before_global, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE },
	{ "its own expired, the global one", expired_own_then_global, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "leaseName", lease_name, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "leaseName with a namespace", lease_name_with_namespace, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "leaseName expired", lease_name_expired, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "BGP", bgp, VG_OWNER_EVERYWHERE, VG_OWNER_EVERYWHERE },
	{ "BGP with election", bgp_with_election, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "BGP for the control plane", bgp_for_the_control_plane, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "ignored", ignored, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "its class beside MetalLB's mark", of_its_class, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a class of its own", of_its_own_class, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "a claim with a foreign class", claim_with_foreign_class, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "a claim only wished", claim_only_wished, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, its own Lease", unclaimed, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "no claim, no svc_enable", unclaimed_without_services, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, expired", unclaimed_expired, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, the global Lease", unclaimed_global, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, class only", unclaimed_class_only, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no claim, class only without effect", unclaimed_class_only_idle, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE },
	{ "no claim, a mark of MetalLB", unclaimed_but_marked, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "shared, one without a holder", shared_with_an_unheld, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "externalIPs", external_ip, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no Node of this name", nodes_unknown, VG_NODE_UNKNOWN, VG_NODE_UNKNOWN },
};

static void kube_vip(void **state)
{
	(void)state;
	check_rules(kube_vip_rules, ARRAY_SIZE(kube_vip_rules));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kube_vip) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
