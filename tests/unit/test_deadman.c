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

static void world_up(struct world *world)
{
	*world = (struct world){ .loop = NULL };
	assert_int_equal(vg_loop_new(&world->loop), 0);
	assert_int_equal(vg_deadman_new(world->loop, &world->config, VG_NS_PER_SEC, on_woke, on_tick, world, &world->deadman), 0);
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

	world_up(&world);
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

	world_up(&world);
	world.config.deadline_ns = 1; /* as if it had been stopped since */
	vg_deadman_move(world.deadman);
	assert_int_equal(world.config.deadline_ns, 1);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_int_equal(world.woken, 1);
	assert_int_equal(world.seen_ns, 1);
	assert_true(world.config.deadline_ns > VG_NS_PER_SEC);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_moves), cmocka_unit_test(test_wakes_before_it_moves) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
