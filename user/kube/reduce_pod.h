/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of a Pod: images, flags, environment. json may be of any type everywhere. */
#ifndef KUBE_REDUCE_POD_H
#define KUBE_REDUCE_POD_H

#include "kube/reduce_parts.h"

/* path: the last parts of the repository's name, "metallb/speaker" or "kube-vip"; registry, tag and digest do not matter. */
bool vg_image_is(const char *image, const char *path);
/* Its value in args, else in command, the last one if it is there more than once; NULL: not there. A switch needs no value. */
const char *vg_container_flag(const json_t *container, const char *name, bool is_switch);
/* NULL: not set, or set from elsewhere (valueFrom), which cannot be known. */
const char *vg_container_env(const json_t *container, const char *name);
bool vg_container_is_kube_vip(const json_t *container);

/* Of the Pod's containers those that are kube-vip: modes, class, leases, control-plane VIPs. */
void vg_reduce_kube_vip(struct vg_reducer *reducer, const json_t *pod, const json_t *containers);

#endif
