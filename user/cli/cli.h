/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands. Each gets its parsed options and returns its exit status. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "app/config.h"

enum vg_exit {
	VG_EXIT_FINE = 0,
	VG_EXIT_FINDINGS = 1,
	VG_EXIT_USAGE = 2, /* usage, configuration */
	VG_EXIT_BLIND = 3, /* could not look: privilege, kernel, source, no guard */
};

int vg_cmd_run(const struct vg_config_options *options);
int vg_cmd_check(const struct vg_config_options *options);
int vg_cmd_explain(const struct vg_config_options *options);
int vg_cmd_status(const struct vg_config_options *options);
int vg_cmd_watch(const struct vg_config_options *options);
int vg_cmd_cluster(const struct vg_config_options *options);
int vg_cmd_mode(const struct vg_config_options *options);
int vg_cmd_pause(const struct vg_config_options *options);
int vg_cmd_resume(const struct vg_config_options *options);
int vg_cmd_doctor(const struct vg_config_options *options);
int vg_cmd_evidence(const struct vg_config_options *options);
int vg_cmd_detach(const struct vg_config_options *options);
int vg_cmd_completion(const struct vg_config_options *options);
int vg_cmd_version(const struct vg_config_options *options);

#endif
