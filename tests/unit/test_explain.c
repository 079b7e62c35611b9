/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of `explain` and `check`. */
#include "unit.h"

#include "core/verdict.h"
#include "report/explain.h"

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
	json_t *json = vg_explain_to_json(&(struct vg_ground){ .snapshot = snapshot }, &addr, &answer);

	assert_non_null(json);
	return json;
}

static const char *text_at(const json_t *json, const char *outer, const char *inner)
{
	const json_t *at = inner ? json_object_get(json_object_get(json, outer), inner) : json_object_get(json, outer);

	assert_true(json_is_string(at));
	return json_string_value(at);
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
	assert_non_null(strstr(text_at(json, "remedy", NULL), "svc_enable=false"));
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
	assert_null(strstr(text_at(dummy, "remedy", NULL), "nothing to do")); /* the announcement is what needs one */
	assert_int_equal(strncmp(text_at(same, "rule", NULL), "unrelated: ", 11), 0);
}

/* Every reason has advice: a NULL would be no key. */
static void every_reason_has_a_remedy(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_addr addr = addr_of("192.0.2.10");

	(void)state;
	for (unsigned i = 0; i < VG_REASON_MAX; i++) {
		struct vg_answer answer = { .bind = vg_judgement_of(i), .announce = vg_judgement_of(i) };
		json_auto_t *json = vg_explain_to_json(&(struct vg_ground){ .snapshot = snapshot }, &addr, &answer);

		assert_case(vg_reason_to_str(i), strlen(text_at(json, "remedy", NULL)) >= strlen("nothing to do"));
	}
}

static void add(json_t *check, const struct vg_snapshot *snapshot, const char *address, const char *link, const struct vg_who *who)
{
	struct vg_circumstances circumstances = { .now_ns = 1 };
	struct vg_link_addr bound = { .addr = addr_of(address), .prefix = 32, .ifindex = 2 };
	struct vg_answer answer = vg_judge(snapshot, &bound.addr, link, &circumstances);

	assert_int_equal(vg_check_add(check, &(struct vg_ground){ .snapshot = snapshot }, &bound, link, &answer, who), 0);
}

static void check_counts_binds_only(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_who who = { .pid = 812, .comm = "kube-vip" };
	json_auto_t *check = vg_check_new("cp1", "assignments");
	const json_t *findings = json_object_get(check, "findings");

	(void)state;
	add(check, snapshot, "192.0.2.2", "eth0", NULL);
	add(check, snapshot, "198.51.100.1", "eth0", NULL);
	assert_int_equal(json_array_size(findings), 0);
	add(check, snapshot, "192.0.2.10", "kube-ipvs0", NULL);
	assert_int_equal(json_array_size(findings), 1);
	assert_int_equal(vg_check_violations(check), 0);
	add(check, snapshot, "192.0.2.10", "eth0", &who);
	assert_int_equal(json_array_size(findings), 2);
	assert_int_equal(vg_check_violations(check), 1);
	assert_int_equal(json_integer_value(json_object_get(check, "bound")), 4);
	assert_null(json_object_get(json_array_get(findings, 0), "pid"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(findings, 1), "pid")), 812);
	assert_string_equal(text_at(json_array_get(findings, 1), "comm", NULL), "kube-vip");
}

static void text_forms(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = new_snapshot();
	struct vg_who who = { .pid = 812, .comm = "kube-\x1bvip" };
	json_auto_t *check = vg_check_new("cp1", "assignments");
	json_auto_t *list = json_array();
	char text[TEXT_MAX] = "";
	_cleanup_fclose_ FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	add(check, snapshot, "192.0.2.10", "eth0", &who);
	assert_int_equal(json_array_append_new(list, explain(snapshot, "192.0.2.10", NULL)), 0);
	vg_explain_print(out, list);
	vg_check_print(out, check);
	fflush(out);
	assert_int_equal(strncmp(text, "192.0.2.10\n  bind        violation (owner-never-binds)\n", 54), 0);
	assert_non_null(strstr(text, "  assigned to worker1,worker2\n"));
	assert_non_null(strstr(text, "  evidence    Assignment 192.0.2.10: nodes = [worker1, worker2] (line 3)\n"));
	assert_non_null(strstr(text, "192.0.2.10/32 on eth0, bound by kube-\\x1bvip[812]\n"));
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
		cmocka_unit_test(every_reason_has_a_remedy),
		cmocka_unit_test(check_counts_binds_only),
		cmocka_unit_test(text_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
