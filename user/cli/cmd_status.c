/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/dress.h"
#include "cli/show.h"
#include "cli/status_text.h"

/* As it is for whoever reads it by a program; wrapped to the terminal's width for a person. */
static int print(const struct vg_config_options *options, const json_t *status)
{
	struct winsize size = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return vg_log_errno(-ENOMEM, "cannot print");
	vg_status_print(out, status);
	if (fclose(out) != 0)
		return vg_log_errno(-ENOMEM, "cannot print");
	if (isatty(STDOUT_FILENO))
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	vg_dress(stdout, text, size.ws_col, vg_show_colour(options, STDOUT_FILENO));
	return 0;
}

int vg_cmd_status(const struct vg_config_options *options)
{
	json_auto_t *answer = NULL;
	int status = vg_show_ask(options, "GET", "/v1/status", &answer);

	if (status != VG_EXIT_FINE)
		return status;
	if (options->output != VG_OUTPUT_TEXT) {
		vg_show_json(options, answer, NULL);
		return VG_EXIT_FINE;
	}
	return print(options, answer) < 0 ? VG_EXIT_BLIND : VG_EXIT_FINE;
}
