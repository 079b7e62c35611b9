/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/judge.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool dummy;
	} cases[] = {
		{ "kube-ipvs0", true },	    { "kube-dummy-if", true },	 { "kube-lb0", true },
		{ "nodelocaldns", true },   { "antrea-ingress0", true }, { "antrea-egress0", true },
		{ "antrea-ext.100", true }, { "llb-rule-192.0", true },	 { "lo", false },
		{ "eth0", false },	    { "br-ex", false },		 { "eth0.100", false },
		{ "kube-ipvs", false },	    { "kube-ipvs01", false },	 { "dummy0", false },
		{ "antrea-gw0", false },    { "kube-bridge", false },	 { "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_case(cases[i].name, vg_link_is_service_dummy(cases[i].name) == cases[i].dummy);
}

/* Each of them, as the kernel is told them. */
static void test_known(void **state)
{
	size_t n = 0, beginnings = 0;
	const char *name;
	bool begins;

	(void)state;
	for (; (name = vg_dummies_known(n, &begins)); n++) {
		char longer[2 * VG_IFNAME_MAX];

		snprintf(longer, sizeof(longer), "%s0", name);
		assert_true(vg_link_is_service_dummy(name));
		assert_int_equal(vg_link_is_service_dummy(longer), begins);
		beginnings += begins;
	}
	assert_true(n > beginnings && beginnings > 0);
	assert_in_range(n + VG_DUMMIES_MAX, 0, VG_MAX_DUMMIES);
}

static void test_named_by_objects(void **state)
{
	static const char *const names[] = { "purelb0", "eth7", "purelb0", "lo", "", "sixteen-letters!", "a" };
	struct vg_dummies dummies = { .n = 0 }, same = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		vg_dummies_add(&dummies, names[i]);
		vg_dummies_add(&same, names[ARRAY_SIZE(names) - 1 - i]);
	}
	assert_int_equal(dummies.n, 3);
	assert_true(vg_dummies_equal(&dummies, &same));
	assert_true(vg_dummies_have(&dummies, "purelb0") && vg_dummies_have(&dummies, "eth7") && vg_dummies_have(&dummies, "kube-ipvs0"));
	assert_false(vg_dummies_have(&dummies, "lo") || vg_dummies_have(&dummies, "purelb1") || vg_dummies_have(&dummies, ""));
	vg_dummies_add(&same, "b");
	assert_false(vg_dummies_equal(&dummies, &same));
}

/* What is over the limit is left out, and hurts nobody that is in. */
static void test_too_many(void **state)
{
	struct vg_dummies dummies = { .n = 0 };
	char name[VG_IFNAME_MAX];

	(void)state;
	for (int i = 0; i < VG_DUMMIES_MAX + 3; i++) {
		snprintf(name, sizeof(name), "lb%02d", VG_DUMMIES_MAX + 3 - i);
		vg_dummies_add(&dummies, name);
	}
	assert_int_equal(dummies.n, VG_DUMMIES_MAX);
	assert_true(vg_dummies_have(&dummies, "lb04") && vg_dummies_have(&dummies, "lb19"));
	assert_false(vg_dummies_have(&dummies, "lb03"));
}

static void test_kinds(void **state)
{
	(void)state;
	assert_true(vg_link_leads_somewhere("kube-lb0", ""));
	assert_true(vg_link_leads_somewhere("kube-lb0", "veth"));
	assert_true(vg_link_leads_somewhere("kube-lb0", "vlan"));
	assert_false(vg_link_leads_somewhere("kube-ipvs0", "dummy"));
	assert_false(vg_link_leads_somewhere("kube-lb0", "bridge"));
	assert_false(vg_link_leads_somewhere("antrea-ext.100", "vlan"));
	assert_true(vg_link_leads_somewhere("antrea-ext.100", "veth"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_known), cmocka_unit_test(test_named_by_objects),
					    cmocka_unit_test(test_too_many), cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
