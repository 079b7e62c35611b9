/* SPDX-License-Identifier: Apache-2.0 */
/* MetalLB's rules, one by one: what proves it, what it says of a bind and of an announcement, and what is only doubt. */
#include "cluster_world.h"

#define L2 VG_KIND_L2_ADVERTISEMENT
#define BGP VG_KIND_BGP_ADVERTISEMENT

static void l2(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/all", NULL, NULL, NULL, 0);
}

static void web(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .uid = 7 });
}

static void announced_by(struct world *world, const char *node)
{
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", node);
}

static void elsewhere(struct world *world)
{
	l2(world);
	web(world);
	announced_by(world, "worker1");
}

static void here(struct world *world)
{
	l2(world);
	web(world);
	announced_by(world, "cp1");
}

static void two_statuses(struct world *world)
{
	elsewhere(world);
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-2", "default/web", "cp1");
}

static void no_status(struct world *world)
{
	l2(world);
	web(world);
}

static void status_of_no_node(struct world *world)
{
	l2(world);
	web(world);
	announced_by(world, "gone");
}

static void status_of_other_namespace(struct world *world)
{
	l2(world);
	web(world);
	put_status(world, VG_KIND_L2_STATUS, "elsewhere/l2-1", "default/web", "worker1");
}

static void status_of_own_namespace(struct world *world)
{
	l2(world);
	web(world);
	put_status(world, VG_KIND_L2_STATUS, "default/web-worker1", "default/web", "worker1");
}

static void shared(struct world *world)
{
	elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "public", .uid = 8 });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-2", "default/dns", "cp1");
}

static void shared_one_without_status(struct world *world)
{
	elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "public", .uid = 8 });
}

static void shared_with_a_wish(struct world *world)
{
	elsewhere(world);
	put_service(world, &(struct svc){ .key = "aaa/wish", .address = VIP, .from = VG_FROM_SPEC });
}

/* ---- proof */

static void no_pod(struct world *world)
{
	elsewhere(world);
	drop(world, VG_KIND_POD, "metallb-system/speaker-a");
}

static void pods_forbidden(struct world *world)
{
	elsewhere(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_POD, VG_KIND_FORBIDDEN);
}

static void pod_of_other_namespace(struct world *world)
{
	no_pod(world);
	put_pod(world, &(struct pod){ .key = "other/speaker-a", .flags = VG_POD_METALLB_SPEAKER });
}

static void controller_only(struct world *world)
{
	no_pod(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/controller", .flags = VG_POD_METALLB_CONTROLLER });
}

static void no_mark(struct world *world)
{
	l2(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
	announced_by(world, "worker1");
}

static void pool_without_the_address(struct world *world)
{
	elsewhere(world);
	put_claims(world, VG_KIND_POOL, "metallb-system/public", "192.0.2.250", "192.0.2.255", 0);
}

static void no_such_pool(struct world *world)
{
	elsewhere(world);
	drop(world, VG_KIND_POOL, "metallb-system/public");
}

static void class_of_another(struct world *world)
{
	elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .class = "example.org/lb" });
}

static void with_lb_class(struct world *world)
{
	elsewhere(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-a", .class = "metallb.io/edge", .flags = VG_POD_METALLB_SPEAKER });
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .class = "metallb.io/edge" });
}

static void with_lb_class_but_classless(struct world *world)
{
	with_lb_class(world);
	web(world);
}

static void pods_disagree_about_class(struct world *world)
{
	with_lb_class(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-b", .flags = VG_POD_METALLB_SPEAKER });
	web(world);
}

/* ---- advertisements */

static void no_advertisement(struct world *world)
{
	put_metallb(world);
	web(world);
	announced_by(world, "worker1");
}

static void advertisement_of_other_namespace(struct world *world)
{
	no_advertisement(world);
	put_advertisement(world, L2, "default/all", NULL, NULL, NULL, 0);
}

static void advertisement_of_other_pool(struct world *world)
{
	no_advertisement(world);
	put_advertisement(world, L2, "metallb-system/edge", "edge", NULL, NULL, 0);
}

static void advertisement_of_other_services(struct world *world)
{
	no_advertisement(world);
	put_advertisement(world, L2, "metallb-system/some", NULL, "expose", "l2", 0);
}

static void advertisement_of_these_services(struct world *world)
{
	advertisement_of_other_services(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .label = { "expose", "l2" } });
}

static void bgp_only(struct world *world)
{
	put_metallb(world);
	web(world);
	put_advertisement(world, BGP, "metallb-system/bgp", "public", NULL, NULL, 0);
}

static void bgp_and_l2_forbidden(struct world *world)
{
	bgp_only(world);
	vg_cluster_set_knowledge(world->cluster, L2, VG_KIND_FORBIDDEN);
}

static void bgp_and_l2_forbidden_with_status(struct world *world)
{
	bgp_and_l2_forbidden(world);
	announced_by(world, "cp1");
}

static void bgp_and_odd_l2(struct world *world)
{
	bgp_only(world);
	put_advertisement(world, L2, "metallb-system/odd", "edge", NULL, NULL, VG_CLAIMS_ODD);
}

static void odd_l2_alone(struct world *world)
{
	no_advertisement(world);
	put_advertisement(world, L2, "metallb-system/odd", NULL, NULL, NULL, VG_CLAIMS_ODD);
}

static void advertisements_forbidden(struct world *world)
{
	no_advertisement(world);
	vg_cluster_set_knowledge(world->cluster, L2, VG_KIND_FORBIDDEN);
}

static void advertisements_absent(struct world *world)
{
	bgp_only(world);
	vg_cluster_set_knowledge(world->cluster, L2, VG_KIND_ABSENT);
}

/* ---- a configuration that is not in force */

static void invalid(struct world *world)
{
	struct vg_placement state = {
		.object = head_of(VG_KIND_CONFIGURATION_STATE, "metallb-system/controller"), .service = "", .node = "", .status_node = ""
	};

	state.flags = VG_PLACEMENT_INVALID;
	put(world, &state.object);
}

static void invalid_without_status(struct world *world)
{
	no_status(world);
	invalid(world);
}

static void invalid_with_status(struct world *world)
{
	elsewhere(world);
	invalid(world);
}

static void invalid_bgp(struct world *world)
{
	bgp_only(world);
	put_status(world, VG_KIND_BGP_STATUS, "metallb-system/bgp-1", "default/web", "worker1");
	invalid(world);
}

/* ---- Events */

static void without_status_kind(struct world *world)
{
	l2(world);
	web(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_L2_STATUS, VG_KIND_ABSENT);
}

static void newest_event(struct world *world)
{
	without_status_kind(world);
	put_event(world, "default/e1", "default/web", "cp1", 7, 600);
	put_event(world, "default/e2", "default/web", "worker1", 7, 60);
}

static void newest_event_names_us(struct world *world)
{
	newest_event(world);
	put_event(world, "default/e3", "default/web", "cp1", 7, 5);
}

static void newest_event_just_now(struct world *world)
{
	newest_event(world);
	put_event(world, "default/e3", "default/web", "worker2", 7, 5);
}

static void events_of_one_second(struct world *world)
{
	without_status_kind(world);
	put_event(world, "default/e1", "default/web", "cp1", 7, 60);
	put_event(world, "default/e2", "default/web", "worker1", 7, 60);
}

static void event_of_another_uid(struct world *world)
{
	without_status_kind(world);
	put_event(world, "default/e1", "default/web", "worker1", 6, 60);
}

static void event_though_statuses_exist(struct world *world)
{
	newest_event(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_L2_STATUS, VG_KIND_LISTED);
}

static const struct rule rules[] = {
	{ "L2, another node announces", elsewhere, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "L2, this node announces", here, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "two statuses", two_statuses, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "no status", no_status, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "a status that names no Node", status_of_no_node, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "a status of another namespace", status_of_other_namespace, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "a status in the Service's namespace", status_of_own_namespace, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "shared, one is announced here", shared, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "shared, one without a status", shared_one_without_status, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "another Service only wishes for it", shared_with_a_wish, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "no Pod", no_pod, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "Pods forbidden", pods_forbidden, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "a Pod of another namespace", pod_of_other_namespace, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "a controller is enough", controller_only, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "no mark", no_mark, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "the pool does not contain it", pool_without_the_address, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no such pool", no_such_pool, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "class of another", class_of_another, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN },
	{ "--lb-class", with_lb_class, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "--lb-class, Service without", with_lb_class_but_classless, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "Pods disagree about the class", pods_disagree_about_class, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "no advertisement", no_advertisement, VG_IPAM_ONLY, VG_IPAM_ONLY },
	{ "advertisement of another namespace", advertisement_of_other_namespace, VG_IPAM_ONLY, VG_IPAM_ONLY },
	{ "advertisement of another pool", advertisement_of_other_pool, VG_IPAM_ONLY, VG_IPAM_ONLY },
	{ "advertisement of other Services", advertisement_of_other_services, VG_IPAM_ONLY, VG_IPAM_ONLY },
	{ "advertisement of these Services", advertisement_of_these_services, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "BGP only", bgp_only, VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED },
	{ "BGP, L2 forbidden", bgp_and_l2_forbidden, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "BGP, L2 forbidden, a status", bgp_and_l2_forbidden_with_status, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "BGP, an odd L2", bgp_and_odd_l2, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "an odd L2 alone", odd_l2_alone, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "L2 forbidden, nothing else", advertisements_forbidden, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "BGP, no such kind as L2", advertisements_absent, VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED },
	{ "Invalid, no status", invalid_without_status, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "Invalid, a status", invalid_with_status, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "Invalid, BGP", invalid_bgp, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "the newest Event", newest_event, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE },
	{ "the newest Event names us", newest_event_names_us, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "the newest Event is of now", newest_event_just_now, VG_OWNER_NEVER_BINDS, VG_IN_TRANSITION },
	{ "two Events of one second", events_of_one_second, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE },
	{ "an Event of an older Service", event_of_another_uid, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
	{ "Events do not count beside statuses", event_though_statuses_exist, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN },
};

static void metallb(void **state)
{
	(void)state;
	check_rules(rules, ARRAY_SIZE(rules));
}

/* ---- what pools reserve */

static void service_elsewhere(struct world *world)
{
	l2(world);
	put_service(world, &(struct svc){ .key = "default/other", .address = "192.0.2.241", .pool = "public" });
}

static void reserved_but_forbidden_egress(struct world *world)
{
	service_elsewhere(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_EGRESS_IP, VG_KIND_FORBIDDEN);
}

static void reserved_before_services(struct world *world)
{
	service_elsewhere(world);
	vg_cluster_set_knowledge(world->cluster, VG_KIND_SERVICE, VG_KIND_UNKNOWN);
}

static void reserved_without_advertisement(struct world *world)
{
	put_metallb(world);
}

static void reserved_by_some(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, L2, "metallb-system/some", NULL, "expose", "l2", 0);
}

static void reserved_by_bgp(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, BGP, "metallb-system/bgp", NULL, NULL, NULL, 0);
}

static void reserved_invalid(struct world *world)
{
	service_elsewhere(world);
	invalid(world);
}

static void reserved_odd(struct world *world)
{
	service_elsewhere(world);
	put_claims(world, VG_KIND_POOL, "metallb-system/public", VIP, "192.0.2.255", VG_CLAIMS_ODD);
}

static void egress(struct world *world)
{
	service_elsewhere(world);
	put_address_claim(world, VG_KIND_EGRESS_IP, "out", VIP, 0);
}

static void other_pool_inside(struct world *world)
{
	service_elsewhere(world);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", VIP, "192.0.2.243", VG_CLAIMS_KUBE_VIP_POOL);
}

static void other_pool_around(struct world *world)
{
	service_elsewhere(world);
	put_claims(world, VG_KIND_PURELB_GROUP, "purelb/lan", "192.0.2.0", "192.0.2.255", 0);
}

static void no_node(struct world *world)
{
	service_elsewhere(world);
	drop(world, VG_KIND_NODE, "cp1");
}

static void wished(struct world *world)
{
	service_elsewhere(world);
	put_service(world, &(struct svc){ .key = "default/wish", .address = VIP, .from = VG_FROM_ANNOTATION });
}

static const struct rule pool_rules[] = {
	{ "reserved", service_elsewhere, VG_POOL_RESERVED, VG_POOL_RESERVED },
	{ "EgressIPs are not known", reserved_but_forbidden_egress, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "Services are not known", reserved_before_services, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "no advertisement", reserved_without_advertisement, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "advertised for some Services", reserved_by_some, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "advertised by BGP", reserved_by_bgp, VG_POOL_RESERVED, VG_POOL_RESERVED },
	{ "Invalid", reserved_invalid, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "an odd pool", reserved_odd, VG_NO_SERVICE, VG_NO_SERVICE },
	{ "an EgressIP", egress, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
	{ "another's pool inside", other_pool_inside, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "another's pool around", other_pool_around, VG_OWNER_CONFLICT, VG_OWNER_CONFLICT },
	{ "no Node of this name", no_node, VG_NODE_UNKNOWN, VG_NODE_UNKNOWN },
	{ "a wish inside", wished, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN },
};

static void pools(void **state)
{
	(void)state;
	check_rules(pool_rules, ARRAY_SIZE(pool_rules));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metallb),
		cmocka_unit_test(pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
