/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "core/notices.h"

#define SECOND 1000000000ULL
#define START (1000 * SECOND)

static struct vg_notices *notices_of(const char *node)
{
	struct vg_notices_config config = { .node = node };
	struct vg_notices *notices = NULL;

	assert_int_equal(vg_notices_new(&config, &notices), 0);
	return notices;
}

static struct vg_moment at(uint64_t boot_ns)
{
	return (struct vg_moment){ .real_ns = 5 * boot_ns, .boot_ns = boot_ns };
}

static int add_about(struct vg_notices *notices, const char *about, const char *address, uint64_t count, uint64_t now_ns)
{
	struct vg_moment now = at(now_ns);
	struct vg_notice notice = { .about = about,
				    .reason = "VIPBindDenied",
				    .action = "Deny",
				    .address = address,
				    .actor = "kube-vip",
				    .pod = "",
				    .note = "said",
				    .on_node = !strchr(about, '/') };

	return vg_notices_add(notices, &notice, count, &now);
}

static int add(struct vg_notices *notices, const char *address, uint64_t count, uint64_t now_ns)
{
	return add_about(notices, "default/web", address, count, now_ns);
}

/* The next one is written, all of it. False: there is none. */
static bool write_next(struct vg_notices *notices, uint64_t now_ns)
{
	struct vg_series *series = vg_notices_next(notices, now_ns);

	if (series)
		vg_notices_written(series, series->count, now_ns);
	return series;
}

static void test_first_at_once_then_by_heartbeat(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_series *series;

	(void)state;
	assert_int_equal(vg_notices_due_ns(notices, START), 0);
	assert_int_equal(add(notices, "192.0.2.10", 1, START), 0);
	assert_int_equal(vg_notices_due_ns(notices, START), START);
	series = vg_notices_next(notices, START);
	assert_non_null(series);
	assert_int_equal(series->first.real_ns, 5 * START);
	assert_int_equal(add(notices, "192.0.2.10", 2, START + 1), 0); /* while it is being written */
	assert_null(vg_notices_next(notices, START + 1));
	assert_int_equal(vg_notices_due_ns(notices, START + 1), 0);
	vg_notices_written(series, 1, START + 2);
	assert_int_equal(vg_notices_due_ns(notices, START + 2), START + 2 + VG_NOTICES_HEARTBEAT_NS);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(add(notices, "192.0.2.10", 1, START + i * SECOND / 10), 0);
	assert_false(write_next(notices, START + 1 + VG_NOTICES_HEARTBEAT_NS));
	series = vg_notices_next(notices, START + 2 + VG_NOTICES_HEARTBEAT_NS);
	assert_non_null(series);
	assert_int_equal(series->count, 1003);
	vg_notices_written(series, 1003, START + 2 + VG_NOTICES_HEARTBEAT_NS);
	assert_int_equal(vg_notices_due_ns(notices, START + 3 + VG_NOTICES_HEARTBEAT_NS), 0); /* nothing to say: nobody is woken */
	assert_int_equal(vg_notices_waiting(notices), 0);
}

static void test_what_is_another_series(void **state)
{
	static const char *const changes[] = { "node", "about", "incarnation", "reason", "address", "actor" };
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1"), *others = notices_of("cp2");
	struct vg_moment now = at(START);
	struct vg_notice plain = { .about = "default/web",
				   .incarnation = 1,
				   .reason = "VIPBindDenied",
				   .action = "Deny",
				   .address = "192.0.2.10",
				   .actor = "kube-vip",
				   .pod = "",
				   .note = "said" };
	uint64_t keys[ARRAY_SIZE(changes) + 1][2];

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(changes); i++) {
		struct vg_notice notice = plain;
		struct vg_notices *in = i == 1 ? others : notices;
		struct vg_series *series;

		notice.about = i == 2 ? "default/we" : notice.about;
		notice.incarnation = i == 3 ? 2 : notice.incarnation;
		notice.reason = i == 4 ? "VIPRemoved" : notice.reason;
		notice.address = i == 5 ? "192.0.2.11" : notice.address;
		notice.actor = i == 6 ? "arping" : notice.actor;
		assert_int_equal(vg_notices_add(in, &notice, 1, &now), 0);
		notice.note = "another, that does not matter";
		assert_int_equal(vg_notices_add(in, &notice, 1, &now), 0);
		series = vg_notices_next(in, START);
		assert_non_null(series);
		assert_int_equal(series->count, 2);
		memcpy(keys[i], series->key, sizeof(keys[i]));
		for (size_t j = 0; j < i; j++)
			assert_case(changes[i - 1], memcmp(keys[i], keys[j], sizeof(keys[i])) && keys[i][0] != keys[i][1]);
	}
}

static void test_key_is_the_same_after_a_restart(void **state)
{
	uint64_t keys[2][2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");

		assert_int_equal(add(notices, "192.0.2.10", 1, START + i), 0);
		memcpy(keys[i], vg_notices_next(notices, START + i)->key, sizeof(keys[i]));
	}
	assert_memory_equal(keys[0], keys[1], sizeof(keys[0]));
}

static void test_bucket_over_everything(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	uint64_t now = START;
	char address[32];
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_int_equal(add(notices, address, 1, now + i), 0);
	}
	while (write_next(notices, now + 60))
		n++;
	assert_int_equal(n, VG_NOTICES_BURST);
	assert_int_equal(vg_notices_due_ns(notices, now + 60), now + 60 + VG_NOTICES_EVERY_NS);
	assert_false(write_next(notices, now + 59 + VG_NOTICES_EVERY_NS));
	for (n = 0, now += 60; n < 20; n++) {
		now += VG_NOTICES_EVERY_NS;
		assert_true(write_next(notices, now));
		assert_false(write_next(notices, now));
	}
	/* a quiet time fills it again, and no more than that */
	now += 3600 * SECOND - 1;
	for (unsigned i = 0; i < 60; i++) {
		snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_int_equal(add(notices, address, 1, now), 0);
	}
	for (n = 0; write_next(notices, now);)
		n++;
	assert_int_equal(n, VG_NOTICES_BURST);
}

static void test_new_and_continued_take_turns(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	uint64_t now = START;
	bool continued[4];

	(void)state;
	assert_int_equal(add(notices, "a", 1, now), 0);
	assert_int_equal(add(notices, "b", 1, now), 0);
	assert_true(write_next(notices, now) && write_next(notices, now));
	now += VG_NOTICES_HEARTBEAT_NS;
	assert_int_equal(add(notices, "a", 1, now), 0);
	assert_int_equal(add(notices, "b", 1, now), 0);
	assert_int_equal(add(notices, "c", 1, now), 0);
	assert_int_equal(add(notices, "d", 1, now), 0);
	for (size_t i = 0; i < 4; i++) {
		struct vg_series *series = vg_notices_next(notices, now);

		assert_non_null(series);
		continued[i] = series->told;
		vg_notices_written(series, series->count, now);
	}
	assert_true(continued[0] != continued[1] && continued[1] != continued[2] && continued[2] != continued[3]);
}

static void test_storm_is_counted(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_series *series;
	uint64_t counted = 0;
	char address[32];
	unsigned sums = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(address, sizeof(address), "%u", i % 1000);
		assert_int_equal(add(notices, address, 1, START + i), i % 1000 < VG_NOTICES_NEW_MAX ? 0 : -ENOSPC);
	}
	assert_int_equal(vg_notices_left_out(notices), 10000 - 10 * VG_NOTICES_NEW_MAX);
	assert_int_equal(vg_notices_count(notices), VG_NOTICES_NEW_MAX + 1);
	for (uint64_t now = START + 1; (series = vg_notices_next(notices, now)); now += VG_NOTICES_EVERY_NS) {
		counted += series->count;
		sums += series->sum;
		assert_true(!series->sum || (series->notice.on_node && !strcmp(series->notice.about, "cp1")));
		vg_notices_written(series, series->count, now);
	}
	assert_int_equal(sums, 1);
	assert_int_equal(counted, 10000); /* nothing is lost */
}

/* The table is full of what was written: the one that was silent for longest gives way, and none that has something to say. */
static void test_silent_ones_give_way(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	uint64_t now = START;
	char address[32];

	(void)state;
	for (unsigned i = 0; i < VG_NOTICES_MAX + 50; i++, now += VG_NOTICES_EVERY_NS) {
		snprintf(address, sizeof(address), "%u", i);
		assert_int_equal(add(notices, address, 1, now), 0);
		assert_true(write_next(notices, now));
	}
	assert_int_equal(vg_notices_count(notices), VG_NOTICES_MAX);
	assert_int_equal(vg_notices_left_out(notices), 0);
	for (unsigned i = 50; i < VG_NOTICES_MAX + 50; i++) {
		snprintf(address, sizeof(address), "%u", i);
		assert_int_equal(add(notices, address, 1, now), 0);
	}
	assert_int_equal(add(notices, "0", 1, now), -ENOSPC);
	assert_int_equal(vg_notices_count(notices), VG_NOTICES_MAX + 1);
	assert_int_equal(add(notices, "1", 7, now), -ENOSPC);
	assert_int_equal(vg_notices_left_out(notices), 8);
}

static void test_note_is_asked_for_once(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_notice notice = {
		.about = "cp1", .on_node = true, .reason = "GuardPaused", .action = "Suspend", .address = "", .actor = "", .pod = ""
	};
	struct vg_moment now = at(START);

	(void)state;
	assert_int_equal(vg_notices_add(notices, &notice, 1, &now), -ENOENT);
	assert_int_equal(vg_notices_count(notices), 0);
	notice.note = "words";
	assert_int_equal(vg_notices_add(notices, &notice, 1, &now), 0);
	notice.note = NULL;
	assert_int_equal(vg_notices_add(notices, &notice, 1, &now), 0);
	assert_int_equal(vg_notices_next(notices, START)->count, 2);
}

static void test_failures_are_bounded(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_series *series;
	uint64_t now = START;
	unsigned n = 0;

	(void)state;
	assert_int_equal(add(notices, "a", 3, now), 0);
	while ((series = vg_notices_next(notices, now))) {
		n++;
		vg_notices_again(notices, series, now + 5 * SECOND);
		assert_null(vg_notices_next(notices, now + 5 * SECOND - 1));
		now += VG_NOTICES_EVERY_NS;
	}
	assert_int_equal(n, VG_NOTICES_TRIES_MAX);
	assert_int_equal(vg_notices_left_out(notices), 3);
	assert_int_equal(vg_notices_count(notices), 0);
	/* one that did not fail itself waits for as long as it takes, but old news is none */
	assert_int_equal(add(notices, "b", 2, now), 0);
	for (n = 0; n < 3 * VG_NOTICES_TRIES_MAX; n++, now += VG_NOTICES_EVERY_NS) {
		series = vg_notices_next(notices, now);
		assert_non_null(series);
		vg_notices_wait(series, 0);
	}
	assert_null(vg_notices_next(notices, now + VG_NOTICES_OLD_NS));
	assert_int_equal(vg_notices_left_out(notices), 5);
}

static void test_found_goes_on(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_series *series;

	(void)state;
	assert_int_equal(add(notices, "a", 2, START), 0);
	series = vg_notices_next(notices, START);
	vg_notices_found(series, 40, 60 * SECOND, START);
	assert_int_equal(series->count, 42);
	/* it was said a minute ago */
	assert_int_equal(vg_notices_due_ns(notices, START), START - 60 * SECOND + VG_NOTICES_HEARTBEAT_NS);
	/* and what this guard may have written itself counts once */
	assert_int_equal(add(notices, "b", 2, START), 0);
	series = vg_notices_next(notices, START);
	series->doubted = true;
	assert_int_equal(add(notices, "b", 1, START), 0);
	vg_notices_found(series, 2, 0, START);
	assert_int_equal(series->count, 3);
	assert_int_equal(series->told, 2);
}

static void test_lost_is_new(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	struct vg_series *series;

	(void)state;
	assert_int_equal(add(notices, "a", 5, START), 0);
	assert_true(write_next(notices, START));
	assert_int_equal(add(notices, "a", 2, START + VG_NOTICES_HEARTBEAT_NS), 0);
	series = vg_notices_next(notices, START + VG_NOTICES_HEARTBEAT_NS);
	assert_non_null(series);
	vg_notices_lost(series);
	assert_int_equal(series->count, 2);
	assert_int_equal(series->told, 0);
	assert_int_equal(series->first.boot_ns, START + VG_NOTICES_HEARTBEAT_NS);
	assert_true(write_next(notices, START + VG_NOTICES_HEARTBEAT_NS));
}

static void test_namespaces_are_shut_alone(void **state)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = notices_of("cp1");
	uint64_t now = START, end = START + 600 * SECOND;
	struct vg_series *series;
	char namespace[VG_NAMESPACE_MAX];

	(void)state;
	assert_int_equal(add_about(notices, "a/web", "1", 1, now), 0);
	assert_int_equal(add_about(notices, "a/db", "2", 1, now + 1), 0);
	series = vg_notices_next(notices, now + 1);
	assert_string_equal(vg_notices_namespace(series, namespace, sizeof(namespace)), "a");
	assert_true(vg_notices_shut(notices, "a", end));
	vg_notices_wait(series, 0);
	assert_null(vg_notices_next(notices, now + 1));
	assert_int_equal(vg_notices_due_ns(notices, now + 1), end);
	assert_int_equal(add_about(notices, "b/web", "3", 1, now + 2), 0);
	assert_int_equal(add_about(notices, "cp1", "4", 1, now + 3), 0);
	series = vg_notices_next(notices, now + 3);
	assert_string_equal(series->notice.about, "b/web");
	assert_false(vg_notices_shut(notices, "b", end)); /* no news */
	vg_notices_wait(series, 0);
	series = vg_notices_next(notices, now + 3);
	assert_string_equal(vg_notices_namespace(series, namespace, sizeof(namespace)), "default"); /* of what has none */
	vg_notices_written(series, 1, now + 3);
	assert_false(vg_notices_open(notices, "default", now + 3));
	assert_true(vg_notices_is_shut(notices));
	vg_notices_retry(notices);
	assert_true(write_next(notices, now + 4) && write_next(notices, now + 4));
	assert_true(vg_notices_open(notices, "a", now + 4));
	assert_false(vg_notices_is_shut(notices));
	for (unsigned i = 0; i < 2 * VG_NOTICES_SHUT_MAX; i++) {
		snprintf(namespace, sizeof(namespace), "n%u", i);
		assert_int_equal(vg_notices_shut(notices, namespace, end), i == 0);
	}
}

static void test_cut_where_a_character_ends(void **state)
{
	static const struct {
		const char *text, *cut;
		size_t size;
	} cases[] = {
		{ "", "", 4 },
		{ "abc", "abc", 4 },
		{ "abcd", "abc", 4 },
		{ "ab\xc3\xa4", "ab", 4 },
		{ "a\xe2\x82\xac", "a\xe2\x82\xac", 5 },
		{ "a\xe2\x82\xac", "a", 4 },
		{ "a\xe2\x82\xac", "a", 3 },
		{ "\xf0\x9f\x98\x80", "", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		vg_notice_cut(text, cases[i].size);
		assert_string_equal(text, cases[i].cut);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_at_once_then_by_heartbeat),
		cmocka_unit_test(test_what_is_another_series),
		cmocka_unit_test(test_key_is_the_same_after_a_restart),
		cmocka_unit_test(test_bucket_over_everything),
		cmocka_unit_test(test_new_and_continued_take_turns),
		cmocka_unit_test(test_storm_is_counted),
		cmocka_unit_test(test_silent_ones_give_way),
		cmocka_unit_test(test_note_is_asked_for_once),
		cmocka_unit_test(test_failures_are_bounded),
		cmocka_unit_test(test_found_goes_on),
		cmocka_unit_test(test_lost_is_new),
		cmocka_unit_test(test_namespaces_are_shut_alone),
		cmocka_unit_test(test_cut_where_a_character_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
