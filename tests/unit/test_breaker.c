/* SPDX-License-Identifier: Apache-2.0 */
/* The breaker: what counts as a flip, when it trips, what it holds, how a hold ends. */
#include "unit.h"

#include <errno.h>

#include "core/breaker.h"
#include "core/verdict.h"

#define LIMIT 3
#define SECOND (1000ULL * 1000 * 1000)

static struct vg_breaker *breaker;
static uint64_t now_ns;
static char handed[1024]; /* what a callback was given */

static int up(void **state)
{
	now_ns = 1000 * SECOND;
	handed[0] = 0;
	return vg_breaker_new(LIMIT, &breaker);
}

static int down(void **state)
{
	vg_breaker_free(breaker);
	return 0;
}

static struct vg_addr address(unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "192.0.2.%u", n);
	return addr_of(text);
}

static struct vg_bind_key key_on(unsigned n, uint32_t ifindex)
{
	return (struct vg_bind_key){ .addr = address(n), .ifindex = ifindex, .prefix = 32 };
}

static struct vg_bind_key key(unsigned n)
{
	return key_on(n, 1);
}

static void note_on(unsigned n, uint32_t ifindex, enum vg_reason reason, bool is_new)
{
	const struct vg_judgement judgement = vg_judgement_of(reason);
	const struct vg_bind_key k = key_on(n, ifindex);

	assert_int_equal(vg_breaker_note(breaker, &k, &judgement, is_new), 0);
}

/* Addresses first..last are bound, and were there before. */
static void bound(unsigned first, unsigned last, enum vg_reason reason)
{
	for (unsigned n = first; n <= last; n++)
		note_on(n, 1, reason, false);
}

static void weigh_on(unsigned n, uint32_t ifindex, enum vg_reason reason)
{
	const struct vg_judgement judgement = vg_judgement_of(reason);
	const struct vg_bind_key k = key_on(n, ifindex);

	vg_breaker_weigh(breaker, &k, &judgement);
}

static void weigh(unsigned first, unsigned last, enum vg_reason reason)
{
	for (unsigned n = first; n <= last; n++)
		weigh_on(n, 1, reason);
}

/* A change that says this of these alone; true: something more is held. */
static bool turn(unsigned first, unsigned last, enum vg_reason reason)
{
	weigh(first, last, reason);
	return vg_breaker_decide(breaker, now_ns);
}

static bool holds(unsigned n)
{
	const struct vg_bind_key k = key(n);

	return vg_breaker_holds(breaker, &k);
}

static size_t held(void)
{
	return vg_breaker_for_each(breaker, NULL, NULL);
}

static void hand(void *ctx, const struct vg_addr *addr)
{
	size_t len = strlen(handed);
	char text[VG_TEXT_MAX];

	vg_addr_to_str(addr, text);
	snprintf(handed + len, sizeof(handed) - len, "%s%s", len ? " " : "", text + strlen("192.0.2."));
}

static const char *take(void (*how)(struct vg_breaker *b, vg_breaker_fn fn, void *ctx))
{
	handed[0] = 0;
	how(breaker, hand, NULL);
	return handed;
}

/* ---- when it trips */

static void test_limit(void **state)
{
	bound(1, 20, VG_ASSIGNED_HERE);
	assert_false(turn(1, LIMIT, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), 0);
	now_ns += VG_BREAKER_WINDOW_NS;
	assert_true(turn(LIMIT + 1, 2 * LIMIT + 1, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), LIMIT + 1);
	assert_int_equal(vg_breaker_flips(breaker), LIMIT + 1);
	assert_false(holds(1));
	assert_true(holds(LIMIT + 1) && holds(2 * LIMIT + 1));
	assert_false(holds(2 * LIMIT + 2));
}

static void test_flips_of_a_minute_add_up(void **state)
{
	bound(1, 20, VG_NO_SERVICE);
	for (unsigned n = 1; n <= LIMIT; n++, now_ns += SECOND)
		assert_false(turn(n, n, VG_POOL_RESERVED));
	assert_true(turn(LIMIT + 1, LIMIT + 1, VG_POOL_RESERVED));
	assert_int_equal(held(), 1);
	assert_int_equal(vg_breaker_flips(breaker), LIMIT + 1);
}

static void test_flips_of_an_hour_do_not(void **state)
{
	bound(1, 20, VG_NO_SERVICE);
	for (unsigned n = 1; n <= 20; n++, now_ns += VG_BREAKER_WINDOW_NS / LIMIT)
		assert_false(turn(n, n, VG_POOL_RESERVED));
}

static void test_an_address_counts_once(void **state)
{
	for (unsigned n = 1; n <= LIMIT; n++)
		for (uint32_t ifindex = 1; ifindex <= 3; ifindex++)
			note_on(n, ifindex, VG_ASSIGNED_HERE, false);
	for (int again = 0; again < 3; again++, now_ns += SECOND) { /* back and forth too */
		for (unsigned n = 1; n <= LIMIT; n++)
			for (uint32_t ifindex = 1; ifindex <= 3; ifindex++)
				weigh_on(n, ifindex, VG_ASSIGNED_ELSEWHERE);
		assert_false(vg_breaker_decide(breaker, now_ns));
		for (unsigned n = 1; n <= LIMIT; n++)
			for (uint32_t ifindex = 1; ifindex <= 3; ifindex++)
				weigh_on(n, ifindex, VG_ASSIGNED_HERE);
		assert_false(vg_breaker_decide(breaker, now_ns));
	}
}

static void test_while_it_holds_it_holds_more(void **state)
{
	bound(1, 20, VG_ASSIGNED_HERE);
	assert_true(turn(1, LIMIT + 1, VG_ASSIGNED_ELSEWHERE));
	now_ns += 100 * VG_BREAKER_WINDOW_NS;
	assert_true(turn(20, 20, VG_ASSIGNED_ELSEWHERE));
	assert_true(holds(20));
	assert_false(turn(20, 20, VG_ASSIGNED_ELSEWHERE)); /* said already */
	assert_int_equal(held(), LIMIT + 2);
}

static void test_limits_at_the_ends(void **state)
{
	vg_breaker_free(breaker);
	assert_int_equal(vg_breaker_new(0, &breaker), 0);
	bound(1, 20, VG_ASSIGNED_HERE);
	assert_true(turn(1, 1, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), 1);
	vg_breaker_free(breaker);
	assert_int_equal(vg_breaker_new(VG_BREAKER_OFF, &breaker), 0);
	bound(1, 20, VG_ASSIGNED_HERE);
	assert_false(turn(1, 20, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), 0);
}

/* ---- what is no flip */

static void test_what_was_never_right_is_no_flip(void **state)
{
	static const enum vg_reason delays[] = { VG_STALE_SOURCE, VG_IN_TRANSITION, VG_ASSIGNED_ELSEWHERE };

	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		bound(1, 20, delays[i]);
		assert_false(turn(1, 20, VG_OWNER_NEVER_BINDS));
		for (unsigned n = 1; n <= 20; n++)
			note_on(n, 1, VG_STALE_SOURCE, true); /* as if bound anew */
	}
	assert_int_equal(held(), 0);
}

/* An outage or a grace in between hides no flip, and makes none. */
static void test_a_delay_is_no_answer(void **state)
{
	bound(1, 10, VG_ASSIGNED_HERE);
	bound(11, 20, VG_ASSIGNED_ELSEWHERE);
	assert_false(turn(1, 20, VG_STALE_SOURCE));
	assert_false(turn(1, 20, VG_IN_TRANSITION));
	assert_true(turn(1, 20, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), 10);
	assert_true(holds(1) && !holds(11));
}

static void test_other_unknowns_are_answers(void **state)
{
	bound(1, LIMIT + 1, VG_HOLDER_UNKNOWN);
	assert_true(turn(1, LIMIT + 1, VG_ASSIGNED_ELSEWHERE));
}

static void test_new_binds_are_no_flips(void **state)
{
	bound(1, LIMIT + 1, VG_ASSIGNED_HERE);
	assert_true(turn(1, LIMIT + 1, VG_ASSIGNED_ELSEWHERE));
	for (unsigned n = 10; n <= 250; n++) {
		note_on(n, 1, VG_OWNER_NEVER_BINDS, true);
		assert_false(holds(n));
	}
	assert_false(turn(10, 250, VG_OWNER_NEVER_BINDS));
	assert_int_equal(held(), LIMIT + 1);
}

/* ---- how a hold ends */

static void trip(unsigned first, unsigned last)
{
	bound(first, last, VG_ASSIGNED_HERE);
	assert_true(turn(first, last, VG_ASSIGNED_ELSEWHERE));
	take(vg_breaker_take_held);
}

static void test_undone(void **state)
{
	trip(1, 5);
	assert_false(turn(1, 5, VG_STALE_SOURCE)); /* not by an outage */
	assert_int_equal(held(), 5);
	assert_false(turn(2, 3, VG_ASSIGNED_HERE));
	assert_string_equal(take(vg_breaker_take_released), "2 3");
	assert_true(vg_breaker_is_tripped(breaker));
	assert_false(turn(1, 5, VG_NO_SERVICE));
	assert_string_equal(take(vg_breaker_take_released), "1 4 5");
	assert_false(vg_breaker_is_tripped(breaker));
	assert_string_equal(take(vg_breaker_take_released), "");
}

static void test_gone(void **state)
{
	const struct vg_bind_key one = key(1), other = key_on(1, 2);
	const struct vg_addr addr = address(1);

	bound(1, 5, VG_ASSIGNED_HERE);
	note_on(1, 2, VG_ASSIGNED_HERE, false);
	weigh_on(1, 2, VG_ASSIGNED_ELSEWHERE);
	assert_true(turn(1, 5, VG_ASSIGNED_ELSEWHERE));
	assert_int_equal(held(), 5); /* addresses */
	vg_breaker_forget(breaker, &one);
	assert_false(vg_breaker_holds(breaker, &one));
	assert_true(vg_breaker_holds_address(breaker, &addr));
	vg_breaker_forget(breaker, &other);
	assert_false(vg_breaker_holds_address(breaker, &addr));
	vg_breaker_forget(breaker, &other); /* twice is fine */
	for (unsigned n = 2; n <= 5; n++) {
		const struct vg_bind_key k = key(n);

		assert_true(vg_breaker_is_tripped(breaker));
		vg_breaker_forget(breaker, &k);
	}
	assert_false(vg_breaker_is_tripped(breaker));
}

static void test_bound_anew(void **state)
{
	trip(1, 5);
	note_on(3, 1, VG_ASSIGNED_ELSEWHERE, true);
	assert_false(holds(3));
	assert_int_equal(held(), 4);
	note_on(4, 1, VG_ASSIGNED_ELSEWHERE, false); /* looked at once more */
	assert_true(holds(4));
}

static void test_resume(void **state)
{
	bound(1, 20, VG_ASSIGNED_HERE);
	assert_false(turn(1, LIMIT, VG_ASSIGNED_ELSEWHERE));
	assert_true(turn(4, 5, VG_ASSIGNED_ELSEWHERE));
	vg_breaker_resume(breaker);
	assert_int_equal(held(), 0);
	assert_string_equal(take(vg_breaker_take_released), "4 5");
	assert_false(turn(1, 5, VG_ASSIGNED_ELSEWHERE)); /* what was resumed is no news */
	assert_false(turn(11, 13, VG_ASSIGNED_ELSEWHERE)); /* and what was acted on before counts no more */
	assert_true(turn(14, 14, VG_ASSIGNED_ELSEWHERE));
}

/* ---- what is handed out */

static void test_each_once(void **state)
{
	bound(1, 20, VG_ASSIGNED_HERE);
	note_on(2, 2, VG_ASSIGNED_HERE, false);
	weigh_on(2, 2, VG_ASSIGNED_ELSEWHERE);
	assert_true(turn(1, 4, VG_ASSIGNED_ELSEWHERE));
	handed[0] = 0;
	assert_int_equal(vg_breaker_for_each(breaker, hand, NULL), 4);
	assert_string_equal(handed, "1 2 3 4");
	assert_string_equal(take(vg_breaker_take_held), "1 2 2 3 4");
	assert_string_equal(take(vg_breaker_take_held), "");
	assert_true(turn(9, 9, VG_ASSIGNED_ELSEWHERE));
	assert_string_equal(take(vg_breaker_take_held), "9");
}

/* ---- over a restart */

static void test_inherited(void **state)
{
	for (unsigned n = 1; n <= 5; n++) {
		const struct vg_addr addr = address(n);

		assert_int_equal(vg_breaker_inherit(breaker, &addr), 0);
	}
	note_on(1, 1, VG_ASSIGNED_ELSEWHERE, false);
	note_on(2, 1, VG_STALE_SOURCE, false); /* the API has not answered yet */
	note_on(3, 1, VG_ASSIGNED_HERE, false); /* right by now */
	note_on(4, 1, VG_ASSIGNED_ELSEWHERE, true); /* bound while it started */
	note_on(6, 1, VG_ASSIGNED_ELSEWHERE, false); /* another one */
	vg_breaker_end_inheritance(breaker);
	note_on(5, 1, VG_ASSIGNED_ELSEWHERE, false); /* too late */
	assert_true(holds(1) && holds(2) && !holds(3) && !holds(4) && !holds(5) && !holds(6));
	assert_int_equal(vg_breaker_flips(breaker), 5);
	assert_false(turn(1, 2, VG_ASSIGNED_ELSEWHERE));
	assert_true(holds(1) && holds(2));
}

/* ---- limits */

static void test_full(void **state)
{
	const struct vg_judgement right = vg_judgement_of(VG_ASSIGNED_HERE);
	struct vg_bind_key k = key(1);

	for (uint32_t i = 1; i <= VG_MAX_BINDS; i++) {
		k.ifindex = i;
		assert_int_equal(vg_breaker_note(breaker, &k, &right, false), 0);
	}
	k.ifindex = VG_MAX_BINDS + 1;
	assert_int_equal(vg_breaker_note(breaker, &k, &right, false), -ENOSPC);
	assert_false(vg_breaker_holds(breaker, &k));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_limit),
		CASE(test_flips_of_a_minute_add_up),
		CASE(test_flips_of_an_hour_do_not),
		CASE(test_an_address_counts_once),
		CASE(test_while_it_holds_it_holds_more),
		CASE(test_limits_at_the_ends),
		CASE(test_what_was_never_right_is_no_flip),
		CASE(test_a_delay_is_no_answer),
		CASE(test_other_unknowns_are_answers),
		CASE(test_new_binds_are_no_flips),
		CASE(test_undone),
		CASE(test_gone),
		CASE(test_bound_anew),
		CASE(test_resume),
		CASE(test_each_once),
		CASE(test_inherited),
		CASE(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
