/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As deep as the tables are, and no deeper: what they do not name is passed over as bytes. A field that is there twice is as the
 * encoding says: the last text counts, messages are merged.
 */
#include "kube/proto.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "base/utf8.h"
#include "kube/proto_table.h"
#include "kube/proto_wire.h"

#define SECONDS_MAX ((int64_t)(UINT64_MAX / VG_NS_PER_SEC)) /* year 2554 */

struct timestamp {
	int64_t seconds;
	int64_t nanos;
};

static int no_memory(struct vg_error *error)
{
	return vg_error_set(error, -ENOMEM, "out of memory");
}

/* Steals value. */
static int set(json_t *object, const char *key, json_t *value, struct vg_error *error)
{
	return json_object_set_new_nocheck(object, key, value) < 0 ? no_memory(error) : 0;
}

static int append(json_t *list, json_t *value, struct vg_error *error)
{
	return json_array_append_new(list, value) < 0 ? no_memory(error) : 0;
}

/* An annotation that anybody may write must not hide a Service: what is no UTF-8 is repaired, as the server does it for JSON. */
static json_t *text_of(const char *bytes, size_t n)
{
	_cleanup_free_ char *clean = NULL;

	if (vg_utf8_is_valid(bytes, n))
		return json_stringn_nocheck(bytes, n);
	clean = malloc(n * 3);
	return clean ? json_stringn_nocheck(clean, vg_utf8_repair(bytes, n, clean)) : NULL;
}

/* What is there under that name already, or what make() makes there. */
static json_t *at(json_t *object, const char *name, json_t *(*make)(void), struct vg_error *error)
{
	json_t *value = json_object_get(object, name);

	if (value)
		return value;
	value = make();
	return set(object, name, value, error) == 0 ? value : NULL;
}

static int expect(const struct vg_proto_field *field, enum vg_proto_wire wire, const char *name, struct vg_error *error)
{
	if (field->wire == wire)
		return 0;
	return vg_error_set(error, -EINVAL, "%s: field %u is of wire type %d, not %d", name, field->number, (int)field->wire, (int)wire);
}

/* {key = 1, value = 2}; one that is missing is empty. */
static int read_entry(json_t *map, const struct vg_proto_field *entry, const char *name, struct vg_error *error)
{
	struct vg_proto_reader reader = { entry->bytes, entry->bytes + entry->n };
	struct vg_proto_field field, parts[2] = { { .bytes = "" }, { .bytes = "" } };
	_cleanup_free_ char *key = NULL;
	int r;

	while ((r = vg_proto_next(&reader, &field, error)) > 0) {
		if (field.number > 2)
			continue;
		r = expect(&field, VG_PROTO_BYTES, name, error);
		if (r < 0)
			return r;
		parts[field.number - 1] = field;
	}
	if (r < 0)
		return r;
	if (memchr(parts[0].bytes, '\0', parts[0].n))
		return vg_error_set(error, -EINVAL, "%s: a key with a NUL", name);
	key = malloc(parts[0].n * 3 + 1);
	if (!key)
		return no_memory(error);
	key[vg_utf8_repair(parts[0].bytes, parts[0].n, key)] = '\0';
	return set(map, key, text_of(parts[1].bytes, parts[1].n), error);
}

/* {seconds = 1, nanos = 2}; an empty one is no time at all. */
static int read_timestamp(const struct vg_proto_field *message, const char *name, struct timestamp *ret_time, struct vg_error *error)
{
	struct vg_proto_reader reader = { message->bytes, message->bytes + message->n };
	struct vg_proto_field field;
	int r;

	*ret_time = (struct timestamp){ 0 };
	while ((r = vg_proto_next(&reader, &field, error)) > 0) {
		if (field.number > 2)
			continue;
		r = expect(&field, VG_PROTO_VARINT, name, error);
		if (r < 0)
			return r;
		*(field.number == 1 ? &ret_time->seconds : &ret_time->nanos) = (int64_t)field.value;
	}
	return r;
}

/* One before 1970, or beyond what 64 bits of ns hold, is as if it were not there. */
static int read_time(json_t *object, const struct vg_proto_field *field, const char *name, struct vg_error *error)
{
	char text[VG_RFC3339_MAX];
	struct timestamp time;
	int r = read_timestamp(field, name, &time, error);

	if (r < 0 || !field->n || time.seconds < 0 || time.seconds >= SECONDS_MAX || time.nanos < 0 || time.nanos >= (int64_t)VG_NS_PER_SEC)
		return r;
	vg_time_rfc3339((uint64_t)time.seconds * VG_NS_PER_SEC + (uint64_t)time.nanos, text);
	return set(object, name, json_string_nocheck(text), error);
}

static int read_message(const struct vg_proto_message *message, const char *bytes, size_t n, json_t *object, struct vg_error *error);

static int read_inner(const struct vg_proto_member *member, const struct vg_proto_field *field, json_t *object, struct vg_error *error)
{
	if (!object)
		return no_memory(error);
	return member->message ? read_message(member->message, field->bytes, field->n, object, error) : 0;
}

/* Put into its list first, so that what it has is there after an error. */
static int read_one_of_many(const struct vg_proto_member *member, const struct vg_proto_field *field, json_t *list, struct vg_error *error)
{
	json_t *one = json_object();
	int r = append(list, one, error);

	return r < 0 ? r : read_inner(member, field, one, error);
}

static int read_member(const struct vg_proto_member *member, const struct vg_proto_field *field, json_t *object, struct vg_error *error)
{
	const char *name = member->name;
	json_t *container = object;
	int r = expect(field, member->type == VG_PROTO_INT ? VG_PROTO_VARINT : VG_PROTO_BYTES, name, error);

	if (r == 0 && (member->type == VG_PROTO_TEXTS || member->type == VG_PROTO_MESSAGES))
		container = at(object, name, json_array, error);
	else if (r == 0 && (member->type == VG_PROTO_MAP || member->type == VG_PROTO_MESSAGE))
		container = at(object, name, json_object, error);
	if (r < 0 || !container)
		return r < 0 ? r : -ENOMEM;
	switch (member->type) {
	case VG_PROTO_TEXT: return field->n ? set(object, name, text_of(field->bytes, field->n), error) : 0;
	case VG_PROTO_TEXTS: return append(container, text_of(field->bytes, field->n), error);
	case VG_PROTO_INT: return set(object, name, json_integer((json_int_t)field->value), error);
	case VG_PROTO_MESSAGE: return read_inner(member, field, container, error);
	case VG_PROTO_MESSAGES: return read_one_of_many(member, field, container, error);
	case VG_PROTO_MAP: return read_entry(container, field, name, error);
	case VG_PROTO_TIME: return read_time(object, field, name, error);
	}
	return 0;
}

static const struct vg_proto_member *find_member(const struct vg_proto_message *message, uint32_t number)
{
	for (size_t i = 0; i < message->n; i++) {
		if (message->members[i].number == number)
			return &message->members[i];
	}
	return NULL;
}

static int read_message(const struct vg_proto_message *message, const char *bytes, size_t n, json_t *object, struct vg_error *error)
{
	struct vg_proto_reader reader = { bytes, bytes + n };
	struct vg_proto_field field;
	int r;

	while ((r = vg_proto_next(&reader, &field, error)) > 0) {
		const struct vg_proto_member *member = find_member(message, field.number);

		r = member ? read_member(member, &field, object, error) : 0;
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- what is around an object */

bool vg_proto_is_mime(const char *content_type)
{
	size_t n = strlen(VG_PROTO_MIME);

	return !strncasecmp(content_type, VG_PROTO_MIME, n) && (!content_type[n] || strchr("; \t", content_type[n]));
}

bool vg_proto_is_object(const char *bytes, size_t n)
{
	return n >= VG_PROTO_MAGIC_SIZE && !memcmp(bytes, VG_PROTO_MAGIC, VG_PROTO_MAGIC_SIZE);
}

int vg_proto_read_item(enum vg_kind kind, const char *bytes, size_t n, json_t *object, struct vg_error *ret_error)
{
	const struct vg_proto_message *message = vg_proto_of_kind(kind);

	return read_message(message ? message : &vg_proto_any_object, bytes, n, object, ret_error);
}

static bool is_list(const char *kind)
{
	size_t n = strlen(kind);

	return n > 4 && !strcmp(kind + n - 4, "List");
}

/* By what it says of itself, which goes into the object. */
static int read_told(enum vg_kind kind, const struct vg_proto_field *raw, json_t *object, struct vg_error *error)
{
	const char *told = json_string_value(json_object_get(object, "kind"));
	const struct vg_proto_message *message = &vg_proto_any_object;
	int r = 0;

	if (!told)
		return vg_error_set(error, -EINVAL, "an object that does not say its kind");
	if (is_list(told)) {
		message = &vg_proto_list;
		r = set(object, "items", json_array(), error);
	} else if (!strcmp(told, "Status")) {
		message = &vg_proto_status;
	} else if (vg_proto_of_kind(kind) && !strcmp(told, vg_kind_to_str(kind))) {
		message = vg_proto_of_kind(kind);
	}
	return r < 0 ? r : read_message(message, raw->bytes, raw->n, object, error);
}

/* runtime.Unknown: {typeMeta = 1, raw = 2, contentEncoding = 3, contentType = 4} */
int vg_proto_read(enum vg_kind kind, const char *bytes, size_t n, json_t *object, struct vg_error *ret_error)
{
	struct vg_proto_reader reader = { bytes + VG_PROTO_MAGIC_SIZE, bytes + n };
	struct vg_proto_field field, raw = { .bytes = "" };
	int r;

	if (!vg_proto_is_object(bytes, n))
		return vg_error_set(ret_error, -EINVAL, "no protobuf of Kubernetes: it does not begin with \"k8s\" and NUL");
	while ((r = vg_proto_next(&reader, &field, ret_error)) > 0) {
		if (field.number > 4)
			continue;
		r = expect(&field, VG_PROTO_BYTES, "the object's envelope", ret_error);
		if (r == 0 && field.number == 1)
			r = read_message(&vg_proto_type_meta, field.bytes, field.n, object, ret_error);
		else if (r == 0 && field.number == 3 && field.n)
			r = vg_error_set(ret_error, -EINVAL, "an object in an encoding of its own");
		else if (field.number == 2)
			raw = field;
		if (r < 0)
			return r;
	}
	return r < 0 ? r : read_told(kind, &raw, object, ret_error);
}

/* RawExtension: {raw = 1} */
static int read_extension(enum vg_kind kind, const struct vg_proto_field *extension, json_t *event, struct vg_error *error)
{
	struct vg_proto_reader reader = { extension->bytes, extension->bytes + extension->n };
	struct vg_proto_field field, raw = { .bytes = "" };
	json_t *object = at(event, "object", json_object, error);
	int r;

	if (!object)
		return -ENOMEM;
	while ((r = vg_proto_next(&reader, &field, error)) > 0) {
		if (field.number != 1)
			continue;
		r = expect(&field, VG_PROTO_BYTES, "the event's object", error);
		if (r < 0)
			return r;
		raw = field;
	}
	return r < 0 ? r : vg_proto_read(kind, raw.bytes, raw.n, object, error);
}

/* metav1.WatchEvent: {type = 1, object = 2} */
int vg_proto_read_event(enum vg_kind kind, const char *bytes, size_t n, json_t *event, struct vg_error *ret_error)
{
	struct vg_proto_reader reader = { bytes, bytes + n };
	struct vg_proto_field field;
	int r;

	while ((r = vg_proto_next(&reader, &field, ret_error)) > 0) {
		if (field.number > 2)
			continue;
		r = expect(&field, VG_PROTO_BYTES, "the event", ret_error);
		if (r == 0 && field.number == 1)
			r = set(event, "type", text_of(field.bytes, field.n), ret_error);
		else if (r == 0)
			r = read_extension(kind, &field, event, ret_error);
		if (r < 0)
			return r;
	}
	return r;
}
