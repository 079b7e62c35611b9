/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "core/prefix_map.h"

#define MANY 5000
#define NONE 0xffffffffU

static uint32_t match(const struct vg_prefix_map *map, const char *text)
{
	struct vg_addr addr = addr_of(text);
	uint32_t value = NONE;

	vg_prefix_map_match(map, &addr, &value);
	return value;
}

static void test_longest_wins(void **state)
{
	static const char *const prefixes[] = {
		"192.0.2.0/24", "192.0.2.0/28", "192.0.2.10", "::/0", "2001:db8::/32", "2001:db8::/64", "2001:db8::/65", "2001:db8::1",
	};
	struct vg_prefix_map map = { 0 };

	(void)state;
	assert_int_equal(match(&map, "192.0.2.1"), NONE);
	for (uint32_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct vg_prefix prefix = prefix_of(prefixes[i]);
		uint32_t value = NONE;

		assert_false(vg_prefix_map_get(&map, &prefix, &value));
		assert_int_equal(vg_prefix_map_add(&map, &prefix, i), 0);
		assert_int_equal(vg_prefix_map_add(&map, &prefix, 99), -EEXIST);
		assert_true(vg_prefix_map_get(&map, &prefix, &value));
		assert_int_equal(value, i);
	}
	assert_int_equal(match(&map, "192.0.2.10"), 2);
	assert_int_equal(match(&map, "192.0.2.11"), 1);
	assert_int_equal(match(&map, "192.0.2.16"), 0);
	assert_int_equal(match(&map, "192.0.3.0"), NONE); /* ::/0 is IPv6 only */
	assert_int_equal(match(&map, "2001:db8::1"), 7);
	assert_int_equal(match(&map, "2001:db8::2"), 6);
	assert_int_equal(match(&map, "2001:db8:0:0:8000::"), 5);
	assert_int_equal(match(&map, "2001:db8:1::"), 4);
	assert_int_equal(match(&map, "::1"), 3);
	vg_prefix_map_deinit(&map);
}

/* Against a plain search: prefixes of all lengths, many times the first size of the table. */
static void test_agrees_with_linear_search(void **state)
{
	static struct vg_prefix prefixes[MANY];
	struct vg_prefix_map map = { 0 };
	uint32_t n = 0, seed = 1;

	(void)state;
	while (n < MANY) {
		struct vg_addr addr = addr_of(n % 2 ? "192.0.2.0" : "2001:db8::");

		for (int i = 12; i < 16; i++) {
			seed = seed * 1103515245 + 12345;
			addr.bytes[i] = (uint8_t)(seed >> 20);
		}
		vg_prefix_make(&addr, (uint8_t)((n % 2 ? 8 : 104) + n % 24), &prefixes[n]);
		if (vg_prefix_map_add(&map, &prefixes[n], n) == 0)
			n++;
		else
			seed++;
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct vg_addr addr = prefixes[i].addr;
		uint32_t value = NONE, best = i;

		addr.bytes[15] ^= (uint8_t)(i % 3);
		if (!vg_prefix_contains(&prefixes[i], &addr))
			addr = prefixes[i].addr;
		for (uint32_t j = 0; j < MANY; j++) {
			if (prefixes[j].len > prefixes[best].len && vg_prefix_contains(&prefixes[j], &addr))
				best = j;
		}
		assert_true(vg_prefix_map_match(&map, &addr, &value));
		assert_int_equal(value, best);
	}
	vg_prefix_map_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_wins),
		cmocka_unit_test(test_agrees_with_linear_search),
	};

	return cmocka_run_group_tests_name("prefix_map", tests, NULL, NULL);
}
