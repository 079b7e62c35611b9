/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/show.h"
#include "cli/status_text.h"

int vg_cmd_status(const struct vg_config_options *options)
{
	json_auto_t *answer = NULL;
	int status = vg_show_ask(options, "GET", "/v1/status", &answer);

	if (status == VG_EXIT_FINE)
		vg_show_json(options, answer, vg_status_print);
	return status;
}
