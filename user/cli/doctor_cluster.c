/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/doctor_edit.h"
#include "cli/picture.h"
#include "cli/picture_live.h"
#include "core/verdict.h"
#include "kube/dump.h"
#include "report/doctor.h"
#include "report/json.h"

static int add_diagnoses(const struct vg_ground *ground, const struct vg_diagnoses *diagnoses, json_t *doctor)
{
	int r = 0;

	for (size_t i = 0; i < diagnoses->n && r == 0; i++)
		r = vg_doctor_add(doctor, ground, &diagnoses->list[i]);
	return r;
}

static int add_findings(const json_t *check, json_t *doctor, size_t *left_out)
{
	json_t *finding;
	size_t i, n = 0;
	int r = 0;

	json_array_foreach(json_object_get(check, "findings"), i, finding)
	{
		if (strcmp(vg_json_get_text(json_object_get(finding, "bind"), "verdict"), vg_verdict_to_str(VG_VIOLATION)))
			continue;
		if (r == 0 && n++ < VG_DIAGNOSES_ALIKE)
			r = vg_doctor_add_bind(doctor, finding);
	}
	*left_out += n > VG_DIAGNOSES_ALIKE ? n - VG_DIAGNOSES_ALIKE : 0;
	return r;
}

/* What `check` would find, in as many findings as of any other kind. */
static int add_binds(const struct vg_picture *picture, json_t *doctor, size_t *left_out)
{
	json_auto_t *check = vg_check_new(NULL, NULL);
	int r = check ? 0 : -ENOMEM;

	for (size_t i = 0; i < picture->n && r == 0; i++) {
		const struct vg_listed_addr *listed = &picture->addrs[i];
		struct vg_answer answer = vg_judge(picture->snapshot, &listed->bound.addr, listed->ifname, &picture->circumstances);

		if (answer.bind.verdict == VG_VIOLATION)
			r = vg_check_add(check, &picture->ground, &listed->bound, listed->ifname, &answer, NULL);
	}
	return r == 0 ? add_findings(check, doctor, left_out) : r;
}

static void add_forbidden(const struct vg_live_trouble *trouble, struct vg_diagnoses *diagnoses)
{
	for (size_t i = 0; i < trouble->n; i++) {
		struct vg_diagnosis *diagnosis = vg_diagnose(diagnoses, VG_AIL_NOT_READABLE);

		if (diagnosis)
			diagnosis->evidence.value = trouble->forbidden[i];
	}
}

/* is_here: the picture is that of the node that this runs on. */
static int examine(const struct vg_picture *picture, bool is_here, const struct vg_live_trouble *trouble, json_t *doctor, size_t *left_out)
{
	const struct vg_inventory_ground ground = {
		.snapshot = picture->snapshot, .cluster = picture->cluster, .circumstances = picture->circumstances, .now = picture->ground.now
	};
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;
	VG_CLEANUP(vg_diagnoses_deinit) struct vg_diagnoses diagnoses = { .n = 0 };
	int r = vg_diagnoses_init(&diagnoses);

	if (r == 0)
		r = vg_inventory_new(&ground, &inventory);
	if (r == 0)
		r = vg_doctor_cluster(inventory, is_here, &diagnoses);
	if (r == 0)
		add_forbidden(trouble, &diagnoses);
	if (r == 0)
		r = add_diagnoses(&picture->ground, &diagnoses, doctor);
	*left_out += diagnoses.left_out;
	return r == 0 ? add_binds(picture, doctor, left_out) : r;
}

static int finish(int r)
{
	if (r == 0)
		return VG_EXIT_FINE;
	vg_log_errno(r, "cannot look at the cluster");
	return VG_EXIT_BLIND;
}

static int look_at_files(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	const struct vg_live_trouble none = { .n = 0 };
	int status = vg_picture_read(options, &picture), r;

	if (status == VG_EXIT_FINE && vg_picture_is_amended(options))
		status = vg_picture_amend(options, &picture);
	if (status != VG_EXIT_FINE)
		return status;
	r = vg_doctor_looked(doctor, VG_PART_CLUSTER, picture.cluster ? "objects" : "assignments");
	return finish(r < 0 ? r : examine(&picture, options->addresses, &none, doctor, left_out));
}

static int look_at_api(const struct vg_config_options *options, struct vg_access *access, json_t *doctor, size_t *left_out)
{
	VG_CLEANUP(vg_live_trouble_deinit) struct vg_live_trouble trouble = { .n = 0 };
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	struct vg_error error = { .text = "" };
	int status = vg_picture_read_live(options, access, &picture, &trouble, &error), r;

	if (status != VG_EXIT_FINE) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		r = vg_doctor_not_looked(doctor, VG_PART_CLUSTER, error.text);
		return r < 0 ? finish(r) : status;
	}
	r = vg_doctor_looked(doctor, VG_PART_CLUSTER, "kubernetes");
	return finish(r < 0 ? r : examine(&picture, true, &trouble, doctor, left_out));
}

/* What a guard that runs knows: the cluster, but of the Pods only this node's and MetalLB's. False: none answers, or it has no cluster. */
static bool ask_guard(const struct vg_config_options *options, json_t *doctor, size_t *left_out, int *ret_status)
{
	json_auto_t *said = NULL, *check = NULL;
	struct vg_error error;
	int r = vg_client_call(options->socket, "GET", "/v1/doctor", &error, &said);

	if (r < 0 || !json_object_get(json_object_get(said, "looked_at"), vg_part_to_str(VG_PART_CLUSTER)))
		return false;
	r = vg_client_call(options->socket, "GET", "/v1/check", &error, &check);
	if (r == 0)
		r = vg_doctor_looked(doctor, VG_PART_CLUSTER, "the guard that runs");
	if (r == 0)
		r = vg_doctor_take(doctor, said);
	if (r == 0)
		r = add_findings(check, doctor, left_out);
	*left_out += (size_t)json_integer_value(json_object_get(said, "left_out"));
	*ret_status = finish(r);
	return true;
}

/* Without the API: what this host's static Pods say of themselves. */
static int read_manifests(const struct vg_config_options *options, struct vg_cluster *cluster, const struct vg_moment *now)
{
	const char *folder;
	int pods = 0;

	for (size_t i = 0; (folder = vg_manifests_of_options(options, i)); i++) {
		int r = vg_dump_read_manifests(cluster, VG_REFLECTOR_MANIFESTS, folder, options->node, now);

		if (r < 0 && options->manifests.n)
			vg_log_errno(r, "cannot read the static Pods in %s", folder);
		pods += r > 0 ? r : 0;
	}
	return pods;
}

static int look_at_manifests(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	const struct vg_moment now = { .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	VG_CLEANUP(vg_diagnoses_deinit) struct vg_diagnoses diagnoses = { .n = 0 };
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = NULL;
	struct vg_ground ground = { .now = now };
	int r = vg_diagnoses_init(&diagnoses);

	if (r == 0)
		r = vg_cluster_new(options->node, &cluster);
	if (r < 0)
		return finish(r);
	r = vg_doctor_not_looked(doctor, VG_PART_CLUSTER, "no source: give --kubeconfig FILE or --objects FILE, or run in a Pod");
	if (r == 0 && read_manifests(options, cluster, &now) > 0)
		r = vg_doctor_looked(doctor, VG_PART_CLUSTER, "static Pods alone");
	ground.cluster = cluster;
	vg_doctor_manifests(cluster, &diagnoses);
	*left_out += diagnoses.left_out;
	return finish(r < 0 ? r : add_diagnoses(&ground, &diagnoses, doctor));
}

static int look(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	struct vg_access *access = NULL;
	struct vg_error error;
	int status;

	if (options->objects.n || (options->assignments && !options->kubeconfig))
		return look_at_files(options, doctor, left_out);
	if (vg_access_of_options(options, &error, &access) == 0)
		return look_at_api(options, access, doctor, left_out);
	if (!options->kubeconfig)
		return ask_guard(options, doctor, left_out, &status) ? status : look_at_manifests(options, doctor, left_out);
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return VG_EXIT_USAGE;
}

int vg_doctor_look_at_cluster(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	int status = look(options, doctor, left_out), r = vg_doctor_edit(options, doctor);

	return r < 0 ? finish(r) : status;
}
