/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch is frames, each behind its length in four bytes. A list is the magic and runtime.Unknown, whose field raw (2) is the
 * list, whose fields items (2) are the objects: two levels of fields with a length each, and the one that is not looked into.
 * The other fields of both levels are kept as they came, and make the list without its items.
 */
#include "kube/proto_split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kube/proto.h"
#include "kube/proto_wire.h"
#include "kube/split_buffer.h"

#define FRAME_HEAD 4 /* bytes of a frame's length, the highest first */
#define INNER 2 /* of both: Unknown's raw, a list's items */

enum place {
	FRAME_LENGTH,
	MAGIC,
	KEY, /* of a field: its number and form */
	LENGTH, /* of it, or its value, if it is a number */
	REST, /* of a field around the objects */
	OBJECT, /* what is handed out */
};

struct vg_proto_split {
	enum vg_split_form form;
	struct vg_split_sink sink;
	enum place place;
	int failed;
	uint64_t at;
	uint64_t refusals;
	bool in_list; /* in Unknown's raw */
	bool had_list;
	uint64_t list_left; /* bytes of raw */
	uint64_t left; /* bytes of REST or OBJECT */
	bool passing_over; /* the object at hand */
	uint64_t number; /* at hand, of n_number bytes so far */
	unsigned n_number;
	uint32_t field;
	enum vg_proto_wire wire;
	char head[2 * VG_PROTO_VARINT_MAX]; /* of the field, as it came */
	size_t n_head;
	struct vg_split_buffer value; /* the object */
	struct vg_split_buffer outer; /* of Unknown, what is not raw */
	struct vg_split_buffer around; /* of the list, what is no item */
};

int vg_proto_split_new(enum vg_split_form form, const struct vg_split_sink *sink, struct vg_proto_split **ret_split)
{
	struct vg_proto_split *split = calloc(1, sizeof(*split));

	if (!split)
		return -ENOMEM;
	split->form = form;
	split->sink = *sink;
	split->place = form == VG_SPLIT_LIST ? MAGIC : FRAME_LENGTH;
	*ret_split = split;
	return 0;
}

void vg_proto_split_free(struct vg_proto_split *split)
{
	if (!split)
		return;
	free(split->value.bytes);
	free(split->outer.bytes);
	free(split->around.bytes);
	free(split);
}

static int complain(const struct vg_proto_split *split, const char *what, struct vg_error *error)
{
	return vg_error_set(error, -EBADMSG, "byte %llu: %s", (unsigned long long)split->at, what);
}

static void refuse(struct vg_proto_split *split)
{
	split->refusals++;
	split->passing_over = true;
	if (split->sink.refused)
		split->sink.refused(split->sink.ctx, "longer than 4 MiB", split->value.bytes, split->value.n);
	vg_split_buffer_empty(&split->value);
}

static int gather_around(struct vg_proto_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	struct vg_split_buffer *buffer = split->in_list ? &split->around : &split->outer;

	if (n > VG_SPLIT_META_MAX - buffer->n)
		return vg_error_set(error, -EBADMSG, "more than %d bytes around the items of a list", VG_SPLIT_META_MAX);
	return vg_split_append(buffer, bytes, n);
}

static void expect_next(struct vg_proto_split *split)
{
	split->place = split->form == VG_SPLIT_LIST ? KEY : FRAME_LENGTH;
	split->number = 0;
	split->n_number = 0;
	split->n_head = 0;
	if (split->in_list && !split->list_left)
		split->in_list = false;
}

static int end_object(struct vg_proto_split *split)
{
	int r = 0;

	if (!split->passing_over) {
		split->value.bytes[split->value.n] = '\0';
		r = split->sink.object(split->sink.ctx, split->value.bytes, split->value.n);
	}
	split->value.n = 0;
	split->passing_over = false;
	expect_next(split);
	return r < 0 ? r : 0;
}

static int begin_object(struct vg_proto_split *split, uint64_t length, struct vg_error *error)
{
	int r;

	if (length > VG_PROTO_LENGTH_MAX)
		return complain(split, "an object of more than 128 MiB", error);
	split->place = OBJECT;
	split->left = length;
	r = vg_split_append(&split->value, "", 0);
	return r < 0 ? r : length ? 0 : end_object(split);
}

static int begin_list(struct vg_proto_split *split, uint64_t length, struct vg_error *error)
{
	if (split->had_list)
		return complain(split, "a second list", error);
	split->had_list = true;
	split->in_list = true;
	split->list_left = length;
	expect_next(split);
	return 0;
}

/* Of a field that is kept as it came. */
static int begin_rest(struct vg_proto_split *split, uint64_t length, struct vg_error *error)
{
	int r = gather_around(split, split->head, split->n_head, error);

	split->place = REST;
	split->left = length;
	if (r == 0 && !length)
		expect_next(split);
	return r;
}

static int begin_field(struct vg_proto_split *split, uint64_t length, struct vg_error *error)
{
	if (split->in_list && length > split->list_left)
		return complain(split, "a field that is longer than its list", error);
	if (split->field != INNER)
		return begin_rest(split, length, error);
	if (split->wire != VG_PROTO_BYTES)
		return complain(split, "a list, or an item, that is none", error);
	return split->in_list ? begin_object(split, length, error) : begin_list(split, length, error);
}

static int take_key(struct vg_proto_split *split, struct vg_error *error)
{
	struct vg_error why;

	if (vg_proto_key(split->number, &split->field, &split->wire, &why) < 0)
		return complain(split, why.text, error);
	split->number = 0;
	split->n_number = 0;
	split->place = LENGTH;
	if (split->wire == VG_PROTO_FIXED64 || split->wire == VG_PROTO_FIXED32)
		return begin_field(split, split->wire == VG_PROTO_FIXED64 ? 8 : 4, error);
	return 0;
}

static int take_number(struct vg_proto_split *split, char byte, struct vg_error *error)
{
	int r;

	if (split->in_list && !split->list_left--)
		return complain(split, "a list that ends in a field", error);
	split->head[split->n_head++] = byte;
	r = vg_proto_varint_add(&split->number, &split->n_number, (unsigned char)byte);
	if (r < 0)
		return complain(split, "a number without an end", error);
	if (r == 0)
		return 0;
	if (split->place == KEY)
		return take_key(split, error);
	return begin_field(split, split->wire == VG_PROTO_BYTES ? split->number : 0, error);
}

static int take_byte(struct vg_proto_split *split, char byte, struct vg_error *error)
{
	if (split->place == FRAME_LENGTH) {
		split->number = split->number << 8 | (unsigned char)byte;
		return ++split->n_number == FRAME_HEAD ? begin_object(split, split->number, error) : 0;
	}
	if (split->place != MAGIC)
		return take_number(split, byte, error);
	if (byte != VG_PROTO_MAGIC[split->n_number])
		return complain(split, "no protobuf of Kubernetes: it does not begin with \"k8s\" and NUL", error);
	if (++split->n_number == VG_PROTO_MAGIC_SIZE)
		expect_next(split);
	return 0;
}

/* Of one that is too long only what it is named by. */
static int gather_object(struct vg_proto_split *split, const char *bytes, size_t n)
{
	bool too_long = split->value.n + split->left > VG_SPLIT_OBJECT_MAX;
	int r;

	if (split->passing_over)
		return 0;
	if (too_long && n > VG_SPLIT_HEAD_MAX - split->value.n)
		n = VG_SPLIT_HEAD_MAX - split->value.n;
	r = vg_split_append(&split->value, bytes, n);
	if (r == 0 && too_long && split->value.n == VG_SPLIT_HEAD_MAX)
		refuse(split);
	return r;
}

static int take_bytes(struct vg_proto_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	int r = split->place == OBJECT ? gather_object(split, bytes, n) : gather_around(split, bytes, n, error);

	if (r < 0)
		return r;
	split->left -= n;
	split->list_left -= split->in_list ? n : 0;
	if (split->left)
		return 0;
	if (split->place == OBJECT)
		return end_object(split);
	expect_next(split);
	return 0;
}

static int feed(struct vg_proto_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	size_t taken;
	int r = 0;

	for (; n && r == 0; bytes += taken, n -= taken, split->at += taken) {
		taken = 1;
		if (split->place == REST || split->place == OBJECT) {
			taken = split->left < n ? (size_t)split->left : n;
			r = take_bytes(split, bytes, taken, error);
		} else {
			r = take_byte(split, *bytes, error);
		}
	}
	return r;
}

int vg_proto_split_feed(struct vg_proto_split *split, const char *bytes, size_t n, struct vg_error *ret_error)
{
	if (split->failed < 0)
		return vg_error_set(ret_error, split->failed, "the stream has ended with an error before");
	split->failed = feed(split, bytes, n, ret_error);
	return split->failed;
}

int vg_proto_split_end(struct vg_proto_split *split, struct vg_error *ret_error)
{
	bool between = split->place == FRAME_LENGTH || (split->place == KEY && split->had_list && !split->in_list);

	if (split->failed < 0)
		return vg_error_set(ret_error, split->failed, "the stream has ended with an error before");
	if (between && !split->n_number)
		return 0;
	split->failed = -EBADMSG;
	return vg_error_set(ret_error, -EBADMSG, "cut short after %llu bytes, the last %zu of them of an object that is not whole",
			    (unsigned long long)split->at, split->value.n);
}

int vg_proto_split_meta(struct vg_proto_split *split, const char **ret_bytes, size_t *ret_n)
{
	struct vg_split_buffer *meta = &split->value;
	char head[1 + VG_PROTO_VARINT_MAX] = { INNER << 3 | VG_PROTO_BYTES };
	size_t n = 1, left = split->around.n;
	int r;

	for (; left >= 0x80; left >>= 7)
		head[n++] = (char)(left | 0x80);
	head[n++] = (char)left;
	meta->n = 0;
	r = vg_split_append(meta, VG_PROTO_MAGIC, VG_PROTO_MAGIC_SIZE);
	if (r == 0 && split->outer.n)
		r = vg_split_append(meta, split->outer.bytes, split->outer.n);
	if (r == 0)
		r = vg_split_append(meta, head, n);
	if (r == 0 && split->around.n)
		r = vg_split_append(meta, split->around.bytes, split->around.n);
	if (r < 0)
		return r;
	*ret_bytes = meta->bytes;
	*ret_n = meta->n;
	return 0;
}

uint64_t vg_proto_split_refused(const struct vg_proto_split *split)
{
	return split->refusals;
}
