/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One kind of the API, listed and then watched, into one cluster, for ever: whatever ends an answer, another request follows.
 *
 * Heard from: a list ended, or a watch began or delivered something, or another call on the same HTTP/2 connection did: those live and die
 * together. Still each watch has to say something itself (a bookmark a minute does) within three to five times max-age; else it is asked for
 * again, at a moment of its own. Over HTTP/1 a watch is alone on its connection: quiet for bookmark_ns, it is asked for again.
 * All that holds only as long as the server is in touch with its storage (kube/proof.h).
 * A watch that was silent for longer than max-age has to be listed again before it counts: that it goes on says nothing of what it missed.
 */
#ifndef KUBE_REFLECTOR_H
#define KUBE_REFLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "core/cluster.h"
#include "kube/http.h"
#include "kube/kinds.h"
#include "kube/proof.h"
#include "kube/reduce.h"
#include "kube/source.h"

#define VG_RETRY_AFTER_MAX_NS (300ULL * 1000 * 1000 * 1000) /* whatever a server says */
#define VG_FORBIDDEN_MAX_NS (300ULL * 1000 * 1000 * 1000) /* a right that was granted is noticed after that at the latest */
#define VG_ABSENT_NS (300ULL * 1000 * 1000 * 1000)
#define VG_APPEARING_NS (30ULL * 1000 * 1000 * 1000) /* from a definition to its being served */

struct vg_reflector;

/* Shared by all reflectors of a source, which owns what is in it. */
struct vg_reflector_env {
	struct vg_loop *loop;
	struct vg_http *http;
	struct vg_cluster *cluster;
	struct vg_reducer *reducer;
	const char *node;
	uint64_t max_age_ns;
	uint64_t backoff_min_ns, backoff_max_ns;
	uint64_t bookmark_ns;
	uint32_t page;
	bool no_watch_list;
	char pager[256]; /* the server that turned out to have no WatchList */
	bool crds_watched; /* a kind that appears is told */
	uint64_t tokens; /* how often another token was read */
	struct vg_proof proof; /* that the server is in touch with its storage; shared with the source's vg_life */
};

struct vg_reflector_sink {
	void *ctx;
	/* Something was heard; anew: its state, or what is settled, is another one. Nothing may be done there but note it for later. */
	void (*moved)(void *ctx, bool anew);
	void (*trouble)(void *ctx, const struct vg_reflector *reflector, enum vg_kube_trouble_kind kind, const char *key, const char *text);
	void (*name)(void *ctx, const char *name, bool gone); /* for names instead of objects; else NULL */
};

/* info outlives it; namespace NULL: as info says. It idles until vg_reflector_start(). */
int vg_reflector_new(struct vg_reflector_env *env, const struct vg_kind_info *info, unsigned bit, const char *namespace,
		     const struct vg_reflector_sink *sink, struct vg_reflector **ret_reflector);
/* What it held in the cluster stays. */
void vg_reflector_free(struct vg_reflector *reflector); /* NULL is fine */

void vg_reflector_start(struct vg_reflector *reflector); /* if it idles */
void vg_reflector_stop(struct vg_reflector *reflector); /* idles; what it held goes */
void vg_reflector_retry(struct vg_reflector *reflector); /* what waits goes on now */
/* There was a gap in what proves the server's word: a watch that was begun before is listed anew, required kinds first. */
void vg_reflector_doubt(struct vg_reflector *reflector);
void vg_reflector_appeared(struct vg_reflector *reflector); /* its definition was seen */
void vg_reflector_gone(struct vg_reflector *reflector); /* its definition was deleted */
void vg_reflector_unwatched(struct vg_reflector *reflector); /* nobody tells any more when it appears */

/* VG_KIND_UNKNOWN: not settled. What was listed once and is forbidden now is forbidden, though its objects stay. */
enum vg_knowledge vg_reflector_knowledge(const struct vg_reflector *reflector);
bool vg_reflector_idle(const struct vg_reflector *reflector);
bool vg_reflector_was_listed(const struct vg_reflector *reflector); /* and is not absent since */
/* Until when what it has is known to be whole: CLOCK_BOOTTIME; at least when it was started. */
uint64_t vg_reflector_heard_ns(const struct vg_reflector *reflector);
uint64_t vg_reflector_spoke_ns(const struct vg_reflector *reflector); /* when the server was last heard, in touch with its storage or not */
const struct vg_kind_info *vg_reflector_info(const struct vg_reflector *reflector);
unsigned vg_reflector_bit(const struct vg_reflector *reflector);
const char *vg_reflector_namespace(const struct vg_reflector *reflector); /* NULL: all, or no such thing */
const char *vg_reflector_last_error(const struct vg_reflector *reflector); /* since it was last heard from; "" */
/* All but objects. */
void vg_reflector_status(const struct vg_reflector *reflector, struct vg_reflector_status *ret_status);

VG_DEFINE_CLEANUP(struct vg_reflector *, vg_reflector_free)

#endif
