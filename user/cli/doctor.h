/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `vipguard doctor`; each adds to the document (report/doctor.h) and returns an exit status. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <jansson.h>

#include "app/config.h"

/* This machine: the kernel's features, by the guard that runs or by what can be read; the links' settings. */
int vg_doctor_look_at_node(const struct vg_config_options *options, json_t *doctor, size_t *left_out);
/* The cluster: by files, by the API, or as far as the static Pods of this host tell. */
int vg_doctor_look_at_cluster(const struct vg_config_options *options, json_t *doctor, size_t *left_out);

#endif
