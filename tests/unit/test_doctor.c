/* SPDX-License-Identifier: Apache-2.0 */
/* Each ailment of a cluster beside its cure: found in the one, not in the other. */
#include "doctor_world.h"

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

/* Last: those before have produced what can be. */
static void test_every_id_of_the_cluster_has_a_case(void **state)
{
	(void)state;
	for (int i = 0; i < VG_AIL_MAX; i++) {
		bool elsewhere = i == VG_AIL_WRONG_BIND || i == VG_AIL_NOT_READABLE; /* tests/cli, tests/api */

		if (vg_ailment_part((enum vg_ailment)i) == VG_PART_CLUSTER && !elsewhere)
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
		cmocka_unit_test(test_every_id_of_the_cluster_has_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
