/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/picture.h"
#include "cli/show.h"
#include "report/doctor.h"

static int no_memory(void)
{
	vg_log_errno(-ENOMEM, "cannot say what is wrong");
	return VG_EXIT_BLIND;
}

/* A dump is mostly read elsewhere: what that machine is like says nothing of the cluster's nodes. */
static int look(const struct vg_config_options *options, json_t *doctor, size_t *left_out)
{
	static const char elsewhere[] = "--objects is a cluster's, and may be read on any machine; run doctor on the node for this";
	int status = VG_EXIT_FINE, cluster;

	if (!options->objects.n)
		status = vg_doctor_look_at_node(options, doctor, left_out);
	else if (vg_doctor_not_looked(doctor, VG_PART_KERNEL, elsewhere) < 0 || vg_doctor_not_looked(doctor, VG_PART_NODE, elsewhere) < 0)
		return no_memory();
	cluster = vg_doctor_look_at_cluster(options, doctor, left_out);
	return status == VG_EXIT_FINE ? cluster : status;
}

/* Two sources of one cluster: neither is silently left out. */
static int refuse_flags(const struct vg_config_options *options)
{
	if (!options->objects.n || !options->kubeconfig)
		return vg_picture_refuse_flags(options);
	vg_log(VG_LOG_ERROR, "found --objects and --kubeconfig, expected one of them: a dump, or the API");
	return VG_EXIT_USAGE;
}

int vg_cmd_doctor(const struct vg_config_options *options)
{
	json_auto_t *doctor = vg_doctor_new(options->node);
	int status = refuse_flags(options);
	size_t left_out = 0;

	if (status != VG_EXIT_FINE)
		return status;
	if (!doctor)
		return no_memory();
	status = look(options, doctor, &left_out);
	if (status == VG_EXIT_USAGE)
		return status;
	if (vg_doctor_finish(doctor, left_out) < 0)
		return no_memory();
	vg_show_json(options, doctor, vg_doctor_print);
	if (status != VG_EXIT_FINE)
		return status;
	return vg_doctor_grave(doctor) ? VG_EXIT_FINDINGS : VG_EXIT_FINE;
}
