/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for after what, with the HTTP client replaced by this file: an answer is what a test says it is. */
#include "reflector_world.h"

static void test_pages_then_a_watch(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	assert_string_equal(asked, "/api/v1/services?limit=5");
	assert_string_equal(state_of(&world), "listing");
	answer(200, LIST("20", "t/1"));
	assert_true(asks("?limit=5&continue=t%2F1"));
	/* lost on the way: that page again */
	say(200, "{\"items\":[");
	end(-ECONNRESET, 200);
	await(&world);
	assert_true(asks("&continue=t%2F1"));
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_UNKNOWN);
	answer(200, LIST("20", ""));
	assert_true(asks("watch=1&allowWatchBookmarks=true&timeoutSeconds=30&resourceVersion=20"));
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_LISTED);
	assert_string_equal(state_of(&world), "watching");
	assert_int_equal(vg_cluster_count(world.env.cluster, VG_KIND_SERVICE), 1);
	assert_int_equal(relists(&world, VG_RELIST_FIRST), 1);
	assert_int_equal(relists(&world, VG_RELIST_ERROR), 0);
	world_down(&world);
}

static void test_a_token_that_expired(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	answer(200, LIST("20", "t"));
	answer(410, "{\"message\":\"too old\"}");
	assert_false(asks("limit=")); /* at once, and without pages */
	answer(200, LIST("22", ""));
	assert_true(asks("resourceVersion=22"));
	assert_int_equal(relists(&world, VG_RELIST_EXPIRED), 1);
	world_down(&world);
}

static void test_watch_list(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, false);
	assert_true(asks("sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
	/* it becomes a watch: http's limit is a watch's, for the connection that it ends is everybody's */
	assert_true(asked_idle_ns > world.env.bookmark_ns);
	say(200, "{\"type\":\"ADDED\",\"object\":" WEB "}\n");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_UNKNOWN);
	say(200, MARK("30"));
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_LISTED);
	/* cut off after the mark it is a watch like another */
	end(-ECONNRESET, 200);
	await(&world);
	assert_true(asks("resourceVersion=30"));
	assert_true(asked_idle_ns > world.env.bookmark_ns);
	assert_int_equal(relists(&world, VG_RELIST_FIRST), 1);
	assert_int_equal(relists(&world, VG_RELIST_ERROR), 0);
	world_down(&world);
}

static void test_no_watch_list_here(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, false);
	answer(422, "{\"message\":\"forbidden for watch\"}");
	assert_true(asks("limit=5"));
	assert_int_equal(world.connection, 0);
	answer(200, LIST("20", ""));
	answer(410, "");
	assert_true(asks("limit=5")); /* it remembers */
	world_down(&world);
}

static void test_expired_twice_waits(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	answer(200, LIST("20", ""));
	answer(200, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n");
	assert_true(busy && asks("limit=5"));
	answer(200, LIST("21", ""));
	answer(410, "");
	assert_false(busy);
	assert_string_equal(state_of(&world), "waiting");
	await(&world);
	assert_true(asks("limit=5"));
	answer(200, LIST("22", ""));
	assert_int_equal(relists(&world, VG_RELIST_EXPIRED), 2);
	world_down(&world);
}

static void test_a_version_that_leads_nowhere(void **state)
{
	struct world world;
	uint64_t began;

	world_up(&world, VG_KIND_SERVICE, true);
	answer(200, LIST("20", ""));
	answer(500, "{\"message\":\"Invalid value\"}");
	await(&world);
	assert_true(asks("resourceVersion=20"));
	retry_after_ns = VG_NS_PER_SEC / 5; /* the list waits as told */
	began = vg_time_boot_ns();
	answer(500, "{\"message\":\"Invalid value\"}");
	await(&world);
	assert_true(asks("limit=5"));
	assert_true(vg_time_boot_ns() - began >= retry_after_ns);
	assert_string_equal(world.text, "HTTP status 500: Invalid value");
	world_down(&world);
}

/* However often it says so, its data are what they were: a list would be the more costly request. */
static void test_an_overloaded_server_is_not_listed(void **state)
{
	static const long codes[] = { 429, 503 };
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	answer(200, LIST("20", ""));
	for (unsigned i = 0; i < 8; i++) {
		answer(codes[i % 2], "{\"message\":\"later\"}");
		assert_false(busy);
		await(&world);
		assert_true(asks("resourceVersion=20"));
	}
	assert_int_equal(relists(&world, VG_RELIST_ERROR), 0);
	assert_int_equal(world.connection, 8);
	world_down(&world);
}

static void test_another_token(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	refreshed = 1;
	answer(401, "{\"message\":\"Unauthorized\"}");
	assert_true(busy); /* at once */
	assert_int_equal(world.env.tokens, 1);
	refreshed = 0;
	answer(401, "{\"message\":\"Unauthorized\"}");
	assert_false(busy);
	assert_int_equal(world.connection, 1);
	await(&world);
	/* read anew by another reflector meanwhile */
	world.env.tokens++;
	answer(401, "{\"message\":\"Unauthorized\"}");
	assert_true(busy);
	world_down(&world);
}

static void test_forbidden_is_doubted_once(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_NODE, true);
	answer(403, "{\"message\":\"no\"}");
	assert_int_equal(world.forbidden, 0);
	await(&world);
	answer(403, "{\"message\":\"no\"}");
	assert_int_equal(world.forbidden, 1);
	assert_non_null(strstr(world.text, "apiGroups: [\"\"], resources: [\"nodes\"], verbs: [list, watch]"));
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_FORBIDDEN);
	vg_reflector_retry(world.reflector);
	assert_true(busy);
	answer(403, "{\"message\":\"no\"}");
	assert_int_equal(world.forbidden, 1);
	vg_reflector_retry(world.reflector);
	answer(200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_LISTED);
	assert_string_equal(state_of(&world), "watching");
	world_down(&world);
}

static void test_a_kind_that_is_not_there(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_POOL, true);
	answer(404, "404 page not found\n");
	assert_string_equal(asked, "/apis/metallb.io");
	answer(404, "404 page not found\n");
	assert_string_equal(state_of(&world), "absent");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_ABSENT);
	assert_false(busy);
	assert_int_equal(world.connection, 0);
	/* its definition is seen, a moment before it is served, and in another version */
	vg_reflector_appeared(world.reflector);
	assert_true(asks("ipaddresspools"));
	answer(404, "404 page not found\n");
	answer(404, "404 page not found\n");
	await(&world);
	assert_true(asks("/v1beta1/ipaddresspools"));
	answer(404, "404 page not found\n");
	answer(200, "{\"versions\":[{\"version\":\"v1\"},{\"version\":\"v7\"}],\"preferredVersion\":{\"version\":\"v7\"}}");
	assert_string_equal(asked, "/apis/metallb.io/v7");
	answer(200, "{\"resources\":[{\"name\":\"other\"}]}");
	assert_string_equal(asked, "/apis/metallb.io/v1");
	answer(200, "{\"resources\":[{\"name\":\"ipaddresspools\"}]}");
	await(&world);
	assert_true(asks("/apis/metallb.io/v1/ipaddresspools"));
	answer(200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	assert_int_equal(relists(&world, VG_RELIST_APPEARED), 1);
	vg_reflector_gone(world.reflector);
	assert_false(busy);
	assert_string_equal(state_of(&world), "absent");
	world_down(&world);
}

static void test_absence_is_doubted_once(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_POOL, true);
	answer(200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	answer(404, "404 page not found\n");
	assert_string_equal(asked, "/apis/metallb.io");
	answer(404, "404 page not found\n");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_LISTED);
	await(&world);
	assert_true(asks("limit=5"));
	answer(404, "404 page not found\n");
	answer(404, "404 page not found\n");
	assert_int_equal(vg_reflector_knowledge(world.reflector), VG_KIND_ABSENT);
	assert_false(busy);
	world_down(&world);
}

static void test_what_went_is_listed_when_it_is_asked_for(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_POOL, true);
	answer(200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	assert_true(asks("watch=1"));
	vg_reflector_gone(world.reflector);
	vg_reflector_retry(world.reflector);
	assert_true(asks("limit=5")); /* a watch from the version before would bring nothing of what is there now */
	world_down(&world);
}

static void test_silence_that_was_too_long(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	world.env.max_age_ns = 1; /* everything is older */
	answer(200, LIST("20", ""));
	await(&world);
	/* that the watch goes on is no word of what was missed: a list */
	assert_true(asks("limit=5"));
	world.env.max_age_ns = 60 * VG_NS_PER_SEC;
	answer(200, LIST("21", ""));
	assert_true(asks("resourceVersion=21"));
	world_down(&world);
}

static void test_stopped(void **state)
{
	struct world world;

	world_up(&world, VG_KIND_SERVICE, true);
	answer(200, LIST("20", ""));
	vg_reflector_stop(world.reflector);
	assert_false(busy);
	assert_true(vg_reflector_idle(world.reflector));
	assert_int_equal(vg_cluster_count(world.env.cluster, VG_KIND_SERVICE), 0);
	vg_reflector_start(world.reflector);
	assert_true(busy);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_then_a_watch),
		cmocka_unit_test(test_a_token_that_expired),
		cmocka_unit_test(test_watch_list),
		cmocka_unit_test(test_no_watch_list_here),
		cmocka_unit_test(test_expired_twice_waits),
		cmocka_unit_test(test_a_version_that_leads_nowhere),
		cmocka_unit_test(test_an_overloaded_server_is_not_listed),
		cmocka_unit_test(test_another_token),
		cmocka_unit_test(test_forbidden_is_doubted_once),
		cmocka_unit_test(test_a_kind_that_is_not_there),
		cmocka_unit_test(test_absence_is_doubted_once),
		cmocka_unit_test(test_what_went_is_listed_when_it_is_asked_for),
		cmocka_unit_test(test_silence_that_was_too_long),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
