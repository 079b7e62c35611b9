/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dress.h"

#include <string.h>

#include "cli/canvas.h"

#define VALUE_COLUMN 13 /* where values stand (status_text.c) */
#define HOOK_COLUMN 15 /* those of hooks */
#define NARROWEST 8 /* columns that a value gets at least */

/* ---- what a line means */

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static bool has(const char *line, size_t n, const char *word)
{
	return memmem(line, n, word, strlen(word)) != NULL;
}

static const struct {
	const char *head, *word; /* NULL: whatever it says */
	enum vg_look look;
} meanings[] = {
	{ "mode ", "enforce", VG_LOOK_GOOD },	  { "mode ", NULL, VG_LOOK_WARNING },	     { "paused ", NULL, VG_LOOK_WARNING },
	{ "breaker ", NULL, VG_LOOK_BAD },	  { "source ", "FAILED", VG_LOOK_BAD },	     { "links ", "none:", VG_LOOK_WARNING },
	{ "hooks", NULL, VG_LOOK_STRONG },	  { "counters", NULL, VG_LOOK_STRONG },	     { "  lost_", NULL, VG_LOOK_WARNING },
	{ "  inactive ", NULL, VG_LOOK_WARNING }, { "  displaced ", NULL, VG_LOOK_WARNING },
};

static enum vg_look look_of(const char *line, size_t n)
{
	const char *value = line + (n < HOOK_COLUMN ? n : HOOK_COLUMN);

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (begins(line, meanings[i].head) && (!meanings[i].word || has(line, n, meanings[i].word)))
			return meanings[i].look;
	}
	if (!begins(line, "  "))
		return VG_LOOK_PLAIN;
	if (begins(value, "yes")) /* a hook */
		return VG_LOOK_GOOD;
	if (begins(value, "not needed"))
		return VG_LOOK_FAINT;
	return begins(value, "no:") || begins(value, "no\n") ? VG_LOOK_WARNING : VG_LOOK_PLAIN;
}

/* ---- one line */

/* How many bytes of a value stand on one line of `room` columns: to a blank if there is one, else to the last whole character. */
static size_t fit(const char *text, size_t n, size_t room)
{
	size_t end = room;

	if (n <= room)
		return n;
	while (end > 0 && text[end] != ' ')
		end--;
	if (end > 0)
		return end;
	for (end = room; end > 1 && ((unsigned char)text[end] & 0xc0) == 0x80; end--)
		;
	return end;
}

static void put_value(FILE *out, const char *text, size_t n, int column, size_t room, const char *look)
{
	while (n) {
		size_t took = fit(text, n, room);

		fprintf(out, "%s%.*s%s\n", look, (int)took, text, *look ? VG_LOOK_END : "");
		text += took;
		n -= took;
		while (n && *text == ' ') {
			text++;
			n--;
		}
		if (n)
			fprintf(out, "%*s", column, "");
	}
}

static void put_line(FILE *out, const char *line, size_t n, int width, bool colour)
{
	const char *look = colour ? vg_look_begin(look_of(line, n), true) : "";
	int column = *line == ' ' ? HOOK_COLUMN : VALUE_COLUMN;
	size_t head = n < (size_t)column ? n : (size_t)column;
	size_t room = width > column + NARROWEST ? (size_t)(width - column) : NARROWEST;

	if (!width || n <= (size_t)width)
		room = n + 1;
	if (head == n) { /* a title */
		fprintf(out, "%s%.*s%s\n", look, (int)n, line, *look ? VG_LOOK_END : "");
		return;
	}
	fwrite(line, 1, head, out);
	put_value(out, line + head, n - head, column, room, look);
}

void vg_dress(FILE *out, const char *text, int width, bool colour)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		put_line(out, text, n, width, colour);
		text += n + (text[n] == '\n');
	}
}
