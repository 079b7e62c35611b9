/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/fold.h"

#define PERIOD 100

struct said {
	size_t lines;
	uint64_t count; /* of all lines */
	uint32_t pid; /* of the last line */
	int payload; /* of the last line */
};

static void say(void *ctx, const struct vg_fold_key *key, const void *payload, uint64_t count)
{
	struct said *said = ctx;

	assert_true(count > 0);
	said->lines++;
	said->count += count;
	said->pid = key->pid;
	memcpy(&said->payload, payload, sizeof(said->payload));
}

static bool add(struct vg_fold *fold, uint32_t pid, int payload, uint64_t count, uint64_t now)
{
	struct vg_fold_key key = { .pid = pid };

	return vg_fold_add(fold, &key, &payload, count, now);
}

static struct vg_fold *fold_of(uint64_t period, struct said *said)
{
	struct vg_fold *fold = NULL;

	assert_int_equal(vg_fold_new(period, sizeof(int), say, said, &fold), 0);
	return fold;
}

static void test_first_at_once_then_counted(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(PERIOD, &said);

	(void)state;
	assert_int_equal(vg_fold_next_ns(fold), 0);
	assert_true(add(fold, 1, 10, 5, 1000));
	assert_int_equal(vg_fold_next_ns(fold), 1000 + PERIOD);
	assert_false(add(fold, 1, 11, 1, 1001));
	assert_false(add(fold, 1, 12, 7, 1002));
	vg_fold_expire(fold, 1000 + PERIOD - 1);
	assert_int_equal(said.lines, 0);
	vg_fold_expire(fold, 1000 + PERIOD);
	assert_int_equal(said.lines, 1);
	assert_int_equal(said.count, 8);
	assert_int_equal(said.payload, 12);
	/* it had repeats: the next period is open, and its first repeat is counted, too */
	assert_int_equal(vg_fold_next_ns(fold), 1000 + 2 * PERIOD);
	assert_false(add(fold, 1, 13, 1, 1000 + PERIOD + 1));
	vg_fold_expire(fold, 1000 + 2 * PERIOD);
	assert_int_equal(said.count, 9);
	/* one period without repeats: forgotten, so the next is a first one again */
	vg_fold_expire(fold, 1000 + 3 * PERIOD);
	assert_int_equal(said.lines, 2);
	assert_int_equal(vg_fold_next_ns(fold), 0);
	assert_true(add(fold, 1, 14, 1, 1000 + 3 * PERIOD));
}

static void test_add_closes_what_is_over(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(PERIOD, &said);

	(void)state;
	assert_true(add(fold, 1, 10, 1, 0));
	assert_true(add(fold, 1, 10, 1, PERIOD)); /* nobody called expire; the period is over all the same */
	assert_int_equal(said.lines, 0);
	assert_false(add(fold, 1, 11, 1, PERIOD + 1));
	assert_false(add(fold, 1, 12, 1, 2 * PERIOD)); /* says the repeat before, counts this one */
	assert_int_equal(said.count, 1);
	assert_int_equal(said.payload, 11);
}

static void test_keys_are_apart(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(PERIOD, &said);
	struct vg_fold_key base = { .addr = addr_of("192.0.2.10"), .ifindex = 2, .pid = 3, .kind = 1, .verdict = 4, .reason = 9, .action = 1 };
	struct vg_fold_key others[7] = { base, base, base, base, base, base, base };
	int payload = 0;

	(void)state;
	others[0].addr = addr_of("192.0.2.11");
	others[1].ifindex++;
	others[2].pid++;
	others[3].kind++;
	others[4].verdict++;
	others[5].reason++;
	others[6].action++;
	assert_true(vg_fold_add(fold, &base, &payload, 1, 0));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_true(vg_fold_add(fold, &others[i], &payload, 1, 0));
		assert_false(vg_fold_add(fold, &others[i], &payload, 1, 0));
	}
	assert_false(vg_fold_add(fold, &base, &payload, 1, 0));
}

static void test_full_table_loses_nothing(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(PERIOD, &said);
	uint64_t now = 0;

	(void)state;
	for (uint32_t pid = 0; pid < VG_FOLD_MAX; pid++)
		assert_true(add(fold, pid, 0, 1, now));
	assert_false(add(fold, 0, 7, 3, now));
	assert_true(add(fold, VG_FOLD_MAX, 0, 1, now)); /* the oldest, pid 0, is closed early */
	assert_int_equal(said.lines, 1);
	assert_int_equal(said.count, 3);
	assert_int_equal(said.pid, 0);
	assert_true(add(fold, VG_FOLD_MAX + 1, 0, 1, now)); /* pid 1 goes; it had nothing to say */
	assert_int_equal(said.lines, 1);
	assert_true(add(fold, 0, 0, 1, now)); /* forgotten: a first one again */
}

/* Random adds over many periods and more keys than the table holds: what was said at once plus the lines is what was added. */
static void test_sums_are_exact(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(PERIOD, &said);
	uint64_t added = 0, at_once = 0, now = 0;
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t count;

		seed = seed * 1103515245 + 12345;
		count = 1 + (seed >> 9) % 5;
		now += (seed >> 28) == 0;
		added += count;
		if (add(fold, (seed >> 12) % (2 * VG_FOLD_MAX), i, count, now))
			at_once += count;
		assert_true(vg_fold_next_ns(fold) > now);
	}
	vg_fold_flush(fold);
	assert_true(said.lines > 1000);
	assert_int_equal(at_once + said.count, added);
	assert_int_equal(vg_fold_next_ns(fold), 0);
}

static void test_no_period_folds_nothing(void **state)
{
	struct said said = { 0 };
	VG_CLEANUP(vg_fold_freep) struct vg_fold *fold = fold_of(0, &said);

	(void)state;
	assert_true(add(fold, 1, 0, 1, 0));
	assert_true(add(fold, 1, 0, 1, 0));
	vg_fold_expire(fold, UINT64_MAX);
	assert_int_equal(said.lines, 0);
}

static void test_free_does_not_flush(void **state)
{
	struct said said = { 0 };
	struct vg_fold *fold = fold_of(PERIOD, &said);

	(void)state;
	add(fold, 1, 0, 1, 0);
	add(fold, 1, 0, 1, 0);
	vg_fold_free(fold); /* does not flush */
	vg_fold_free(NULL);
	assert_int_equal(said.lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_at_once_then_counted),
		cmocka_unit_test(test_add_closes_what_is_over),
		cmocka_unit_test(test_keys_are_apart),
		cmocka_unit_test(test_full_table_loses_nothing),
		cmocka_unit_test(test_sums_are_exact),
		cmocka_unit_test(test_no_period_folds_nothing),
		cmocka_unit_test(test_free_does_not_flush),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
