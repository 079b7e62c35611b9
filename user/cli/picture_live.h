/* SPDX-License-Identifier: Apache-2.0 */
/* One look at the cluster through the API, by the same source as the guard's: every kind listed once, the Pods of all nodes. */
#ifndef CLI_PICTURE_LIVE_H
#define CLI_PICTURE_LIVE_H

#include "cli/picture.h"
#include "kube/access.h"

#define VG_LIVE_SECONDS 30 /* for all lists; then it is an error that says what is missing */
#define VG_LIVE_FORBIDDEN_MAX 32

/* What may not be read: each a text that names the rule. */
struct vg_live_trouble {
	char *forbidden[VG_LIVE_FORBIDDEN_MAX];
	size_t n;
};

/* access is taken over. picture: all zeros. Exit status; ret_error says what went wrong. trouble is filled in either case. */
int vg_picture_read_live(const struct vg_config_options *options, struct vg_access *access, struct vg_picture *picture,
			 struct vg_live_trouble *trouble, struct vg_error *ret_error);
void vg_live_trouble_deinit(struct vg_live_trouble *trouble); /* an all-zero one is fine */

#endif
