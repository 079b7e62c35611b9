/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"
#include "kern/detach.h"

int vg_cmd_detach(const struct vg_config_options *options)
{
	struct vg_error error = { .text = "" };
	int r = vg_detach(options->pin_dir, &error);

	if (r == -EBUSY)
		vg_log(VG_LOG_ERROR, "%s: stop it first", error.text);
	else if (r < 0)
		vg_log(VG_LOG_ERROR, "%s", error.text);
	else
		puts("nothing of vipguard is left in this kernel");
	return r < 0 ? VG_EXIT_BLIND : VG_EXIT_FINE;
}
