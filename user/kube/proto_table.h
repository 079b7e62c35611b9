/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields of which messages of the API are read, by their numbers and their names in JSON: those that the reducers
 * (kube/reduce*.c) ask for, from generated.proto of k8s.io/api and k8s.io/apimachinery, where a number never changes its meaning.
 */
#ifndef KUBE_PROTO_TABLE_H
#define KUBE_PROTO_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/object.h"

enum vg_proto_type {
	VG_PROTO_TEXT, /* an empty one is left out, as in JSON, but not in a list */
	VG_PROTO_TEXTS,
	VG_PROTO_INT, /* int32, int64 */
	VG_PROTO_MESSAGE,
	VG_PROTO_MESSAGES,
	VG_PROTO_MAP, /* of text by text */
	VG_PROTO_TIME, /* Time, MicroTime: as RFC 3339 */
};

struct vg_proto_member {
	uint32_t number;
	enum vg_proto_type type;
	const char *name;
	const struct vg_proto_message *message; /* NULL for others, and for a message that need only be there */
};

struct vg_proto_message {
	const struct vg_proto_member *members;
	size_t n;
};

/* NULL: the kind is in no group of the server's own, so it has no protobuf. */
const struct vg_proto_message *vg_proto_of_kind(enum vg_kind kind);

/* metadata alone, of any kind */
extern const struct vg_proto_message vg_proto_any_object;
extern const struct vg_proto_message vg_proto_type_meta;
extern const struct vg_proto_message vg_proto_list; /* without its items */
extern const struct vg_proto_message vg_proto_status;

#endif
