/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of the API as protobuf (application/vnd.kubernetes.protobuf), which cost their server far less than JSON. They become the
 * JSON that the reducers read, with the fields of kube/proto_table.h and no others: so there is one set of rules, whatever came.
 * Nothing that a server sends is trusted. Pure (jansson).
 *
 * object: an empty JSON object that is filled. After -EINVAL it has what came before the fault, its name mostly, and no more is to be made
 * of it. -EINVAL: no protobuf, a field of another type than the API's, NUL in a key. -ENOMEM.
 */
#ifndef KUBE_PROTO_H
#define KUBE_PROTO_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "core/object.h"

#define VG_PROTO_MIME "application/vnd.kubernetes.protobuf"
#define VG_PROTO_MAGIC "k8s" /* and a NUL: what an object begins with that says of what kind it is */
#define VG_PROTO_MAGIC_SIZE 4

bool vg_proto_is_mime(const char *content_type); /* with or without parameters */
bool vg_proto_is_object(const char *bytes, size_t n); /* it begins like one */

/* An item of a list, which does not say what it is. A kind without protobuf: its metadata. */
int vg_proto_read_item(enum vg_kind kind, const char *bytes, size_t n, json_t *object, struct vg_error *ret_error);
/* A frame of a watch: {"type", "object"}. An object of another kind than what was asked for has its metadata; a Status what it says. */
int vg_proto_read_event(enum vg_kind kind, const char *bytes, size_t n, json_t *event, struct vg_error *ret_error);
/* Anything with VG_PROTO_MAGIC in front. A list has no items, but an empty "items". */
int vg_proto_read(enum vg_kind kind, const char *bytes, size_t n, json_t *object, struct vg_error *ret_error);

#endif
