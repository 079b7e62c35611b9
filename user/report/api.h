/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local API: HTTP on a Unix socket (mode 0600), for status, explain, check and watch. libmicrohttpd's epoll descriptor sits
 * in our loop, so there is no second thread. Answers are JSON.
 *
 * GET /v1/status · GET /v1/screen (report/screen.h) · GET /v1/check · GET /v1/doctor · GET /v1/explain?address=A[&address=B][&link=L] · GET /v1/evidence?address=A ·
 * GET /v1/watch[?changes=true] (one line an event, open end; with changes also VG_API_CHANGED) · PUT /v1/mode?mode=audit|enforce · PUT /v1/pause?for=15m · PUT /v1/resume · and what
 * report/probes.h answers
 */
#ifndef REPORT_API_H
#define REPORT_API_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/error.h"
#include "base/loop.h"
#include "report/probes.h"

struct vg_api;

/* Who asks, by the socket. */
struct vg_api_peer {
	bool known;
	pid_t pid; /* 0: it is in a pid namespace that ours does not see */
	uid_t uid;
};

/* What the API asks of the guard. Each returns a new reference or NULL with error set (then: 400). */
struct vg_api_ops {
	void *ctx;
	json_t *(*status)(void *ctx, struct vg_error *ret_error);
	json_t *(*screen)(void *ctx, struct vg_error *ret_error); /* report/screen.h */
	json_t *(*check)(void *ctx, struct vg_error *ret_error);
	json_t *(*explain)(void *ctx, const char *address, const char *link, struct vg_error *ret_error); /* one object */
	json_t *(*doctor)(void *ctx, struct vg_error *ret_error); /* report/doctor.h, of the cluster alone */
	json_t *(*evidence)(void *ctx, const char *address, struct vg_error *ret_error); /* a bundle (report/bundle.h) */
	json_t *(*set_mode)(void *ctx, const char *mode, struct vg_error *ret_error);
	json_t *(*pause)(void *ctx, const char *duration, const struct vg_api_peer *peer, struct vg_error *ret_error);
	json_t *(*resume)(void *ctx, const struct vg_api_peer *peer, struct vg_error *ret_error);
	void (*lost)(void *ctx, uint64_t n); /* lines that a slow watcher did not take */
	struct vg_probe_ops probes;
};

#define VG_API_WATCHERS_MAX 16
#define VG_API_BACKLOG_MAX (256 * 1024) /* bytes that wait for one watcher; beyond that lines are dropped and counted */

#define VG_API_CHANGED "{\"changed\":true}"

/* path: the socket; a left-over one is replaced, one that answers is -EADDRINUSE. Missing parent folders are made (0755). */
int vg_api_new(struct vg_loop *loop, const char *path, const struct vg_api_ops *ops, struct vg_error *ret_error, struct vg_api **ret_api);
void vg_api_free(struct vg_api *api); /* asks nothing of ops but lost() any more; removes the socket; NULL is fine */
void vg_api_publish(struct vg_api *api, const char *json_line); /* to every watcher */
/* /v1/screen says something else, though no event tells: VG_API_CHANGED to those who asked for it, once until they have read it. */
void vg_api_changed(struct vg_api *api);
int vg_api_watchers(const struct vg_api *api); /* how many there are now */

VG_DEFINE_CLEANUP(struct vg_api *, vg_api_free)

#endif
