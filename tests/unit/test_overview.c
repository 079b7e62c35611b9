/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>

#include "base/time.h"
#include "report/json.h"
#include "report/overview.h"

#define TIME "\"time\": \"2026-11-22T10:00:00Z\""
#define BOUND(how) "\"bound\": [{\"interface\": \"eth0\", \"comm\": \"kube-vip\", " how "}]"
#define ANNOUNCED(first, last, passed, how) \
	"\"announced\": {\"interface\": \"eth0\", \"first_seconds\": " first ", \"last_seconds\": " last ", \"passed\": " passed \
	", \"dropped\": 1, " how "}"
#define WRONG "\"verdict\": \"violation\", \"reason\": \"assigned-elsewhere\""
#define RIGHT "\"verdict\": \"allowed\", \"reason\": \"assigned-here\""
#define EVERYWHERE "\"verdict\": \"allowed\", \"reason\": \"owner-everywhere\""
#define UNKNOWN "\"verdict\": \"unknown\", \"reason\": \"owner-unproven\""

static uint64_t now_ns(void)
{
	uint64_t ns;

	assert_int_equal(vg_time_parse_rfc3339("2026-11-22T10:00:10Z", &ns), 0);
	return ns;
}

static void add(struct vg_overview *view, const char *node, const char *head, const char *vips)
{
	char text[4096];
	json_auto_t *report = NULL;

	snprintf(text, sizeof(text), "{\"node\": \"%s\", \"version\": \"1\", \"abi\": 1, %s, \"vips\": [%s]}", node, head, vips);
	report = json_loads(text, 0, NULL);
	if (!report)
		fail_msg("no JSON: %s", text);
	assert_int_equal(vg_overview_add(view, node, report), 0);
}

static struct vg_overview *new_view(void)
{
	struct vg_overview *view = NULL;

	assert_int_equal(vg_overview_new(now_ns(), &view), 0);
	return view;
}

/* Two nodes' rows of one address, and what does not agree: the kinds in their order. */
static void test_what_disagrees(void **state)
{
	static const struct {
		const char *name, *cp1, *worker1, *kinds;
	} cases[] = {
		{ "nobody has it", "\"assigned_nodes\": [\"worker1\"]", "\"assigned_nodes\": [\"worker1\"]", "" },
		{ "the holder has it", "\"assigned_nodes\": [\"worker1\"]", BOUND(RIGHT) "," ANNOUNCED("9", "1", "3", RIGHT), "" },
		{ "bound wrongly", BOUND(WRONG), BOUND(RIGHT), "bound-wrongly " },
		{ "bound wrongly by both", BOUND(WRONG), BOUND(WRONG), "bound-wrongly bound-wrongly " },
		{ "announced wrongly", ANNOUNCED("9", "1", "3", WRONG), ANNOUNCED("9", "1", "3", RIGHT), "announced-wrongly " },
		{ "tried to", ANNOUNCED("9", "1", "0", WRONG), ANNOUNCED("9", "1", "3", RIGHT), "" },
		{ "unknown on both", BOUND(UNKNOWN), BOUND(UNKNOWN), "bound-twice " },
		{ "unknown beside the holder", BOUND(UNKNOWN), BOUND(RIGHT), "bound-twice " },
		{ "everywhere by design", BOUND(EVERYWHERE), BOUND(EVERYWHERE), "" },
		{ "both are holders", BOUND(RIGHT) "," ANNOUNCED("9", "1", "3", RIGHT), BOUND(RIGHT) "," ANNOUNCED("9", "1", "3", RIGHT), "" },
		{ "both at once", ANNOUNCED("9", "1", "3", UNKNOWN), ANNOUNCED("5", "0", "3", UNKNOWN), "announced-twice " },
		{ "one after the other", ANNOUNCED("19", "6", "3", UNKNOWN), ANNOUNCED("5", "0", "3", UNKNOWN), "" },
		{ "long ago", ANNOUNCED("59", "26", "3", UNKNOWN), ANNOUNCED("55", "25", "3", UNKNOWN), "" },
		{ "other holders", "\"assigned_nodes\": [\"cp1\"]", "\"assigned_nodes\": [\"worker1\"]", "assigned-differs " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
		char row[2048], kinds[256] = "";
		json_auto_t *json = NULL;
		const json_t *one;
		size_t j;

		snprintf(row, sizeof(row), "{\"address\": \"192.0.2.10\", %s}", cases[i].cp1);
		add(view, "cp1", TIME, row);
		snprintf(row, sizeof(row), "{\"address\": \"::ffff:192.0.2.10\", %s}", cases[i].worker1);
		add(view, "worker1", TIME, row);
		json = vg_overview_to_json(view);
		assert_int_equal(json_array_size(json_object_get(json, "vips")), 1); /* the same by value */
		json_array_foreach(json_object_get(json_array_get(json_object_get(json, "vips"), 0), "disagreements"), j, one)
		{
			strcat(kinds, vg_json_get_text(one, "kind"));
			strcat(kinds, " ");
		}
		if (strcmp(kinds, cases[i].kinds))
			fail_msg("%s: %s", cases[i].name, kinds);
	}
}

/* What a stale guard knows of the holders is no disagreement. */
static void test_stale_is_no_witness(void **state)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
	json_auto_t *json = NULL;

	(void)state;
	add(view, "cp1", TIME ", \"stale\": true", "{\"address\": \"192.0.2.10\", \"assigned_nodes\": [\"cp1\"]}");
	add(view, "worker1", TIME, "{\"address\": \"192.0.2.10\", \"assigned_nodes\": [\"worker1\"]}");
	json = vg_overview_to_json(view);
	assert_int_equal(json_integer_value(json_object_get(json, "disagreements")), 0);
}

static void test_order(void **state)
{
	static const char *const order[] = { "192.0.2.11", "2001:db8::1", "192.0.2.9", "192.0.2.10", "2001:db8::" };
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
	json_auto_t *json = NULL;

	(void)state;
	add(view, "b", TIME, "{\"address\": \"2001:db8::1\", " BOUND(WRONG) "}, {\"address\": \"192.0.2.10\"}, {\"address\": \"2001:db8::\"}");
	add(view, "a", TIME, "{\"address\": \"192.0.2.11\", " BOUND(WRONG) "}, {\"address\": \"192.0.2.9\"}");
	json = vg_overview_to_json(view);
	assert_int_equal(json_array_size(json_object_get(json, "vips")), ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(vg_json_get_text(json_array_get(json_object_get(json, "vips"), i), "address"), order[i]);
}

/* Ages count from now, not from the report. */
static void test_age(void **state)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
	json_auto_t *json = NULL;
	const json_t *announced;

	(void)state;
	add(view, "cp1", TIME, "{\"address\": \"192.0.2.10\", " ANNOUNCED("9", "1", "3", RIGHT) "}");
	json = vg_overview_to_json(view);
	announced = json_array_get(json_object_get(json_array_get(json_object_get(json, "vips"), 0), "announced"), 0);
	assert_int_equal((int)json_number_value(json_object_get(announced, "last_seconds")), 11);
	assert_int_equal((int)json_number_value(json_object_get(announced, "first_seconds")), 19);
	assert_int_equal((int)json_number_value(json_object_get(json_array_get(json_object_get(json, "guards"), 0), "age_seconds")), 10);
}

static void test_bad_reports_are_guards_not_read(void **state)
{
	static const struct {
		const char *report, *why;
	} cases[] = {
		{ "[]", "expected an object" },
		{ "{}", "node: found nothing" },
		{ "{\"node\": 5}", "node: found nothing" },
		{ "{\"node\": \"a\"}", "vips: found none" },
		{ "{\"node\": \"a\", \"vips\": {}}", "vips: found none" },
		{ "{\"node\": \"a\", \"vips\": []}", "time: found \"\"" },
		{ "{\"node\": \"a\", \"vips\": [], \"time\": \"now\"}", "time: found \"now\"" },
		{ "{\"node\": \"a\", \"vips\": [{\"address\": \"192.0.2.10\"}, {\"address\": \"x\"}], " TIME "}", "vips[1].address: found \"x\"" },
		{ "{\"node\": \"a\", \"vips\": [5], " TIME "}", "vips[0].address" },
		{ "{\"node\": \"a\", \"vips\": [{\"address\": \"192.0.2.10\", \"bound\": 5}], " TIME "}", "vips[0].bound" },
		{ "{\"node\": \"a\", \"vips\": [{\"address\": \"192.0.2.10\", \"assigned_nodes\": {}}], " TIME "}", "vips[0].assigned_nodes" },
		{ "{\"node\": \"a\", \"vips\": [{\"address\": \"192.0.2.10\", \"announced\": []}], " TIME "}", "vips[0].announced" },
		{ "{\"node\": \"cp1\", \"vips\": [], " TIME "}", "told of already, by cp1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
		json_auto_t *report = json_loads(cases[i].report, 0, NULL), *json = NULL;
		const json_t *guard;

		add(view, "cp1", TIME, "");
		assert_int_equal(vg_overview_add(view, "file", report), 0);
		json = vg_overview_to_json(view);
		guard = json_array_get(json_object_get(json, "guards"), 1);
		assert_case(cases[i].report, json_integer_value(json_object_get(json, "unread")) == 1);
		assert_case(cases[i].report, !strcmp(vg_json_get_text(guard, "state"), "unread"));
		assert_case(cases[i].report, strstr(vg_json_get_text(guard, "why"), cases[i].why));
	}
}

static void test_odd_values_do_no_harm(void **state)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
	_cleanup_free_ char *text = NULL;
	json_auto_t *json = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	add(view, "cp1", TIME ", \"paused\": {\"until\": 5}, \"stale\": 7, \"vips_left_out\": \"x\"",
	    "{\"address\": \"192.0.2.10\", \"service\": [], \"assigned_nodes\": [5, null], \"bound\": [5, {}, {\"verdict\": \"violation\"}],"
	    "\"announced\": {\"last_seconds\": \"x\", \"passed\": 1e300, \"verdict\": \"\\u001b[31m|\"}}");
	json = vg_overview_to_json(view);
	vg_overview_print_text(out, json);
	vg_overview_print_markdown(out, json);
	fclose(out);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "paused"));
}

static void test_nobody_is_left_out(void **state)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = new_view();
	_cleanup_free_ char *text = NULL;
	json_auto_t *json = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	add(view, "cp1", TIME, "{\"address\": \"192.0.2.10\"}");
	add(view, "cp2", "\"time\": \"2026-11-22T09:00:00Z\", \"stale\": true", "");
	assert_int_equal(vg_overview_fail(view, "Pod kube-system/x", "cp3", "no answer for 5.0 s"), 0);
	json = vg_overview_to_json(view);
	vg_overview_print_text(out, json);
	fclose(out);
	assert_null(strstr(text, "guard cp1")); /* nothing to be said of it */
	assert_non_null(strstr(text, "guard cp2: its report is 3610 s old, its source is stale"));
	assert_non_null(strstr(text, "guard cp3 (Pod kube-system/x): not read: no answer for 5.0 s"));
	assert_non_null(strstr(text, "2 guards read, 1 VIPs, 0 disagreements; NOT READ: 1 guards"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_disagrees),
		cmocka_unit_test(test_stale_is_no_witness),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_bad_reports_are_guards_not_read),
		cmocka_unit_test(test_odd_values_do_no_harm),
		cmocka_unit_test(test_nobody_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
