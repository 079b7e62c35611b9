/* SPDX-License-Identifier: Apache-2.0 */
/* pause and resume: orders to the running guard. */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "report/json.h"

static void print_pause(FILE *out, const json_t *answer)
{
	fprintf(out, "paused for %.0f s, until %s: nothing is refused, dropped or removed; vipguard resume ends it\n",
		json_number_value(json_object_get(answer, "remaining_seconds")), vg_json_get_text(answer, "until"));
}

int vg_cmd_pause(const struct vg_config_options *options)
{
	json_auto_t *answer = NULL;
	char path[64];
	int status;

	if (!options->pause_ns) {
		vg_log(VG_LOG_ERROR, "pause: found no --for, expected --for TIME, such as --for 15m");
		return VG_EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "/v1/pause?for=%" PRIu64 "ns", options->pause_ns);
	status = vg_show_ask(options, "PUT", path, &answer);
	if (status == VG_EXIT_FINE)
		vg_show_json(options, answer, print_pause);
	return status;
}

static void print_resume(FILE *out, const json_t *answer)
{
	bool paused = json_is_true(json_object_get(answer, "paused"));
	json_int_t held = json_integer_value(json_object_get(answer, "held"));

	if (paused)
		fputs("the pause is over\n", out);
	if (held)
		fprintf(out, "the breaker lets go of %" JSON_INTEGER_FORMAT " addresses\n", held);
	if (!paused && !held)
		fputs("there was nothing to resume\n", out);
}

int vg_cmd_resume(const struct vg_config_options *options)
{
	json_auto_t *answer = NULL;
	int status = vg_show_ask(options, "PUT", "/v1/resume", &answer);

	if (status == VG_EXIT_FINE)
		vg_show_json(options, answer, print_resume);
	return status;
}
