/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard knows of its cluster, as `doctor` tells it. */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "core/doctor.h"
#include "report/doctor.h"
#include "report/inventory.h"

struct refusals {
	struct vg_diagnoses *diagnoses;
	char text[VG_DIAGNOSES_ALIKE][VG_ERROR_MAX];
	size_t n;
};

static void on_reflector(void *ctx, const struct vg_reflector_status *status)
{
	struct refusals *refusals = ctx;
	struct vg_diagnosis *diagnosis;

	if (strcmp(status->state, "forbidden"))
		return;
	diagnosis = vg_diagnose(refusals->diagnoses, VG_AIL_NOT_READABLE);
	if (!diagnosis)
		return;
	snprintf(refusals->text[refusals->n], VG_ERROR_MAX, "%s%s%s: forbidden: %s", status->info->plural, *status->info->group ? "." : "",
		 status->info->group, status->info->loss);
	diagnosis->evidence.value = refusals->text[refusals->n++];
}

static int find(const struct vg_guard *guard, const struct vg_ground *ground, struct vg_diagnoses *diagnoses)
{
	const struct vg_inventory_ground of = {
		.snapshot = ground->snapshot, .cluster = ground->cluster, .circumstances = vg_guard_circumstances(guard), .now = ground->now
	};
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;
	int r;

	vg_kern_busy(guard->kern); /* a large cluster takes its time */
	r = vg_inventory_new(&of, &inventory);
	return r < 0 ? r : vg_doctor_cluster(inventory, true, diagnoses);
}

static int fill(const struct vg_guard *guard, const struct vg_ground *ground, json_t *doctor)
{
	VG_CLEANUP(vg_diagnoses_deinit) struct vg_diagnoses diagnoses = { .n = 0 };
	_cleanup_free_ struct refusals *refusals = calloc(1, sizeof(*refusals));
	int r = refusals ? vg_diagnoses_init(&diagnoses) : -ENOMEM;

	if (r == 0)
		r = find(guard, ground, &diagnoses);
	if (r < 0)
		return r;
	refusals->diagnoses = &diagnoses;
	if (guard->kube)
		vg_kube_source_for_each(guard->kube, on_reflector, refusals);
	for (size_t i = 0; i < diagnoses.n && r == 0; i++)
		r = vg_doctor_add(doctor, ground, &diagnoses.list[i]);
	return r < 0 ? r : vg_doctor_finish(doctor, diagnoses.left_out);
}

json_t *vg_guard_doctor(void *ctx, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	json_auto_t *doctor = vg_doctor_new(guard->options->node);
	struct vg_assess_config config;
	struct vg_ground ground = vg_guard_ground(guard, &config);
	int r = doctor ? 0 : -ENOMEM;

	if (r == 0 && !ground.cluster)
		r = vg_doctor_not_looked(doctor, VG_PART_CLUSTER, "the guard has no cluster, or has not listed it yet");
	else if (r == 0)
		r = vg_doctor_looked(doctor, VG_PART_CLUSTER, "kubernetes");
	if (r == 0 && ground.cluster)
		r = fill(guard, &ground, doctor);
	if (r == 0)
		return TAKE_PTR(doctor);
	vg_error_set(ret_error, -ENOMEM, "out of memory");
	return NULL;
}
