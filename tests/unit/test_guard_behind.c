/* SPDX-License-Identifier: Apache-2.0 */
/* What the cluster says cannot be taken over for want of memory: nothing is acted on by an older picture, until it can. */
#include "guard_world.h"

#include "core/assess.h"

static int failing;

void vg_changes_deinit(struct vg_changes *changes)
{
}

int vg_assess(struct vg_cluster *cluster, struct vg_snapshot *snapshot, const struct vg_assess_config *config, const struct vg_moment *now, bool all,
	      struct vg_changes *ret_changes)
{
	const struct vg_assignment entry = { .prefix = prefix_of(VIP "/32"),
					     .bind_reason = VG_OTHER_NODE_ADDRESS,
					     .announce_reason = VG_OTHER_NODE_ADDRESS };

	ret_changes->all = true;
	return failing ? failing : vg_snapshot_set(snapshot, &entry);
}

static struct vg_guard *watched;

static void look(void *ctx)
{
	if (!watched->behind)
		vg_loop_quit(watched->loop, 0);
}

static void test_behind(void **state)
{
	struct world world;
	unsigned syncs;

	failing = 0;
	world_up(&world);
	become_fresh(&world.guard);
	assert_int_equal(verdict(&world.guard, VIP), VG_VIOLATION);
	failing = -ENOMEM;
	syncs = said.syncs;
	said.sink.changed(&world.guard, true);
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	assert_true(said.syncs > syncs); /* nor does the kernel act */
	/* that the API is heard from changes nothing */
	said.sink.fresh(&world.guard, false, "");
	said.sink.fresh(&world.guard, true, "");
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	failing = 0;
	watched = &world.guard;
	vg_loop_set_idle(world.guard.loop, look, NULL);
	assert_int_equal(vg_loop_run(world.guard.loop), 0); /* by its timer */
	assert_int_equal(verdict(&world.guard, VIP), VG_VIOLATION);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_behind) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
