/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show.h"

#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"

int vg_show_ask(const struct vg_config_options *options, const char *method, const char *path, json_t **ret_json)
{
	struct vg_error error;
	int r = vg_client_call(options->socket, method, path, &error, ret_json);

	if (r == 0)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return vg_client_exit(r);
}

void vg_show_json(const struct vg_config_options *options, const json_t *json, void (*print)(FILE *out, const json_t *json))
{
	if (options->output == VG_OUTPUT_TEXT) {
		print(stdout, json);
		return;
	}
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

bool vg_show_colour(const struct vg_config_options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (options->color != VG_COLOR_AUTO)
		return options->color == VG_COLOR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}
