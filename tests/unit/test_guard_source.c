/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard makes of what its sources say. */
#include "guard_world.h"

#include <linux/if_addr.h>

#include "core/cluster_store.h"

static void put(struct vg_guard *guard, const struct vg_object *object)
{
	const struct vg_moment now = vg_guard_moment();

	assert_int_equal(vg_cluster_put(guard->cluster, 0, object, &now), 0);
}

/* Another node's address in a Service: a violation here. */
static void fill(struct vg_guard *guard)
{
	struct vg_carried carried = { .addr = addr_of(VIP), .from = VG_FROM_STATUS };
	struct vg_addr internal = addr_of(VIP);
	const struct vg_service service = { .object = { .kind = VG_KIND_SERVICE, .key = "shop/web", .namespace_len = 4, .version = "" },
					    .flags = VG_SERVICE_LOAD_BALANCER,
					    .class = "",
					    .metallb_pool = "",
					    .kube_vip_lease = "",
					    .vip_host = "",
					    .carried = { .list = &carried, .n = 1 } };
	const struct vg_node here = { .object = { .kind = VG_KIND_NODE, .key = "node1", .version = "" }, .hostname = "" };
	const struct vg_node there = { .object = { .kind = VG_KIND_NODE, .key = "node2", .version = "" },
				       .hostname = "",
				       .internal = { .list = &internal, .n = 1 } };

	put(guard, &service.object);
	put(guard, &here.object);
	put(guard, &there.object);
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		vg_cluster_set_knowledge(guard->cluster, kind, VG_KIND_LISTED);
}

/* A look is as of one moment: whether the source is fresh then is asked once, however much is bound. */
static void test_a_look_asks_once(void **state)
{
	struct vg_fact binds[64] = { { .kind = VG_FACT_BIND } };
	struct world world;
	unsigned asked;

	world_up(&world);
	fill(&world.guard);
	become_fresh(&world.guard);
	assert_int_equal(vg_breaker_new(VG_BREAKER_OFF, &world.guard.breaker), 0);
	for (size_t i = 0; i < ARRAY_SIZE(binds); i++)
		binds[i] = (struct vg_fact){ .kind = VG_FACT_BIND, .addr = addr_of(VIP), .ifindex = (uint32_t)i + 1, .prefix = 32 };
	said.binds = binds;
	said.n_binds = ARRAY_SIZE(binds);
	asked = said.asked;
	vg_guard_take_freshness(&world.guard);
	assert_int_equal(said.asked, asked + 1);
	assert_int_equal(world.guard.look_ns, 0);
	said.fresh = false; /* and after it anew */
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	vg_breaker_free(world.guard.breaker);
	world_down(&world);
}

/* What is hardware is a real link to the breaker, too, though it bears the name of a service dummy. */
static void test_a_real_link_is_weighed_as_one(void **state)
{
	const struct vg_judgement unknown = { VG_UNKNOWN, VG_OWNER_UNPROVEN };

	(void)state;
	for (int real = 0; real < 2; real++) {
		struct vg_fact bind = { .kind = VG_FACT_BIND, .addr = addr_of(VIP), .ifindex = 2, .prefix = 32, .ifname = "kube-lb0" };
		struct world world;

		world_up(&world);
		assert_int_equal(vg_breaker_new(0, &world.guard.breaker), 0);
		bind.real_link = real;
		bind.how = VG_HOW_PREEXISTING;
		bind.ifa_flags = IFA_F_PERMANENT;
		said.binds = &bind;
		said.n_binds = 1;
		vg_guard_breaker_note(&world.guard, &bind, &unknown);
		fill(&world.guard);
		become_fresh(&world.guard);
		assert_int_equal(said.held, real);
		vg_breaker_free(world.guard.breaker);
		world_down(&world);
	}
}

/* IPVS binds more on its dummy than the breaker has room for: what can turn has its place. */
static void test_dummies_take_no_place(void **state)
{
	const struct vg_judgement unknown = { VG_UNKNOWN, VG_OWNER_UNPROVEN }, dummy = { VG_ALLOWED, VG_SERVICE_DUMMY };
	struct vg_fact bind = { .kind = VG_FACT_BIND, .addr = addr_of(VIP), .prefix = 32, .ifa_flags = IFA_F_PERMANENT, .ifname = "kube-ipvs0" };
	struct world world;

	(void)state;
	world_up(&world);
	assert_int_equal(vg_breaker_new(0, &world.guard.breaker), 0);
	bind.how = VG_HOW_PREEXISTING;
	for (uint32_t i = 0; i < VG_MAX_BINDS; i++) {
		bind.ifindex = 100 + i;
		vg_guard_breaker_note(&world.guard, &bind, &dummy);
	}
	bind.ifindex = 2;
	memcpy(bind.ifname, "eth0", sizeof("eth0"));
	said.binds = &bind;
	said.n_binds = 1;
	vg_guard_breaker_note(&world.guard, &bind, &unknown);
	fill(&world.guard);
	become_fresh(&world.guard);
	assert_int_equal(said.held, 1);
	vg_breaker_free(world.guard.breaker);
	world_down(&world);
}

static void test_by_the_clock(void **state)
{
	struct world world;

	world_up(&world);
	fill(&world.guard);
	become_fresh(&world.guard);
	assert_int_equal(verdict(&world.guard, VIP), VG_VIOLATION);
	said.fresh = false; /* it was not told yet */
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	world_down(&world);
}

/* The kernel's maps, too, before the dead-man's deadline is moved on. */
static void test_after_a_pause(void **state)
{
	struct world world;
	unsigned syncs;

	world_up(&world);
	fill(&world.guard);
	become_fresh(&world.guard);
	syncs = said.syncs;
	vg_guard_woke(&world.guard);
	assert_int_equal(said.looks, 1);
	assert_int_equal(said.syncs, syncs);
	said.fresh = false;
	vg_guard_woke(&world.guard);
	assert_true(said.syncs > syncs);
	assert_int_equal(said.degraded, 1);
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	world_down(&world);
}

static void test_never_heard_from_is_said(void **state)
{
	struct world world;

	world_up(&world);
	said.sink.fresh(&world.guard, false, "services: not listed yet");
	assert_int_equal(said.degraded, 1);
	assert_string_equal(said.what, "source");
	said.sink.fresh(&world.guard, false, "again");
	assert_int_equal(said.degraded, 1);
	become_fresh(&world.guard);
	assert_int_equal(said.recovered, 1);
	world_down(&world);
}

/* The kept protection of the control plane's address is gone with the first whole picture only if it is known that there is none. */
static void test_kept_protections(void **state)
{
	struct world world;

	for (int blind = 0; blind < 2; blind++) {
		world_up(&world);
		assert_int_equal(verdict(&world.guard, CONTROL_PLANE), VG_PROTECTED);
		said.sink.changed(&world.guard, false);
		assert_int_equal(verdict(&world.guard, CONTROL_PLANE), VG_PROTECTED);
		said.blind = blind;
		fill(&world.guard);
		become_fresh(&world.guard);
		assert_int_equal(verdict(&world.guard, CONTROL_PLANE), blind ? VG_PROTECTED : VG_UNRELATED);
		assert_int_equal(verdict(&world.guard, OWN), VG_UNRELATED);
		world_down(&world);
	}
}

/* Until the cluster is listed the kernel goes on with what the guard before this one knew, but for so long only. */
static void test_an_earlier_picture_holds(void **state)
{
	const uint64_t since_ns = vg_time_boot_ns() - VG_NS_PER_SEC;
	struct world world;

	for (int in_time = 0; in_time < 2; in_time++) {
		world_up_after(&world, since_ns);
		assert_int_equal(said.kept, since_ns);
		assert_int_equal(said.syncs, 0);
		assert_int_equal(said.protections, 1);
		assert_true(vg_guard_keeps_earlier(&world.guard));
		vg_guard_take_freshness(&world.guard);
		assert_int_equal(said.syncs, 0);
		if (in_time) {
			fill(&world.guard);
			become_fresh(&world.guard);
			assert_int_equal(said.kept, 0);
		} else {
			world.guard.earlier_until_ns = vg_time_boot_ns();
			vg_guard_take_freshness(&world.guard);
		}
		assert_false(vg_guard_keeps_earlier(&world.guard));
		assert_true(said.syncs > 0);
		world_down(&world);
	}
}

/* Which links hold service addresses: as that guard had it, and where there was none, none of kind dummy is sure to be another. */
static void test_earlier_dummies(void **state)
{
	const struct vg_dummies *dummies;
	struct world world;

	for (int after = 0; after < 2; after++) {
		world_up_knowing(&world, after ? vg_time_boot_ns() - VG_NS_PER_SEC : 0, "purelb0");
		dummies = vg_snapshot_dummies(world.guard.snapshot);
		assert_true(vg_dummies_have(dummies, "purelb0"));
		assert_int_equal(dummies->open, !after);
		fill(&world.guard);
		become_fresh(&world.guard);
		dummies = vg_snapshot_dummies(world.guard.snapshot);
		assert_false(vg_dummies_have(dummies, "purelb0") || dummies->open);
		world_down(&world);
	}
}

/* Guards that are restarted again and again hand it on no younger than it is. */
static void test_an_old_earlier_picture(void **state)
{
	struct world world;

	world_up_after(&world, vg_time_boot_ns() - 60 * VG_NS_PER_SEC);
	assert_false(vg_guard_keeps_earlier(&world.guard));
	assert_true(said.syncs > 0);
	assert_int_equal(said.kept, 0);
	world_down(&world);
}

static void test_a_full_cluster(void **state)
{
	const struct vg_object more = { .kind = VG_KIND_NODE, .key = "node3", .version = "" };
	struct vg_node node = { .object = more, .hostname = "" };
	const struct vg_moment now = vg_guard_moment();
	struct world world;
	char key[32];
	int r = 0;

	world_up(&world);
	fill(&world.guard);
	become_fresh(&world.guard);
	assert_int_equal(verdict(&world.guard, VIP), VG_VIOLATION);
	for (unsigned i = 0; r == 0; i++) {
		snprintf(key, sizeof(key), "more%u", i);
		node.object.key = key;
		r = vg_cluster_put(world.guard.cluster, 0, &node.object, &now);
	}
	assert_int_equal(r, -E2BIG);
	said.sink.changed(&world.guard, true);
	assert_int_equal(verdict(&world.guard, VIP), VG_UNKNOWN);
	assert_int_equal(said.degraded, 1);
	assert_string_equal(said.what, "limit");
	said.sink.changed(&world.guard, true);
	assert_int_equal(said.degraded, 1);
	world_down(&world);
}

/* Nothing is freed for want of an assessment: what was replaced must not add up until all kinds are listed. */
static void test_nothing_adds_up_before(void **state)
{
	struct world world;

	world_up(&world);
	fill(&world.guard);
	vg_cluster_delete(world.guard.cluster, 0, VG_KIND_SERVICE, "shop/web");
	said.sink.changed(&world.guard, false);
	assert_null(world.guard.cluster->dead);
	world_down(&world);
}

/* Two folders, as on a host that had another distribution before: the second is empty. */
static void test_static_pods_of_two_folders(void **state)
{
	static const char pod[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-vip, namespace: kube-system}\nspec:\n  containers:\n"
				  "  - name: kube-vip\n    image: ghcr.io/kube-vip/kube-vip:v1.0.0\n    args: [manager]\n    env:\n"
				  "    - {name: cp_enable, value: 'true'}\n    - {name: address, value: 192.0.2.99}\n";
	char first[] = "/tmp/vipguard-first-XXXXXX", second[] = "/tmp/vipguard-second-XXXXXX", path[64];
	char *folders[] = { first, second };
	struct world world;
	FILE *file;

	assert_non_null(mkdtemp(first));
	assert_non_null(mkdtemp(second));
	snprintf(path, sizeof(path), "%s/kube-vip.yaml", first);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(pod, file);
	assert_int_equal(fclose(file), 0);
	world_up_with(&world, folders, 2);
	assert_int_equal(verdict(&world.guard, "192.0.2.99"), VG_PROTECTED);
	fill(&world.guard);
	become_fresh(&world.guard);
	assert_int_equal(verdict(&world.guard, "192.0.2.99"), VG_PROTECTED);
	world_down(&world);
	unlink(path);
	assert_int_equal(rmdir(first), 0);
	assert_int_equal(rmdir(second), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_look_asks_once),
		cmocka_unit_test(test_a_real_link_is_weighed_as_one),
		cmocka_unit_test(test_dummies_take_no_place),
		cmocka_unit_test(test_by_the_clock),
		cmocka_unit_test(test_after_a_pause),
		cmocka_unit_test(test_never_heard_from_is_said),
		cmocka_unit_test(test_kept_protections),
		cmocka_unit_test(test_an_earlier_picture_holds),
		cmocka_unit_test(test_earlier_dummies),
		cmocka_unit_test(test_an_old_earlier_picture),
		cmocka_unit_test(test_a_full_cluster),
		cmocka_unit_test(test_nothing_adds_up_before),
		cmocka_unit_test(test_static_pods_of_two_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
