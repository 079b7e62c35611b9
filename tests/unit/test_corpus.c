/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement cases (tests/judgement) in this process, so that sanitizers see what they do to the reducer and the rules. The
 * command line itself is for tests/judgement/run.py. Run in the repository's root.
 */
#include "cluster_world.h"

#include <dirent.h>
#include <jansson.h>

#include "cli/picture.h"

#define FOLDER "tests/judgement"
#define CASES_MIN 93

static unsigned seen[VG_REASON_MAX];

static bool allows(const json_t *want, const char *got)
{
	size_t i;
	json_t *one;

	if (!want)
		return true;
	if (json_is_string(want))
		return !strcmp(json_string_value(want), got);
	json_array_foreach(want, i, one)
	{
		if (!strcmp(json_string_value(one), got))
			return true;
	}
	return false;
}

static void check_half(const char *name, const char *address, const json_t *want, const struct vg_judgement *got)
{
	const char *verdict = vg_verdict_to_str(got->verdict), *reason = vg_reason_to_str(got->reason);

	if (!want)
		return;
	if (!allows(json_object_get(want, "verdict"), verdict) || !allows(json_object_get(want, "reason"), reason))
		fail_msg("%s: %s: %s %s", name, address, verdict, reason);
}

static void check_nodes(const char *name, const json_t *query, const struct vg_assignment *assignment)
{
	const json_t *nodes = json_object_get(query, "assigned_nodes"), *owner = json_object_get(query, "owner");
	json_t *node;
	size_t i;

	if (owner && (!assignment || !assignment->owner || strcmp(assignment->owner, json_string_value(owner))))
		fail_msg("%s: %s: owner", name, json_string_value(json_object_get(query, "address")));
	json_array_foreach(nodes, i, node) assert_case(name, assignment && vg_assignment_names(assignment, json_string_value(node)));
	assert_case(name, !nodes || assignment->n_nodes == json_array_size(nodes));
}

/* A verdict of it is told in full: the rule, evidence, what would change it, and a remedy if and only if something is wrong. */
static void check_told(const char *name, const struct vg_picture *picture, const json_t *query, const struct vg_addr *addr,
		       const struct vg_answer *answer)
{
	const char *link = json_string_value(json_object_get(query, "link"));
	json_auto_t *json = vg_explain_to_json(&picture->ground, addr, link, answer, NULL);
	size_t n_evidence = json_array_size(json_object_get(json, "evidence")), n_remedies = json_array_size(json_object_get(json, "remedies")), i;
	bool by_link = answer->bind.reason == VG_SERVICE_DUMMY || answer->bind.reason == VG_NODE_ADDRESS,
	     unrelated = answer->announce.reason == VG_NO_SERVICE;
	enum vg_reason reasons[] = { answer->bind.reason, answer->announce.reason };
	bool wrong = false, fine = true;
	json_t *one;

	assert_case(name, json_is_string(json_object_get(json, "rule")) && json_array_size(json_object_get(json, "would_change")) > 0);
	assert_case(name, n_evidence > 0 || unrelated || by_link);
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		enum vg_verdict verdict = vg_reason_verdict(reasons[i]);

		seen[reasons[i]]++;
		wrong = wrong || verdict == VG_VIOLATION || (verdict == VG_UNKNOWN && reasons[i] != VG_IN_TRANSITION);
		fine = fine && (verdict == VG_ALLOWED || verdict == VG_UNRELATED || reasons[i] == VG_IN_TRANSITION);
	}
	if (wrong == (n_remedies == 0) && (wrong || fine))
		fail_msg("%s: %s: %zu remedies", name, json_string_value(json_object_get(query, "address")), n_remedies);
	json_array_foreach(json_object_get(json, "evidence"), i, one)
		assert_case(name, json_object_get(one, "name") || json_object_get(one, "missing"));
}

static void check_query(const char *name, const struct vg_picture *picture, const json_t *query)
{
	const char *address = json_string_value(json_object_get(query, "address"));
	struct vg_addr addr = addr_of(address);
	struct vg_answer answer = vg_judge(picture->snapshot, &addr, json_string_value(json_object_get(query, "link")), &picture->circumstances);

	check_half(name, address, json_object_get(query, "bind"), &answer.bind);
	check_half(name, address, json_object_get(query, "announce"), &answer.announce);
	check_nodes(name, query, answer.assignment);
	check_told(name, picture, query, &addr, &answer);
}

static void check_case(const char *name)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	struct vg_config_options options = { .grace_ns = VG_GRACE_NS_DEFAULT };
	char path[512], objects[512], addresses[512];
	char *paths[] = { objects };
	json_auto_t *spec = NULL;
	json_t *query;
	size_t i;

	snprintf(path, sizeof(path), FOLDER "/%s/case.json", name);
	snprintf(objects, sizeof(objects), FOLDER "/%s/objects.json", name);
	snprintf(addresses, sizeof(addresses), FOLDER "/%s/addresses.json", name);
	spec = json_load_file(path, 0, NULL);
	assert_case(name, spec);
	assert_case(name, vg_time_parse_rfc3339(json_string_value(json_object_get(spec, "now")), &options.now_real_ns) == 0);
	options.node = (char *)(uintptr_t)json_string_value(json_object_get(spec, "node"));
	options.objects.list = paths;
	options.objects.n = 1;
	options.addresses = addresses;
	assert_case(name, vg_picture_read(&options, &picture) == 0);
	json_array_foreach(json_object_get(spec, "queries"), i, query) check_query(name, &picture, query);
}

static void cases(void **state)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	size_t n = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		check_case(entry->d_name);
		n++;
	}
	closedir(folder);
	assert_true(n >= CASES_MIN);
	/* the operator's list is none of the objects', and a file is never stale */
	for (unsigned i = 0; i < VG_REASON_MAX; i++)
		assert_case(vg_reason_to_str(i), seen[i] || i == VG_PROTECT_LIST || i == VG_STALE_SOURCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
