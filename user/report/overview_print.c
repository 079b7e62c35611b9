/* SPDX-License-Identifier: Apache-2.0 */
/* The view of a cluster as aligned columns and as Markdown: the same cells. */
#include <stdbool.h>
#include <string.h>

#include "report/json.h"
#include "report/overview.h"

enum column { COLUMN_ADDRESS, COLUMN_SERVICE, COLUMN_OWNER, COLUMN_SHOULD, COLUMN_BOUND, COLUMN_ANNOUNCED, COLUMN_WRONG, COLUMN_MAX };

static const char *const heads[] = { "ADDRESS", "SERVICE", "OWNER", "SHOULD", "BOUND", "ANNOUNCED", "WRONG" };
_Static_assert(ARRAY_SIZE(heads) == COLUMN_MAX, "one for each");

struct cells {
	char *text[COLUMN_MAX];
};

static void cells_deinit(struct cells *cells)
{
	for (size_t i = 0; i < COLUMN_MAX; i++)
		free(cells->text[i]);
}

/* ---- one cell */

static void put_nodes(FILE *out, const json_t *list)
{
	const json_t *node;
	size_t i;

	json_array_foreach(list, i, node)
	{
		fputs(i ? ", " : "", out);
		vg_text_put(out, json_string_value(node) ? json_string_value(node) : "?");
	}
	if (!json_array_size(list))
		fputs(list ? "nobody" : "-", out);
}

static void put_wrong(FILE *out, const json_t *one)
{
	if (!strcmp(vg_json_get_text(one, "verdict"), "violation"))
		fputc('!', out);
}

static void put_bound(FILE *out, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		fputs(i ? ", " : "", out);
		put_wrong(out, one);
		vg_text_put(out, vg_json_get_text(one, "node"));
		fputc(':', out);
		vg_text_put(out, vg_json_get_text(one, "interface"));
	}
	if (!json_array_size(list))
		fputc('-', out);
}

static void put_announced(FILE *out, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		fputs(i ? ", " : "", out);
		put_wrong(out, one);
		vg_text_put(out, vg_json_get_text(one, "node"));
		fprintf(out, " %.0fs ago", json_number_value(json_object_get(one, "last_seconds")));
		if (json_number_value(json_object_get(one, "passed")) < 1)
			fputs(" (dropped)", out);
	}
	if (!json_array_size(list))
		fputc('-', out);
}

static void put_disagreements(FILE *out, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		fputs(i ? "; " : "", out);
		vg_text_put(out, vg_json_get_text(one, "text"));
	}
	if (!json_array_size(list))
		fputc('-', out);
}

static void put_text(FILE *out, const char *text)
{
	vg_text_put(out, *text ? text : "-");
}

static void put_cell(FILE *out, const json_t *vip, enum column column)
{
	switch (column) {
	case COLUMN_ADDRESS: put_text(out, vg_json_get_text(vip, "address")); break;
	case COLUMN_SERVICE: put_text(out, vg_json_get_text(vip, "service")); break;
	case COLUMN_OWNER: put_text(out, vg_json_get_text(vip, "owner")); break;
	case COLUMN_SHOULD: put_nodes(out, json_object_get(vip, "assigned_nodes")); break;
	case COLUMN_BOUND: put_bound(out, json_object_get(vip, "bound")); break;
	case COLUMN_ANNOUNCED: put_announced(out, json_object_get(vip, "announced")); break;
	default: put_disagreements(out, json_object_get(vip, "disagreements"));
	}
}

/* vip NULL: the heads. */
static void read_cells(const json_t *vip, struct cells *ret_cells)
{
	for (unsigned i = 0; i < COLUMN_MAX; i++) {
		size_t n = 0;
		FILE *stream = open_memstream(&ret_cells->text[i], &n);

		if (!stream)
			continue;
		if (vip)
			put_cell(stream, vip, i);
		else
			fputs(heads[i], stream);
		fclose(stream);
	}
}

static const char *cell(const struct cells *cells, unsigned i)
{
	return cells->text[i] ? cells->text[i] : "";
}

static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* ---- guards */

static bool is_another(const json_t *view, const json_t *guard)
{
	const json_t *versions = json_object_get(view, "versions"), *first = json_array_get(versions, 0);

	return json_array_size(versions) > 1 && (strcmp(vg_json_get_text(guard, "version"), vg_json_get_text(first, "version")) ||
						 !json_equal(json_object_get(guard, "abi"), json_object_get(first, "abi")));
}

static void put_remarks(FILE *out, const json_t *view, const json_t *guard)
{
	double age = json_number_value(json_object_get(guard, "age_seconds"));
	const char *gap = ": ";

	if (!strcmp(vg_json_get_text(guard, "state"), "unread")) {
		fputs(": not read: ", out);
		vg_text_put(out, vg_json_get_text(guard, "why"));
		return;
	}
	if (age >= VG_OVERVIEW_OLD_SECONDS)
		fprintf(out, "%sits report is %.0f s old", gap, age), gap = ", ";
	if (json_is_true(json_object_get(guard, "stale")))
		fprintf(out, "%sits source is stale, so it acts on nothing", gap), gap = ", ";
	if (json_is_true(json_object_get(guard, "paused")))
		fprintf(out, "%spaused", gap), gap = ", ";
	if (json_object_get(guard, "vips_left_out"))
		fprintf(out, "%s%lld of its VIPs are left out", gap, (long long)json_integer_value(json_object_get(guard, "vips_left_out"))),
			gap = ", ";
	if (is_another(view, guard)) {
		fprintf(out, "%sversion ", gap);
		vg_text_put(out, vg_json_get_text(guard, "version"));
		fprintf(out, ", ABI %lld", (long long)json_integer_value(json_object_get(guard, "abi")));
	}
}

/* Of those only who has something to be said of. */
static void put_guards(FILE *out, const json_t *view, const char *before)
{
	const json_t *guard;
	size_t i;

	json_array_foreach(json_object_get(view, "guards"), i, guard)
	{
		_cleanup_free_ char *text = NULL;
		const char *node = vg_json_get_text(guard, "node");
		size_t n = 0;
		FILE *stream = open_memstream(&text, &n);

		if (!stream)
			continue;
		put_remarks(stream, view, guard);
		if (fclose(stream) != 0 || !n)
			continue;
		fputs(before, out);
		vg_text_put(out, *node ? node : "?");
		if (strcmp(node, vg_json_get_text(guard, "from"))) {
			fputs(" (", out);
			vg_text_put(out, vg_json_get_text(guard, "from"));
			fputc(')', out);
		}
		fprintf(out, "%s\n", text);
	}
}

static void put_sum(FILE *out, const json_t *view)
{
	long long unread = json_integer_value(json_object_get(view, "unread"));

	fprintf(out, "%lld guards read, %zu VIPs, %lld disagreements", (long long)json_integer_value(json_object_get(view, "read")),
		json_array_size(json_object_get(view, "vips")), (long long)json_integer_value(json_object_get(view, "disagreements")));
	if (unread)
		fprintf(out, "; NOT READ: %lld guards, whose nodes may hold anything", unread);
	if (json_array_size(json_object_get(view, "versions")) > 1)
		fprintf(out, "; %zu versions", json_array_size(json_object_get(view, "versions")));
	fputc('\n', out);
}

/* ---- the whole */

void vg_overview_print_text(FILE *out, const json_t *view)
{
	const json_t *vips = json_object_get(view, "vips");
	size_t widths[COLUMN_MAX] = { 0 };

	for (int pass = 0; json_array_size(vips) && pass < 2; pass++) {
		for (size_t i = 0; i <= json_array_size(vips); i++) {
			VG_CLEANUP(cells_deinit) struct cells cells = { { NULL } };

			read_cells(i ? json_array_get(vips, i - 1) : NULL, &cells);
			for (unsigned j = 0; j < COLUMN_MAX; j++) {
				size_t width = width_of(cell(&cells, j));

				if (!pass)
					widths[j] = width > widths[j] ? width : widths[j];
				else
					fprintf(out, "%s%*s", cell(&cells, j), j + 1 < COLUMN_MAX ? (int)(widths[j] - width + 2) : 0, "");
			}
			if (pass)
				fputc('\n', out);
		}
	}
	put_guards(out, view, "guard ");
	put_sum(out, view);
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|\\`*_<>[]", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

void vg_overview_print_markdown(FILE *out, const json_t *view)
{
	const json_t *vips = json_object_get(view, "vips");

	for (size_t i = 0; json_array_size(vips) && i <= json_array_size(vips); i++) {
		VG_CLEANUP(cells_deinit) struct cells cells = { { NULL } };

		read_cells(i ? json_array_get(vips, i - 1) : NULL, &cells);
		for (unsigned j = 0; j < COLUMN_MAX; j++) {
			fputs("| ", out);
			put_escaped(out, cell(&cells, j));
			fputs(j + 1 < COLUMN_MAX ? " " : " |\n", out);
		}
		if (!i)
			fputs("| --- | --- | --- | --- | --- | --- | --- |\n", out);
	}
	fputs("\n", out);
	put_guards(out, view, "- guard ");
	put_sum(out, view);
}
