/* SPDX-License-Identifier: Apache-2.0 */
/* Each ailment of a cluster and of a node beside its cure: found in the one, not in the other. */
#include "inventory_world.h"

#include "core/doctor.h"

#define IDS_MAX 1024

static bool seen[VG_AIL_MAX]; /* what some case has produced */

/* The ids that are found, each once, in the order of the table. */
static void write_ids(const struct vg_diagnoses *diagnoses, char *out)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < VG_AIL_MAX; i++) {
		bool found = false;

		for (size_t j = 0; j < diagnoses->n; j++)
			found = found || diagnoses->list[j].ailment == (enum vg_ailment)i;
		seen[i] = seen[i] || found;
		if (found)
			n += (size_t)snprintf(out + n, IDS_MAX - n, "%s%s", n ? " " : "", vg_ailment_to_str((enum vg_ailment)i));
	}
}

static void examine(struct world *world, struct vg_diagnoses *diagnoses)
{
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;

	assess(world);
	inventory = inventory_of(world);
	assert_int_equal(vg_diagnoses_init(diagnoses), 0);
	assert_int_equal(vg_doctor_cluster(inventory, true, diagnoses), 0);
}

static const struct vg_diagnosis *first(const struct vg_diagnoses *diagnoses, enum vg_ailment ailment)
{
	for (size_t i = 0; i < diagnoses->n; i++) {
		if (diagnoses->list[i].ailment == ailment)
			return &diagnoses->list[i];
	}
	fail_msg("no %s", vg_ailment_to_str(ailment));
	return NULL;
}

/* ---- parts of worlds */

static void put_image(struct world *world, const char *key, const char *image, uint32_t flags)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, key), .node = "cp1", .class = "", .lease = "", .lease_namespace = "" };

	pod.balancer = pod.uid = pod.config_hash = pod.controller = "";
	pod.image = image;
	pod.flags = flags | VG_POD_LIVE;
	put(world, &pod.object);
}

static void put_excluded(struct world *world, const char *name, const char *address)
{
	struct vg_addr addr = addr_of(address);
	struct vg_node node = { .object = head_of(VG_KIND_NODE, name), .hostname = name, .internal = { &addr, 1 }, .flags = VG_NODE_EXCLUDED };

	put(world, &node.object);
}

static void kube_vip(struct world *world, uint32_t flags)
{
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1",
				      .lease_namespace = "kube-system",
				      .address = "192.0.2.2",
				      .flags = VG_POD_KUBE_VIP | VG_POD_KV_ARP | flags });
}

#define CP VG_POD_KV_CONTROL_PLANE
#define SERVICES VG_POD_KV_SERVICES

/* ---- worlds that are well */

static void nothing(struct world *world)
{
	(void)world;
}

static void control_plane_only(struct world *world)
{
	usual(world);
	kube_vip(world, CP);
}

static void kube_vip_alone(struct world *world)
{
	kube_vip(world, CP | SERVICES);
	put_service(world, &(struct svc){ .key = "default/own", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1", .renewed = 1 });
}

static void servicelb_alone(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "kube-system/svclb-web-1", .balancer = "servicelb", .flags = VG_POD_OTHER_BALANCER });
	put_service(world, &(struct svc){ .key = "default/web", .address = "192.0.2.21", .flags = VG_SERVICE_SERVICELB });
}

static void cilium_alone(struct world *world)
{
	put_claims(world, VG_KIND_CILIUM_POOL, "blue", "198.51.100.8", "198.51.100.15", 0);
	put_service(world, &(struct svc){ .key = "default/web", .address = "198.51.100.9" });
	put_lease(world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker1", .renewed = 1 });
}

/* MetalLB allocates, kube-vip announces. */
static void shared_work(struct world *world)
{
	put_metallb(world);
	kube_vip(world, CP | SERVICES);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
}

static void apart(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES | VG_POD_KV_CLASS_ONLY);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.200", "192.0.2.209", VG_CLAIMS_KUBE_VIP_POOL);
}

/* ---- kube-vip */

static void taken(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES);
}

static void taken_without_control_plane(struct world *world)
{
	usual(world);
	kube_vip(world, SERVICES);
}

static void taken_beside_own(struct world *world)
{
	taken(world);
	put_service(world, &(struct svc){ .key = "default/own", .address = "198.51.100.9", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1", .renewed = 1 });
}

static void ignored(struct world *world)
{
	taken(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_IGNORE });
}

static void trapped(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES | VG_POD_KV_CLASS_ONLY_IDLE);
}

static void takes_nodes(struct world *world)
{
	servicelb_alone(world);
	kube_vip(world, CP | SERVICES);
}

static void leaves_nodes(struct world *world)
{
	servicelb_alone(world);
	kube_vip(world, CP);
}

static void hidden(struct world *world)
{
	kube_vip(world, CP | VG_POD_KV_HIDDEN);
}

static void named(struct world *world)
{
	const char *host = "api.example.com";
	struct vg_pod pod = {
		.object = head_of(VG_KIND_POD, "kube-system/kube-vip-cp1"), .node = "cp1", .class = "", .lease = "", .lease_namespace = ""
	};

	pod.balancer = pod.uid = pod.config_hash = pod.controller = pod.image = "";
	pod.hosts = (struct vg_texts){ &host, 1 };
	pod.flags = VG_POD_LIVE | VG_POD_KUBE_VIP | CP;
	put(world, &pod.object);
}

static void old_kube_vip(struct world *world)
{
	put_image(world, "kube-system/kube-vip-cp1", "registry.example.com:5000/kube-vip/kube-vip:v1.0.4@sha256:00", VG_POD_KUBE_VIP | SERVICES);
}

static void old_kube_vip_without_services(struct world *world)
{
	put_image(world, "kube-system/kube-vip-cp1", "kube-vip/kube-vip:v1.0.4", VG_POD_KUBE_VIP | CP);
}

static void old_metallb(struct world *world)
{
	put_image(world, "metallb-system/speaker-a", "metallb/speaker:v0.15.3", VG_POD_METALLB_SPEAKER);
	put_image(world, "metallb-system/controller", "metallb/controller:v0.15.3", VG_POD_METALLB_CONTROLLER);
}

static void new_metallb(struct world *world)
{
	put_image(world, "metallb-system/speaker-a", "metallb/speaker:v0.16.1", VG_POD_METALLB_SPEAKER);
}

/* ---- several balancers */

static void both_idle(struct world *world)
{
	put_metallb(world);
	advertise(world);
	kube_vip(world, CP | SERVICES);
}

static void second_metallb(struct world *world, const char *class)
{
	usual(world);
	put_pod(world, &(struct pod){ .key = "other-metallb/speaker-b", .class = class, .flags = VG_POD_METALLB_SPEAKER });
	put_claims(world, VG_KIND_POOL, "other-metallb/more", "198.51.100.0", "198.51.100.7", 0);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "other-metallb/all", NULL, NULL, NULL, 0);
}

static void two_metallbs(struct world *world)
{
	second_metallb(world, "");
}

static void two_metallbs_apart(struct world *world)
{
	second_metallb(world, "example.com/other");
}

/* ---- the owner table's conflicts */

static void overlap(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.250", "192.0.2.253", VG_CLAIMS_KUBE_VIP_POOL);
}

static void egress_in_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_EGRESS_IP, "out", "192.0.2.245", 0);
}

static void node_in_pool(struct world *world)
{
	usual(world);
	put_node(world, "worker9", "worker9", "192.0.2.249", NULL);
}

static void api_in_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", "192.0.2.249", VG_CLAIMS_CONTROL_PLANE);
}

static void lost_pool(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_POOL, "other/lost", "198.51.100.0", "198.51.100.7", 0);
}

static void silent_pool(struct world *world)
{
	put_metallb(world);
}

static void rivals(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static void outside(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/far", .address = "198.51.100.9", .pool = "public" });
}

static void no_pool(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/far", .address = "198.51.100.9", .pool = "gone" });
}

static void asked_in_vain(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/wish", .address = "192.0.2.250", .from = VG_FROM_SPEC });
}

static void carries_node(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = "192.0.2.21" });
}

static void carries_api(struct world *world)
{
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", VIP, VG_CLAIMS_CONTROL_PLANE);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
}

/* ---- MetalLB */

static void speakers_excluded(struct world *world)
{
	usual(world);
	put_excluded(world, "cp1", "192.0.2.11");
}

static void speaker_ignores(struct world *world)
{
	speakers_excluded(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-a", .flags = VG_POD_METALLB_SPEAKER | VG_POD_METALLB_ALL_NODES });
}

static void speaker_elsewhere(struct world *world)
{
	speakers_excluded(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-b", .node = "worker1", .flags = VG_POD_METALLB_SPEAKER });
}

static void status_of_excluded(struct world *world)
{
	usual(world);
	put_excluded(world, "worker1", "192.0.2.21");
}

static void mixed(struct world *world)
{
	usual(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/controller", .class = "example.com/other", .flags = VG_POD_METALLB_CONTROLLER });
}

static void invalid(struct world *world)
{
	struct vg_placement state = { .object = head_of(VG_KIND_CONFIGURATION_STATE, "metallb-system/speaker-cp1"), .service = "", .node = "" };

	usual(world);
	state.status_node = "";
	state.flags = VG_PLACEMENT_INVALID;
	put(world, &state.object);
}

static void nameless(struct world *world)
{
	usual(world);
	drop(world, VG_KIND_NODE, "cp1");
}

static const struct sick {
	const char *name;
	void (*build)(struct world *world);
	const char *ids;
} cases[] = {
	{ "nothing", nothing, "" },
	{ "MetalLB alone", usual, "" },
	{ "MetalLB, and kube-vip for the control plane", control_plane_only, "" },
	{ "kube-vip alone", kube_vip_alone, "" },
	{ "ServiceLB alone", servicelb_alone, "" },
	{ "Cilium alone", cilium_alone, "" },
	{ "MetalLB allocates, kube-vip announces", shared_work, "" },
	{ "ranges and classes apart", apart, "" },
	{ "kube-vip takes MetalLB's", taken, "kube-vip-takes-services" },
	{ "without control plane", taken_without_control_plane, "kube-vip-takes-services" },
	{ "beside its own", taken_beside_own, "kube-vip-takes-services" },
	{ "the Service is ignored, others would not be", ignored, "two-balancers" },
	{ "the class filter is not read", trapped, "kube-vip-class-trap" },
	{ "kube-vip takes nodes' addresses", takes_nodes, "kube-vip-takes-node-addresses" },
	{ "kube-vip leaves them", leaves_nodes, "" },
	{ "settings are hidden", hidden, "kube-vip-settings-hidden" },
	{ "an address by name", named, "kube-vip-address-by-name" },
	{ "an old kube-vip", old_kube_vip, "kube-vip-version" },
	{ "an old kube-vip that serves nothing", old_kube_vip_without_services, "" },
	{ "an old MetalLB", old_metallb, "metallb-version" },
	{ "a new MetalLB", new_metallb, "" },
	{ "both, and no Service yet", both_idle, "two-balancers" },
	{ "two MetalLBs", two_metallbs, "two-balancers" },
	{ "two MetalLBs of two classes", two_metallbs_apart, "" },
	{ "ranges overlap", overlap, "pools-overlap" },
	{ "an EgressIP in a pool", egress_in_pool, "egress-ip-in-pool" },
	{ "a node in a pool", node_in_pool, "node-address-in-pool" },
	{ "the API server in a pool", api_in_pool, "control-plane-vip-in-pool" },
	{ "a pool without MetalLB", lost_pool, "no-instance" },
	{ "a pool that nobody announces", silent_pool, "not-advertised" },
	{ "two owners", rivals, "two-owners" },
	{ "outside its pool", outside, "outside-pool" },
	{ "from no pool", no_pool, "no-such-pool" },
	{ "asked for in vain", asked_in_vain, "pending" },
	{ "a node's address is carried", carries_node, "node-address-carried" },
	{ "the API server's address is carried", carries_api, "control-plane-vip-carried" },
	{ "every speaker is excluded", speakers_excluded, "no-eligible-speaker" },
	{ "the speaker passes over that", speaker_ignores, "" },
	{ "another speaker is not", speaker_elsewhere, "" },
	{ "an excluded node announces", status_of_excluded, "excluded-node-announces" },
	{ "classes are mixed", mixed, "metallb-class-mixed" },
	{ "the configuration is invalid", invalid, "metallb-configuration-invalid" },
	{ "no Node of that name", nameless, "node-unknown" },
};

static void test_each_ailment_is_found_and_gone_when_cured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_diagnoses diagnoses;
		struct world world;
		char ids[IDS_MAX];

		world_begin(&world);
		cases[i].build(&world);
		examine(&world, &diagnoses);
		write_ids(&diagnoses, ids);
		if (strcmp(ids, cases[i].ids))
			fail_msg("case \"%s\": found \"%s\", expected \"%s\"", cases[i].name, ids, cases[i].ids);
		vg_diagnoses_deinit(&diagnoses);
		world_end(&world);
	}
}

static void test_the_cure_fits(void **state)
{
	static const struct {
		void (*build)(struct world *world);
		enum vg_cure cure;
	} cures[] = { { taken, VG_CURE_SERVICES_OFF },
		      { taken_without_control_plane, VG_CURE_ONE_SOLUTION },
		      { taken_beside_own, VG_CURE_SEPARATE_RANGES } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cures); i++) {
		struct vg_diagnoses diagnoses;
		struct world world;

		world_begin(&world);
		cures[i].build(&world);
		examine(&world, &diagnoses);
		assert_int_equal(first(&diagnoses, VG_AIL_KUBE_VIP_TAKES)->cure, cures[i].cure);
		assert_int_equal(first(&diagnoses, VG_AIL_KUBE_VIP_TAKES)->count, 1);
		assert_string_equal(first(&diagnoses, VG_AIL_KUBE_VIP_TAKES)->evidence.about->key, "default/web");
		vg_diagnoses_deinit(&diagnoses);
		world_end(&world);
	}
}

/* A dump may be read on any machine, whose name is nobody's. */
static void test_a_foreign_name_is_no_finding(void **state)
{
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;
	struct vg_diagnoses diagnoses;
	struct world world;

	(void)state;
	world_begin(&world);
	nameless(&world);
	assess(&world);
	inventory = inventory_of(&world);
	assert_int_equal(vg_diagnoses_init(&diagnoses), 0);
	assert_int_equal(vg_doctor_cluster(inventory, false, &diagnoses), 0);
	assert_int_equal(diagnoses.n, 0);
	vg_diagnoses_deinit(&diagnoses);
	world_end(&world);
}

static void test_many_alike_are_counted(void **state)
{
	struct vg_diagnoses diagnoses;
	struct world world;
	char name[32];

	(void)state;
	world_begin(&world);
	usual(&world);
	for (int i = 0; i < VG_DIAGNOSES_ALIKE + 3; i++) {
		snprintf(name, sizeof(name), "default/wish-%02d", i);
		put_service(&world, &(struct svc){ .key = name, .address = i % 2 ? "192.0.2.250" : "192.0.2.251", .from = VG_FROM_SPEC });
	}
	examine(&world, &diagnoses);
	assert_int_equal(diagnoses.n, 2); /* by address */
	vg_diagnoses_deinit(&diagnoses);
	assert_int_equal(vg_diagnoses_init(&diagnoses), 0);
	for (int i = 0; i < VG_DIAGNOSES_ALIKE; i++)
		assert_non_null(vg_diagnose(&diagnoses, VG_AIL_PENDING));
	assert_null(vg_diagnose(&diagnoses, VG_AIL_PENDING));
	assert_non_null(vg_diagnose(&diagnoses, VG_AIL_TWO_OWNERS));
	assert_int_equal(diagnoses.left_out, 1);
	vg_diagnoses_deinit(&diagnoses);
	world_end(&world);
}

/* ---- static Pods alone */

static void test_manifests_tell_of_kube_vip_alone(void **state)
{
	struct vg_diagnoses diagnoses;
	struct world world;
	char ids[IDS_MAX];

	(void)state;
	world_begin(&world);
	trapped(&world);
	assert_int_equal(vg_diagnoses_init(&diagnoses), 0);
	vg_doctor_manifests(world.cluster, &diagnoses);
	write_ids(&diagnoses, ids);
	assert_string_equal(ids, "kube-vip-class-trap");
	vg_diagnoses_deinit(&diagnoses);
	world_end(&world);
}

/* ---- the node */

#define FINE ARP(1, 2), .promote_secondaries = 1, .outward = true
#define ARP(ignore, announce) .arp_ignore = (ignore), .arp_announce = (announce)
#define IPVS \
	{ \
		.name = "kube-ipvs0", .dummy = true, .ipvs = true \
	}

static const struct {
	const char *name;
	struct vg_link_settings links[2];
	struct vg_node_facts facts; /* without the links */
	const char *ids;
} nodes[] = {
	{ "all is well", { { .name = "eth0", FINE }, IPVS }, { .guard_answers = true }, "" },
	{ "no IPVS, so ARP is as it may be", { { .name = "eth0", .outward = true, .promote_secondaries = 1 } }, { .guard_answers = true }, "" },
	{ "IPVS without strictARP",
	  { { .name = "eth0", ARP(0, 2), .promote_secondaries = 1, .outward = true }, IPVS },
	  { .guard_answers = true },
	  "strict-arp" },
	{ "half of strictARP",
	  { { .name = "eth0", ARP(1, 1), .promote_secondaries = 1, .outward = true }, IPVS },
	  { .guard_answers = true },
	  "strict-arp" },
	{ "a link that leads nowhere", { { .name = "cali1", .arp_ignore = 0 }, IPVS }, { .guard_answers = true }, "" },
	{ "settings that cannot be read",
	  { { .name = "eth0", ARP(-1, -1), .outward = true, .proxy_arp = -1 }, IPVS },
	  { .guard_answers = true },
	  "" },
	{ "a cascade", { { .name = "eth0", ARP(1, 2), .outward = true, .secondary = true } }, { .guard_answers = true }, "promote-secondaries" },
	{ "nothing to cascade", { { .name = "eth0", ARP(1, 2), .outward = true } }, { .guard_answers = true }, "" },
	{ "a proxy", { { .name = "eth0", FINE, .proxy_arp = 1 } }, { .guard_answers = true }, "proxy-arp" },
	{ "a proxy for a pod", { { .name = "cali1", .proxy_arp = 1 } }, { .guard_answers = true }, "" },
	{ "notifies", { { .name = "eth0", FINE, .ndisc_notify = 1 } }, { .guard_answers = true }, "arp-notify" },
	{ "filters, and a guard that knows better", { { .name = "eth0", FINE, .filters = 2, .ingress = true } }, { .guard_answers = true }, "" },
	{ "filters", { { .name = "eth0", FINE, .filters = 2 } }, { .tcx = true }, "other-tc no-guard" },
	{ "an ingress qdisc", { { .name = "eth0", FINE, .ingress = true } }, { .tcx = false }, "ingress-qdisc no-guard" },
	{ "an ingress qdisc beside tcx", { { .name = "eth0", FINE, .ingress = true } }, { .tcx = true }, "no-guard" },
	{ "a silent guard", { { .name = "eth0", FINE } }, { .guard_named = true }, "guard-silent" },
	{ "a guard elsewhere", { { .name = "eth0", FINE } }, { .guard_answers = true, .guard_elsewhere = true }, "guard-elsewhere" },
};

static void test_the_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		struct vg_node_facts facts = nodes[i].facts;
		struct vg_diagnoses diagnoses;
		char ids[IDS_MAX];

		facts.links = nodes[i].links;
		facts.n_links = nodes[i].links[1].name[0] ? 2 : 1;
		facts.socket = "/run/guard.sock";
		assert_int_equal(vg_diagnoses_init(&diagnoses), 0);
		vg_doctor_node(&facts, &diagnoses);
		write_ids(&diagnoses, ids);
		if (strcmp(ids, nodes[i].ids))
			fail_msg("node \"%s\": found \"%s\", expected \"%s\"", nodes[i].name, ids, nodes[i].ids);
		vg_diagnoses_deinit(&diagnoses);
	}
}

/* ---- releases */

static void test_releases(void **state)
{
	static const struct {
		const char *image;
		bool kube_vip, metallb, excludes;
	} images[] = {
		{ "kube-vip/kube-vip:v1.2.3", true, false, true },
		{ "kube-vip/kube-vip:v1.2.4", false, false, true },
		{ "kube-vip/kube-vip:v0.8.10", true, false, false },
		{ "registry.example.com:5000/kube-vip", false, false, true },
		{ "kube-vip", false, false, true },
		{ "", false, false, true },
		{ "kube-vip:latest", false, false, true },
		{ "kube-vip:v1.2", false, false, true },
		{ "kube-vip:v1.2.99999999999999999999", false, false, true },
		{ "metallb/speaker:v0.14.1", true, true, false },
		{ "metallb/speaker:v0.14.2", true, true, true },
		{ "metallb/speaker:v0.15.3", true, true, true },
		{ "metallb/speaker:v0.16.0", true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		assert_case(images[i].image, !!vg_kube_vip_fault(images[i].image) == images[i].kube_vip);
		assert_case(images[i].image, !!vg_metallb_fault(images[i].image) == images[i].metallb);
		assert_case(images[i].image, vg_metallb_honours_exclusion(images[i].image) == images[i].excludes);
	}
}

/* Last: those before have produced what can be produced from a cluster and from a node's settings. */
static void test_every_id_of_cluster_and_node_has_a_case(void **state)
{
	(void)state;
	for (int i = 0; i < VG_AIL_MAX; i++) {
		bool elsewhere = i == VG_AIL_WRONG_BIND || i == VG_AIL_NOT_READABLE; /* tests/cli, tests/api */

		if (vg_ailment_part((enum vg_ailment)i) != VG_PART_KERNEL && !elsewhere)
			assert_case(vg_ailment_to_str((enum vg_ailment)i), seen[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_ailment_is_found_and_gone_when_cured),
		cmocka_unit_test(test_the_cure_fits),
		cmocka_unit_test(test_a_foreign_name_is_no_finding),
		cmocka_unit_test(test_many_alike_are_counted),
		cmocka_unit_test(test_manifests_tell_of_kube_vip_alone),
		cmocka_unit_test(test_the_node),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_every_id_of_cluster_and_node_has_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
