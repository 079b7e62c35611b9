/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal's screen before it is drawn: lines of text with looks, each cut at the right edge. What others chose (names of processes, Services, ...)
 * comes onto it as what it is: control characters as \xNN, what has no width of its own (or turns the direction of writing) as a question mark.
 */
#ifndef CLI_CANVAS_H
#define CLI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

/* By meaning; never by colour alone, the words say the same. */
enum vg_look { VG_LOOK_PLAIN, VG_LOOK_STRONG, VG_LOOK_FAINT, VG_LOOK_BAD, VG_LOOK_WARNING, VG_LOOK_GOOD, VG_LOOK_SAFE, VG_LOOK_BAR, VG_LOOK_MAX };

#define VG_CANVAS_ROWS_MAX 500
#define VG_CANVAS_COLUMNS_MAX 1000

struct vg_style {
	bool colour; /* else looks are bold, faint and reverse at most */
	bool escapes; /* else no look at all */
	bool utf8; /* the locale's */
};

struct vg_canvas;

/* Sizes are cut to the limits above. */
int vg_canvas_new(int rows, int columns, struct vg_style style, struct vg_canvas **ret_canvas); /* -ENOMEM */
void vg_canvas_free(struct vg_canvas *canvas); /* NULL is fine */
int vg_canvas_rows(const struct vg_canvas *canvas);
int vg_canvas_columns(const struct vg_canvas *canvas);
struct vg_style vg_canvas_style(const struct vg_canvas *canvas);

void vg_canvas_move(struct vg_canvas *canvas, int row); /* to its end; a row that is not there takes nothing */
int vg_canvas_room(const struct vg_canvas *canvas); /* columns to the right edge */
/* What does not fit is cut, and ends in an ellipsis. */
void vg_canvas_put(struct vg_canvas *canvas, enum vg_look look, const char *text);
/* The same within `width` columns, filled up with blanks. */
void vg_canvas_field(struct vg_canvas *canvas, enum vg_look look, const char *text, int width);
void vg_canvas_rule(struct vg_canvas *canvas); /* a line to the right edge */
void vg_canvas_blank(struct vg_canvas *canvas, enum vg_look look, int width); /* at most to the right edge */
const char *vg_canvas_line(const struct vg_canvas *canvas, int row); /* as it goes to the terminal; the canvas's */
bool vg_canvas_failed(const struct vg_canvas *canvas); /* no memory for some of it */

int vg_text_width(const char *text, bool utf8); /* columns that it takes on a canvas */
const char *vg_look_begin(enum vg_look look, bool colour); /* the escape sequence; "" for a plain one */
#define VG_LOOK_END "\033[0m"

VG_DEFINE_CLEANUP(struct vg_canvas *, vg_canvas_free)

#endif
