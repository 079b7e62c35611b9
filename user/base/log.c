/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

static enum vg_log_level max_level = VG_LOG_WARNING;

void vg_log_set_level(enum vg_log_level level)
{
	max_level = level;
}

bool vg_log_enabled(enum vg_log_level level)
{
	return level <= max_level;
}

/* One fprintf() a line, so that lines of several writers do not mix. */
static void write_line(enum vg_log_level level, const char *message, const char *cause)
{
	static const char *const prefix[] = { [VG_LOG_ERROR] = "", [VG_LOG_WARNING] = "warning: ", [VG_LOG_INFO] = "", [VG_LOG_DEBUG] = "debug: " };

	fprintf(stderr, "vipguard: %s%s%s%s\n", prefix[level], message, cause ? ": " : "", cause ? cause : "");
}

void vg_log(enum vg_log_level level, const char *format, ...)
{
	char message[LINE_MAX_BYTES];
	va_list args;

	if (!vg_log_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	write_line(level, message, NULL);
}

int vg_log_errno(int r, const char *format, ...)
{
	char message[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	write_line(VG_LOG_ERROR, message, strerror(r < 0 ? -r : r));
	return r;
}
