/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the top: a bar with the node, how many VIPs are in which state, the source, what is missing, the table, the last events, the keys. Of a low
 * terminal the table gets what there is; what is left out first stands below.
 */
#include "cli/view.h"

#include <stdio.h>
#include <string.h>

#include "report/json.h"
#include "report/screen.h"

#define KEYS_ROWS 10 /* a terminal has at least so many for the keys to be told */
#define BAR_COLUMNS 50 /* the bar has room for so many for its own name to be in it */
#define RULE_ROWS 8
#define EVENTS_ROWS 14
#define EVENTS_MIN 3

struct part {
	struct vg_canvas *canvas;
	const struct vg_view *view;
	int row, end; /* the next one, and the one behind the last */
	const json_t **vips; /* that the filter lets through */
	size_t n;
};

static bool next_row(struct part *part)
{
	if (part->row >= part->end)
		return false;
	vg_canvas_move(part->canvas, part->row++);
	return true;
}

/* ---- the head */

static void draw_bar(struct part *part)
{
	const struct vg_view *view = part->view;
	const char *right = *view->trouble ? " no guard " : view->held ? " held " : " live ";
	char left[384], time[16];
	int room;

	if (!next_row(part))
		return;
	vg_time_short(vg_json_get_text(view->screen, "time"), time);
	room = vg_canvas_room(part->canvas) - (int)strlen(right);
	snprintf(left, sizeof(left), "%s%s  %s  %s", room > BAR_COLUMNS ? " vipguard  " : " ", vg_json_get_text(view->screen, "node"),
		 vg_json_get_text(view->screen, "mode"), time);
	vg_canvas_field(part->canvas, VG_LOOK_BAR, left, room);
	vg_canvas_field(part->canvas, VG_LOOK_BAR, right, (int)strlen(right));
}

static void put_count(struct part *part, enum vg_screen_state state, json_int_t n, bool first)
{
	static const enum vg_look looks[VG_SCREEN_STATE_MAX] = { VG_LOOK_BAD,  VG_LOOK_WARNING, VG_LOOK_PLAIN, VG_LOOK_WARNING,
								 VG_LOOK_GOOD, VG_LOOK_SAFE,	VG_LOOK_FAINT };
	static const char *const words[VG_SCREEN_STATE_MAX] = { "violation", "stopped", "ended", "unknown", "allowed", "protected", "elsewhere" };
	char text[64];

	if (!n && state != VG_SCREEN_WRONG)
		return;
	vg_canvas_put(part->canvas, VG_LOOK_PLAIN, first ? " " : "  ");
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT " %s%s", n, words[state], state == VG_SCREEN_WRONG && n != 1 ? "s" : "");
	vg_canvas_put(part->canvas, n ? looks[state] : VG_LOOK_GOOD, text);
}

static void draw_counts(struct part *part)
{
	const json_t *states = json_object_get(part->view->screen, "states");

	if (*part->view->trouble || !next_row(part))
		return;
	for (int i = 0; i < VG_SCREEN_STATE_MAX; i++)
		put_count(part, i, json_integer_value(json_object_get(states, vg_screen_state_to_str(i))), i == 0);
}

static void draw_trouble(struct part *part)
{
	if (!*part->view->trouble || !next_row(part))
		return;
	vg_canvas_put(part->canvas, VG_LOOK_BAD, " ");
	vg_canvas_put(part->canvas, VG_LOOK_BAD, part->view->trouble);
	vg_canvas_put(part->canvas, VG_LOOK_PLAIN, "; trying again");
}

static void draw_paused(struct part *part)
{
	const json_t *paused = json_object_get(part->view->screen, "paused"), *breaker = json_object_get(part->view->screen, "breaker");
	json_int_t held = json_integer_value(json_object_get(breaker, "held"));
	char text[128], until[16];

	if (paused && next_row(part)) {
		vg_time_short(vg_json_get_text(paused, "until"), until);
		snprintf(text, sizeof(text), " paused until %s: nothing is refused, dropped or removed", until);
		vg_canvas_put(part->canvas, VG_LOOK_WARNING, text);
	}
	if (held && next_row(part)) {
		snprintf(text, sizeof(text), " the breaker holds %" JSON_INTEGER_FORMAT " addresses: look at the source, then vipguard resume", held);
		vg_canvas_put(part->canvas, VG_LOOK_BAD, text);
	}
}

static void draw_source(struct part *part)
{
	const json_t *source = json_object_get(part->view->screen, "source");
	const char *unready = vg_json_get_text(part->view->screen, "unready");
	bool stale = json_is_true(json_object_get(source, "stale")), failed = json_is_true(json_object_get(source, "failed"));
	char text[192];

	if (!source || !next_row(part))
		return;
	snprintf(text, sizeof(text), " source %s, %" JSON_INTEGER_FORMAT " entries, ", vg_json_get_text(source, "name"),
		 json_integer_value(json_object_get(source, "assignments")));
	vg_canvas_put(part->canvas, VG_LOOK_PLAIN, text);
	vg_canvas_put(part->canvas, stale || failed ? VG_LOOK_BAD : VG_LOOK_GOOD, stale ? "STALE" : failed ? "last reload FAILED" : "fresh");
	if (!*unready)
		return;
	vg_canvas_put(part->canvas, VG_LOOK_WARNING, ", not ready: ");
	vg_canvas_put(part->canvas, VG_LOOK_WARNING, unready);
}

/* In plain words: what is lost. */
static void draw_degraded(struct part *part)
{
	const json_t *degraded = json_object_get(part->view->screen, "degraded");
	size_t i, n = json_array_size(degraded), max = (size_t)vg_canvas_rows(part->canvas) / 8;
	char text[64];
	json_t *one;

	json_array_foreach(degraded, i, one)
	{
		bool last = part->row + 1 == part->end || i + 1 == max;

		if (i >= max || !next_row(part))
			return;
		if (last && i + 1 < n) {
			snprintf(text, sizeof(text), " and %zu more are missing: vipguard status", n - i);
			vg_canvas_put(part->canvas, VG_LOOK_WARNING, text);
			return;
		}
		snprintf(text, sizeof(text), " without %s: ", vg_json_get_text(one, "what"));
		vg_canvas_put(part->canvas, VG_LOOK_WARNING, text);
		vg_canvas_put(part->canvas, VG_LOOK_PLAIN, vg_json_get_text(one, "loss"));
	}
}

static void draw_head(struct part *part, int rows)
{
	part->end = rows <= 2 ? 1 : rows < RULE_ROWS ? 2 : rows / 3 + 1;
	if (rows > 1) /* of a single row the counts are what matters */
		draw_bar(part);
	draw_trouble(part);
	draw_counts(part);
	draw_paused(part);
	draw_source(part);
	draw_degraded(part);
}

/* ---- the table */

static void draw_rule(struct part *part, const char *title)
{
	if (!next_row(part))
		return;
	vg_canvas_put(part->canvas, VG_LOOK_STRONG, " ");
	vg_canvas_put(part->canvas, VG_LOOK_STRONG, title);
	vg_canvas_put(part->canvas, VG_LOOK_STRONG, " ");
	vg_canvas_rule(part->canvas);
}

static void draw_title(struct part *part, int shown)
{
	json_int_t more = json_integer_value(json_object_get(part->view->screen, "vips_left_out"));
	char text[160 + VG_FILTER_MAX], left_out[48] = "";

	if (more)
		snprintf(left_out, sizeof(left_out), ", %" JSON_INTEGER_FORMAT " more not shown", more);
	if (part->n == 0)
		snprintf(text, sizeof(text), "no VIP%s%s%s", *part->view->filter ? " with " : " yet", part->view->filter, left_out);
	else
		snprintf(text, sizeof(text), "VIPs %d-%d of %zu%s%s%s", part->view->top + 1, part->view->top + shown, part->n,
			 *part->view->filter ? " with " : "", part->view->filter, left_out);
	draw_rule(part, text);
}

static void draw_vip(struct part *part, const json_t *vip, const int *widths)
{
	enum vg_look look = vg_view_look(vip);
	char text[VG_CELL_BYTES];
	bool first = true;

	if (!next_row(part))
		return;
	for (int cell = 0; cell < VG_CELL_MAX; cell++) {
		bool by_state = cell == VG_CELL_MARK || cell == VG_CELL_ADDRESS || cell == VG_CELL_STATE || look == VG_LOOK_FAINT;

		if (!widths[cell])
			continue;
		if (!first)
			vg_canvas_blank(part->canvas, VG_LOOK_PLAIN, 1);
		vg_cell_text(vip, cell, text);
		vg_canvas_field(part->canvas, by_state ? look : VG_LOOK_PLAIN, text, widths[cell]);
		first = false;
	}
}

static void draw_heads(struct part *part, const int *widths)
{
	bool first = true;

	if (!next_row(part))
		return;
	for (int cell = 0; cell < VG_CELL_MAX; cell++) {
		if (!widths[cell])
			continue;
		if (!first)
			vg_canvas_blank(part->canvas, VG_LOOK_PLAIN, 1);
		vg_canvas_field(part->canvas, VG_LOOK_FAINT, vg_cell_head(cell), widths[cell]);
		first = false;
	}
}

static void draw_table(struct part *part, struct vg_view *view, int rows, int shown, const int *widths)
{
	if (rows >= RULE_ROWS)
		draw_title(part, shown);
	if (rows >= 4 && part->n)
		draw_heads(part, widths);
	for (int i = 0; i < shown; i++)
		draw_vip(part, part->vips[view->top + i], widths);
}

/* ---- the last events */

static enum vg_look look_of_event(const json_t *event)
{
	const char *verdict = vg_json_get_text(event, "verdict"), *kind = vg_json_get_text(event, "event");

	if (strcmp(verdict, "violation") == 0)
		return VG_LOOK_BAD;
	if (strcmp(verdict, "unknown") == 0 || strcmp(kind, "degraded") == 0 || strcmp(kind, "lost") == 0 || strcmp(kind, "paused") == 0)
		return VG_LOOK_WARNING;
	return strcmp(verdict, "allowed") == 0 ? VG_LOOK_GOOD : VG_LOOK_PLAIN;
}

static void print_event(FILE *out, const json_t *event)
{
	static const char *const keys[] = { "what", "mode", "address", "interface", "action", "reason" };
	char actor[VG_CELL_BYTES];
	const json_t *count = json_object_get(event, "count");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = vg_json_get_text(event, keys[i]);

		if (*text && strcmp(text, "none") != 0) /* no action */
			fprintf(out, " %s", text);
	}
	vg_actor_text(event, actor);
	if (*actor)
		fprintf(out, " %s", actor);
	if (count)
		fprintf(out, " x%" JSON_INTEGER_FORMAT, json_integer_value(count));
	if (*vg_json_get_text(event, "why"))
		fprintf(out, ": %s", vg_json_get_text(event, "why"));
}

static void draw_event(struct part *part, const json_t *event)
{
	_cleanup_free_ char *text = NULL;
	char time[16], head[64];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	print_event(out, event);
	if (fclose(out) != 0 || !next_row(part))
		return;
	vg_time_short(vg_json_get_text(event, "time"), time);
	snprintf(head, sizeof(head), " %s ", time);
	vg_canvas_put(part->canvas, VG_LOOK_FAINT, head);
	vg_canvas_field(part->canvas, look_of_event(event), vg_json_get_text(event, "event"), 8);
	vg_canvas_put(part->canvas, VG_LOOK_PLAIN, text);
}

/* The newest at the bottom, as a log has it. */
static void draw_events(struct part *part, int rows)
{
	const json_t *events = json_object_get(part->view->screen, "events");
	size_t n = json_array_size(events), first = n > (size_t)rows - 1 ? n - ((size_t)rows - 1) : 0;

	draw_rule(part, "last events");
	for (size_t i = first; i < n; i++)
		draw_event(part, json_array_get(events, i));
}

/* ---- the whole */

static void draw_keys(struct part *part)
{
	char text[VG_FILTER_MAX + 16];

	if (!next_row(part))
		return;
	if (part->view->editing) {
		snprintf(text, sizeof(text), "/%s_", part->view->filter);
		vg_canvas_put(part->canvas, VG_LOOK_STRONG, text);
		return;
	}
	vg_canvas_put(part->canvas, VG_LOOK_FAINT, " q quit  p ");
	vg_canvas_put(part->canvas, VG_LOOK_FAINT, part->view->held ? "go on" : "hold");
	vg_canvas_put(part->canvas, VG_LOOK_FAINT, "  / filter  arrows, PgUp, PgDn scroll");
}

static void choose_vips(struct part *part)
{
	const json_t *all = json_object_get(part->view->screen, "vips");
	json_t *vip;
	size_t i;

	part->vips = calloc(json_array_size(all) + 1, sizeof(*part->vips));
	if (!part->vips)
		return;
	json_array_foreach(all, i, vip)
	{
		if (vg_view_matches(vip, part->view->filter))
			part->vips[part->n++] = vip;
	}
}

static int clamp(int n, int low, int high)
{
	return n > high ? (high < low ? low : high) : n < low ? low : n;
}

void vg_view_draw(struct vg_view *view, struct vg_canvas *canvas)
{
	int rows = vg_canvas_rows(canvas), widths[VG_CELL_MAX], room, shown, events;
	struct part part = { .canvas = canvas, .view = view };
	bool keys = rows >= KEYS_ROWS || (view->editing && rows > 1);

	choose_vips(&part);
	draw_head(&part, rows);
	part.end = rows - keys;
	room = part.end - part.row - (rows >= RULE_ROWS) - (rows >= 4 && part.n > 0);
	events = rows >= EVENTS_ROWS && view->screen ? EVENTS_MIN + 1 : 0;
	shown = clamp((int)part.n, 0, room - events);
	view->page = shown;
	view->top = clamp(view->top, 0, (int)part.n - (shown ? shown : 1));
	vg_view_widths(part.vips, part.n, vg_canvas_columns(canvas), vg_canvas_style(canvas).utf8, widths);
	draw_table(&part, view, rows, shown, widths);
	if (events && part.end - part.row > 1)
		draw_events(&part, part.end - part.row);
	part.row = rows - keys;
	part.end = rows;
	if (keys)
		draw_keys(&part);
	free(part.vips);
}
