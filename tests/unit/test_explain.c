/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of `explain` and `check`. */
#include "unit.h"

#include "core/verdict.h"
#include "report/explain.h"
#include "report/words.h"

#define TEXT_MAX 8192

static struct vg_snapshot *new_snapshot(void)
{
	static const char *const nodes[] = { "worker2", "worker1" };
	struct vg_assignment web = {
		.prefix = prefix_of("192.0.2.10"), .bind = VG_BIND_NOBODY, .service = "default/web", .nodes = nodes, .n_nodes = 2, .line = 3
	};
	struct vg_assignment none = { .prefix = prefix_of("2001:db8::/64"), .bind = VG_BIND_HOLDER, .line = 7 };
	struct vg_prefix own = prefix_of("192.0.2.2");
	struct vg_snapshot *snapshot;

	assert_int_equal(vg_snapshot_new("cp1", "assignments", &snapshot), 0);
	assert_int_equal(vg_snapshot_add(snapshot, &web, NULL), 0);
	assert_int_equal(vg_snapshot_add(snapshot, &none, NULL), 0);
	assert_int_equal(vg_snapshot_protect(snapshot, &own, VG_NODE_ADDRESS, VG_ORIGIN_CONFIG), 0);
	return snapshot;
}

static json_t *explain(const struct vg_snapshot *snapshot, const char *address, const char *link)
{
	struct vg_circumstances circumstances = { .now_ns = 1, .grace_ns = VG_GRACE_NS_DEFAULT };
	struct vg_addr addr = addr_of(address);
	struct vg_answer answer = vg_judge(snapshot, &addr, link, &circumstances);
	json_t *json = vg_explain_to_json(&(struct vg_ground){ .snapshot = snapshot }, &addr, link, &answer, NULL);

	assert_non_null(json);
	return json;
}

static const char *text_at(const json_t *json, const char *outer, const char *inner)
{
	const json_t *at = inner ? json_object_get(json_object_get(json, outer), inner) : json_object_get(json, outer);

	assert_true(json_is_string(at));
	return json_string_value(at);
}

/* One of that kind is in the list, for that, and says so. */
static bool says(const json_t *json, const char *key, const char *kind, const char *what_for, const char *text)
{
	size_t i;
	json_t *step;

	json_array_foreach(json_object_get(json, key), i, step)
	{
		if (!strcmp(text_at(step, "kind", NULL), kind))
			return !strcmp(text_at(step, "for", NULL), what_for) && strstr(text_at(step, "text", NULL), text);
	}
	return false;
}

static void assignment_is_the_evidence(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	json_auto_t *json = explain(snapshot, "::ffff:192.0.2.10", NULL);
	json_auto_t *evidence = json_pack("[{s:s, s:s, s:s, s:s, s:i}, {s:s, s:s, s:s, s:s, s:i}]", "kind", "Assignment", "name", "192.0.2.10",
					  "field", "nodes", "value", "[worker1, worker2]", "line", 3, "kind", "Assignment", "name", "192.0.2.10",
					  "field", "bind", "value", "nobody", "line", 3);
	json_auto_t *nodes = json_pack("[s, s]", "worker1", "worker2");
	json_auto_t *services = json_pack("[s]", "default/web");

	(void)state;
	assert_string_equal(text_at(json, "address", NULL), "192.0.2.10");
	assert_string_equal(text_at(json, "bind", "verdict"), "violation");
	assert_string_equal(text_at(json, "bind", "reason"), "owner-never-binds");
	assert_string_equal(text_at(json, "announce", "reason"), "assigned-elsewhere");
	assert_true(json_equal(json_object_get(json, "evidence"), evidence));
	assert_true(json_equal(json_object_get(json, "assigned_nodes"), nodes));
	assert_true(json_equal(json_object_get(json, "services"), services));
	assert_string_equal(text_at(json, "source", NULL), "assignments");
	assert_string_equal(text_at(json, "rule", NULL),
			    "bind is violation: the assignments file says of 192.0.2.10 (line 3) that nobody binds it; announce is "
			    "violation: the assignments file names worker1, worker2 for 192.0.2.10 (line 3), and not this node");
	assert_true(says(json, "would_change", "file-lets-bind", "bind", "`bind: holder` and cp1 in the assignment of 192.0.2.10 (line 3)"));
	assert_true(says(json, "would_change", "file-names-node", "announce", "the assignment of 192.0.2.10 (line 3) naming cp1"));
	/* nothing says that it is kube-vip */
	assert_true(says(json, "remedies", "find-binder", "both", "is not known"));
	assert_true(says(json, "remedies", "name-node-in-file", "both", "name cp1"));
	assert_null(strstr(text_at(json, "remedy", NULL), "svc_enable"));
	assert_null(json_object_get(json, "owner"));
}

static void nobody_holds_it(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	json_auto_t *json = explain(snapshot, "2001:db8::7", NULL);

	(void)state;
	assert_true(json_is_array(json_object_get(json, "assigned_nodes")));
	assert_int_equal(json_array_size(json_object_get(json, "assigned_nodes")), 0);
	assert_null(json_object_get(json, "services"));
	assert_string_equal(text_at(json_array_get(json_object_get(json, "evidence"), 0), "value", NULL), "[]");
}

static void protection_is_the_evidence(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	json_auto_t *json = explain(snapshot, "192.0.2.2", NULL);
	const json_t *evidence = json_array_get(json_object_get(json, "evidence"), 0);

	(void)state;
	assert_string_equal(text_at(evidence, "kind", NULL), "Protection");
	assert_string_equal(text_at(evidence, "name", NULL), "192.0.2.2");
	assert_string_equal(text_at(evidence, "value", NULL), "node-address");
	assert_null(json_object_get(json, "assigned_nodes"));
}

/* Nothing is known at all: still an answer. */
static void without_a_snapshot(void **state)
{
	json_auto_t *json = explain(NULL, "192.0.2.10", NULL);

	(void)state;
	assert_string_equal(text_at(json, "bind", "reason"), "stale-source");
	assert_null(json_object_get(json, "source"));
	assert_int_equal(json_array_size(json_object_get(json, "evidence")), 0);
}

static void the_rule_names_both_when_they_differ(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	json_auto_t *dummy = explain(snapshot, "192.0.2.10", "kube-ipvs0");
	json_auto_t *same = explain(snapshot, "203.0.113.1", NULL);

	(void)state;
	assert_non_null(strstr(text_at(dummy, "rule", NULL), "bind is allowed: "));
	assert_non_null(strstr(text_at(dummy, "rule", NULL), "announce is violation: "));
	/* the announcement is what needs one */
	assert_int_equal(json_array_size(json_object_get(dummy, "remedies")), 1);
	assert_true(says(dummy, "remedies", "strict-arp", "announce", "kube-ipvs0"));
	assert_null(json_object_get(same, "remedy"));
	assert_int_equal(strncmp(text_at(same, "rule", NULL), "unrelated: ", 11), 0);
}

/* Of nothing but its reason: a rule and what would change it, and a remedy where something is wrong. */
static void every_reason_has_its_words(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_addr addr = addr_of("192.0.2.10");

	(void)state;
	for (unsigned i = 0; i < VG_REASON_MAX; i++) {
		struct vg_answer answer = { .bind = vg_judgement_of(i), .announce = vg_judgement_of(i) };
		json_auto_t *json = vg_explain_to_json(&(struct vg_ground){ .snapshot = snapshot }, &addr, NULL, &answer, NULL);
		bool needs = answer.bind.verdict == VG_VIOLATION || (answer.bind.verdict == VG_UNKNOWN && i != VG_IN_TRANSITION);
		bool given = json_array_size(json_object_get(json, "remedies")) > 0;

		assert_case(vg_reason_to_str(i), strlen(text_at(json, "rule", NULL)) > strlen("protected: "));
		assert_case(vg_reason_to_str(i), json_array_size(json_object_get(json, "would_change")) == 1);
		/* what is to be mended there, evidence says */
		assert_case(vg_reason_to_str(i), given == needs || i == VG_IPAM_ONLY || i == VG_OWNER_CONFLICT);
	}
}

/* A name without a sentence, or one that is filled in by nothing. */
static void every_name_has_its_words(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	const struct vg_ground ground = { .snapshot = snapshot };
	struct vg_addr addr = addr_of("192.0.2.10");
	struct vg_answer answer = { .bind = vg_judgement_of(VG_NO_SERVICE) };
	struct vg_evidence evidence = { .kind = VG_KIND_LEASE };
	const struct vg_subject subject = { .ground = &ground, .addr = &addr, .answer = &answer, .evidence = &evidence };

	(void)state;
#define EACH(max, words, name, least) \
	for (unsigned i = 0; i < (max); i++) { \
		_cleanup_free_ char *text = words; \
\
		assert_case(name(i), text &&strlen(text) >= (least) && !strchr(text, '{')); \
	}
	EACH(VG_RULE_MAX, vg_words_rule(&subject, i), vg_rule_to_str, 5);
	EACH(VG_CHANGE_MAX, vg_words_change(&subject, i), vg_change_to_str, i == VG_CHANGE_NONE ? 0U : 5U);
	EACH(VG_REMEDY_MAX, vg_words_remedy(&subject, i), vg_remedy_to_str, 5);
	for (evidence.clue = 0; evidence.clue < VG_CLUE_MAX; evidence.clue++) {
		_cleanup_free_ char *text = vg_words_clue(&subject);

		assert_case(vg_clue_to_str(evidence.clue), text && strlen(text) >= 5 && !strchr(text, '{'));
	}
}

/* Names of objects are others': what is in them is no sentence of ours. */
static void names_are_not_filled_in(void **state)
{
	const struct vg_ground ground = { .snapshot = NULL };
	struct vg_addr addr = addr_of("192.0.2.10");
	struct vg_answer answer = { .bind = vg_judgement_of(VG_NO_SERVICE) };
	struct vg_evidence evidence = { .kind = VG_KIND_LEASE, .value = "{address}" };
	const struct vg_subject subject = { .ground = &ground, .addr = &addr, .answer = &answer, .evidence = &evidence };
	_cleanup_free_ char *text = vg_words_fill(&subject, "{value} {nothing} {addres {address}");

	(void)state;
	assert_string_equal(text, "{address} {nothing} {addres 192.0.2.10");
}

static void add(json_t *check, const struct vg_snapshot *snapshot, const char *address, const char *link, const struct vg_binder *binder)
{
	struct vg_circumstances circumstances = { .now_ns = 1 };
	struct vg_link_addr bound = { .addr = addr_of(address), .prefix = 32, .ifindex = 2 };
	struct vg_answer answer = vg_judge(snapshot, &bound.addr, link, &circumstances);

	assert_int_equal(vg_check_add(check, &(struct vg_ground){ .snapshot = snapshot }, &bound, link, &answer, binder), 0);
}

/* A process that was seen is the one to mend, and there is none to look for; one that nobody saw is not spoken of. */
static void the_binder_is_named(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_binder binder = { .who = { .pid = 812, .comm = "{address}" }, .doer = { .pod = "kube-system/kube-vip-cp1" } };
	struct vg_circumstances circumstances = { .now_ns = 1 };
	struct vg_addr addr = addr_of("192.0.2.10");
	struct vg_answer answer = vg_judge(snapshot, &addr, NULL, &circumstances);
	const struct vg_ground ground = { .snapshot = snapshot };
	json_auto_t *seen = vg_explain_to_json(&ground, &addr, NULL, &answer, &binder);
	json_auto_t *unseen = vg_explain_to_json(&ground, &addr, NULL, &answer, &(struct vg_binder){ .who = { .pid = 0 } });
	const json_t *first = json_array_get(json_object_get(seen, "remedies"), 0);
	size_t i;
	json_t *remedy;

	(void)state;
	assert_string_equal(text_at(seen, "bound_by", "pod"), "kube-system/kube-vip-cp1");
	assert_string_equal(text_at(first, "kind", NULL), "seen-binding");
	assert_string_equal(text_at(first, "object", NULL), "Pod/kube-system/kube-vip-cp1");
	assert_string_equal(
		text_at(first, "text", NULL),
		"Pod kube-system/kube-vip-cp1: {address}[812] bound it here: set right what it is told to hold, or stop it; what is left goes "
		"with ip address del 192.0.2.10/32 dev LINK");
	json_array_foreach(json_object_get(seen, "remedies"), i, remedy) assert_string_not_equal(text_at(remedy, "kind", NULL), "find-binder");
	assert_null(json_object_get(unseen, "bound_by"));
	json_array_foreach(json_object_get(unseen, "remedies"), i, remedy) assert_string_not_equal(text_at(remedy, "kind", NULL), "seen-binding");
	assert_string_equal(text_at(json_array_get(json_object_get(unseen, "remedies"), 0), "kind", NULL), "find-binder");
}

static void check_counts_binds_only(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_binder binder = { .who = { .pid = 812, .comm = "kube-vip" }, .doer = { .pod = "kube-system/kube-vip-cp1" } };
	json_auto_t *check = vg_check_new("cp1", "assignments");
	const json_t *findings = json_object_get(check, "findings");

	(void)state;
	add(check, snapshot, "192.0.2.2", "eth0", NULL);
	add(check, snapshot, "198.51.100.1", "eth0", NULL);
	assert_int_equal(json_array_size(findings), 0);
	add(check, snapshot, "192.0.2.10", "kube-ipvs0", NULL);
	assert_int_equal(json_array_size(findings), 1);
	assert_int_equal(vg_check_violations(check), 0);
	add(check, snapshot, "192.0.2.10", "eth0", &binder);
	assert_int_equal(json_array_size(findings), 2);
	assert_int_equal(vg_check_violations(check), 1);
	assert_int_equal(json_integer_value(json_object_get(check, "bound")), 4);
	assert_null(json_object_get(json_array_get(findings, 0), "pid"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(findings, 1), "pid")), 812);
	assert_string_equal(text_at(json_array_get(findings, 1), "comm", NULL), "kube-vip");
	assert_string_equal(text_at(json_array_get(findings, 1), "pod", NULL), "kube-system/kube-vip-cp1");
}

static void text_forms(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_binder binder = { .who = { .pid = 812, .comm = "kube-\x1bvip" }, .doer = { .pod = "kube-system/kube-vip-cp1" } };
	json_auto_t *check = vg_check_new("cp1", "assignments");
	json_auto_t *list = json_array();
	char text[TEXT_MAX] = "";
	_cleanup_fclose_ FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	add(check, snapshot, "192.0.2.10", "eth0", &binder);
	assert_int_equal(json_array_append_new(list, explain(snapshot, "192.0.2.10", NULL)), 0);
	vg_explain_print(out, list);
	vg_check_print(out, check);
	fflush(out);
	assert_int_equal(strncmp(text, "192.0.2.10\n  bind        violation (owner-never-binds)\n", 54), 0);
	assert_non_null(strstr(text, "  assigned to worker1,worker2\n"));
	assert_non_null(strstr(text, "  evidence    Assignment 192.0.2.10: nodes = [worker1, worker2] (line 3)\n"));
	assert_non_null(strstr(text, "192.0.2.10/32 on eth0, bound by kube-\\x1bvip[812] of Pod kube-system/kube-vip-cp1\n"));
	assert_non_null(strstr(text, "node cp1: 1 bound, 1 findings, 1 violations\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assignment_is_the_evidence),
		cmocka_unit_test(nobody_holds_it),
		cmocka_unit_test(protection_is_the_evidence),
		cmocka_unit_test(without_a_snapshot),
		cmocka_unit_test(the_rule_names_both_when_they_differ),
		cmocka_unit_test(every_reason_has_its_words),
		cmocka_unit_test(every_name_has_its_words),
		cmocka_unit_test(names_are_not_filled_in),
		cmocka_unit_test(the_binder_is_named),
		cmocka_unit_test(check_counts_binds_only),
		cmocka_unit_test(text_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
