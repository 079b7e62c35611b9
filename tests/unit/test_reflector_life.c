/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what a reflector has is still true: its own word, its connection's, and the proof that the server knows what is stored. */
#include "reflector_world.h"

#define FAR (3600 * VG_NS_PER_SEC)

/* Listed and watched over HTTP/2 by a server in touch with its storage. */
static void watch_up(struct world *world, enum vg_kind kind)
{
	world_up(world, kind, true);
	multiplexes = true;
	answer(200, "{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[]}");
	assert_true(asks("watch=1"));
	assert_int_equal(say(200, ""), 0);
}

static void test_a_quiet_watch_of_a_live_connection(void **state)
{
	struct world world;
	uint64_t before;

	watch_up(&world, VG_KIND_SERVICE);
	assert_false(asks("timeoutSeconds=30&")); /* nobody has to ask again for a sign of life */
	before = vg_reflector_heard_ns(world.reflector);
	heard_ns = world.env.proof.word_ns = vg_time_boot_ns() + 5;
	assert_true(vg_reflector_heard_ns(world.reflector) > before);
	/* not with the header of a watch alone, nor as long as nothing proves that the server knows what is stored */
	world.env.proof.word_ns = before + 1;
	assert_int_equal(vg_reflector_heard_ns(world.reflector), before + 1);
	/* alone on its connection it has to speak itself */
	world.env.proof.word_ns = heard_ns;
	multiplexes = false;
	assert_true(vg_reflector_heard_ns(world.reflector) < heard_ns);
	world_down(&world);
}

static void test_what_the_connection_told_is_kept(void **state)
{
	struct world world;

	watch_up(&world, VG_KIND_SERVICE);
	heard_ns = world.env.proof.word_ns = vg_time_boot_ns() + 5;
	end(-ECONNRESET, 200);
	multiplexes = false;
	assert_int_equal(vg_reflector_heard_ns(world.reflector), heard_ns);
	world_down(&world);
}

static void test_quiet_for_too_long(void **state)
{
	struct world world;
	unsigned before;

	world_up(&world, VG_KIND_SERVICE, true);
	multiplexes = true;
	world.env.max_age_ns = 10 * VG_NS_PER_MS;
	heard_ns = vg_time_boot_ns() + FAR;
	answer(200, "{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[]}");
	world.env.proof.word_ns = heard_ns;
	say(200, "");
	before = n_asked;
	awaited = before + 1;
	vg_timer_arm(world.limit, vg_time_boot_ns() + 10 * VG_NS_PER_SEC);
	vg_loop_set_idle(world.loop, look, world.loop);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_true(asks("watch=1") && asks("resourceVersion=20")); /* the same watch, and no list */
	world_down(&world);
}

static void test_cut_off_from_storage(void **state)
{
	struct world world;
	uint64_t heard;
	unsigned before;

	watch_up(&world, VG_KIND_POOL);
	world.env.proof.max_age_ns = 1; /* the last proof is older */
	world.reflector->env->max_age_ns = 1;
	heard = vg_reflector_heard_ns(world.reflector);
	before = n_asked;
	say(200, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"20\"}}}\n");
	assert_int_equal(vg_reflector_heard_ns(world.reflector), heard);
	assert_false(world.reflector->relist); /* it would ask for what cannot be had */
	/* it is back: what was missed may never come */
	world.env.max_age_ns = world.env.proof.max_age_ns = 60 * VG_NS_PER_SEC;
	world.env.proof.gap_ns = world.env.proof.word_ns;
	world.env.proof.word_ns = vg_time_boot_ns();
	assert_true(vg_reflector_heard_ns(world.reflector) <= world.env.proof.gap_ns);
	vg_reflector_doubt(world.reflector);
	say(200, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"20\"}}}\n");
	assert_true(vg_reflector_heard_ns(world.reflector) <= world.env.proof.gap_ns);
	awaited = before + 1;
	vg_timer_arm(world.limit, vg_time_boot_ns() + 10 * VG_NS_PER_SEC);
	vg_loop_set_idle(world.loop, look, world.loop);
	assert_int_equal(vg_loop_run(world.loop), 0);
	assert_true(asks("limit=5"));
	answer(200, "{\"metadata\":{\"resourceVersion\":\"21\"},\"items\":[]}");
	assert_true(vg_reflector_heard_ns(world.reflector) > world.env.proof.gap_ns);
	vg_reflector_doubt(world.reflector);
	assert_false(world.reflector->doubted);
	world_down(&world);
}

static void fail_until(struct world *world, enum vg_knowledge knowledge)
{
	while (vg_reflector_knowledge(world->reflector) != knowledge) {
		answer(500, "{\"message\":\"conversion webhook failed\"}");
		await(world);
	}
}

static void test_a_kind_that_cannot_be_read(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_POOL, true);
	world.env.max_age_ns = 5 * VG_NS_PER_MS;
	fail_until(&world, VG_KIND_FORBIDDEN);
	assert_int_equal(world.forbidden, 1);
	assert_string_equal(state_of(&world), "unreadable");
	answer(500, "{\"message\":\"conversion webhook failed\"}");
	assert_int_equal(world.forbidden, 1);
	await(&world);
	world.env.max_age_ns = 60 * VG_NS_PER_SEC;
	answer(200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_LISTED);
	assert_string_equal(state_of(&world), "watching");
	world_down(&world);
}

static void test_a_required_kind_that_cannot_be_read(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_NODE, true);
	world.env.max_age_ns = 1;
	for (int i = 0; i < 5; i++) {
		answer(500, "{\"message\":\"no\"}");
		await(&world);
	}
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_UNKNOWN);
	assert_int_equal(world.forbidden, 0);
	world_down(&world);
}

/* Its definition is seen, but it may not be listed: that is not absence. */
static void test_it_appears_and_is_forbidden(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_POOL, true);
	answer(404, "404 page not found\n");
	answer(404, "404 page not found\n");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_ABSENT);
	vg_reflector_appeared(world.reflector);
	answer(403, "{\"message\":\"no\"}");
	await(&world);
	answer(403, "{\"message\":\"no\"}");
	assert_string_equal(asked, "/apis/metallb.io");
	answer(200, "{\"versions\":[{\"version\":\"v1beta1\"}],\"preferredVersion\":{\"version\":\"v1beta1\"}}");
	answer(200, "{\"resources\":[{\"name\":\"ipaddresspools\"}]}");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_FORBIDDEN);
	assert_int_equal(world.forbidden, 1);
	world_down(&world);
}

/* How far from now it comes back after its connection was lost, at most, of many times. */
static uint64_t furthest(enum vg_kind kind)
{
	uint64_t most = 0, now;
	struct world world;

	for (int i = 0; i < 40; i++) {
		watch_up(&world, kind);
		world.env.max_age_ns = world.env.proof.max_age_ns = 100 * FAR;
		world.reflector->backoff.min_ns = world.env.backoff_min_ns = FAR;
		world.reflector->backoff.max_ns = 8 * FAR;
		now = vg_time_boot_ns();
		end(-ECONNRESET, 200);
		if (vg_timer_deadline(world.reflector->timer) - now > most)
			most = vg_timer_deadline(world.reflector->timer) - now;
		world_down(&world);
	}
	return most;
}

static void test_after_a_lost_connection(void **state)
{
	uint64_t required = furthest(VG_KIND_SERVICE), optional = furthest(VG_KIND_POOL);

	assert_true(required <= FAR + 60 * VG_NS_PER_SEC);
	assert_true(optional > 2 * FAR && optional <= SPREAD * FAR + 60 * VG_NS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quiet_watch_of_a_live_connection),
		cmocka_unit_test(test_what_the_connection_told_is_kept),
		cmocka_unit_test(test_quiet_for_too_long),
		cmocka_unit_test(test_cut_off_from_storage),
		cmocka_unit_test(test_a_kind_that_cannot_be_read),
		cmocka_unit_test(test_a_required_kind_that_cannot_be_read),
		cmocka_unit_test(test_it_appears_and_is_forbidden),
		cmocka_unit_test(test_after_a_lost_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
