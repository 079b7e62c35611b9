/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics of the program itself, on standard error, one line each: "vipguard: message". Events go elsewhere (report/).
 * base/, core/ and parsers never log; owners in kern/, app/ and cli/ log once, with the cause.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum vg_log_level { VG_LOG_ERROR, VG_LOG_WARNING, VG_LOG_INFO, VG_LOG_DEBUG };

void vg_log_set_level(enum vg_log_level level); /* default: VG_LOG_WARNING */
bool vg_log_enabled(enum vg_log_level level);
void vg_log(enum vg_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Logs an error with strerror(-r) behind it and returns r: `return vg_log_errno(r, "cannot open %s", path);` */
int vg_log_errno(int r, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
