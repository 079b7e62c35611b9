/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int vg_error_set(struct vg_error *error, int r, const char *format, ...)
{
	va_list args;

	if (!error)
		return r;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return r;
}
