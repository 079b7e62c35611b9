/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second look at what leaves the machine. What is put into a bundle has no secrets by its making; this hides what looks like one all the same,
 * in a line of a log that somebody handed over, say: JSON web tokens, "Bearer ...", a user and password in a URL, PEM blocks, and the values of
 * keys that are named for secrets.
 */
#ifndef REPORT_REDACT_H
#define REPORT_REDACT_H

#include <jansson.h>

#define VG_REDACTED "[hidden]"

/* A new text, or NULL: nothing to hide. *ret_r: -ENOMEM, else 0. To free(). */
char *vg_redact_text(const char *text, int *ret_r);
/* In place, however deep. -ENOMEM. */
int vg_redact_json(json_t *json);

#endif
