/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dumps (--objects): v1 Lists of mixed kinds as `kubectl get ... -o json` prints them, single objects, lists of one kind whose items
 * have none, NDJSON watch streams (ADDED, MODIFIED, DELETED, BOOKMARK, ERROR), one after the other and in several files. By the same splitter and reducer as
 * the live source. "-" is standard input.
 */
#ifndef KUBE_DUMP_H
#define KUBE_DUMP_H

#include <stdint.h>

#include "base/error.h"
#include "core/cluster.h"

struct vg_dump_result {
	uint64_t objects; /* put */
	uint64_t ignored; /* nothing that the judge needs */
	uint64_t odd; /* set aside */
	char first_odd[VG_ERROR_MAX]; /* "" if none */
};

/* Reads into the cluster and sets its knowledge: what the files hold is listed, and every other kind is listed and empty. -EBADMSG: no JSON, cut short; -errno of the
 * file. error: file, byte, what was found. */
int vg_dump_read(struct vg_cluster *cluster, const char *const *paths, size_t n_paths, const struct vg_moment *now, struct vg_error *ret_error,
		 struct vg_dump_result *ret_result);
/* The same from memory; name is for error texts. Does not set the knowledge. */
int vg_dump_parse(struct vg_cluster *cluster, const char *text, size_t size, const char *name, const struct vg_moment *now,
		  struct vg_error *ret_error, struct vg_dump_result *result);

/*
 * Static Pods on the host (/etc/kubernetes/manifests and its like): YAML or JSON files of a folder, Pods only, as if the API had listed them on node.
 * They protect the control-plane VIP before and without the API. Files that are no Pod are passed over. They are added to
 * what that reflector holds, so that it can be called for several folders. Returns how many Pods had a role, or -errno.
 */
int vg_dump_read_manifests(struct vg_cluster *cluster, unsigned reflector, const char *folder, const char *node, const struct vg_moment *now);

#endif
