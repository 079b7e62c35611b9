/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the guard's events become Events of the API, in what words, and what is sent. */
#include "unit.h"

#include <jansson.h>

#include "base/time.h"
#include "base/utf8.h"
#include "kube/publish_json.h"
#include "report/notice.h"

#define BIND "\"event\": \"bind\", \"address\": \"192.0.2.10\", \"interface\": \"eth0\", \"comm\": \"kube-vip\""

static json_t *event_of(const char *text)
{
	json_error_t error;
	json_t *event = json_loads(text, 0, &error);

	if (!event)
		fail_msg("%s: %s", text, error.text);
	return event;
}

static void test_what_becomes_one(void **state)
{
	static const struct {
		const char *event, *reason, *actor; /* reason NULL: none */
	} cases[] = {
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"denied\"}", "VIPBindDenied", "kube-vip" },
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"removed\", \"pod\": \"a/b\"}", "VIPRemoved", "a/b" },
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"none\"}", "VIPNotRemoved", "kube-vip" },
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"would-deny\"}", "VIPBindSeen", "kube-vip" },
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"would-remove\"}", "VIPBindSeen", "kube-vip" },
		{ "{" BIND ", \"verdict\": \"violation\", \"action\": \"logged\"}", "VIPBindSeen", "kube-vip" },
		{ "{" BIND ", \"verdict\": \"unknown\", \"action\": \"logged\"}", NULL, NULL },
		{ "{" BIND ", \"verdict\": \"allowed\", \"action\": \"none\"}", NULL, NULL },
		{ "{" BIND ", \"verdict\": \"protected\", \"action\": \"none\"}", NULL, NULL },
		{ "{\"event\": \"unbind\", \"verdict\": \"violation\", \"action\": \"none\"}", NULL, NULL },
		{ "{\"event\": \"announce\", \"verdict\": \"violation\", \"action\": \"dropped\", \"mac\": \"02:00:00:00:00:01\"}",
		  "VIPAnnouncementDropped", "02:00:00:00:00:01" },
		{ "{\"event\": \"announce\", \"verdict\": \"violation\", \"action\": \"would-drop\"}", "VIPAnnouncementSeen", "" },
		{ "{\"event\": \"announce\", \"verdict\": \"violation\", \"action\": \"none\", \"how\": \"na\"}", "VIPAnnouncementPassed", "na" },
		{ "{\"event\": \"heal\", \"action\": \"healed\", \"mac\": \"02:00:00:00:00:01\"}", "NeighboursTold", "" },
		{ "{\"event\": \"heal\", \"action\": \"none\"}", "NeighboursNotTold", "" },
		{ "{\"event\": \"bypass\", \"action\": \"none\", \"how\": \"af-xdp\"}", "FilterBypass", "af-xdp" },
		{ "{\"event\": \"degraded\", \"what\": \"tcx\"}", "GuardDegraded", "tcx" },
		{ "{\"event\": \"degraded\", \"what\": \"source\"}", "SourceStale", "source" },
		{ "{\"event\": \"degraded\", \"what\": \"breaker\", \"count\": 11}", "BreakerHolds", "breaker" },
		{ "{\"event\": \"degraded\", \"what\": \"events\"}", NULL, NULL },
		{ "{\"event\": \"recovered\", \"what\": \"events\"}", NULL, NULL },
		{ "{\"event\": \"recovered\", \"what\": \"source\"}", "SourceFresh", "source" },
		{ "{\"event\": \"recovered\", \"what\": \"breaker\"}", "BreakerReleased", "breaker" },
		{ "{\"event\": \"recovered\", \"what\": \"pause\"}", "GuardResumed", "pause" },
		{ "{\"event\": \"recovered\", \"what\": \"maps\"}", "GuardRecovered", "maps" },
		{ "{\"event\": \"paused\"}", "GuardPaused", "" },
		{ "{\"event\": \"mode\", \"mode\": \"audit\"}", "GuardModeChanged", "" },
		{ "{\"event\": \"started\"}", NULL, NULL },
		{ "{\"event\": \"lost\", \"what\": \"events\"}", NULL, NULL },
		{ "{}", NULL, NULL },
		{ "{\"event\": 5, \"verdict\": []}", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_auto_t *event = event_of(cases[i].event);
		struct vg_notice_words words;

		assert_case(cases[i].event, vg_notice_of(event, &words) == !!cases[i].reason);
		assert_case(cases[i].event, !cases[i].reason || (!strcmp(words.reason, cases[i].reason) && !strcmp(words.actor, cases[i].actor)));
	}
}

static void test_note_says_it_all(void **state)
{
	json_auto_t *event = event_of("{" BIND ", \"verdict\": \"violation\", \"reason\": \"owner-never-binds\", \"action\": \"denied\","
				      "\"pod\": \"kube-system/kube-vip-cp1\", \"assigned_nodes\": [\"worker1\", \"worker2\"], \"owner\": \"metallb\","
				      "\"source\": \"ServiceL2Status\"}");
	static const char *const parts[] = { "kube-vip",
					     "kube-system/kube-vip-cp1",
					     "192.0.2.10",
					     "eth0",
					     "cp1",
					     "the kernel refused it",
					     "worker1, worker2",
					     "metallb",
					     "ServiceL2Status",
					     "Remedy: set svc_enable to false." };
	char note[VG_NOTICE_NOTE_MAX];

	(void)state;
	vg_notice_note(event, "cp1", "set svc_enable to false", note);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_case(parts[i], strstr(note, parts[i]));
	vg_notice_note(event, "cp1", NULL, note);
	assert_non_null(strstr(note, "`vipguard explain 192.0.2.10`"));
}

static void test_note_is_cut(void **state)
{
	json_auto_t *event = event_of("{\"event\": \"degraded\", \"what\": \"x\"}");
	char why[3001], note[VG_NOTICE_NOTE_MAX];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		memset(why, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof(why); i += 3)
			memcpy(why + i, "\xe2\x82\xac", 4);
		json_object_set_new(event, "why", json_string(why));
		vg_notice_note(event, "cp1", NULL, note);
		assert_in_range(strlen(note), VG_NOTICE_NOTE_MAX - 3, VG_NOTICE_NOTE_MAX - 1);
		assert_true(vg_utf8_is_valid(note, strlen(note)));
	}
}

/* ---- what is sent */

static json_t *sent(const struct vg_series *series, const char *uid)
{
	_cleanup_free_ char *text = vg_publish_event(series, "cp1", uid);

	assert_non_null(text);
	return event_of(text);
}

static const char *text_at(const json_t *json, const char *one, const char *two)
{
	const char *text = json_string_value(two ? json_object_get(json_object_get(json, one), two) : json_object_get(json, one));

	return text ? text : "";
}

static void test_event_as_the_api_has_it(void **state)
{
	struct vg_series series = { .notice = { .about = "shop/web",
						.reason = "VIPBindDenied",
						.action = "Deny",
						.address = "192.0.2.10",
						.actor = "a/b",
						.pod = "a/b",
						.note = "words",
						.warning = true },
				    .key = { 1, 0xabcdef },
				    .count = 1,
				    .first = { .real_ns = 1000 * VG_NS_PER_SEC },
				    .last = { .real_ns = 2000 * VG_NS_PER_SEC } };
	json_auto_t *event = sent(&series, "5eed"), *many = NULL, *patch = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_string_equal(text_at(event, "apiVersion", NULL), "events.k8s.io/v1");
	assert_string_equal(text_at(event, "metadata", "name"), "vipguard.00000000000000010000000000abcdef");
	assert_string_equal(text_at(event, "metadata", "namespace"), "shop");
	assert_string_equal(text_at(event, "regarding", "uid"), "5eed");
	assert_string_equal(text_at(event, "regarding", "name"), "web");
	assert_string_equal(text_at(event, "related", "kind"), "Pod");
	assert_string_equal(text_at(event, "eventTime", NULL), "1970-01-01T00:16:40.000000Z");
	assert_string_equal(text_at(event, "type", NULL), "Warning");
	assert_null(json_object_get(event, "series"));
	series.count = 7;
	many = sent(&series, "");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(many, "series"), "count")), 7);
	assert_null(json_object_get(json_object_get(many, "regarding"), "uid"));
	text = vg_publish_series(&series);
	patch = event_of(text);
	assert_int_equal(json_object_size(patch), 1); /* all else can never be changed */
	assert_string_equal(text_at(patch, "series", "lastObservedTime"), "1970-01-01T00:33:20.000000Z");
}

static void test_long_and_odd_texts(void **state)
{
	struct vg_series series = { .notice = { .about = "cp1",
						.on_node = true,
						.reason = "R",
						.action = "A",
						.address = "",
						.actor = "",
						.pod = "",
						.note = "\xff no UTF-8" },
				    .count = 1ULL << 40 };
	char node[254];
	json_auto_t *event = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	memset(node, 'n', sizeof(node) - 1);
	node[sizeof(node) - 1] = '\0';
	assert_null(vg_publish_event(&series, node, ""));
	series.notice.note = "words";
	text = vg_publish_event(&series, node, "");
	event = event_of(text);
	assert_int_equal(strlen(text_at(event, "reportingInstance", NULL)), 128);
	assert_string_equal(text_at(event, "metadata", "namespace"), "default");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(event, "series"), "count")), INT32_MAX); /* the field's */
}

static void test_answers(void **state)
{
	static const struct {
		const char *body;
		struct vg_publish_answer answer;
	} cases[] = {
		{ "", { .count = 1 } },
		{ "{", { .count = 1 } },
		{ "[]", { .count = 1 } },
		{ "{\"metadata\": {\"uid\": \"u\"}}", { .uid = "u", .count = 1 } },
		{ "{\"metadata\": {\"uid\": 5}, \"message\": \"a\\nb\"}", { .count = 1, .message = "a b" } },
		{ "{\"eventTime\": \"1970-01-01T00:00:05.000000Z\"}", { .count = 1, .last_ns = 5 * VG_NS_PER_SEC } },
		{ "{\"series\": {\"count\": 9, \"lastObservedTime\": \"1970-01-01T00:00:06Z\"}}", { .count = 9, .last_ns = 6 * VG_NS_PER_SEC } },
		{ "{\"series\": {\"count\": -1, \"lastObservedTime\": 5}}", { .count = 1 } },
		{ "{\"details\": {\"causes\": [{\"reason\": \"NamespaceTerminating\"}]}}", { .count = 1, .terminating = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct vg_publish_answer *want = &cases[i].answer;
		struct vg_publish_answer got;

		vg_publish_read(cases[i].body, strlen(cases[i].body), &got);
		assert_case(cases[i].body, !strcmp(got.uid, want->uid) && got.count == want->count && got.last_ns == want->last_ns &&
						   got.terminating == want->terminating && !strcmp(got.message, want->message));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_becomes_one),	cmocka_unit_test(test_note_says_it_all),   cmocka_unit_test(test_note_is_cut),
		cmocka_unit_test(test_event_as_the_api_has_it), cmocka_unit_test(test_long_and_odd_texts), cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
