/* SPDX-License-Identifier: Apache-2.0 */
/* For documents that others keep: every cell stays in its cell, whatever a name holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/inventory.h"
#include "report/json.h"

#define ITEMS_MAX 8 /* of a list in a cell */

struct markdown {
	FILE *out;
	FILE *stream; /* one cell after the other into the same memory */
	char *text;
	size_t size;
	bool any; /* a table was begun */
};

/* GFM: a bar ends a cell even in code, "<" and "&" begin HTML, the others begin emphasis, code or links. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (strchr("\\`|*_[]~", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* What was written to the stream, between two texts of our own. */
static int end_text(struct markdown *markdown, const char *before, const char *after)
{
	fputc('\0', markdown->stream);
	if (fflush(markdown->stream) != 0)
		return -ENOMEM;
	fputs(before, markdown->out);
	put_escaped(markdown->out, markdown->text);
	fputs(after, markdown->out);
	rewind(markdown->stream);
	return 0;
}

static int end_cell(struct markdown *markdown)
{
	return end_text(markdown, "| ", " ");
}

static int put_cell(struct markdown *markdown, const char *text)
{
	vg_text_put(markdown->stream, text);
	return end_cell(markdown);
}

static void put_heads(FILE *out, const char *title, const char *const *heads, size_t n)
{
	fprintf(out, "\n### %s\n\n", title);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "| %s ", heads[i]);
	fputs("|\n", out);
	for (size_t i = 0; i < n; i++)
		fputs("| --- ", out);
	fputs("|\n", out);
}

static void begin_table(struct markdown *markdown, const char *title, const char *const *heads, size_t n)
{
	if (!markdown->any)
		put_heads(markdown->out, title, heads, n);
	markdown->any = true;
}

static int put_row(void *arg, const json_t *row)
{
	const char *heads[VG_COLUMN_MAX];
	struct markdown *markdown = arg;
	int r = 0;

	for (int i = 0; i < VG_COLUMN_MAX; i++)
		heads[i] = vg_column_head((enum vg_column)i);
	begin_table(markdown, "Inventory", heads, VG_COLUMN_MAX);
	for (int i = 0; i < VG_COLUMN_MAX && r == 0; i++) {
		vg_column_put(markdown->stream, row, (enum vg_column)i, ITEMS_MAX, true);
		r = end_cell(markdown);
	}
	fputs("|\n", markdown->out);
	return r;
}

static int put_texts(struct markdown *markdown, const json_t *o, const char *const *keys, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = put_cell(markdown, vg_json_get_text(o, keys[i]));
	fputs("|\n", markdown->out);
	return r;
}

static int put_conflict(void *arg, const json_t *conflict)
{
	static const char *const keys[] = { "kind", "address", "text" };
	struct markdown *markdown = arg;

	begin_table(markdown, "Conflicts", keys, ARRAY_SIZE(keys));
	return put_texts(markdown, conflict, keys, ARRAY_SIZE(keys));
}

static int put_finding(void *arg, const json_t *finding)
{
	static const char *const heads[] = { "address", "interface", "bind", "announce", "remedy" };
	struct markdown *markdown = arg;
	int r;

	begin_table(markdown, "Findings", heads, ARRAY_SIZE(heads));
	r = put_cell(markdown, vg_json_get_text(finding, "address"));
	if (r == 0)
		r = put_cell(markdown, vg_json_get_text(finding, "interface"));
	for (int i = VG_COLUMN_BIND; i <= VG_COLUMN_ANNOUNCE && r == 0; i++) {
		vg_column_put(markdown->stream, finding, (enum vg_column)i, 1, true);
		r = end_cell(markdown);
	}
	if (r == 0)
		r = put_cell(markdown, vg_json_get_text(finding, "remedy"));
	fputs("|\n", markdown->out);
	return r;
}

static int put_findings(struct markdown *markdown, const json_t *check)
{
	json_t *finding;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(check, "findings"), i, finding)
	{
		r = put_finding(markdown, finding);
		if (r < 0)
			break;
	}
	return r;
}

static int put_fact(struct markdown *markdown, const json_t *check, const char *key)
{
	const json_t *value = json_object_get(check, key);

	if (!value)
		return 0;
	fprintf(markdown->out, "- %s: ", key);
	vg_text_put_value(markdown->stream, value);
	return end_text(markdown, "", "\n");
}

static int put_title(struct markdown *markdown, const json_t *check)
{
	static const char *const facts[] = { "time", "source", "objects", "bound", "violations" };
	int r;

	vg_text_put(markdown->stream, vg_json_get_text(check, "node"));
	r = end_text(markdown, "## Service addresses, seen from node ", "\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(facts) && r == 0; i++)
		r = put_fact(markdown, check, facts[i]);
	return r;
}

static int print(struct markdown *markdown, const json_t *check, const struct vg_listing *listing)
{
	int r = put_title(markdown, check);

	if (r == 0)
		r = put_findings(markdown, check);
	markdown->any = false;
	if (r == 0)
		r = listing->rows(listing->ctx, put_row, markdown);
	markdown->any = false;
	if (r == 0)
		r = listing->conflicts(listing->ctx, put_conflict, markdown);
	if (listing->rows_left_out + listing->conflicts_left_out)
		fprintf(markdown->out, "\nLeft out: %zu rows, %zu conflicts.\n", listing->rows_left_out, listing->conflicts_left_out);
	return r;
}

int vg_inventory_print_markdown(FILE *out, const json_t *check, const struct vg_listing *listing)
{
	struct markdown markdown = { .out = out };
	int r;

	markdown.stream = open_memstream(&markdown.text, &markdown.size);
	if (!markdown.stream)
		return -ENOMEM;
	r = print(&markdown, check, listing);
	fclose(markdown.stream);
	free(markdown.text);
	return r;
}
