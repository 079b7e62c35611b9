/* SPDX-License-Identifier: Apache-2.0 */
#include "app/guard.h"
#include "cli/cli.h"

int vg_cmd_run(const struct vg_config_options *options)
{
	return vg_guard_run(options);
}
