/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a running guard through its socket (report/api.h). Blocking: for short-lived commands only. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

#define VG_ANSWER_BYTES_MAX (64 * 1024 * 1024)

/*
 * method: "GET" or "PUT". path: with its query, already escaped. A new reference.
 * -ECONNREFUSED: no guard answers. -EACCES: not allowed to ask. -EINVAL: it refused (400). -EIO: anything else.
 */
int vg_client_call(const char *socket, const char *method, const char *path, struct vg_error *ret_error, json_t **ret_json);

/* A line without its newline; false ends the watch. */
typedef bool (*vg_client_line_fn)(void *ctx, const char *line);

/* Until the guard ends (0), fn says so (0), or an error as above. */
int vg_client_watch(const char *socket, vg_client_line_fn fn, void *ctx, struct vg_error *ret_error);

/* Exit status for an error of these. */
int vg_client_exit(int r);

/* value escaped for a query, to free(); NULL: no memory. */
char *vg_client_escape(const char *value);

#endif
