/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assignments file (docs/contract.md section 5): YAML 1.1 by libyaml, JSON being a subset. Strict: an unknown key, a wrong
 * type, a bad address, a second document are errors with file, line, what was found and what was expected.
 */
#ifndef CONF_ASSIGNMENTS_H
#define CONF_ASSIGNMENTS_H

#include "base/error.h"
#include "core/snapshot.h"

#define VG_FILE_BYTES_MAX (64 * 1024 * 1024)

/* A new snapshot for this node. -EINVAL: content; -EISDIR, -EACCES, -ENOENT, -EFBIG, ...: the file; error says which. */
int vg_assignments_read(const char *path, const char *node, struct vg_error *ret_error, struct vg_snapshot **ret_snapshot);
/* The same from memory; name is for error texts. */
int vg_assignments_parse(const char *text, size_t size, const char *name, const char *node, struct vg_error *ret_error,
			 struct vg_snapshot **ret_snapshot);

#endif
