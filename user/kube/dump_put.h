/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON value into the cluster, with the counting that goes with it: what reading dumps and manifests share. */
#ifndef KUBE_DUMP_PUT_H
#define KUBE_DUMP_PUT_H

#include "kube/dump.h"
#include "kube/reduce.h"

struct vg_dump_put {
	struct vg_cluster *cluster;
	unsigned reflector;
	const struct vg_moment *now;
	struct vg_reducer *reducer;
	struct vg_dump_result *result;
	const char *name; /* of the file */
};

/* Counts one that is set aside; the first is kept in words. */
void vg_dump_odd(struct vg_dump_put *put, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* kind: VG_KIND_MAX if json says it. -ENOMEM; whatever is wrong with json is counted and no error. */
int vg_dump_put(struct vg_dump_put *put, enum vg_kind kind, const json_t *json);
int vg_dump_put_deletion(struct vg_dump_put *put, const json_t *json);

#endif
