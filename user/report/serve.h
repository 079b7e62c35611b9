/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP server of libmicrohttpd on our loop: its epoll descriptor is one of ours, its time-outs are one timer, there is no second thread. Used
 * once for the local API and once for the probes.
 */
#ifndef REPORT_SERVE_H
#define REPORT_SERVE_H

#include <stdbool.h>

#include <microhttpd.h>

#include "base/loop.h"

struct vg_serve;

struct vg_serve_config {
	int fd; /* listens, without blocking; taken over, also on an error */
	unsigned connections; /* at a time; further ones wait in the backlog */
	unsigned quiet_seconds; /* a client that neither says nor takes anything for so long is let go */
	MHD_AccessHandlerCallback answer;
	MHD_NotifyConnectionCallback notify; /* NULL: not of interest */
	void *ctx;
};

int vg_serve_new(struct vg_loop *loop, const struct vg_serve_config *config, struct vg_serve **ret_serve);
void vg_serve_free(struct vg_serve *serve); /* no connection may sleep (microhttpd.h); NULL is fine */
void vg_serve_run(struct vg_serve *serve); /* whatever is ready; not from within an answer */
void vg_serve_soon(struct vg_serve *serve); /* the same, from the loop */
void vg_serve_wait(struct vg_serve *serve, int ms); /* until something is ready, and runs it: for the end, when the loop stands */

VG_DEFINE_CLEANUP(struct vg_serve *, vg_serve_free)

#endif
