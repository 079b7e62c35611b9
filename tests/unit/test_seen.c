/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel counted is told as facts whose sum is exact, and a storm as one a period. vg_seen is this file's. */
#include "unit.h"

#include <errno.h>

#include "base/time.h"
#include "kern/seen.h"

#define ENTRIES_MAX 8
#define PERIOD_NS (5 * VG_NS_PER_MS)

struct world {
	struct vg_loop *loop;
	struct vg_seen *seen;
	struct vg_stats stats;
	struct vg_maps maps;
	struct vg_fact last;
	size_t facts;
	uint64_t told;
};

static struct {
	struct vg_seen_key key;
	struct vg_seen_value value;
} entries[ENTRIES_MAX];
static size_t n_entries;
static struct vg_loop *waiting; /* ends when the last entry went */

/* ---- the map */

static ssize_t find(const struct vg_seen_key *key)
{
	for (size_t i = 0; i < n_entries; i++) {
		if (memcmp(&entries[i].key, key, sizeof(*key)) == 0)
			return (ssize_t)i;
	}
	return -1;
}

int vg_maps_get(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value)
{
	ssize_t i = find(key);

	assert_int_equal(map, VG_MAP_SEEN);
	if (i < 0)
		return -ENOENT;
	memcpy(ret_value, &entries[i].value, sizeof(entries[i].value));
	return 0;
}

int vg_maps_take_out(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value)
{
	ssize_t i = find(key);
	int r = vg_maps_get(maps, map, key, ret_value);

	if (r == 0)
		entries[i] = entries[--n_entries];
	if (waiting && n_entries == 0)
		vg_loop_quit(waiting, 0);
	return r;
}

int vg_maps_list_keys(const struct vg_maps *maps, enum vg_map map, void **ret_keys, size_t *ret_n)
{
	struct vg_seen_key *keys = calloc(ENTRIES_MAX, sizeof(*keys));

	assert_non_null(keys);
	for (size_t i = 0; i < n_entries; i++)
		keys[i] = entries[i].key;
	*ret_keys = keys;
	*ret_n = n_entries;
	return 0;
}

/* ---- the world */

static void on_fact(void *ctx, struct vg_fact *fact)
{
	struct world *world = ctx;

	world->last = *fact;
	world->facts++;
	world->told += fact->count;
}

static void up(struct world *world)
{
	*world = (struct world){ .loop = NULL };
	world->maps.stats = &world->stats;
	n_entries = 0;
	assert_int_equal(vg_loop_new(&world->loop), 0);
	assert_int_equal(vg_seen_new(world->loop, &world->maps, PERIOD_NS, on_fact, world, &world->seen), 0);
}

static void down(struct world *world)
{
	vg_seen_free(world->seen);
	vg_loop_free(world->loop);
}

/* As the kernel: n more of it, and the event of an entry that is new. */
static void happens(struct world *world, enum vg_seen_what what, uint8_t last_byte, uint64_t n)
{
	struct vg_event event = {
		.type = what >= VG_SEEN_DENIED ? VG_EVENT_DENIED : VG_EVENT_ANNOUNCE,
		.addr.bytes = { [10] = 0xff, 0xff, 192, 0, 2, last_byte },
		.ifindex = 2,
		.dropped = what == VG_SEEN_DROPPED,
		.would_deny = what == VG_SEEN_WOULD_DENY,
		.counted = true,
		.who.pid = 7,
	};
	struct vg_seen_key key = { .addr = event.addr, .ifindex = 2, .pid = 7, .what = what };
	ssize_t i = find(&key);
	bool is_new = i < 0;

	if (is_new) {
		assert_true(n_entries < ENTRIES_MAX);
		i = (ssize_t)n_entries++;
		entries[i].key = key;
		entries[i].value = (struct vg_seen_value){ .who.pid = 7, .last = { .how = VG_HOW_NETLINK, .prefix = 24, .ifname = "eth0" } };
	}
	entries[i].value.count += n;
	if (is_new)
		vg_seen_note(world->seen, &event);
}

static void on_late(void *ctx)
{
	vg_loop_quit(((struct world *)ctx)->loop, -ETIME);
}

static void run_until_empty(struct world *world)
{
	struct vg_timer *timer;

	waiting = world->loop;
	assert_int_equal(vg_timer_new(world->loop, on_late, world, &timer), 0);
	assert_int_equal(vg_timer_arm(timer, vg_time_boot_ns() + 10 * VG_NS_PER_SEC), 0);
	assert_int_equal(vg_loop_run(world->loop), 0);
	vg_timer_free(timer);
	waiting = NULL;
}

/* ---- the cases */

static void test_refused_bind_is_a_bind(void **state)
{
	struct world world;

	up(&world);
	happens(&world, VG_SEEN_DENIED, 10, 1);
	assert_int_equal(world.facts, 1);
	assert_int_equal(world.last.kind, VG_FACT_BIND);
	assert_true(world.last.refused);
	assert_false(world.last.deniable);
	assert_int_equal(world.last.how, VG_HOW_NETLINK);
	assert_int_equal(world.last.prefix, 24);
	assert_int_equal(world.last.who.pid, 7);
	assert_string_equal(world.last.ifname, "eth0");
	happens(&world, VG_SEEN_WOULD_DENY, 10, 1);
	assert_true(world.last.deniable);
	assert_false(world.last.refused);
	happens(&world, VG_SEEN_DROPPED, 10, 1);
	assert_int_equal(world.last.kind, VG_FACT_ANNOUNCE);
	assert_true(world.last.refused);
	assert_int_equal(world.last.prefix, 32);
	assert_int_equal(world.facts, 3);
	down(&world);
}

static void test_storm_is_told_once_a_period(void **state)
{
	struct world world;

	up(&world);
	happens(&world, VG_SEEN_DENIED, 10, 1);
	happens(&world, VG_SEEN_DENIED, 10, 5000);
	assert_int_equal(world.facts, 1);
	run_until_empty(&world);
	assert_int_equal(world.facts, 2);
	assert_int_equal(world.told, 5001);
	down(&world);
}

static void test_lost_event_is_made_up_for(void **state)
{
	struct world world;

	up(&world);
	happens(&world, VG_SEEN_DENIED, 10, 1);
	/* the ring was full when this one was new */
	entries[n_entries] = entries[0];
	entries[n_entries].key.pid = 8;
	entries[n_entries++].value.count = 3;
	world.stats.lost_ring_announce++;
	run_until_empty(&world);
	assert_int_equal(world.told, 4);
	down(&world);
}

static void test_hand_over_leaves_nothing(void **state)
{
	struct world world;

	up(&world);
	happens(&world, VG_SEEN_DENIED, 10, 1);
	happens(&world, VG_SEEN_DENIED, 10, 8);
	vg_seen_hand_over(world.seen);
	assert_int_equal(world.told, 9);
	assert_int_equal(n_entries, 0);
	down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_bind_is_a_bind),
		cmocka_unit_test(test_storm_is_told_once_a_period),
		cmocka_unit_test(test_lost_event_is_made_up_for),
		cmocka_unit_test(test_hand_over_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
