/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "What if": objects that a dump is to have in place of its own, and objects that it is not to have. Strict, where reading a dump is
 * lenient: these few were written by hand, and one that is set aside would be taken for judged.
 */
#ifndef KUBE_DUMP_AMEND_H
#define KUBE_DUMP_AMEND_H

#include "kube/dump.h"

/*
 * Adds or replaces, as a whole, what the file holds: JSON as vg_dump_read() takes it, or YAML manifests (documents, Lists; without a namespace
 * they are of "default", as for kubectl). -EINVAL, -EBADMSG: error names file and object.
 */
int vg_dump_amend(struct vg_cluster *cluster, const char *path, const struct vg_moment *now, struct vg_error *ret_error);
/* "Kind/namespace/name", or "Kind/name" of what has no namespace; the kind in upper or lower case. -EINVAL, -ENOENT. */
int vg_dump_remove(struct vg_cluster *cluster, const char *what, struct vg_error *ret_error);
/* That it has this form, with a kind that verdicts depend on. */
int vg_dump_check_name(const char *what, struct vg_error *ret_error);

#endif
