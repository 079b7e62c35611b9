/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kube/split.h does for JSON, for protobuf: cuts what a server sends, in pieces of any size, into the frames of a watch or the
 * items of a list. Only the object at hand is in memory. Pure: bytes in, callbacks out.
 */
#ifndef KUBE_PROTO_SPLIT_H
#define KUBE_PROTO_SPLIT_H

#include "base/cleanup.h"
#include "kube/split.h"

/* An object over VG_SPLIT_OBJECT_MAX is passed over as long as it says to be, up to this. Beyond, it is no length: waiting for its end
 * would hide what comes. etcd's own limit for a write is 1.5 MiB. */
#define VG_PROTO_LENGTH_MAX (128U * 1024 * 1024)

struct vg_proto_split;

/* form: VG_SPLIT_LINES or VG_SPLIT_LIST. sink->list is not called. */
int vg_proto_split_new(enum vg_split_form form, const struct vg_split_sink *sink, struct vg_proto_split **ret_split);
void vg_proto_split_free(struct vg_proto_split *split); /* NULL is fine */
/* -EBADMSG: no such stream (no object of Kubernetes, lengths that do not fit in one another); error says where. What was whole before has
 * been handed out. -ENOMEM. */
int vg_proto_split_feed(struct vg_proto_split *split, const char *bytes, size_t n, struct vg_error *ret_error);
/* The stream is over. -EBADMSG: in the middle of something. */
int vg_proto_split_end(struct vg_proto_split *split, struct vg_error *ret_error);
/* VG_SPLIT_LIST after its end: the list without its items, for vg_proto_read(). -ENOMEM. */
int vg_proto_split_meta(struct vg_proto_split *split, const char **ret_bytes, size_t *ret_n);
uint64_t vg_proto_split_refused(const struct vg_proto_split *split);

VG_DEFINE_CLEANUP(struct vg_proto_split *, vg_proto_split_free)

#endif
