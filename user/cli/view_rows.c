/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "cli/layout.h"
#include "cli/view.h"
#include "report/json.h"
#include "report/screen.h"

#define ROWS_MEASURED 512 /* a terminal has no more */

static enum vg_screen_state state_of(const json_t *vip)
{
	return vg_screen_state_from_str(vg_json_get_text(vip, "state"));
}

enum vg_look vg_view_look(const json_t *vip)
{
	static const enum vg_look looks[VG_SCREEN_STATE_MAX] = {
		[VG_SCREEN_WRONG] = VG_LOOK_BAD,       [VG_SCREEN_STOPPED] = VG_LOOK_WARNING, [VG_SCREEN_ENDED] = VG_LOOK_PLAIN,
		[VG_SCREEN_UNKNOWN] = VG_LOOK_WARNING, [VG_SCREEN_ALLOWED] = VG_LOOK_GOOD,    [VG_SCREEN_PROTECTED] = VG_LOOK_SAFE,
		[VG_SCREEN_ABSENT] = VG_LOOK_FAINT,
	};

	return looks[state_of(vip)];
}

void vg_time_short(const char *rfc3339, char out[16])
{
	uint64_t ns;
	time_t seconds;
	struct tm tm;

	out[0] = 0;
	if (vg_time_parse_rfc3339(rfc3339, &ns) < 0)
		return;
	seconds = (time_t)(ns / VG_NS_PER_SEC);
	if (localtime_r(&seconds, &tm))
		strftime(out, 16, "%H:%M:%S", &tm);
}

/* ---- one cell each */

static void put_mark(FILE *out, const json_t *vip)
{
	static const char marks[VG_SCREEN_STATE_MAX] = { '!', 'x', '.', '?', '+', '=', '-' };

	fputc(marks[state_of(vip)], out);
}

static void put_address(FILE *out, const json_t *vip)
{
	fputs(vg_json_get_text(vip, "address"), out);
}

static void put_state(FILE *out, const json_t *vip)
{
	fputs(vg_screen_state_word(state_of(vip)), out);
}

static void put_reason(FILE *out, const json_t *vip)
{
	fputs(vg_json_get_text(vip, "reason"), out);
}

static void put_here(FILE *out, const json_t *vip)
{
	const json_t *bound = json_object_get(vip, "bound");
	const char *comma = "";
	json_t *one;
	size_t i;

	json_array_foreach(bound, i, one)
	{
		fprintf(out, "%s%s", comma, vg_json_get_text(one, "interface"));
		comma = ",";
	}
	if (json_is_true(json_object_get(vip, "announced")))
		fprintf(out, "%sannounced", comma);
}

static void put_action(FILE *out, const json_t *vip)
{
	const char *action = vg_json_get_text(json_object_get(vip, "last"), "action");

	fputs(strcmp(action, "none") == 0 ? "" : action, out);
}

static void put_actor(FILE *out, const json_t *event)
{
	const char *pod = vg_json_get_text(event, "pod"), *comm = vg_json_get_text(event, "comm");
	const json_t *pid = json_object_get(event, "pid");

	if (*comm || pid)
		fprintf(out, "%s[%" JSON_INTEGER_FORMAT "]", comm, json_integer_value(pid));
	if (*pod)
		fprintf(out, " %s", pod);
}

static void put_last_actor(FILE *out, const json_t *vip)
{
	put_actor(out, json_object_get(vip, "actor"));
}

static void put_seen(FILE *out, const json_t *vip)
{
	char text[16];

	vg_time_short(vg_json_get_text(json_object_get(vip, "last"), "time"), text);
	fputs(text, out);
}

static void put_holder(FILE *out, const json_t *vip)
{
	const json_t *nodes = json_object_get(vip, "assigned_nodes");
	json_t *node;
	size_t i;

	if (nodes && !json_array_size(nodes))
		fputs("nobody", out);
	json_array_foreach(nodes, i, node) fprintf(out, "%s%s", i ? "," : "", json_string_value(node));
}

static void put_service(FILE *out, const json_t *vip)
{
	fputs(vg_json_get_text(vip, "service"), out);
}

/* By rank: left out first is the service, which the address tells; last of all the address. */
static const struct {
	const char *head;
	int rank, min, good;
	void (*put)(FILE *out, const json_t *vip);
} cells[VG_CELL_MAX] = {
	[VG_CELL_MARK] = { "", 1, 1, 1, put_mark },
	[VG_CELL_ADDRESS] = { "ADDRESS", 0, 15, 24, put_address },
	[VG_CELL_STATE] = { "VERDICT", 2, 9, 9, put_state },
	[VG_CELL_REASON] = { "REASON", 5, 13, 18, put_reason },
	[VG_CELL_HERE] = { "HERE", 4, 4, 9, put_here },
	[VG_CELL_ACTION] = { "ACTION", 8, 7, 12, put_action },
	[VG_CELL_ACTOR] = { "LAST ACTOR", 3, 10, 16, put_last_actor },
	[VG_CELL_SEEN] = { "SEEN", 7, 8, 8, put_seen },
	[VG_CELL_HOLDER] = { "HOLDER", 6, 7, 12, put_holder },
	[VG_CELL_SERVICE] = { "SERVICE", 9, 11, 16, put_service },
};

const char *vg_cell_head(enum vg_cell cell)
{
	return cells[cell].head;
}

static void print_cell(char out[VG_CELL_BYTES], void (*put)(FILE *out, const json_t *json), const json_t *json)
{
	FILE *file = fmemopen(out, VG_CELL_BYTES, "w");

	out[0] = 0;
	if (!file)
		return;
	put(file, json);
	fclose(file);
	out[VG_CELL_BYTES - 1] = 0;
}

void vg_cell_text(const json_t *vip, enum vg_cell cell, char out[VG_CELL_BYTES])
{
	print_cell(out, cells[cell].put, vip);
}

void vg_actor_text(const json_t *event, char out[VG_CELL_BYTES])
{
	print_cell(out, put_actor, event);
}

bool vg_view_matches(const json_t *vip, const char *filter)
{
	char text[VG_CELL_BYTES];

	for (int cell = VG_CELL_ADDRESS; *filter && cell < VG_CELL_MAX; cell++) {
		vg_cell_text(vip, cell, text);
		if (strcasestr(text, filter))
			return true;
	}
	return !*filter;
}

void vg_view_widths(const json_t *const *vips, size_t n, int columns, bool utf8, int ret_widths[VG_CELL_MAX])
{
	struct vg_layout_column layout[VG_CELL_MAX];
	char text[VG_CELL_BYTES];

	for (int cell = 0; cell < VG_CELL_MAX; cell++) {
		int widest = 0, head = (int)strlen(cells[cell].head);

		for (size_t i = 0; i < n && i < ROWS_MEASURED; i++) {
			int width;

			vg_cell_text(vips[i], cell, text);
			width = vg_text_width(text, utf8);
			widest = width > widest ? width : widest;
		}
		/* one that says nothing in no row has no place */
		layout[cell] =
			(struct vg_layout_column){ .rank = cells[cell].rank, .min = cells[cell].min, .good = cells[cell].good, .want = widest };
		if (widest && widest < head)
			layout[cell].want = head;
	}
	vg_layout_fit(layout, VG_CELL_MAX, columns, 1, ret_widths);
}
