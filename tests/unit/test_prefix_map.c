/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <endian.h>
#include <errno.h>

#include "core/prefix_map.h"

#define MANY 5000
#define NONE 0xffffffffU

struct item {
	struct vg_prefix prefix;
	uint32_t value;
};

static int add(struct vg_prefix_map *map, const struct vg_prefix *prefix, uint32_t value)
{
	return vg_prefix_map_add(map, &(struct item){ *prefix, value });
}

static uint32_t get(const struct vg_prefix_map *map, const struct vg_prefix *prefix)
{
	const struct item *item = vg_prefix_map_get(map, prefix);

	return item ? item->value : NONE;
}

static uint32_t match_addr(const struct vg_prefix_map *map, const struct vg_addr *addr)
{
	const struct item *item = vg_prefix_map_match(map, addr);

	return item ? item->value : NONE;
}

static uint32_t match(const struct vg_prefix_map *map, const char *text)
{
	struct vg_addr addr = addr_of(text);

	return match_addr(map, &addr);
}

static void test_longest_wins(void **state)
{
	static const char *const prefixes[] = {
		"192.0.2.0/24", "192.0.2.0/28", "192.0.2.10", "::/0", "2001:db8::/32", "2001:db8::/64", "2001:db8::/65", "2001:db8::1",
	};
	struct vg_prefix_map map = VG_PREFIX_MAP(struct item);

	(void)state;
	assert_int_equal(match(&map, "192.0.2.1"), NONE);
	for (uint32_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct vg_prefix prefix = prefix_of(prefixes[i]);

		assert_int_equal(get(&map, &prefix), NONE);
		assert_int_equal(add(&map, &prefix, i), 0);
		assert_int_equal(add(&map, &prefix, 99), -EEXIST);
		assert_int_equal(get(&map, &prefix), i);
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
	struct vg_prefix_map map = VG_PREFIX_MAP(struct item);
	uint32_t n = 0, seed = 1;

	(void)state;
	while (n < MANY) {
		struct vg_addr addr = addr_of(n % 2 ? "192.0.2.0" : "2001:db8::");

		for (int i = 12; i < 16; i++) {
			seed = seed * 1103515245 + 12345;
			addr.bytes[i] = (uint8_t)(seed >> 20);
		}
		vg_prefix_make(&addr, (uint8_t)((n % 2 ? 8 : 104) + n % 24), &prefixes[n]);
		if (add(&map, &prefixes[n], n) == 0)
			n++;
		else
			seed++;
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct vg_addr addr = prefixes[i].addr;
		uint32_t best = i;

		addr.bytes[15] ^= (uint8_t)(i % 3);
		if (!vg_prefix_contains(&prefixes[i], &addr))
			addr = prefixes[i].addr;
		for (uint32_t j = 0; j < MANY; j++) {
			if (prefixes[j].len > prefixes[best].len && vg_prefix_contains(&prefixes[j], &addr))
				best = j;
		}
		assert_int_equal(match_addr(&map, &addr), best);
	}
	vg_prefix_map_deinit(&map);
}

/* Half of many go, in an order of their own; what is left is found as before, what went is not, and the lengths are told right. */
static void test_remove(void **state)
{
	struct vg_prefix_map map = VG_PREFIX_MAP(struct item);
	const struct item *item;
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		struct vg_addr addr = vg_addr_from_ipv4(htobe32(0xc0000200U + i * 4));
		struct vg_prefix prefix;

		vg_prefix_make(&addr, (uint8_t)(i % 3 ? 32 : 30), &prefix);
		assert_int_equal(add(&map, &prefix, i), 0);
	}
	for (uint32_t k = 0; k < MANY; k++) {
		uint32_t i = k * 1201 % MANY; /* 1201 and MANY have no common factor */
		struct vg_addr addr = vg_addr_from_ipv4(htobe32(0xc0000200U + i * 4));
		struct vg_prefix prefix;

		vg_prefix_make(&addr, (uint8_t)(i % 3 ? 32 : 30), &prefix);
		if (i % 2)
			assert_true(vg_prefix_map_remove(&map, &prefix));
		if (i % 2)
			assert_false(vg_prefix_map_remove(&map, &prefix));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct vg_addr addr = vg_addr_from_ipv4(htobe32(0xc0000200U + i * 4));

		assert_int_equal(match_addr(&map, &addr), i % 2 ? NONE : i);
	}
	/* the array has no gap, and is what the index says */
	for (; (item = vg_prefix_map_at(&map, n)); n++)
		assert_ptr_equal(vg_prefix_map_get(&map, &item->prefix), item);
	assert_int_equal(n, MANY / 2);
	vg_prefix_map_deinit(&map);
}

static void test_remove_forgets_the_length(void **state)
{
	struct vg_prefix net = prefix_of("192.0.2.0/24"), host = prefix_of("192.0.2.1");
	struct vg_prefix_map map = VG_PREFIX_MAP(struct item);

	(void)state;
	assert_false(vg_prefix_map_remove(&map, &net));
	assert_int_equal(add(&map, &net, 1), 0);
	assert_int_equal(add(&map, &host, 2), 0);
	assert_int_equal(match(&map, "192.0.2.1"), 2);
	assert_true(vg_prefix_map_remove(&map, &host));
	assert_int_equal(match(&map, "192.0.2.1"), 1);
	assert_int_equal(map.lengths4[2] | map.lengths4[0] | map.lengths6[0], 0);
	assert_int_equal(map.lengths4[1], 1ULL << (120 - 64));
	assert_true(vg_prefix_map_remove(&map, &net));
	assert_int_equal(map.lengths4[1], 0);
	vg_prefix_map_deinit(&map);
}

/* By the prefix inside the item itself, while another one takes its place. */
static void test_remove_by_its_own_prefix(void **state)
{
	struct vg_prefix_map map = VG_PREFIX_MAP(struct item);
	const struct item *item;

	(void)state;
	for (uint32_t i = 0; i < 9; i++) {
		struct vg_addr addr = vg_addr_from_ipv4(htobe32(0xc0000200U + i));
		struct vg_prefix prefix;

		vg_prefix_make(&addr, i % 2 ? 32 : 31, &prefix);
		assert_int_equal(add(&map, &prefix, i), 0);
	}
	while ((item = vg_prefix_map_at(&map, 0)))
		assert_true(vg_prefix_map_remove(&map, &item->prefix));
	assert_int_equal(map.index.n, 0);
	assert_int_equal(map.lengths4[0] | map.lengths4[1] | map.lengths4[2], 0);
	vg_prefix_map_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_wins),
		cmocka_unit_test(test_agrees_with_linear_search),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_remove_forgets_the_length),
		cmocka_unit_test(test_remove_by_its_own_prefix),
	};

	return cmocka_run_group_tests_name("prefix_map", tests, NULL, NULL);
}
