/* SPDX-License-Identifier: Apache-2.0 */
/* One request for what report/probes.h names, whichever way it came. */
#ifndef REPORT_PROBE_ANSWER_H
#define REPORT_PROBE_ANSWER_H

#include <microhttpd.h>

#include "report/probes.h"

bool vg_probe_is_path(const char *path);
enum MHD_Result vg_probe_answer(const struct vg_probe_ops *ops, struct MHD_Connection *connection, const char *path, const char *method);
/* Plain text; borrowed for the call. */
enum MHD_Result vg_probe_answer_text(struct MHD_Connection *connection, unsigned status, const char *type, const char *text, size_t n);

#define VG_PROBE_PLAIN "text/plain; charset=utf-8"

#endif
