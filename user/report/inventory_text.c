/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/inventory.h"
#include "report/json.h"

#define ITEMS_MAX 3 /* of a list in a cell */
#define GAP 2
#define NARROWEST 6 /* columns are not made smaller than that */

/* One cell after the other into the same memory. */
struct cell {
	FILE *stream;
	char *text;
	size_t size;
};

struct table {
	FILE *out;
	struct cell cell;
	size_t widths[VG_COLUMN_MAX];
	size_t line; /* the longest that fits; 0: any */
};

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += starts_character(*text);
	return n;
}

static const char *read_cell(struct cell *cell, const json_t *row, enum vg_column column)
{
	rewind(cell->stream);
	if (row)
		vg_column_put(cell->stream, row, column, column == VG_COLUMN_PROOF ? 1 : ITEMS_MAX, false);
	else
		for (const char *head = vg_column_head(column); *head; head++)
			fputc(*head - 'a' + 'A', cell->stream);
	fputc('\0', cell->stream);
	return fflush(cell->stream) == 0 ? cell->text : NULL;
}

static int measure(void *arg, const json_t *row)
{
	struct table *table = arg;

	for (int i = 0; i < VG_COLUMN_MAX; i++) {
		const char *text = read_cell(&table->cell, row, (enum vg_column)i);
		size_t width = text ? width_of(text) : 0;

		if (!text)
			return -ENOMEM;
		if (width > table->widths[i])
			table->widths[i] = width;
	}
	return 0;
}

/* Cut to width, two dots where something is gone. Returns how wide it became. */
static size_t put_cut(FILE *out, const char *text, size_t width)
{
	size_t n = 0, wanted = width_of(text), keep = wanted <= width ? wanted : width < 2 ? 0 : width - 2;

	for (; *text && (n < keep || !starts_character(*text)); text++) {
		n += starts_character(*text);
		fputc(*text, out);
	}
	for (; n < width && keep < wanted; n++)
		fputc('.', out);
	return n;
}

static int put_row(void *arg, const json_t *row)
{
	struct table *table = arg;
	size_t room = table->line ? table->line : SIZE_MAX;

	for (int i = 0; i < VG_COLUMN_MAX && room; i++) {
		const char *text = read_cell(&table->cell, row, (enum vg_column)i);
		size_t width = table->widths[i] < room ? table->widths[i] : room, n;

		if (!text)
			return -ENOMEM;
		n = put_cut(table->out, text, width);
		room -= width;
		if (i + 1 == VG_COLUMN_MAX || room <= GAP)
			break;
		fprintf(table->out, "%*s", (int)(width - n + GAP), "");
		room -= GAP;
	}
	fputc('\n', table->out);
	return 0;
}

/* The widest column gives first; addresses and their verdicts stay whole. */
static void fit(struct table *table)
{
	static const bool stays[VG_COLUMN_MAX] = { [VG_COLUMN_ADDRESS] = true, [VG_COLUMN_BIND] = true, [VG_COLUMN_ANNOUNCE] = true };
	size_t sum = GAP * (VG_COLUMN_MAX - 1);

	for (int i = 0; i < VG_COLUMN_MAX; i++)
		sum += table->widths[i];
	for (; table->line && sum > table->line; sum--) {
		int widest = -1;

		for (int i = 0; i < VG_COLUMN_MAX; i++) {
			if (!stays[i] && table->widths[i] > NARROWEST && (widest < 0 || table->widths[i] >= table->widths[widest]))
				widest = i;
		}
		if (widest < 0)
			return;
		table->widths[widest]--;
	}
}

static int print_rows(struct table *table, const struct vg_listing *listing)
{
	int r = measure(table, NULL);

	if (r == 0)
		r = listing->rows(listing->ctx, measure, table);
	fit(table);
	if (r == 0)
		r = put_row(table, NULL);
	return r == 0 ? listing->rows(listing->ctx, put_row, table) : r;
}

static int put_conflict(void *arg, const json_t *conflict)
{
	FILE *out = arg;

	fputs("conflict ", out);
	vg_text_put(out, vg_json_get_text(conflict, "kind"));
	fputs(": ", out);
	vg_text_put(out, vg_json_get_text(conflict, "text"));
	fputc('\n', out);
	return 0;
}

static int is_there(void *arg, const json_t *one)
{
	(void)arg;
	(void)one;
	return 1;
}

static void put_left_out(FILE *out, const struct vg_listing *listing)
{
	if (listing->rows_left_out)
		fprintf(out, "%zu rows are left out\n", listing->rows_left_out);
	if (listing->conflicts_left_out)
		fprintf(out, "%zu conflicts are left out\n", listing->conflicts_left_out);
}

int vg_inventory_print_text(FILE *out, const struct vg_listing *listing, size_t width)
{
	struct table table = { .out = out, .line = width };
	int r = listing->rows(listing->ctx, is_there, NULL);

	if (r <= 0)
		return r;
	table.cell.stream = open_memstream(&table.cell.text, &table.cell.size);
	if (!table.cell.stream)
		return -ENOMEM;
	fputc('\n', out);
	r = print_rows(&table, listing);
	fclose(table.cell.stream);
	free(table.cell.text);
	if (r == 0 && listing->conflicts(listing->ctx, is_there, NULL) == 1)
		fputc('\n', out);
	if (r == 0)
		r = listing->conflicts(listing->ctx, put_conflict, out);
	put_left_out(out, listing);
	return r;
}
