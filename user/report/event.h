/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of one event: the object (docs/contract.md section 6) and the line of text made from it. */
#ifndef REPORT_EVENT_H
#define REPORT_EVENT_H

#include <stdbool.h>

#include <jansson.h>

/* The object as one readable line without a newline, to free(); NULL: no memory. colour: with terminal escapes. */
char *vg_event_to_text(const json_t *event, bool colour);

#endif
