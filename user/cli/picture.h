/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` and `explain` judge by without a running guard: the assignments file, a dump of the cluster, the addresses that
 * are bound; protected as the guard would.
 */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "app/config.h"
#include "conf/addresses.h"
#include "core/judge.h"
#include "report/explain.h"

struct vg_picture {
	struct vg_snapshot *snapshot;
	struct vg_snapshot *file; /* NULL: it is the snapshot itself, or there is none */
	struct vg_cluster *cluster; /* NULL: no --objects */
	struct vg_listed_addr *addrs;
	size_t n;
	struct vg_circumstances circumstances;
	struct vg_assess_config config;
	struct vg_ground ground; /* points into this struct's parts */
};

/* Judged by files, not by the running guard: --assignments or --objects were given. */
bool vg_picture_wanted(const struct vg_config_options *options);
/* Exit status: 0, or what went wrong, which is logged. picture: all zeros. */
int vg_picture_read(const struct vg_config_options *options, struct vg_picture *picture);
/* What vg_picture_read() does once there is a cluster in it, or none: assignments file, addresses, owners, what is protected. Exit status. */
int vg_picture_finish(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture);
/* What --with and --without-object ask for. */
bool vg_picture_is_amended(const struct vg_config_options *options);
/* Makes it so, and judges anew. The picture must have been read. Exit status. */
int vg_picture_amend(const struct vg_config_options *options, struct vg_picture *picture);
void vg_picture_deinit(struct vg_picture *picture); /* an all-zero one is fine */

/* Flags that only make sense with files: exit status 0, or 2 (logged) if one is given without them. */
int vg_picture_refuse_flags(const struct vg_config_options *options);

#endif
