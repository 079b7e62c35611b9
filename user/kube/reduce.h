/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From JSON of the API to struct vg_object. Nothing that a server sends is trusted: a field of a wrong type is as if it were not
 * there, unless it is one that the object is nothing without; then the object is set aside with a reason. Pure (jansson).
 */
#ifndef KUBE_REDUCE_H
#define KUBE_REDUCE_H

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "core/object.h"

/* Memory for one object's view, used again for the next one. */
struct vg_reducer;

int vg_reducer_new(struct vg_reducer **ret_reducer);
void vg_reducer_free(struct vg_reducer *reducer); /* NULL is fine */

#define VG_REDUCED_BYSTANDER 2

/*
 * kind: what it must be; VG_KIND_MAX: told by apiVersion and kind (dumps). The view lives until the next call or the end of json.
 * 1: *ret_object is filled. VG_REDUCED_BYSTANDER: likewise, of a Pod that plays no part; only whose a process is can be told by it.
 * 0: nothing that the judge needs (a Service without an address, an Event of another reason,
 * a kind of nobody's), so if one of that key was there it goes: *ret_object has kind and key if they could be told (kind VG_KIND_MAX: not even that).
 * -EINVAL: odd (error says what: kind, name, field, found, expected). -ENOMEM.
 */
int vg_reduce(struct vg_reducer *reducer, enum vg_kind kind, const json_t *json, struct vg_error *ret_error, const struct vg_object **ret_object);

/* From bytes: -EINVAL also for what is no JSON. Numbers beyond jansson's, NULs in strings, duplicate keys are odd, no crash. */
json_t *vg_reduce_parse(const char *bytes, size_t n, struct vg_error *ret_error);

/* ConfigMaps whose content matters: kube-system/kubeadm-config, kube-public/cluster-info, kube-system/kubevip. */
bool vg_reduce_wants_config_map(const char *key);

VG_DEFINE_CLEANUP(struct vg_reducer *, vg_reducer_free)

#endif
