/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/announced.h"

#define SECOND 1000000000ULL
#define START (1000 * SECOND)

static const struct vg_judgement wrong = { .verdict = VG_VIOLATION, .reason = VG_ASSIGNED_ELSEWHERE };

static struct vg_announced *new_announced(void)
{
	struct vg_announced *announced = NULL;

	assert_int_equal(vg_announced_new(&announced), 0);
	return announced;
}

static void note(struct vg_announced *announced, const struct vg_addr *addr, uint64_t count, bool refused, uint64_t now_ns)
{
	struct vg_fact fact = { .kind = VG_FACT_ANNOUNCE, .addr = *addr, .ifname = "eth0", .count = count, .refused = refused };

	vg_announced_note(announced, &fact, &wrong, now_ns);
}

static void test_a_stretch(void **state)
{
	VG_CLEANUP(vg_announced_freep) struct vg_announced *announced = new_announced();
	const struct vg_addr addr = addr_of("192.0.2.10"), other = addr_of("2001:db8::10");
	const struct vg_announced_one *one;

	(void)state;
	assert_null(vg_announced_find(announced, &addr, START));
	note(announced, &addr, 3, false, START);
	note(announced, &other, 0, true, START + 1);
	note(announced, &addr, 2, true, START + VG_ANNOUNCED_GAP_NS);
	one = vg_announced_find(announced, &addr, START + VG_ANNOUNCED_GAP_NS);
	assert_non_null(one);
	assert_int_equal(one->passed, 3);
	assert_int_equal(one->dropped, 2);
	assert_int_equal(one->first_ns, START);
	assert_int_equal(one->judgement.reason, VG_ASSIGNED_ELSEWHERE);
	assert_string_equal(one->ifname, "eth0");
	one = vg_announced_find(announced, &other, START + 1);
	assert_int_equal(one->dropped, 1);
	/* after a gap it is another one */
	note(announced, &addr, 1, false, START + 2 * VG_ANNOUNCED_GAP_NS + 1);
	one = vg_announced_find(announced, &addr, START + 2 * VG_ANNOUNCED_GAP_NS + 1);
	assert_int_equal(one->passed, 1);
	assert_int_equal(one->dropped, 0);
	assert_int_equal(one->first_ns, one->last_ns);
	/* and what is long ago is none */
	assert_non_null(vg_announced_find(announced, &addr, one->last_ns + VG_ANNOUNCED_LATELY_NS));
	assert_null(vg_announced_find(announced, &addr, one->last_ns + VG_ANNOUNCED_LATELY_NS + 1));
}

static void test_the_oldest_goes(void **state)
{
	VG_CLEANUP(vg_announced_freep) struct vg_announced *announced = new_announced();
	struct vg_addr addr = addr_of("192.0.2.0");
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < VG_ANNOUNCED_MAX + 10; i++) {
		addr.bytes[14] = (uint8_t)(i >> 8);
		addr.bytes[15] = (uint8_t)i;
		note(announced, &addr, 1, false, START + i);
	}
	while (vg_announced_at(announced, n))
		n++;
	assert_int_equal(n, VG_ANNOUNCED_MAX);
	assert_int_equal(vg_announced_evicted(announced), 10);
	assert_non_null(vg_announced_find(announced, &addr, START));
	addr.bytes[14] = 0;
	addr.bytes[15] = 9;
	assert_null(vg_announced_find(announced, &addr, START));
	addr.bytes[15] = 10;
	assert_non_null(vg_announced_find(announced, &addr, START));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stretch),
		cmocka_unit_test(test_the_oldest_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
