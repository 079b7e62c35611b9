/* SPDX-License-Identifier: Apache-2.0 */
/* A node's settings, each that is wrong beside one that is harmless; and releases by the tags of images. */
#include "unit.h"

#include "core/doctor.h"

#define IDS_MAX 1024

static bool seen[VG_AIL_MAX];

/* The ids that are found, in the order of the table. */
static void write_ids(const struct vg_diagnoses *diagnoses, char *out)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < VG_AIL_MAX; i++) {
		seen[i] = seen[i] || diagnoses->alike[i];
		if (diagnoses->alike[i])
			n += (size_t)snprintf(out + n, IDS_MAX - n, "%s%s", n ? " " : "", vg_ailment_to_str((enum vg_ailment)i));
	}
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

/* Last: those before have produced what can be. */
static void test_every_id_of_the_node_has_a_case(void **state)
{
	(void)state;
	for (int i = 0; i < VG_AIL_MAX; i++) {
		if (vg_ailment_part((enum vg_ailment)i) == VG_PART_NODE)
			assert_case(vg_ailment_to_str((enum vg_ailment)i), seen[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_node),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_every_id_of_the_node_has_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
