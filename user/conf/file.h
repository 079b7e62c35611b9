/* SPDX-License-Identifier: Apache-2.0 */
/* A whole file in memory, of bounded size. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <stddef.h>

#include "base/error.h"

/* ret_text: free() it; with a NUL behind its ret_size bytes. -EISDIR, -EFBIG (more than VG_FILE_BYTES_MAX), -EINVAL (no file but
 * a socket or a disk), or what open() and read() said. */
int vg_file_read(const char *path, struct vg_error *ret_error, char **ret_text, size_t *ret_size);

#endif
