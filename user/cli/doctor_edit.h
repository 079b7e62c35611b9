/* SPDX-License-Identifier: Apache-2.0 */
/* Where kube-vip's settings are changed: file and lines of a static Pod's manifest, or the command for what made the Pod. */
#ifndef CLI_DOCTOR_EDIT_H
#define CLI_DOCTOR_EDIT_H

#include <jansson.h>

#include "app/config.h"
#include "core/doctor.h"

/* Adds "edits" and "commands" to the finding, and Pods that are set up alike to its evidence. -ENOMEM. */
int vg_doctor_edit(const struct vg_config_options *options, const struct vg_cluster *cluster, const struct vg_diagnosis *diagnosis, json_t *finding);

#endif
