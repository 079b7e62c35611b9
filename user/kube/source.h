/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes API as a source: one reflector (list, then watch) for each kind of kube/kinds.h, all over one connection, filling
 * one cluster. It says when there is something to assess (many changes at once are one call), and when what it knows is stale.
 *
 * Nothing polls: watches, bookmarks and the one sign of life make every wake-up. Back-off is exponential with jitter, per reflector, and
 * honours Retry-After.
 */
#ifndef KUBE_SOURCE_H
#define KUBE_SOURCE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/loop.h"
#include "core/cluster.h"
#include "kube/access.h"
#include "kube/kinds.h"

struct vg_kube_source;
struct vg_life_status; /* kube/life.h */
struct vg_http; /* kube/http.h */

struct vg_kube_config {
	struct vg_access *access; /* taken over, also when it fails */
	const char *node;
	bool every_pod; /* those of all nodes, for a look at the whole cluster; else those of node */
	const char *agent;
	struct vg_cluster *cluster; /* the caller's; outlives the source */
	uint64_t max_age_ns; /* --max-age: no word on a kind's watch, or no proof that the server knows what is stored, for longer is stale */
	uint64_t backoff_min_ns; /* 0: 500 ms */
	uint64_t backoff_max_ns; /* 0: 30 s */
	/* When nothing came for so long a sign of life is asked for: one for all watches of an HTTP/2 connection (kube/life.h), each watch anew over
	 * HTTP/1. 0: max_age / 2 */
	uint64_t bookmark_ns;
	bool no_watch_list; /* always page (tests) */
	uint32_t page; /* limit of a page; 0: 5000 */
};

enum vg_kube_trouble_kind {
	VG_TROUBLE_FORBIDDEN, /* text: the RBAC rule that is missing */
	VG_TROUBLE_ODD_OBJECT, /* set aside; said once for each kind and key */
	VG_TROUBLE_REFUSED, /* too large, too deep, or the cluster is full */
	VG_TROUBLE_CONNECTION,
};

struct vg_kube_sink {
	void *ctx;
	/* There is something to assess; once an iteration of the loop. complete: every required kind was listed once, every other one too,
	 * or it is absent, or forbidden. */
	void (*changed)(void *ctx, bool complete);
	/* Fresh means complete, every required and every listed kind heard from within max_age, by a server that has shown within max_age that it
	 * is in touch with its storage. Called at every change of that,
	 * and when it was not for max_age from the start. */
	void (*fresh)(void *ctx, bool fresh, const char *why);
	void (*trouble)(void *ctx, enum vg_kube_trouble_kind kind, const char *text);
};

enum vg_relist_cause {
	VG_RELIST_FIRST,
	VG_RELIST_EXPIRED, /* 410, in either form */
	VG_RELIST_ERROR, /* the list or the stream could not be read to its end in another way */
	VG_RELIST_APPEARED, /* the kind came to the server */
	VG_RELIST_CAUSE_MAX
};

const char *vg_relist_cause_to_str(enum vg_relist_cause cause);

/* One reflector, for status and metrics. Strings are borrowed for the call. */
struct vg_reflector_status {
	const struct vg_kind_info *info;
	const char *namespace; /* NULL: as info says */
	const char *state; /* "listing", "watching", "waiting", "absent", "forbidden", "unreadable", "idle" */
	const char *version; /* resourceVersion that the watch is at */
	uint64_t heard_ns; /* CLOCK_BOOTTIME of the last word; 0: never */
	uint64_t objects;
	uint64_t relists[VG_RELIST_CAUSE_MAX];
	uint64_t watches; /* started */
	uint64_t events; /* added, modified, deleted */
	uint64_t bookmarks;
	uint64_t bytes;
	uint64_t errors;
	uint64_t odd; /* objects set aside */
	const char *last_error; /* "" if none */
};

int vg_kube_source_new(struct vg_loop *loop, const struct vg_kube_config *config, const struct vg_kube_sink *sink, struct vg_error *ret_error,
		       struct vg_kube_source **ret_source);
void vg_kube_source_free(struct vg_kube_source *source); /* NULL is fine */
/* Nudges everything that waits (SIGHUP): back-offs end now. */
void vg_kube_source_retry(struct vg_kube_source *source);
bool vg_kube_source_complete(const struct vg_kube_source *source);
bool vg_kube_source_is_fresh(const struct vg_kube_source *source); /* at this moment; the sink may hear of its end a little later */
bool vg_kube_source_may_not_read(const struct vg_kube_source *source, enum vg_kind kind); /* all, or a part of it */
uint64_t vg_kube_source_age_ns(const struct vg_kube_source *source); /* of the kind heard from longest ago; UINT64_MAX: never complete */
/* Says that it is stale, if it is, now and not when the timer comes: who was stopped for a while calls this before anything else is done. */
void vg_kube_source_look(struct vg_kube_source *source);
void vg_kube_source_life(const struct vg_kube_source *source, struct vg_life_status *ret_status);
struct vg_http *vg_kube_source_http(struct vg_kube_source *source); /* its connection, for what else is to be asked or written; the source's */
const char *vg_kube_source_server(const struct vg_kube_source *source);
void vg_kube_source_for_each(const struct vg_kube_source *source, void (*fn)(void *ctx, const struct vg_reflector_status *status), void *ctx);

VG_DEFINE_CLEANUP(struct vg_kube_source *, vg_kube_source_free)

#endif
