/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of Events: those sent and those answered. Fields as k8s.io/api/events/v1/types.go of 1.31 has them; `deprecated*` are left out. What
 * the server demands of them is in pkg/apis/core/validation/events.go: all but `series` is never changed afterwards.
 */
#ifndef KUBE_PUBLISH_JSON_H
#define KUBE_PUBLISH_JSON_H

#include "core/notices.h"

#define VG_EVENT_NAME_MAX 48
#define VG_UID_TEXT_MAX 64

/* "vipguard." and the series' key: a guard that starts anew finds the Event that the one before it wrote. */
void vg_publish_name(const struct vg_series *series, char *out /* VG_EVENT_NAME_MAX */);
/* Both to free(); NULL: no memory, or a text that is no UTF-8. uid: of what it is about, "": not known. */
char *vg_publish_event(const struct vg_series *series, const char *node, const char *uid);
char *vg_publish_series(const struct vg_series *series);

/* What matters of an answer; "" and 0 where it is not there. */
struct vg_publish_answer {
	char uid[VG_UID_TEXT_MAX];
	uint64_t count; /* of an Event: 1 without a series */
	uint64_t last_ns; /* when it happened last, ns since 1970 */
	bool terminating; /* a Status: the namespace is on its way out */
	char message[256]; /* of a Status; no control characters */
};

void vg_publish_read(const char *body, size_t n, struct vg_publish_answer *ret_answer);

#endif
