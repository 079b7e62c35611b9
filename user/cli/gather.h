/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks all guards of a cluster through the API server: the Pods with the label app.kubernetes.io/name=vipguard, and each of them for GET /v1/vips by
 * the Pod's proxy, a few at a time, each with its own limit of time and size. What cannot be asked is a guard that was not read.
 */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include "app/config.h"
#include "report/overview.h"

#define VG_GATHER_AT_ONCE 16 /* guards asked at a time */
#define VG_GATHER_BYTES_MAX (16 * 1024 * 1024) /* of one guard's answer, and of a page of Pods */
#define VG_GATHER_PAGE 250 /* Pods */

/* -errno: error says why nothing could be asked at all. */
int vg_gather(const struct vg_config_options *options, struct vg_overview *view, struct vg_error *ret_error);

#endif
