/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal that standard output is: size, keys, and drawing what changed. By the sequences of ECMA-48 and xterm's second screen, which every
 * terminal of today knows; docs/architecture.md says why without ncurses.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "cli/canvas.h"

struct vg_terminal;

/* A character as it is, or one of these. */
enum vg_key {
	VG_KEY_NONE = -1,
	VG_KEY_ESCAPE = 0x1b,
	VG_KEY_UP = 0x100,
	VG_KEY_DOWN,
	VG_KEY_PAGE_UP,
	VG_KEY_PAGE_DOWN,
	VG_KEY_HOME,
	VG_KEY_END,
	VG_KEY_OTHER, /* one that is not of interest */
};

bool vg_terminal_is_there(void); /* standard output is one that can be drawn on (TERM is set, and not dumb) */
int vg_terminal_new(struct vg_terminal **ret_terminal); /* changes nothing yet; -ENOMEM */
void vg_terminal_free(struct vg_terminal *terminal); /* leaves; NULL is fine */
void vg_terminal_enter(struct vg_terminal *terminal); /* keys one by one, without echo; the second screen, no cursor */
void vg_terminal_leave(struct vg_terminal *terminal); /* as it was before */
void vg_terminal_size(const struct vg_terminal *terminal, int *ret_rows, int *ret_columns);
/* Only what differs from the canvas before goes out. Takes the canvas. -errno: nobody is there any more. */
int vg_terminal_draw(struct vg_terminal *terminal, struct vg_canvas *canvas);
void vg_terminal_forget(struct vg_terminal *terminal); /* what is on it is not known: the next drawing is of everything */
int vg_terminal_fd(const struct vg_terminal *terminal); /* where keys come from; -1: nowhere */
int vg_terminal_read(struct vg_terminal *terminal); /* once that is ready; -errno: no more will come */
int vg_terminal_key(struct vg_terminal *terminal); /* the next one that was read, or VG_KEY_NONE */

VG_DEFINE_CLEANUP(struct vg_terminal *, vg_terminal_free)

#endif
