/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assignments file as a source: read at the start, and again whenever it changes. A file that cannot be read keeps the
 * picture before it.
 */
#ifndef APP_FILE_SOURCE_H
#define APP_FILE_SOURCE_H

#include "base/error.h"
#include "base/loop.h"
#include "core/snapshot.h"

struct vg_file_source;

struct vg_file_source_sink {
	void *ctx;
	void (*reading)(void *ctx); /* before the file is read again, which takes a while if it is big; may be NULL */
	/* A new picture; it is the receiver's now. */
	void (*changed)(void *ctx, struct vg_snapshot *snapshot);
	/* The file changed and cannot be used; called once for each such change. */
	void (*failed)(void *ctx, const struct vg_error *error);
};

/* Reads once: *ret_snapshot is the caller's. Afterwards the sink is called. path and node are copied. */
int vg_file_source_new(struct vg_loop *loop, const char *path, const char *node, const struct vg_file_source_sink *sink, struct vg_error *ret_error,
		       struct vg_snapshot **ret_snapshot, struct vg_file_source **ret_source);
void vg_file_source_free(struct vg_file_source *source); /* NULL is fine */
void vg_file_source_reload(struct vg_file_source *source); /* SIGHUP: read it again, changed or not */

VG_DEFINE_CLEANUP(struct vg_file_source *, vg_file_source_free)

#endif
