/* SPDX-License-Identifier: Apache-2.0 */
/* The table of ailments beside what depends on it: the kernel's features, the words, docs/doctor.md. Run in the repository's root. */
#include "inventory_world.h"

#include <jansson.h>

#include "conf/file.h"
#include "kern/survey.h"
#include "report/doctor.h"
#include "report/json.h"

#define PAGE "docs/doctor.md"

static void test_each_feature_is_an_ailment_and_each_of_the_kernel_a_feature(void **state)
{
	size_t n = 0;

	(void)state;
	for (int i = 0; i < VG_FEATURE_MAX; i++) {
		const char *name = vg_feature_to_str((enum vg_feature)i);
		enum vg_ailment ailment;
		char id[64];

		snprintf(id, sizeof(id), "kernel-%s", name);
		assert_case(id, vg_ailment_from_str(id, &ailment) == 0 && vg_ailment_part(ailment) == VG_PART_KERNEL);
	}
	for (int i = 0; i < VG_AIL_MAX; i++)
		n += vg_ailment_part((enum vg_ailment)i) == VG_PART_KERNEL;
	assert_int_equal(n, VG_FEATURE_MAX + 1); /* and kernel-privileges */
}

/* "\n### id\n" each, and nothing that is not in the table. */
static void test_the_page_has_an_entry_for_each_id_and_no_other(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct vg_error error;
	size_t size, n = 0;
	const char *at;

	(void)state;
	if (vg_file_read(PAGE, &error, &text, &size) < 0)
		fail_msg("%s", error.text);
	for (int i = 0; i < VG_AIL_MAX; i++) {
		char head[80];

		snprintf(head, sizeof(head), "\n### %s\n", vg_ailment_to_str((enum vg_ailment)i));
		assert_case(head, strstr(text, head));
	}
	for (at = text; (at = strstr(at, "\n### ")); at++)
		n++;
	assert_int_equal(n, VG_AIL_MAX);
}

/* Of whatever is found something is said, with nothing left to fill in. */
static void test_each_has_its_words(void **state)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, "kube-system/kube-vip-cp1"), .node = "cp1" };
	const struct vg_ground ground = { .snapshot = NULL };

	(void)state;
	for (int i = VG_AIL_PRIVILEGES; i < VG_AIL_MAX; i++) {
		struct vg_diagnosis diagnosis = { .ailment = (enum vg_ailment)i, .count = 2, .addr = addr_of(VIP), .link = "eth0" };
		_cleanup_free_ char *what = NULL, *change = NULL;
		struct vg_known_fault fault = { "does it", "v1 or later" };

		if (i == VG_AIL_WRONG_BIND) /* check's words */
			continue;
		if (i == VG_AIL_KUBE_VIP_VERSION || i == VG_AIL_METALLB_VERSION)
			diagnosis.fault = &fault;
		diagnosis.evidence =
			(struct vg_evidence){ .object = &pod.object, .kind = VG_KIND_POD, .field = "field", .value = "value", .about = &pod.object };
		diagnosis.conflict = (struct vg_conflict){
			.object = &pod.object, .other = &pod.object, .name = "pool", .first = addr_of(VIP), .last = addr_of(VIP)
		};
		what = vg_doctor_what(&ground, &diagnosis);
		change = vg_doctor_change(&ground, &diagnosis);
		assert_case(vg_ailment_to_str((enum vg_ailment)i), what && *what && !strchr(what, '{'));
		assert_case(vg_ailment_to_str((enum vg_ailment)i), change && *change && strncmp(change, "or ", 3));
		assert_case(vg_ailment_to_str((enum vg_ailment)i),
			    !strstr(change, "{object}") && !strstr(change, "{pod-node}") && !strstr(change, "{link}"));
		assert_case(vg_ailment_to_str((enum vg_ailment)i), *vg_doctor_why(&diagnosis));
	}
}

static size_t count(const json_t *doctor, const char *id)
{
	size_t i, n = 0;
	json_t *finding;

	json_array_foreach(json_object_get(doctor, "findings"), i, finding) n += !strcmp(vg_json_get_text(finding, "id"), id);
	return n;
}

static void add(json_t *doctor, const char *feature, const char *state, const char *why)
{
	assert_int_equal(vg_doctor_add_feature(doctor, feature, state, why, "loss", "cure"), 0);
}

/* What lacks for one reason is cured once. */
static void test_features_that_lack_for_one_reason_are_one_finding(void **state)
{
	json_auto_t *doctor = vg_doctor_new("cp1");

	(void)state;
	add(doctor, "btf", "yes", "");
	add(doctor, "tracing", "no", "there is no trampoline");
	add(doctor, "kprobe", "not-needed", "");
	add(doctor, "deny", "no", "it needs tracing");
	add(doctor, "past", "no", "there is no trampoline");
	add(doctor, "clsact", "no", "there is no trampoline"); /* weighs more */
	add(doctor, "pins", "no", "no bpffs");
	add(doctor, "tcx", "unknown", "who knows");
	assert_int_equal(vg_doctor_finish(doctor, 3), 0);
	assert_int_equal(count(doctor, "kernel-tracing") + count(doctor, "kernel-clsact") + count(doctor, "kernel-pins"), 3);
	assert_int_equal(json_array_size(json_object_get(doctor, "findings")), 3);
	assert_int_equal(json_array_size(json_object_get(doctor, "kernel")), 8);
	assert_string_equal(vg_json_get_text(json_array_get(json_object_get(doctor, "findings"), 0), "id"), "kernel-clsact");
	assert_int_equal(json_integer_value(json_object_get(doctor, "faults")), 1);
	assert_int_equal(vg_doctor_grave(doctor), 3);
	assert_int_equal(json_integer_value(json_object_get(doctor, "left_out")), 3);
}

/* Whatever this machine is, each feature has an answer, and what is missing a reason. */
static void test_a_survey_is_whole(void **state)
{
	struct vg_survey survey;

	(void)state;
	vg_survey("/nowhere/vipguard", &survey);
	for (int i = 0; i < VG_FEATURE_MAX; i++) {
		bool plain = survey.of[i].sight == VG_SIGHT_YES || survey.of[i].sight == VG_SIGHT_NOT_NEEDED;

		assert_case(vg_feature_to_str((enum vg_feature)i), vg_sight_to_str(survey.of[i].sight));
		assert_case(vg_feature_to_str((enum vg_feature)i), plain == !survey.of[i].why[0]);
	}
	assert_int_equal(survey.of[VG_FEATURE_PINS].sight, VG_SIGHT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_feature_is_an_ailment_and_each_of_the_kernel_a_feature),
		cmocka_unit_test(test_the_page_has_an_entry_for_each_id_and_no_other),
		cmocka_unit_test(test_each_has_its_words),
		cmocka_unit_test(test_features_that_lack_for_one_reason_are_one_finding),
		cmocka_unit_test(test_a_survey_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
