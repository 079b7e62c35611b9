/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes Events of the Kubernetes API (events.k8s.io/v1) over the connection of the source: one request at a time, in the order and at the pace
 * of core/notices.h. It waits for nobody, nobody waits for it, and while there is nothing to write it does not wake.
 *
 * An Event's name follows from what it is about. So the one of a guard before this one is met by a 409, looked up (by a patch that changes
 * nothing, for which the right to patch is enough), and continued.
 *
 *	no answer, 5xx, 429	waited for, longer each time, or as long as Retry-After says; an Event that fails eight times alone is dropped
 *	401			the token is read again
 *	403			nothing is written in that namespace for ten minutes, or until vg_publisher_retry(); said once
 *	404			of the namespace: dropped. Of the Event: it has expired, and the next is a new one
 *	anything else		dropped, and told to the sink
 */
#ifndef KUBE_PUBLISH_H
#define KUBE_PUBLISH_H

#include "base/cleanup.h"
#include "base/loop.h"
#include "core/notices.h"
#include "kube/http.h"

struct vg_publisher;

struct vg_publisher_config {
	struct vg_http *http; /* the caller's; outlives the publisher */
	struct vg_notices_config pace; /* with the node's name */
	uint64_t backoff_min_ns, backoff_max_ns; /* 0: 1 s, 5 min */
	uint64_t timeout_ns; /* 0: 10 s */
	uint64_t shut_ns; /* after a 403; 0: 10 min */
};

struct vg_publisher_sink {
	void *ctx;
	void (*forbidden)(void *ctx, const char *why); /* with the rule that is missing; NULL: not any more */
	void (*left_out)(void *ctx, uint64_t n); /* findings that no Event of their own tells of, since it was said last: about to be written so */
	void (*refused)(void *ctx, const char *why); /* an Event that the server does not take */
};

struct vg_publisher_status {
	uint64_t created, continued; /* writes of Events, and of series */
	uint64_t failed; /* requests */
	uint64_t left_out; /* findings that no Event of their own tells of */
	size_t waiting, series;
	bool forbidden;
	const char *last_error; /* "": the last request was well */
};

int vg_publisher_new(struct vg_loop *loop, const struct vg_publisher_config *config, const struct vg_publisher_sink *sink,
		     struct vg_publisher **ret_publisher); /* -ENOMEM, -errno */
void vg_publisher_free(struct vg_publisher *publisher); /* NULL is fine; before its http */
/* As vg_notices_add(). */
int vg_publisher_tell(struct vg_publisher *publisher, const struct vg_notice *notice, uint64_t count);
void vg_publisher_retry(struct vg_publisher *publisher); /* SIGHUP: no wait goes on */
void vg_publisher_status(const struct vg_publisher *publisher, struct vg_publisher_status *ret_status);

VG_DEFINE_CLEANUP(struct vg_publisher *, vg_publisher_free)

#endif
