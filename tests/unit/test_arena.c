/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/arena.h"

/* Pieces of all sizes, one larger than any chunk, keep what was written to them; under ASan also their bounds. */
static void test_pieces_are_apart(void **state)
{
	static const size_t sizes[] = { 1, 7, 8, 100, 4096, 5000, 3 * 1024 * 1024, 0, 13 };
	unsigned char *pieces[ARRAY_SIZE(sizes) * 20];
	struct vg_arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pieces[i] = vg_arena_alloc(&arena, sizes[i % ARRAY_SIZE(sizes)]);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % sizeof(void *), 0);
		memset(pieces[i], (int)i, sizes[i % ARRAY_SIZE(sizes)]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (size_t j = 0; j < sizes[i % ARRAY_SIZE(sizes)]; j++) {
			if (pieces[i][j] != (unsigned char)i)
				fail_msg("piece %zu was overwritten", i);
		}
	}
	vg_arena_deinit(&arena);
	assert_null(arena.chunks);
}

static void test_copy(void **state)
{
	struct vg_arena arena = { 0 };
	const char *a = vg_arena_copy(&arena, "default/web"), *b = vg_arena_copy(&arena, "");

	(void)state;
	assert_string_equal(a, "default/web");
	assert_string_equal(b, "");
	vg_arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_apart),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
