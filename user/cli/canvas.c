/* SPDX-License-Identifier: Apache-2.0 */
/* Select Graphic Rendition and the like are those of ECMA-48, sections 8.3. */
#include "cli/canvas.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

struct line {
	char *text;
	size_t n, size;
	int column; /* where the next character goes */
};

struct vg_canvas {
	int rows, columns, row;
	struct vg_style style;
	bool failed;
	struct line lines[];
};

int vg_canvas_new(int rows, int columns, struct vg_style style, struct vg_canvas **ret_canvas)
{
	struct vg_canvas *canvas;

	rows = rows < 1 ? 1 : rows > VG_CANVAS_ROWS_MAX ? VG_CANVAS_ROWS_MAX : rows;
	columns = columns < 1 ? 1 : columns > VG_CANVAS_COLUMNS_MAX ? VG_CANVAS_COLUMNS_MAX : columns;
	canvas = calloc(1, sizeof(*canvas) + (size_t)rows * sizeof(canvas->lines[0]));
	if (!canvas)
		return -ENOMEM;
	canvas->rows = rows;
	canvas->columns = columns;
	canvas->style = style;
	*ret_canvas = canvas;
	return 0;
}

void vg_canvas_free(struct vg_canvas *canvas)
{
	if (!canvas)
		return;
	for (int i = 0; i < canvas->rows; i++)
		free(canvas->lines[i].text);
	free(canvas);
}

int vg_canvas_rows(const struct vg_canvas *canvas)
{
	return canvas->rows;
}

int vg_canvas_columns(const struct vg_canvas *canvas)
{
	return canvas->columns;
}

struct vg_style vg_canvas_style(const struct vg_canvas *canvas)
{
	return canvas->style;
}

bool vg_canvas_failed(const struct vg_canvas *canvas)
{
	return canvas->failed;
}

void vg_canvas_move(struct vg_canvas *canvas, int row)
{
	canvas->row = row;
}

int vg_canvas_room(const struct vg_canvas *canvas)
{
	if (canvas->row < 0 || canvas->row >= canvas->rows)
		return 0;
	return canvas->columns - canvas->lines[canvas->row].column;
}

const char *vg_canvas_line(const struct vg_canvas *canvas, int row)
{
	return canvas->lines[row].text ? canvas->lines[row].text : "";
}

/* ---- characters */

struct glyph {
	char text[16];
	int width;
	size_t took; /* bytes of the text */
};

static void say_control(struct glyph *glyph, unsigned char c, size_t took)
{
	*glyph = (struct glyph){ .width = 4, .took = took };
	snprintf(glyph->text, sizeof(glyph->text), "\\x%02x", c);
}

static void say_odd(struct glyph *glyph, size_t took)
{
	*glyph = (struct glyph){ .text = "?", .width = 1, .took = took };
}

/* What is no character of its own column would shift what follows, or turn it round (Unicode's UAX 9). */
static struct glyph next_glyph(const char *text, bool utf8)
{
	const unsigned char c = (unsigned char)*text;
	size_t n = strlen(text), took;
	mbstate_t state = { 0 };
	struct glyph glyph;
	wchar_t wide;
	int width;

	if (c < 0x20 || c == 0x7f) {
		say_control(&glyph, c, 1);
		return glyph;
	}
	if (c < 0x80)
		return (struct glyph){ .text = { (char)c }, .width = 1, .took = 1 };
	took = utf8 ? mbrtowc(&wide, text, n, &state) : (size_t)-1;
	if (took == 0 || took > n || took >= sizeof(glyph.text)) {
		for (took = 1; ((unsigned char)text[took] & 0xc0) == 0x80; took++)
			;
		say_odd(&glyph, took);
		return glyph;
	}
	if (wide >= 0x80 && wide < 0xa0) {
		say_control(&glyph, (unsigned char)wide, took);
		return glyph;
	}
	width = wcwidth(wide);
	if (width < 1 || (wide >= 0x200b && wide <= 0x200f) || (wide >= 0x2028 && wide <= 0x202e) || (wide >= 0x2060 && wide <= 0x206f)) {
		say_odd(&glyph, took);
		return glyph;
	}
	glyph = (struct glyph){ .width = width, .took = took };
	memcpy(glyph.text, text, took);
	return glyph;
}

int vg_text_width(const char *text, bool utf8)
{
	int width = 0;

	while (*text) {
		struct glyph glyph = next_glyph(text, utf8);

		width += glyph.width;
		text += glyph.took;
	}
	return width;
}

/* ---- looks */

const char *vg_look_begin(enum vg_look look, bool colour)
{
	static const struct {
		const char *coloured, *plain;
	} looks[VG_LOOK_MAX] = {
		[VG_LOOK_PLAIN] = { "", "" },
		[VG_LOOK_STRONG] = { "\033[1m", "\033[1m" },
		[VG_LOOK_FAINT] = { "\033[2m", "\033[2m" },
		[VG_LOOK_BAD] = { "\033[1;31m", "\033[1m" },
		[VG_LOOK_WARNING] = { "\033[33m", "" },
		[VG_LOOK_GOOD] = { "\033[32m", "" },
		[VG_LOOK_SAFE] = { "\033[36m", "" },
		[VG_LOOK_BAR] = { "\033[7m", "\033[7m" },
	};

	return colour ? looks[look].coloured : looks[look].plain;
}

/* ---- writing */

static void append(struct vg_canvas *canvas, const char *text, size_t n)
{
	struct line *line = &canvas->lines[canvas->row];
	size_t size = line->size ? line->size : 256;
	char *grown;

	while (size < line->n + n + 1)
		size *= 2;
	if (size > line->size) {
		grown = realloc(line->text, size);
		if (!grown) {
			canvas->failed = true;
			return;
		}
		line->text = grown;
		line->size = size;
	}
	memcpy(line->text + line->n, text, n);
	line->n += n;
	line->text[line->n] = 0;
}

static void append_text(struct vg_canvas *canvas, const char *text)
{
	append(canvas, text, strlen(text));
}

static const char *begin_of(const struct vg_canvas *canvas, enum vg_look look)
{
	return canvas->style.escapes ? vg_look_begin(look, canvas->style.colour) : "";
}

/* Returns the columns that were written, `width` at most. */
static int write_cut(struct vg_canvas *canvas, const char *text, int width)
{
	const char *ellipsis = canvas->style.utf8 ? "\xe2\x80\xa6" : "~";
	bool cut = vg_text_width(text, canvas->style.utf8) > width;
	int room = cut ? width - 1 : width, used = 0;

	while (*text) {
		struct glyph glyph = next_glyph(text, canvas->style.utf8);

		if (used + glyph.width > room)
			break;
		append_text(canvas, glyph.text);
		used += glyph.width;
		text += glyph.took;
	}
	if (cut && width > 0) {
		append_text(canvas, ellipsis);
		used++;
	}
	return used;
}

static void write_within(struct vg_canvas *canvas, enum vg_look look, const char *text, int width, bool fill)
{
	const char *begin = begin_of(canvas, look);
	int used;

	if (width > vg_canvas_room(canvas))
		width = vg_canvas_room(canvas);
	if (width <= 0)
		return;
	append_text(canvas, begin);
	used = write_cut(canvas, text, width);
	if (*begin && look != VG_LOOK_BAR)
		append_text(canvas, VG_LOOK_END);
	for (; fill && used < width; used++)
		append(canvas, " ", 1);
	if (*begin && look == VG_LOOK_BAR)
		append_text(canvas, VG_LOOK_END);
	canvas->lines[canvas->row].column += used;
}

void vg_canvas_put(struct vg_canvas *canvas, enum vg_look look, const char *text)
{
	write_within(canvas, look, text, vg_canvas_room(canvas), false);
}

void vg_canvas_field(struct vg_canvas *canvas, enum vg_look look, const char *text, int width)
{
	write_within(canvas, look, text, width, true);
}

void vg_canvas_blank(struct vg_canvas *canvas, enum vg_look look, int width)
{
	write_within(canvas, look, "", width, true);
}

void vg_canvas_rule(struct vg_canvas *canvas)
{
	const char *begin = begin_of(canvas, VG_LOOK_FAINT);
	int room = vg_canvas_room(canvas);

	if (room <= 0)
		return;
	append_text(canvas, begin);
	for (int i = 0; i < room; i++)
		append_text(canvas, canvas->style.utf8 ? "\xe2\x94\x80" : "-");
	if (*begin)
		append_text(canvas, VG_LOOK_END);
	canvas->lines[canvas->row].column += room;
}
