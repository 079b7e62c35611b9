/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who watch: each has an answer without end and a backlog of bounded size. What a slow one does not take is dropped,
 * counted, and said to it in a line of its own as soon as there is room.
 *
 * The connection sleeps while its backlog is empty. libmicrohttpd does not look at a sleeping connection, so a hang-up is
 * watched for here; else a client that left would keep its place until the next event.
 */
#ifndef REPORT_API_WATCH_H
#define REPORT_API_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/loop.h"

struct vg_watchers;

struct vg_watchers_config {
	void *ctx;
	void (*kick)(void *ctx); /* a connection was woken: run the daemon soon, not from within this call */
	void (*lost)(void *ctx, uint64_t n); /* lines that were dropped; may be NULL */
};

int vg_watchers_new(struct vg_loop *loop, const struct vg_watchers_config *config, struct vg_watchers **ret_watchers);
/* Only after the daemon was stopped: it frees the watchers' answers. NULL is fine. */
void vg_watchers_free(struct vg_watchers *watchers);

bool vg_watchers_full(const struct vg_watchers *watchers);
size_t vg_watchers_count(const struct vg_watchers *watchers);
/* Answers this request with the stream; changes: vg_watchers_changed() is of interest. */
enum MHD_Result vg_watchers_answer(struct vg_watchers *watchers, struct MHD_Connection *connection, bool changes);
void vg_watchers_publish(struct vg_watchers *watchers, const char *line);
/* VG_API_CHANGED, behind what waits; once until it has been read, so it is never lost and takes no room. */
void vg_watchers_changed(struct vg_watchers *watchers);
/* Every stream ends when its backlog is out; now: at once, without it. */
void vg_watchers_end(struct vg_watchers *watchers, bool now);

VG_DEFINE_CLEANUP(struct vg_watchers *, vg_watchers_free)

#endif
