/* SPDX-License-Identifier: Apache-2.0 */
/* What `vipguard watch` shows on a terminal: a moment of the guard (report/screen.h) on a canvas of any size. No I/O, no clock. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/canvas.h"

#define VG_FILTER_MAX 64

struct vg_view {
	const json_t *screen; /* NULL: none yet */
	const char *trouble; /* why no guard answers now; "": one does */
	bool held; /* not drawn anew for the moment */
	int top; /* the first row of the table that is shown; kept within it by vg_view_draw() */
	char filter[VG_FILTER_MAX]; /* rows that have this in one of their cells; "": all */
	bool editing; /* the filter */
	int page; /* rows of the table that there is room for; set by vg_view_draw() */
};

void vg_view_draw(struct vg_view *view, struct vg_canvas *canvas);

/* view_rows.c: the cells of one VIP */
enum vg_cell {
	VG_CELL_MARK,
	VG_CELL_ADDRESS,
	VG_CELL_STATE,
	VG_CELL_REASON,
	VG_CELL_HERE,
	VG_CELL_ACTION,
	VG_CELL_ACTOR,
	VG_CELL_SEEN,
	VG_CELL_HOLDER,
	VG_CELL_SERVICE,
	VG_CELL_MAX
};

#define VG_CELL_BYTES 512

const char *vg_cell_head(enum vg_cell cell);
void vg_cell_text(const json_t *vip, enum vg_cell cell, char out[VG_CELL_BYTES]); /* cut at that */
enum vg_look vg_view_look(const json_t *vip); /* of its state */
bool vg_view_matches(const json_t *vip, const char *filter); /* of either case */
/* Widths by what the rows hold, 0: left out. */
void vg_view_widths(const json_t *const *vips, size_t n, int columns, bool utf8, int ret_widths[VG_CELL_MAX]);
void vg_time_short(const char *rfc3339, char out[16]); /* "10:00:00" of this time zone; "" for none */
void vg_actor_text(const json_t *event, char out[VG_CELL_BYTES]); /* "kube-vip[812] kube-system/kube-vip-cp1" */

#endif
