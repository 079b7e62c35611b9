/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for, as the path of a request, and the RBAC rule that lets us ask, in words. Pure. */
#ifndef KUBE_REQUEST_H
#define KUBE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube/kinds.h"

struct vg_place {
	const struct vg_kind_info *info;
	const char *version; /* of the group; NULL: as info says */
	const char *namespace; /* NULL: as info says */
	const char *node; /* for the %s of a field selector */
};

/* All return an escaped path to free(), NULL: no memory. */
char *vg_request_list(const struct vg_place *place, uint32_t limit /* 0: none */, const char *token /* of the page, NULL: the first */);
char *vg_request_watch(const struct vg_place *place, const char *version, uint64_t timeout_s);
/* WatchList: what exists comes first as ADDED, then a bookmark with the end mark, then what happens. */
char *vg_request_watch_list(const struct vg_place *place, uint64_t timeout_s);

/* The forms of an answer that can be read. names: nothing but metadata; list: in a list, and not in events. */
const char *vg_request_accept(bool names, bool list);

/* `apiGroups: ["metallb.io"], resources: ["ipaddresspools"], verbs: [list, watch]`, with the namespace and the name it can be narrowed to. */
void vg_request_rule(const struct vg_place *place, char *out, size_t size);

#endif
