/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of what is given back: rounds and their times, the pace, waiting, suspects, limits. */
#include "unit.h"

#include <errno.h>

#include "core/heal.h"

#define MS (1000ULL * 1000)
#define S (1000 * MS)
#define T0 (100 * S)

static struct vg_heal_key key_of(unsigned i)
{
	struct vg_heal_key key = { .addr = addr_of("192.0.2.0"), .ifindex = 2 };

	key.addr.bytes[14] = (uint8_t)(i >> 8);
	key.addr.bytes[15] = (uint8_t)i;
	return key;
}

static struct vg_heal *begin(void)
{
	struct vg_heal *heal = NULL;

	assert_int_equal(vg_heal_new(&heal), 0);
	return heal;
}

static void want(struct vg_heal *heal, unsigned i, uint64_t now)
{
	const struct vg_heal_key key = key_of(i);

	assert_int_equal(vg_heal_want(heal, &key, now), 0);
}

/* Takes the next turn, which must be of that one and that round. */
static struct vg_heal_turn take(struct vg_heal *heal, uint64_t now, unsigned i, unsigned round)
{
	const struct vg_heal_key key = key_of(i);
	struct vg_heal_turn turn;

	assert_true(vg_heal_take(heal, now, &turn));
	assert_memory_equal(&turn.key.addr, &key.addr, sizeof(key.addr));
	assert_int_equal(turn.key.ifindex, key.ifindex);
	assert_int_equal(turn.round, round);
	return turn;
}

static void take_nothing(struct vg_heal *heal, uint64_t now)
{
	struct vg_heal_turn turn;

	assert_false(vg_heal_take(heal, now, &turn));
}

static bool tell(struct vg_heal *heal, uint64_t now, unsigned i, unsigned round)
{
	struct vg_heal_turn turn = take(heal, now, i, round);

	return vg_heal_told(heal, &turn.key, now);
}

static void tells_three_times(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();
	const struct vg_heal_key key = key_of(1);

	(void)state;
	assert_int_equal(vg_heal_next_ns(heal), 0);
	want(heal, 1, T0);
	assert_int_equal(vg_heal_next_ns(heal), T0);
	assert_false(tell(heal, T0 + 5 * MS, 1, 0));
	assert_true(vg_heal_is_busy(heal, &key.addr));
	take_nothing(heal, T0 + 1004 * MS);
	assert_int_equal(vg_heal_next_ns(heal), T0 + 1005 * MS);
	assert_false(tell(heal, T0 + 1005 * MS, 1, 1));
	assert_int_equal(vg_heal_next_ns(heal), T0 + 3005 * MS);
	take_nothing(heal, T0 + 3004 * MS);
	assert_true(tell(heal, T0 + 3100 * MS, 1, 2));
	assert_false(vg_heal_is_busy(heal, &key.addr));
	assert_int_equal(vg_heal_next_ns(heal), 0);
}

static void begins_anew_when_it_is_asked_again(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();

	(void)state;
	want(heal, 1, T0);
	want(heal, 1, T0 + 1); /* not twice */
	assert_false(tell(heal, T0, 1, 0));
	take_nothing(heal, T0);
	/* under way: the gap first, then all rounds */
	want(heal, 1, T0 + 100 * MS);
	take_nothing(heal, T0 + 999 * MS);
	assert_false(tell(heal, T0 + S, 1, 0));
	assert_false(tell(heal, T0 + 2 * S, 1, 1));
	assert_true(tell(heal, T0 + 4 * S, 1, 2));
	/* done: the gap as well, and at once after that */
	want(heal, 1, T0 + 4 * S + 1);
	assert_int_equal(vg_heal_next_ns(heal), T0 + 5 * S);
	assert_false(tell(heal, T0 + 9 * S, 1, 0));
	assert_false(tell(heal, T0 + 10 * S, 1, 1));
	assert_true(tell(heal, T0 + 12 * S, 1, 2));
	want(heal, 1, T0 + 60 * S);
	assert_int_equal(vg_heal_next_ns(heal), T0 + 60 * S);
}

/* First rounds before all others, and no more than so many in a second. */
static void keeps_its_pace(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();

	(void)state;
	want(heal, 0, T0);
	assert_false(tell(heal, T0, 0, 0));
	for (unsigned i = 1; i <= VG_HEAL_TURNS_MAX + 10; i++)
		want(heal, i, T0 + 500 * MS + i);
	for (unsigned i = 1; i < VG_HEAL_TURNS_MAX; i++)
		assert_false(tell(heal, T0 + 600 * MS, i, 0));
	assert_int_equal(vg_heal_delays(heal), 0);
	take_nothing(heal, T0 + 600 * MS);
	take_nothing(heal, T0 + 999 * MS);
	assert_int_equal(vg_heal_delays(heal), 1);
	assert_int_equal(vg_heal_next_ns(heal), T0 + S);
	/* address 0 is due for its second round */
	for (unsigned i = VG_HEAL_TURNS_MAX; i <= VG_HEAL_TURNS_MAX + 10; i++)
		assert_false(tell(heal, T0 + S, i, 0));
	assert_false(tell(heal, T0 + S, 0, 1));
}

static void waits_for_a_hardware_address(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();
	const struct vg_addr node = addr_of("192.0.2.21"), other = addr_of("192.0.2.22");
	struct vg_heal_turn turn;

	(void)state;
	want(heal, 1, T0);
	turn = take(heal, T0, 1, 0);
	assert_false(turn.overdue);
	assert_false(vg_heal_is_waiting(heal));
	vg_heal_wait(heal, &turn.key, &node, T0);
	assert_true(vg_heal_is_waiting(heal));
	assert_int_equal(vg_heal_next_ns(heal), T0 + VG_HEAL_WAIT_NS);
	vg_heal_wake(heal, &other, 2, T0 + S);
	vg_heal_wake(heal, &node, 3, T0 + S);
	want(heal, 1, T0 + S); /* no shorter way */
	take_nothing(heal, T0 + S);
	vg_heal_wake(heal, &node, 2, T0 + S);
	turn = take(heal, T0 + S, 1, 0);
	assert_false(turn.overdue);
	/* not known yet: the limit is the first one's */
	vg_heal_wait(heal, &turn.key, &node, T0 + S);
	assert_int_equal(vg_heal_next_ns(heal), T0 + VG_HEAL_WAIT_NS);
	vg_heal_wake(heal, NULL, 0, T0 + 2 * S);
	assert_false(tell(heal, T0 + 2 * S, 1, 0));
	/* its rounds are reckoned from then */
	assert_int_equal(vg_heal_next_ns(heal), T0 + 3 * S);
	/* and it may wait anew */
	turn = take(heal, T0 + 3 * S, 1, 1);
	vg_heal_wait(heal, &turn.key, &node, T0 + 3 * S);
	turn = take(heal, T0 + 3 * S + VG_HEAL_WAIT_NS, 1, 1);
	assert_true(turn.overdue);
	vg_heal_end(heal, &turn.key, T0 + 7 * S);
	assert_int_equal(vg_heal_next_ns(heal), 0);
	assert_false(vg_heal_is_waiting(heal));
}

struct sift {
	unsigned asked;
	unsigned takes; /* by the last byte of its address */
};

static bool sift(void *ctx, const struct vg_heal_key *key)
{
	struct sift *one = ctx;

	one->asked++;
	return key->addr.bytes[15] == one->takes;
}

static void suspects_are_asked_about(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();
	struct sift one = { .takes = 2 };

	(void)state;
	assert_false(vg_heal_has_suspects(heal));
	for (unsigned i = 1; i <= 3; i++) {
		const struct vg_heal_key key = key_of(i);

		assert_int_equal(vg_heal_suspect(heal, &key, T0), 0);
		assert_int_equal(vg_heal_suspect(heal, &key, T0 + 1), 0);
		assert_false(vg_heal_is_busy(heal, &key.addr));
	}
	assert_true(vg_heal_has_suspects(heal));
	assert_int_equal(vg_heal_next_ns(heal), 0); /* nothing wakes for them */
	vg_heal_sift(heal, sift, &one);
	assert_int_equal(one.asked, 3);
	want(heal, 1, T0);
	one = (struct sift){ .takes = 3 };
	vg_heal_sift(heal, sift, &one);
	assert_int_equal(one.asked, 1);
	assert_false(vg_heal_has_suspects(heal));
	assert_false(tell(heal, T0, 1, 0));
}

static void is_bounded(void **state)
{
	VG_CLEANUP(vg_heal_freep) struct vg_heal *heal = begin();
	const struct vg_heal_key more = key_of(VG_HEAL_MAX), much = key_of(VG_HEAL_MAX + 1);
	struct vg_heal_turn turn;

	(void)state;
	for (unsigned i = 0; i < VG_HEAL_MAX; i++) {
		const struct vg_heal_key key = key_of(i);

		assert_int_equal(i % 2 ? vg_heal_suspect(heal, &key, T0 + i) : vg_heal_want(heal, &key, T0 + i), 0);
	}
	assert_int_equal(vg_heal_suspect(heal, &more, T0), -ENOSPC);
	assert_int_equal(vg_heal_want(heal, &more, T0 + S), 0); /* in place of a suspect */
	for (unsigned i = 0; i < VG_HEAL_MAX / 2 - 1; i++)
		want(heal, VG_HEAL_MAX + 2 + i, T0 + S);
	assert_int_equal(vg_heal_want(heal, &much, T0 + S), -ENOSPC);
	/* what is over makes room after its gap */
	turn = take(heal, T0 + S, 0, 0);
	vg_heal_end(heal, &turn.key, T0 + S);
	assert_int_equal(vg_heal_want(heal, &much, T0 + 2 * S - 1), -ENOSPC);
	assert_int_equal(vg_heal_want(heal, &much, T0 + 2 * S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_three_times),	    cmocka_unit_test(begins_anew_when_it_is_asked_again),
		cmocka_unit_test(keeps_its_pace),	    cmocka_unit_test(waits_for_a_hardware_address),
		cmocka_unit_test(suspects_are_asked_about), cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
