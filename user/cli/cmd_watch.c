/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "cli/watch_view.h"
#include "report/event.h"

struct watch {
	bool text;
	bool colour;
};

/* A line at once, not when a buffer is full: somebody is watching. */
static bool print_line(void *ctx, const char *line)
{
	const struct watch *watch = ctx;
	json_auto_t *event = watch->text ? json_loads(line, 0, NULL) : NULL;
	_cleanup_free_ char *text = event ? vg_event_to_text(event, watch->colour) : NULL;

	puts(text ? text : line);
	return fflush(stdout) == 0;
}

/* Lines, as a script or a pipe wants them. */
static int watch_lines(const struct vg_config_options *options)
{
	struct watch watch = { .text = options->output != VG_OUTPUT_JSON, .colour = vg_show_colour(options, STDOUT_FILENO) };
	struct vg_error error;
	int r = vg_client_watch(options->socket, print_line, &watch, &error);

	if (r == 0)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return vg_client_exit(r);
}

int vg_cmd_watch(const struct vg_config_options *options)
{
	bool view = options->output == VG_OUTPUT_VIEW && vg_terminal_is_there();

	return view ? vg_watch_view(options) : watch_lines(options);
}
