/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which version of a group serves a kind, if any: GET /apis/GROUP, then the resources of its versions. Every authenticated client
 * may ask that, so it tells a kind that is not there from one that may not be listed, where a list answers 403 to both.
 */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H

#include "base/cleanup.h"
#include "kube/http.h"

#define VG_DISCOVERY_BYTES_MAX (512 * 1024) /* of one answer */
#define VG_DISCOVERY_VERSIONS_MAX 8

struct vg_discovery;

/* r 0: version serves it, NULL: none does. Negative: it could not be told, text says why. The discovery is gone afterwards. */
typedef void (*vg_discovery_fn)(void *ctx, int r, const char *version, const char *text);

/* prefer: the version to be looked at first. fn is never called from inside. -ENOMEM. */
int vg_discovery_start(struct vg_http *http, const char *group, const char *plural, const char *prefer, vg_discovery_fn fn, void *ctx,
		       struct vg_discovery **ret_discovery);
void vg_discovery_cancel(struct vg_discovery *discovery); /* NULL is fine; fn is not called any more */

#endif
