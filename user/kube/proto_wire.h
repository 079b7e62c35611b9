/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a protobuf message one by one, as its encoding documents them; nothing is copied. Pure. */
#ifndef KUBE_PROTO_WIRE_H
#define KUBE_PROTO_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define VG_PROTO_VARINT_MAX 10 /* bytes of a number */

/* The low three bits of a key. Groups (3 and 4) are of proto1, and of nothing in the API. */
enum vg_proto_wire { VG_PROTO_VARINT = 0, VG_PROTO_FIXED64 = 1, VG_PROTO_BYTES = 2, VG_PROTO_FIXED32 = 5 };

struct vg_proto_reader {
	const char *at;
	const char *end;
};

struct vg_proto_field {
	uint32_t number;
	enum vg_proto_wire wire;
	uint64_t value; /* of a VG_PROTO_VARINT */
	const char *bytes; /* of the others; borrowed */
	size_t n;
};

/* One more byte of a number, which begins as 0 with no bytes. 1: it is whole; 0: there is more; -EINVAL: it has no end. */
int vg_proto_varint_add(uint64_t *number, unsigned *n, unsigned char byte);
/* Number and form of a field. -EINVAL: there are no such fields; error (NULL is fine) says why. */
int vg_proto_key(uint64_t key, uint32_t *ret_number, enum vg_proto_wire *ret_wire, struct vg_error *ret_error);
/* 1: a field; 0: there are no more; -EINVAL: what comes is none, or goes beyond the message's end. */
int vg_proto_next(struct vg_proto_reader *reader, struct vg_proto_field *ret_field, struct vg_error *ret_error);

#endif
