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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
