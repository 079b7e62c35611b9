/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guard that is followed: its stream of events says that something happened, /v1/screen (report/screen.h) says how things are now. Asked for at
 * the start, and after something happened or by time alone changed; never otherwise. A guard that goes away is sought again.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

#define VG_FOLLOW_MS 300 /* the least time from one question to the next */
#define VG_FOLLOW_AGAIN_MS 1000 /* between two tries to find a guard that went away */

struct vg_follow;

struct vg_follow_sink {
	void *ctx;
	void (*screen)(void *ctx, json_t *screen); /* stolen */
	void (*event)(void *ctx); /* something happened */
	void (*gone)(void *ctx, int r,
		     const struct vg_error *error); /* the guard went away, or could not be asked; -errno as in client.h. Each time */
};

/* A descriptor that is waited for as well. */
struct vg_follow_fd {
	int fd;
	bool ready;
};

int vg_follow_new(const char *socket, const struct vg_follow_sink *sink, struct vg_follow **ret_follow); /* socket: the caller's. -ENOMEM */
void vg_follow_free(struct vg_follow *follow); /* NULL is fine */
/* Until something is to be read from one of the descriptors, something arrived, or `ms` are over (-1: never). -errno. */
int vg_follow_wait(struct vg_follow *follow, struct vg_follow_fd *fds, size_t n, int ms);
void vg_follow_ask(struct vg_follow *follow); /* as if something had happened */

VG_DEFINE_CLEANUP(struct vg_follow *, vg_follow_free)

#endif
