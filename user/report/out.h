/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to a descriptor that may be a pipe nobody reads: the guard never waits for it. What it does not take waits in a buffer
 * of bounded size; whole lines beyond that are dropped and counted.
 *
 * SIGPIPE is ignored from vg_out_new() on, for the whole process: a reader that goes away is a count, not the guard's end.
 */
#ifndef REPORT_OUT_H
#define REPORT_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define VG_OUT_BYTES (64 * 1024)
#define VG_OUT_FLUSH_MS 200 /* how long vg_out_free() waits for a slow reader */

struct vg_out;

typedef void (*vg_out_lost_fn)(void *ctx, uint64_t n);

/* fd stays the caller's and open until vg_out_free(). lost may be NULL. */
int vg_out_new(struct vg_loop *loop, int fd, vg_out_lost_fn lost, void *ctx, struct vg_out **ret_out);
void vg_out_free(struct vg_out *out); /* NULL is fine */
void vg_out_line(struct vg_out *out, const char *line); /* without its newline */
size_t vg_out_waiting(const struct vg_out *out); /* bytes, VG_OUT_BYTES at most */

VG_DEFINE_CLEANUP(struct vg_out *, vg_out_free)

#endif
