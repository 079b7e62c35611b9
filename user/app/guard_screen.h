/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees of the guard (report/screen.h), gathered when it is asked for. Shared by the guard*.c files alone. */
#ifndef APP_GUARD_SCREEN_H
#define APP_GUARD_SCREEN_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

struct vg_guard;

/* lines: with those of each VIP. A new reference; NULL: no memory. */
json_t *vg_guard_screen(struct vg_guard *guard, bool lines);

/* guard_screen_vips.c: sets states, vips, vips_left_out and changes_seconds. -ENOMEM. */
int vg_guard_screen_put_vips(struct vg_guard *guard, json_t *screen, bool lines);

#endif
