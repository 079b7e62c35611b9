/* SPDX-License-Identifier: Apache-2.0 */
/* Links that hold service addresses because an object of the cluster says so. */
#include "cluster_world.h"

#define VIP "192.0.2.240"

static struct vg_answer judge_on(const struct world *world, const char *link)
{
	const struct vg_circumstances circumstances = { .now_ns = world->now.boot_ns, .grace_ns = world->config.grace_ns };
	struct vg_addr addr = addr_of(VIP);

	return vg_judge(world->snapshot, &addr, link, &circumstances);
}

/* It comes and goes while we look on: each time everything that is bound is to be judged again. */
static void the_agent_names_a_link(void **state)
{
	struct vg_claims agent = { .object = head_of(VG_KIND_PURELB_AGENT, "purelb/default"), .link = "purelb0", .protocol = "" };
	struct world world;

	(void)state;
	world_begin(&world);
	put_metallb(&world);
	put_advertisement(&world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	put_status(&world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", "worker1");
	assess(&world);
	assert_int_equal(judge_on(&world, "purelb0").bind.reason, VG_OWNER_NEVER_BINDS);
	put(&world, &agent.object);
	assess(&world);
	assert_true(world.changes.all);
	assert_int_equal(judge_on(&world, "purelb0").bind.reason, VG_SERVICE_DUMMY);
	assert_int_equal(judge_on(&world, "purelb0").announce.reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(judge_on(&world, "eth0").bind.reason, VG_OWNER_NEVER_BINDS);
	agent.object.version = "2";
	put(&world, &agent.object);
	assess(&world);
	assert_false(world.changes.all);
	vg_cluster_delete(world.cluster, 0, VG_KIND_PURELB_AGENT, "purelb/default");
	assess(&world);
	assert_true(world.changes.all);
	assert_int_equal(judge_on(&world, "purelb0").bind.reason, VG_OWNER_NEVER_BINDS);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_agent_names_a_link) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
