/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be told to people elsewhere (Events of the Kubernetes API), so that it never becomes a storm. Repeats are a series: the first is
 * written at once, those after it are counted and written together, at most once each VG_NOTICES_HEARTBEAT_NS (client-go's broadcaster does so
 * every 6 minutes, tools/events/event_broadcaster.go of 1.31). Over all of them a bucket: VG_NOTICES_BURST writes at once, then one each
 * VG_NOTICES_EVERY_NS; new ones and continued ones take turns. What finds no room is counted into one series of its own, which always has room.
 * Pure: time is handed in, and nothing is sent here.
 *
 *	add ... -> next: what to write now, with a token taken -> written, again or drop
 */
#ifndef CORE_NOTICES_H
#define CORE_NOTICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/cluster.h"

#define VG_NOTICES_MAX 256 /* series that are kept; one that has nothing to say gives way to a new one */
#define VG_NOTICES_NEW_MAX 64 /* of these, series that were never written: at one in 10 s the last has waited for ten minutes */
#define VG_NOTICES_BURST 10
#define VG_NOTICES_EVERY_NS (10ULL * 1000 * 1000 * 1000)
#define VG_NOTICES_HEARTBEAT_NS (360ULL * 1000 * 1000 * 1000)
#define VG_NOTICES_OLD_NS \
	(3600ULL * 1000 * 1000 * 1000) /* what could not be written for so long is not news any more; Events last as long by default */
#define VG_NOTICES_TRIES_MAX 8 /* of one that alone fails */
#define VG_NOTICES_SHUT_MAX 32 /* namespaces where nothing may be written; beyond, the oldest is tried again */
#define VG_NAMESPACE_MAX 64 /* a name and its NUL (RFC 1123 label) */
#define VG_NOTICE_NOTE_MAX 1024 /* bytes; what the API takes (NoteLengthLimit, pkg/apis/core/validation/events.go of 1.31) */

struct vg_notices;

/* Strings are borrowed, and never NULL. */
struct vg_notice {
	bool on_node; /* regarding this node, else a Service */
	const char *about; /* "namespace/name" of the Service, or the node's name */
	uint64_t incarnation; /* a Service deleted and made anew is another one (vg_service.uid); 0: not known */
	const char *reason; /* "VIPBindDenied" */
	const char *action; /* "Deny" */
	const char *address; /* "" if it is about none */
	const char *actor; /* who did it, as far as it stays the same when he repeats it */
	const char *pod; /* "namespace/name", or "" */
	const char *note; /* for people, VG_NOTICE_NOTE_MAX - 1 bytes at most; NULL: not said yet */
	bool warning;
};

struct vg_series {
	struct vg_notice notice; /* its own copies */
	uint64_t key[2]; /* the same for the same (node, about, reason, address, actor), after a restart too */
	struct vg_moment first, last;
	uint64_t count; /* all that happened */
	uint64_t told; /* of these what the Event says; 0: there is none yet */
	uint64_t told_ns; /* when that was written */
	uint64_t not_before_ns; /* this one's own wait */
	unsigned tries; /* in a row that failed */
	bool busy; /* it is being written */
	bool doubted; /* a first write may have come through, though nothing says so */
	bool sum; /* that of what is left out */
};

struct vg_notices_config {
	const char *node;
	unsigned burst; /* 0: VG_NOTICES_BURST */
	uint64_t every_ns, heartbeat_ns; /* 0: the default */
};

int vg_notices_new(const struct vg_notices_config *config, struct vg_notices **ret_notices); /* -ENOMEM */
void vg_notices_free(struct vg_notices *notices); /* NULL is fine */
/* 0: it is counted. -ENOENT: nothing like it is known and there is no note: make one and add it again. -ENOSPC: counted as left out. */
int vg_notices_add(struct vg_notices *notices, const struct vg_notice *notice, uint64_t count, const struct vg_moment *now);
/* What is to be written now, or NULL; a token is taken for it. It stays until one of the four below. */
struct vg_series *vg_notices_next(struct vg_notices *notices, uint64_t now_ns);
uint64_t vg_notices_due_ns(const struct vg_notices *notices, uint64_t now_ns); /* when to ask again; 0: nothing waits */

void vg_notices_written(struct vg_series *series, uint64_t told, uint64_t now_ns);
/* It stands already, with that count: written by a guard before this one, which said so `age_ns` ago. What it said counts, too. */
void vg_notices_found(struct vg_series *series, uint64_t told, uint64_t age_ns, uint64_t now_ns);
void vg_notices_again(struct vg_notices *notices, struct vg_series *series, uint64_t not_before_ns); /* it failed; what failed too often is dropped */
void vg_notices_drop(struct vg_notices *notices, struct vg_series *series); /* forgotten, and counted as left out */
void vg_notices_wait(struct vg_series *series, uint64_t not_before_ns); /* it did not fail, but something else did */
void vg_notices_lost(struct vg_series *series); /* the Event is gone: the next is a new one */

/* Nothing is written in that namespace until then. True: the first of them. */
bool vg_notices_shut(struct vg_notices *notices, const char *namespace, uint64_t until_ns);
/* Something could be written there; what has not been tried again since its time was over is forgotten with it. True: none is shut any more. */
bool vg_notices_open(struct vg_notices *notices, const char *namespace, uint64_t now_ns);
bool vg_notices_is_shut(const struct vg_notices *notices); /* some namespace */
void vg_notices_retry(struct vg_notices *notices); /* nothing waits for a time of its own any more */
const char *vg_notices_namespace(const struct vg_series *series, char *out, size_t size); /* that its Event lives in */

uint64_t vg_notices_left_out(const struct vg_notices *notices); /* findings that no Event of their own tells of */
size_t vg_notices_waiting(const struct vg_notices *notices); /* series that have something to say */
size_t vg_notices_count(const struct vg_notices *notices); /* series that are kept */

/* Cuts a note where a character ends, so that size bytes hold it with its NUL. */
void vg_notice_cut(char *note, size_t size);

VG_DEFINE_CLEANUP(struct vg_notices *, vg_notices_free)

#endif
