/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel must not act again after a pause before what is known was looked at. */
#include "unit.h"

#include "base/time.h"
#include "kern/deadman.h"

struct world {
	struct vg_loop *loop;
	struct vg_config config;
	struct vg_deadman *deadman;
	unsigned woken;
	unsigned alive;
	uint64_t seen_ns; /* the deadline, when it was told of the pause */
};

static void on_woke(void *ctx)
{
	struct world *world = ctx;

	world->woken++;
	vg_deadman_move(world->deadman); /* what is done on the occasion, such as filling maps, does not move it */
	world->seen_ns = world->config.deadline_ns;
}

static void on_tick(void *ctx)
{
	vg_loop_quit(((struct world *)ctx)->loop, 0);
}

static void on_alive(void *ctx)
{
	((struct world *)ctx)->alive++;
}

static void world_up(struct world *world, uint64_t dead_man_ns, uint64_t alive_ns)
{
	const struct vg_deadman_config config = {
		.dead_man_ns = dead_man_ns, .alive_ns = alive_ns, .woke = on_woke, .tick = on_tick, .alive = on_alive, .ctx = world
	};

	*world = (struct world){ .loop = NULL };
	assert_int_equal(vg_loop_new(&world->loop), 0);
	assert_int_equal(vg_deadman_new(world->loop, &world->config, &config, &world->deadman), 0);
}

static void world_down(struct world *world)
{
	vg_deadman_free(world->deadman);
	vg_loop_free(world->loop);
}

static void test_moves(void **state)
{
	struct world world;
	uint64_t before;

	world_up(&world, VG_NS_PER_SEC, 0);
	assert_int_equal(world.woken, 0);
	world.config.deadline_ns = before = vg_time_boot_ns() + 3600 * VG_NS_PER_SEC;
	vg_deadman_move(world.deadman);
	assert_true(world.config.deadline_ns < before);
	world.config.deadline_ns = before;
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_true(world.config.deadline_ns < before);
	assert_int_equal(world.woken, 0);
	world_down(&world);
}

static void test_wakes_before_it_moves(void **state)
{
	struct world world;

	world_up(&world, VG_NS_PER_SEC, 0);
	world.config.deadline_ns = 1; /* as if it had been stopped since */
	vg_deadman_move(world.deadman);
	assert_int_equal(world.config.deadline_ns, 1);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_int_equal(world.woken, 1);
	assert_int_equal(world.seen_ns, 1);
	assert_true(world.config.deadline_ns > VG_NS_PER_SEC);
	world_down(&world);
}

/* Who else watches is told so often that the next tick need not come before its time, and not more often than that. */
static void test_feeds(void **state)
{
	struct world world;

	world_up(&world, 900 * VG_NS_PER_MS, 500 * VG_NS_PER_MS);
	assert_int_equal(world.alive, 1);
	vg_deadman_move(world.deadman); /* 300 ms later is early enough */
	assert_int_equal(world.alive, 1);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_int_equal(world.alive, 2);
	world_down(&world);
}

/* The timer's own time is too long for them. */
static void test_ticks_for_others(void **state)
{
	struct world world;
	uint64_t began = vg_time_boot_ns();

	world_up(&world, 600 * VG_NS_PER_SEC, 50 * VG_NS_PER_MS);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_int_equal(world.alive, 2);
	assert_true(vg_time_boot_ns() - began < 100 * VG_NS_PER_SEC);
	world_down(&world);
}

/* What is busy and alive is not taken for dead: it may keep the timer from its turn. */
static void test_feeds_while_busy(void **state)
{
	struct world world;

	world_up(&world, 600 * VG_NS_PER_SEC, VG_NS_PER_MS);
	for (uint64_t end = vg_time_boot_ns() + 20 * VG_NS_PER_MS; vg_time_boot_ns() < end;)
		vg_deadman_move(world.deadman);
	assert_true(world.alive > 2);
	world_down(&world);
}

static void test_nobody_watches(void **state)
{
	struct world world;

	world_up(&world, VG_NS_PER_SEC, 0);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_int_equal(world.alive, 0);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_moves),
					    cmocka_unit_test(test_wakes_before_it_moves),
					    cmocka_unit_test(test_feeds),
					    cmocka_unit_test(test_ticks_for_others),
					    cmocka_unit_test(test_feeds_while_busy),
					    cmocka_unit_test(test_nobody_watches) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
