/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` and `explain` judge by without a running guard: the assignments file and the addresses that are bound, protected
 * as the guard would.
 */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "app/config.h"
#include "conf/addresses.h"
#include "core/judge.h"

struct vg_picture {
	struct vg_snapshot *snapshot;
	struct vg_listed_addr *addrs;
	size_t n;
	struct vg_circumstances circumstances;
};

/* Exit status: 0, or what went wrong, which is logged. options->assignments is not NULL. */
int vg_picture_read(const struct vg_config_options *options, struct vg_picture *ret_picture);
void vg_picture_deinit(struct vg_picture *picture); /* an all-zero one is fine */

/* Flags that only make sense with files: exit status 0, or 2 (logged) if one is given without --assignments. */
int vg_picture_refuse_flags(const struct vg_config_options *options);

#endif
