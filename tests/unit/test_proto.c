/* SPDX-License-Identifier: Apache-2.0 */
/* The same objects as a real server sends them in both forms (tests/data/kube/proto) come to the same; and what no server sends. */
#include "proto_world.h"

#include <errno.h>

#include <jansson.h>

#include "base/time.h"
#include "kube/proto.h"
#include "kube/proto_split.h"
#include "kube/proto_table.h"
#include "kube/proto_wire.h"
#include "kube/reduce.h"

static const struct recording {
	const char *name;
	enum vg_kind kind;
	size_t n, needed; /* objects, and those that the judge needs */
} recordings[] = {
	{ "services", VG_KIND_SERVICE, 4, 3 },	    { "nodes", VG_KIND_NODE, 2, 2 },
	{ "leases", VG_KIND_LEASE, 2, 2 },	    { "pods", VG_KIND_POD, 3, 3 },
	{ "configmaps", VG_KIND_CONFIG_MAP, 2, 2 }, { "events", VG_KIND_EVENT, 2, 2 },
};

#define ITEMS_MAX 8

struct items {
	enum vg_kind kind;
	json_t *list[ITEMS_MAX];
	size_t n;
};

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct items *items = ctx;
	struct vg_error error = { "" };

	assert_true(items->n < ITEMS_MAX);
	items->list[items->n] = json_object();
	if (vg_proto_read_item(items->kind, bytes, n, items->list[items->n++], &error) < 0)
		fail_msg("%s", error.text);
	return 0;
}

static void read_items(const struct recording *recording, struct items *ret_items)
{
	const struct vg_split_sink sink = { .ctx = ret_items, .object = on_object };
	VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = NULL;
	_cleanup_free_ char *name = NULL, *bytes = NULL;
	struct vg_error error = { "" };
	size_t n;

	*ret_items = (struct items){ .kind = recording->kind };
	assert_true(asprintf(&name, "%s.pb", recording->name) > 0);
	bytes = data_of(name, &n);
	assert_int_equal(vg_proto_split_new(VG_SPLIT_LIST, &sink, &split), 0);
	if (vg_proto_split_feed(split, bytes, n, &error) < 0 || vg_proto_split_end(split, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(ret_items->n, recording->n);
}

static json_t *read_list(const struct recording *recording)
{
	_cleanup_free_ char *path = NULL;
	json_t *list;

	assert_true(asprintf(&path, PROTO_DATA "%s.json", recording->name) > 0);
	list = json_load_file(path, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(list, "items")), recording->n);
	return list;
}

static void free_items(struct items *items)
{
	for (size_t i = 0; i < items->n; i++)
		json_decref(items->list[i]);
}

static void test_both_forms_come_to_the_same(void **state)
{
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;

	(void)state;
	assert_int_equal(vg_reducer_new(&reducer), 0);
	for (size_t r = 0; r < ARRAY_SIZE(recordings); r++) {
		const struct recording *recording = &recordings[r];
		json_t *list = read_list(recording);
		struct items items;
		size_t needed = 0;

		read_items(recording, &items);
		for (size_t i = 0; i < items.n; i++) {
			const struct vg_object *object = NULL;
			_cleanup_free_ struct vg_object *copy = NULL;
			struct vg_error error = { "" };
			int expected = vg_reduce(reducer, recording->kind, json_array_get(json_object_get(list, "items"), i), &error, &object);

			copy = vg_object_copy(object);
			assert_case(recording->name, vg_reduce(reducer, recording->kind, items.list[i], &error, &object) == expected);
			assert_case(copy->key, vg_object_equal(copy, object, true) && !strcmp(copy->version, object->version));
			assert_case(copy->key, copy->created_ns == object->created_ns && copy->created_ns);
			needed += expected == 1;
		}
		assert_case(recording->name, needed == recording->needed);
		free_items(&items);
		json_decref(list);
	}
}

/* Each field of a table is in the recordings, where JSON has it, and with the same value. */
static void check_message(const struct vg_proto_message *message, const json_t *ours, const json_t *theirs, bool *seen);

static void check_value(const struct vg_proto_member *member, const json_t *ours, const json_t *theirs)
{
	const char *a = json_string_value(ours), *b = json_string_value(theirs);
	uint64_t x = 1, y = 2;

	if (member->type == VG_PROTO_TIME && a && b)
		assert_case(member->name, !vg_time_parse_rfc3339(a, &x) && !vg_time_parse_rfc3339(b, &y) && x == y);
	else
		assert_case(member->name, json_equal(ours, theirs));
}

static size_t count_members(const struct vg_proto_message *message)
{
	size_t n = 0;

	for (size_t i = 0; message && i < message->n; i++)
		n += 1 + count_members(message->members[i].message);
	return n;
}

static void check_member(const struct vg_proto_member *member, const json_t *ours, const json_t *theirs, bool *seen)
{
	if (!ours) {
		/* an empty text is left out in both, or only here */
		assert_case(member->name, !theirs || json_is_null(theirs) || (json_is_string(theirs) && !json_string_length(theirs)));
		return;
	}
	seen[0] = true;
	if (member->type == VG_PROTO_MESSAGES) {
		assert_case(member->name, json_array_size(ours) == json_array_size(theirs));
		for (size_t i = 0; i < json_array_size(ours) && member->message; i++)
			check_message(member->message, json_array_get(ours, i), json_array_get(theirs, i), seen + 1);
	} else if (member->type == VG_PROTO_MESSAGE) {
		if (member->message)
			check_message(member->message, ours, theirs, seen + 1);
	} else {
		check_value(member, ours, theirs);
	}
}

static void check_message(const struct vg_proto_message *message, const json_t *ours, const json_t *theirs, bool *seen)
{
	for (size_t i = 0; i < message->n; i++) {
		const struct vg_proto_member *member = &message->members[i];

		check_member(member, json_object_get(ours, member->name), json_object_get(theirs, member->name), seen);
		seen += 1 + count_members(member->message);
	}
}

/* Labels, finalizers and the end of an object are metadata's and need not be in each kind. */
static bool is_metadata(const struct vg_proto_message *message, size_t at)
{
	return at > 0 && at <= count_members(message->members[0].message);
}

static void test_each_field_is_right(void **state)
{
	bool metadata[64] = { false };
	size_t n_metadata = 0;

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(recordings); r++) {
		const struct vg_proto_message *message = vg_proto_of_kind(recordings[r].kind);
		json_t *list = read_list(&recordings[r]);
		bool seen[64] = { false };
		struct items items;

		read_items(&recordings[r], &items);
		assert_true(count_members(message) <= ARRAY_SIZE(seen));
		for (size_t i = 0; i < items.n; i++)
			check_message(message, items.list[i], json_array_get(json_object_get(list, "items"), i), seen);
		for (size_t i = 0; i < count_members(message); i++) {
			if (!seen[i] && !is_metadata(message, i))
				fail_msg("%s: field %zu of its table is in no recording", recordings[r].name, i);
			metadata[i] |= is_metadata(message, i) && seen[i];
		}
		n_metadata = count_members(message->members[0].message);
		free_items(&items);
		json_decref(list);
	}
	for (size_t i = 1; i <= n_metadata; i++) {
		if (!metadata[i])
			fail_msg("field %zu of metadata is in no recording", i);
	}
}

static void test_a_status(void **state)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of("unauthorized.pb", &n);
	json_auto_t *status = json_object();
	struct vg_error error;

	(void)state;
	assert_true(vg_proto_is_object(bytes, n));
	assert_int_equal(vg_proto_read(VG_KIND_MAX, bytes, n, status, &error), 0);
	assert_int_equal(json_integer_value(json_object_get(status, "code")), 403);
	assert_non_null(strstr(json_string_value(json_object_get(status, "message")), "cannot list resource \"nodes\""));
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *cut = malloc(i + 1);
		json_auto_t *part = json_object();

		memcpy(cut, bytes, i);
		vg_proto_read(VG_KIND_MAX, cut, i, part, NULL);
	}
}

static void test_content_types(void **state)
{
	(void)state;
	assert_true(vg_proto_is_mime("application/vnd.kubernetes.protobuf"));
	assert_true(vg_proto_is_mime("application/vnd.kubernetes.protobuf;stream=watch"));
	assert_true(vg_proto_is_mime("Application/vnd.Kubernetes.protobuf ; charset=x"));
	assert_false(vg_proto_is_mime("application/vnd.kubernetes.protobuf2"));
	assert_false(vg_proto_is_mime("application/json"));
	assert_false(vg_proto_is_mime(""));
}

/* ---- what no server sends */

static int read_service(const struct message *message, json_t *json, struct vg_error *error)
{
	_cleanup_free_ char *exact = malloc(message->n + 1);

	memcpy(exact, message->bytes, message->n);
	return vg_proto_read_item(VG_KIND_SERVICE, exact, message->n, json, error);
}

static void expect_fault(const char *name, const struct message *message, const char *text)
{
	json_auto_t *json = json_object();
	struct vg_error error = { "" };
	int r = read_service(message, json, &error);

	if (r != -EINVAL || !strstr(error.text, text))
		fail_msg("case \"%s\": %d %s", name, r, error.text);
}

static void test_faults_of_the_encoding(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		const char *bytes, *error;
	} cases[] = {
		{ "a key without its value", 1, "\x0a", "a number without an end" },
		{ "a number without an end", 3, "\x08\x80\x80", "a number without an end" },
		{ "a number of eleven bytes", 12, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "a number without an end" },
		{ "a number of 65 bits", 11, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "a number without an end" },
		{ "longer than what it is in", 4, "\x0a\x03\x0a\x00", "field 1 has 3 bytes where 2 are left" },
		{ "longer than anything", 11, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "18446744073709551615 bytes where 0" },
		{ "field 0", 2, "\x02\x00", "field number 0" },
		{ "a field beyond the last", 6, "\x80\x80\x80\x80\x10\x00", "field number 536870912" },
		{ "a group", 2, "\x0b\x0c", "field 1 is of wire type 3" },
		{ "its end", 1, "\x0c", "field 1 is of wire type 4" },
		{ "wire type 7", 2, "\x0f\x00", "field 1 is of wire type 7" },
		{ "eight bytes that are seven", 8, "\x79\x01\x02\x03\x04\x05\x06\x07", "field 15 has 8 bytes where 7" },
		{ "a number for a message", 2, "\x08\x01", "metadata: field 1 is of wire type 0, not 2" },
		{ "a fault inside", 4, "\x0a\x02\x08\x01", "name: field 1 is of wire type 0, not 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct message message = { .n = 0 };

		put(&message, cases[i].bytes, cases[i].n);
		expect_fault(cases[i].name, &message, cases[i].error);
	}
}

/* Fields of any form that are not known, and known ones that are there twice. */
static void test_what_is_passed_over(void **state)
{
	struct message message = a_service("web", "7", "192.0.2.1"), meta = { .n = 0 };
	json_auto_t *json = json_object();
	const json_t *metadata;
	struct vg_error error = { "" };

	(void)state;
	put_int(&message, 15, UINT64_MAX);
	put_key(&message, 16, 1);
	put(&message, "12345678", 8);
	put_key(&message, 17, 5);
	put(&message, "1234", 4);
	put_text(&message, (1U << 29) - 1, "\xff\xff\xff\xff");
	put_text(&meta, 1, "other");
	put_text(&meta, 14, "");
	put_inner(&message, 1, &meta);
	assert_int_equal(read_service(&message, json, &error), 0);
	metadata = json_object_get(json, "metadata");
	assert_string_equal(json_string_value(json_object_get(metadata, "name")), "other");
	assert_string_equal(json_string_value(json_object_get(metadata, "resourceVersion")), "7");
	assert_int_equal(json_array_size(json_object_get(metadata, "finalizers")), 1);
}

static void put_entry(struct message *meta, const char *key, size_t n_key, const char *value, size_t n_value)
{
	struct message entry = { .n = 0 };

	put_field(&entry, 1, key, n_key);
	put_field(&entry, 2, value, n_value);
	put_inner(meta, 12, &entry);
}

static void test_texts_of_any_bytes(void **state)
{
	struct message message = { .n = 0 }, meta = { .n = 0 }, half = { .n = 0 };
	json_auto_t *json = json_object();
	struct vg_error error = { "" };
	const json_t *notes;

	(void)state;
	put_entry(&meta, "a", 1, "x\0y", 3);
	put_entry(&meta, "b", 1, "\xff\xc3\xbc\xe2\x82", 5);
	put_entry(&meta, "c\xc0", 2, "", 0);
	put_text(&half, 2, "value alone");
	put_inner(&meta, 12, &half);
	put_inner(&meta, 12, &(struct message){ .n = 0 });
	put_inner(&message, 1, &meta);
	assert_int_equal(read_service(&message, json, &error), 0);
	notes = json_object_get(json_object_get(json, "metadata"), "annotations");
	assert_int_equal(json_object_size(notes), 4);
	assert_int_equal(json_string_length(json_object_get(notes, "a")), 3);
	assert_string_equal(json_string_value(json_object_get(notes, "b")), "\xef\xbf\xbd\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd");
	assert_non_null(json_object_get(notes, "c\xef\xbf\xbd"));
	assert_string_equal(json_string_value(json_object_get(notes, "")), "");
	put_entry(&meta, "metallb.io\0x", 12, "", 0);
	put_inner(&message, 1, &meta);
	expect_fault("a NUL in a key", &message, "annotations: a key with a NUL");
}

static void test_times(void **state)
{
	static const struct {
		uint64_t seconds, nanos;
		const char *text;
	} cases[] = {
		{ 1767323045, 678901000, "2026-01-02T03:04:05.678901Z" },
		{ 18446744072, 999999999, "2554-07-21T23:34:32.999999Z" },
		{ 18446744073, 0, NULL },
		{ UINT64_MAX, 0, NULL },
		{ INT64_MAX, 0, NULL },
		{ 1, 1000000000, NULL },
		{ 1, UINT64_MAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct message time = { .n = 0 }, meta = { .n = 0 }, message = { .n = 0 };
		json_auto_t *json = json_object();
		struct vg_error error = { "" };
		const char *text;

		put_int(&time, 1, cases[i].seconds);
		put_int(&time, 2, cases[i].nanos);
		put_inner(&meta, 8, &time);
		put_inner(&message, 1, &meta);
		assert_int_equal(read_service(&message, json, &error), 0);
		text = json_string_value(json_object_get(json_object_get(json, "metadata"), "creationTimestamp"));
		assert_true(cases[i].text ? text && !strcmp(text, cases[i].text) : !text);
	}
}

/* Any byte of what a server sent may be another one, or the last. */
static void test_spoiled(void **state)
{
	static const char others[] = { '\0', '\xff', '\x7f', '\x0b' };

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(recordings); r++) {
		_cleanup_free_ char *name = NULL, *bytes = NULL;
		size_t n;

		assert_true(asprintf(&name, "%s.pb", recordings[r].name) > 0);
		bytes = data_of(name, &n);
		for (size_t i = 0; i < n * sizeof(others); i++) {
			char *byte = &bytes[i / sizeof(others)], was = *byte;
			json_auto_t *list = json_object();
			json_auto_t *item = json_object();

			*byte = others[i % sizeof(others)];
			vg_proto_read(recordings[r].kind, bytes, n, list, NULL);
			vg_proto_read_item(recordings[r].kind, bytes + i / sizeof(others), n - i / sizeof(others), item, NULL);
			*byte = was;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_forms_come_to_the_same),
		cmocka_unit_test(test_each_field_is_right),
		cmocka_unit_test(test_a_status),
		cmocka_unit_test(test_content_types),
		cmocka_unit_test(test_faults_of_the_encoding),
		cmocka_unit_test(test_what_is_passed_over),
		cmocka_unit_test(test_texts_of_any_bytes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_spoiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
