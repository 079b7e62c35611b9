/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a process besides its pid and name. Strings are borrowed; NULL: not known. */
#ifndef CORE_DOER_H
#define CORE_DOER_H

struct vg_doer {
	const char *exe;
	const char *cgroup; /* its path */
	const char *container; /* its id, 64 digits */
	const char *pod; /* "namespace/name" */
	const char *pod_uid; /* of a Pod whose name is not known */
};

#endif
