/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/node_sets.h"

static void test_equal_sets_are_one(void **state)
{
	static const char *const given[] = { "worker2", "worker1", "worker2" };
	static const char *const same[] = { "worker1", "worker2" };
	static const char *const other[] = { "worker1", "worker22" };
	const struct vg_node_set *a, *b, *c, *none, *none_again;
	struct vg_node_sets sets = { 0 };
	struct vg_arena arena = { 0 };

	(void)state;
	assert_int_equal(vg_node_sets_intern(&sets, &arena, given, 3, &a), 0);
	assert_int_equal(vg_node_sets_intern(&sets, &arena, same, 2, &b), 0);
	assert_int_equal(vg_node_sets_intern(&sets, &arena, other, 2, &c), 0);
	assert_int_equal(vg_node_sets_intern(&sets, &arena, NULL, 0, &none), 0);
	assert_int_equal(vg_node_sets_intern(&sets, &arena, same, 0, &none_again), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_equal(none, none_again);
	assert_int_equal(none->n, 0);
	assert_int_equal(a->n, 2);
	assert_string_equal(a->names[0], "worker1");
	assert_string_equal(a->names[1], "worker2");
	assert_int_equal(sets.n, 3);
	vg_node_sets_deinit(&sets);
	vg_arena_deinit(&arena);
}

static void test_grows(void **state)
{
	const struct vg_node_set *kept[1000], *again;
	struct vg_node_sets sets = { 0 };
	struct vg_arena arena = { 0 };
	char name[32];
	const char *names[] = { name };

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
			snprintf(name, sizeof(name), "worker%zu", i);
			assert_int_equal(vg_node_sets_intern(&sets, &arena, names, 1, round ? &again : &kept[i]), 0);
			if (round)
				assert_ptr_equal(again, kept[i]);
			assert_string_equal(kept[i]->names[0], name);
		}
	}
	assert_int_equal(sets.n, ARRAY_SIZE(kept));
	vg_node_sets_deinit(&sets);
	vg_arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_sets_are_one),
		cmocka_unit_test(test_grows),
	};

	return cmocka_run_group_tests_name("node_sets", tests, NULL, NULL);
}
