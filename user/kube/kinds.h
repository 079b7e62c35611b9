/* SPDX-License-Identifier: Apache-2.0 */
/* Where each kind is in the API, what is asked for, and what is lost without it: the one table of what the source watches. */
#ifndef KUBE_KINDS_H
#define KUBE_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/object.h"

struct vg_kind_info {
	enum vg_kind kind;
	unsigned reflector; /* bit number among those of its kind */
	const char *group; /* "" is the core group */
	const char *version; /* preferred; another served version is found by discovery */
	const char *plural;
	const char *namespace; /* NULL: all namespaces, or cluster-scoped */
	const char *field_selector; /* NULL: none; "%s" stands for this node's name */
	const char *label_selector; /* NULL: none */
	bool required; /* without it nothing is known at all */
	bool core; /* its API group is always there: a 404 is an error and not an absence */
	const char *loss; /* what is not judged without it */
};

const struct vg_kind_info *vg_kind_info_at(size_t i); /* NULL past the end */

#endif
