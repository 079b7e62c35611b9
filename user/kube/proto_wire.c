/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/proto_wire.h"

#include <errno.h>

int vg_proto_varint_add(uint64_t *number, unsigned *n, unsigned char byte)
{
	/* the tenth byte has room for one bit */
	if (*n == VG_PROTO_VARINT_MAX - 1 && byte > 1)
		return -EINVAL;
	*number |= (uint64_t)(byte & 0x7f) << (7 * (*n)++);
	return !(byte & 0x80);
}

int vg_proto_key(uint64_t key, uint32_t *ret_number, enum vg_proto_wire *ret_wire, struct vg_error *ret_error)
{
	uint64_t number = key >> 3;
	unsigned wire = key & 7;

	if (!number || number >= 1U << 29)
		return vg_error_set(ret_error, -EINVAL, "no protobuf: field number %llu", (unsigned long long)number);
	if (wire != VG_PROTO_VARINT && wire != VG_PROTO_FIXED64 && wire != VG_PROTO_BYTES && wire != VG_PROTO_FIXED32)
		return vg_error_set(ret_error, -EINVAL, "no protobuf: field %llu is of wire type %u", (unsigned long long)number, wire);
	*ret_number = (uint32_t)number;
	*ret_wire = (enum vg_proto_wire)wire;
	return 0;
}

static int read_varint(struct vg_proto_reader *reader, uint64_t *ret_number, struct vg_error *error)
{
	unsigned n = 0;
	int r = 0;

	for (*ret_number = 0; r == 0 && reader->at < reader->end; reader->at++)
		r = vg_proto_varint_add(ret_number, &n, (unsigned char)*reader->at);
	return r > 0 ? 0 : vg_error_set(error, -EINVAL, "no protobuf: a number without an end");
}

static int read_value(struct vg_proto_reader *reader, struct vg_proto_field *field, struct vg_error *error)
{
	uint64_t n = field->wire == VG_PROTO_FIXED64 ? 8 : 4;
	int r = 0;

	if (field->wire == VG_PROTO_VARINT)
		return read_varint(reader, &field->value, error);
	if (field->wire == VG_PROTO_BYTES)
		r = read_varint(reader, &n, error);
	if (r < 0)
		return r;
	if (n > (uint64_t)(reader->end - reader->at))
		return vg_error_set(error, -EINVAL, "no protobuf: field %u has %llu bytes where %zu are left", field->number, (unsigned long long)n,
				    (size_t)(reader->end - reader->at));
	field->bytes = reader->at;
	field->n = (size_t)n;
	reader->at += n;
	return 0;
}

int vg_proto_next(struct vg_proto_reader *reader, struct vg_proto_field *ret_field, struct vg_error *ret_error)
{
	struct vg_proto_field field = { .bytes = "" };
	uint64_t key;
	int r;

	if (reader->at == reader->end)
		return 0;
	r = read_varint(reader, &key, ret_error);
	if (r == 0)
		r = vg_proto_key(key, &field.number, &field.wire, ret_error);
	if (r == 0)
		r = read_value(reader, &field, ret_error);
	if (r < 0)
		return r;
	*ret_field = field;
	return 1;
}
