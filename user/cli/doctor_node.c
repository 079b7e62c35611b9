/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/node_text.h"
#include "kern/alone.h"
#include "kern/look.h"
#include "kern/survey.h"
#include "report/doctor.h"
#include "report/json.h"

static int add_feature(json_t *doctor, enum vg_feature feature, const char *state, const char *why, const char *cure)
{
	return vg_doctor_add_feature(doctor, vg_feature_to_str(feature), state, why, vg_feature_loss(feature), cure ?: vg_feature_cure(feature));
}

/* What the kernel has and the guard was refused: it lacks a capability, or a sandbox is in the way. */
static const char *cure_for(const struct vg_survey *survey, enum vg_feature feature, const char *why)
{
	const char *refused = strerror(EPERM);

	if (survey->of[feature].sight != VG_SIGHT_YES || strncmp(why, refused, strlen(refused)))
		return survey->of[feature].cure;
	return "the kernel has it, and refuses the guard: give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, and a seccomp or LSM profile that passes "
	       "bpf(2)";
}

/* A guard has tried for real. */
static int add_hooks(json_t *doctor, const json_t *hooks, const struct vg_survey *survey)
{
	int r = vg_doctor_looked(doctor, VG_PART_KERNEL, "the guard that runs");

	for (int i = 0; i < VG_FEATURE_MAX && r == 0; i++) {
		const json_t *hook = json_object_get(hooks, vg_feature_to_str((enum vg_feature)i));
		const char *state = json_is_true(json_object_get(hook, "ok"))	     ? "yes"
				    : json_is_false(json_object_get(hook, "needed")) ? "not-needed"
										     : "no";

		const char *why = vg_json_get_text(hook, "why");

		if (hook)
			r = add_feature(doctor, (enum vg_feature)i, state, why, cure_for(survey, (enum vg_feature)i, why));
	}
	return r;
}

static int add_diagnoses(json_t *doctor, const struct vg_diagnoses *diagnoses)
{
	const struct vg_ground ground = { .snapshot = NULL };
	int r = 0;

	for (size_t i = 0; i < diagnoses->n && r == 0; i++)
		r = vg_doctor_add(doctor, &ground, &diagnoses->list[i]);
	return r;
}

static int add_survey(json_t *doctor, const struct vg_survey *survey, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis = *survey->privileges ? vg_diagnose(diagnoses, VG_AIL_PRIVILEGES) : NULL;
	int r = vg_doctor_looked(doctor, VG_PART_KERNEL, "what can be read");

	if (diagnosis)
		diagnosis->evidence.value = survey->privileges;
	for (int i = 0; i < VG_FEATURE_MAX && r == 0; i++)
		r = add_feature(doctor, (enum vg_feature)i, vg_sight_to_str(survey->of[i].sight), survey->of[i].why, survey->of[i].cure);
	return r;
}

struct view {
	json_t *status; /* of the guard; NULL: none answers */
	struct vg_survey survey;
	struct vg_link_settings *links;
	struct vg_node_facts facts;
};

static void ask_guard(const struct vg_config_options *options, struct view *view)
{
	struct vg_error error;
	uint64_t netns;
	int r = vg_client_call(options->socket, "GET", "/v1/status", &error, &view->status);

	if (r < 0)
		vg_log(VG_LOG_INFO, "%s", error.text);
	netns = (uint64_t)json_integer_value(json_object_get(view->status, "netns"));
	view->facts.socket = options->socket;
	view->facts.guard_answers = r == 0;
	view->facts.guard_named = r < 0 && (r == -EACCES || vg_alone_is_held());
	view->facts.guard_elsewhere = r == 0 && netns && vg_node_netns() && netns != vg_node_netns();
}

static int add_node(json_t *doctor, struct view *view, struct vg_diagnoses *diagnoses)
{
	struct vg_error error;

	if (vg_look_at_links(&error, &view->links, &view->facts.n_links) < 0)
		return vg_doctor_not_looked(doctor, VG_PART_NODE, error.text);
	view->facts.links = view->links;
	view->facts.tcx = view->survey.of[VG_FEATURE_TCX].sight == VG_SIGHT_YES;
	vg_doctor_node(&view->facts, diagnoses);
	return vg_doctor_looked(doctor, VG_PART_NODE, "/proc/sys and rtnetlink");
}

static int look(const struct vg_config_options *options, json_t *doctor, struct view *view, size_t *left_out)
{
	struct vg_diagnoses diagnoses = { .n = 0 };
	int r = vg_diagnoses_init(&diagnoses);

	if (r == 0) {
		ask_guard(options, view);
		vg_survey(options->pin_dir, &view->survey);
		r = view->facts.guard_answers ? add_hooks(doctor, json_object_get(view->status, "hooks"), &view->survey)
					      : add_survey(doctor, &view->survey, &diagnoses);
	}
	if (r == 0)
		r = add_node(doctor, view, &diagnoses);
	if (r == 0)
		r = add_diagnoses(doctor, &diagnoses);
	*left_out += diagnoses.left_out;
	vg_diagnoses_deinit(&diagnoses);
	return r;
}

int vg_doctor_look_at_node(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	struct view view = { .status = NULL };
	int r = look(options, doctor, &view, left_out);

	json_decref(view.status);
	free(view.links);
	if (r == 0)
		return VG_EXIT_FINE;
	vg_log_errno(r, "cannot look at this node");
	return VG_EXIT_BLIND;
}
