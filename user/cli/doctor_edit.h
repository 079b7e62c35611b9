/* SPDX-License-Identifier: Apache-2.0 */
/* Where kube-vip's settings are changed: file and lines of a static Pod's manifest, or the command for what made the Pod. */
#ifndef CLI_DOCTOR_EDIT_H
#define CLI_DOCTOR_EDIT_H

#include <jansson.h>

#include "app/config.h"

/* Adds "edits" and "commands" to the findings that have them. -ENOMEM. */
int vg_doctor_edit(const struct vg_config_options *options, json_t *doctor);

#endif
