/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "conf/text.h"
#include "core/verdict.h"
#include "report/json.h"

static void print_mode(FILE *out, const json_t *answer)
{
	fprintf(out, "mode is %s until the guard restarts\n", vg_json_get_text(answer, "mode"));
}

int vg_cmd_mode(const struct vg_config_options *options)
{
	json_auto_t *answer = NULL;
	char path[64], quote[VG_QUOTE_MAX];
	enum vg_mode mode;
	int status;

	if (vg_mode_from_str(options->args[0], &mode) < 0) {
		vg_text_quote(options->args[0], quote);
		vg_log(VG_LOG_ERROR, "mode: found %s, expected audit or enforce", quote);
		return VG_EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "/v1/mode?mode=%s", vg_mode_to_str(mode));
	status = vg_show_ask(options, "PUT", path, &answer);
	if (status == VG_EXIT_FINE)
		vg_show_json(options, answer, print_mode);
	return status;
}
