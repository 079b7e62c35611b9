/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/gather.h"
#include "report/json.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)

struct reading {
	FILE *file;
	size_t n;
};

/* json_load_callback_t; a file, or a pipe, of any size is read as far as is kept. */
static size_t read_more(void *buffer, size_t size, void *ctx)
{
	struct reading *reading = ctx;
	size_t n = fread(buffer, 1, size, reading->file);

	reading->n += n;
	return reading->n > FILE_BYTES_MAX || ferror(reading->file) ? (size_t)-1 : n;
}

/* A file that is wrong is a guard that was not read: the others are shown, and that one is named. */
static int add_file(struct vg_overview *view, const char *path)
{
	struct reading reading = { .file = fopen(path, "re") };
	json_auto_t *report = NULL;
	struct vg_error why;
	json_error_t error;

	if (!reading.file)
		return vg_overview_fail(view, path, "", strerror(errno));
	report = json_load_callback(read_more, &reading, 0, &error);
	if (reading.n > FILE_BYTES_MAX)
		vg_error_set(&why, 0, "larger than %d MiB", FILE_BYTES_MAX >> 20);
	else if (ferror(reading.file))
		vg_error_set(&why, 0, "%s", strerror(errno));
	else
		vg_error_set(&why, 0, "no JSON: line %d: %.200s", error.line, error.text);
	fclose(reading.file);
	return report ? vg_overview_add(view, path, report) : vg_overview_fail(view, path, "", why.text);
}

static int read_all(const struct vg_config_options *options, struct vg_overview *view)
{
	struct vg_error error = { .text = "" };
	int r = 0;

	if (!options->n_args) {
		r = vg_gather(options, view, &error);
		if (r < 0)
			vg_log(VG_LOG_ERROR, "%s", error.text);
		return r;
	}
	for (size_t i = 0; i < options->n_args && r == 0; i++)
		r = add_file(view, options->args[i]);
	return r < 0 ? vg_log_errno(r, "cannot read the reports") : 0;
}

static void print(const struct vg_config_options *options, const json_t *json)
{
	if (options->output == VG_OUTPUT_JSON) {
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (options->output == VG_OUTPUT_MARKDOWN) {
		vg_overview_print_markdown(stdout, json);
	} else {
		vg_overview_print_text(stdout, json);
	}
}

int vg_cmd_cluster(const struct vg_config_options *options)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = NULL;
	json_auto_t *json = NULL;

	if (vg_overview_new(vg_time_real_ns(), &view) < 0 || read_all(options, view) < 0)
		return VG_EXIT_BLIND;
	json = vg_overview_to_json(view);
	if (!json) {
		vg_log_errno(-ENOMEM, "cannot put it together");
		return VG_EXIT_BLIND;
	}
	print(options, json);
	if (json_integer_value(json_object_get(json, "read")) == 0)
		return VG_EXIT_BLIND;
	return json_integer_value(json_object_get(json, "disagreements")) > 0 ? VG_EXIT_FINDINGS : VG_EXIT_FINE;
}
