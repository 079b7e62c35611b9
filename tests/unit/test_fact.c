/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/fact.h"

static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(vg_fact_kind_to_str(VG_FACT_BIND), "bind");
	assert_string_equal(vg_fact_kind_to_str(VG_FACT_UNBIND), "unbind");
	assert_string_equal(vg_fact_kind_to_str(VG_FACT_ANNOUNCE), "announce");
	assert_null(vg_fact_kind_to_str(VG_FACT_KIND_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
