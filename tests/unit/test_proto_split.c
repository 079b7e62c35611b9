/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and items, whole and cut, of what a real server sent and of what none does. */
#include "proto_world.h"

#include <errno.h>

#include "kube/proto_split.h"

struct got {
	unsigned objects, refused;
	uint64_t hash;
	size_t last;
	char why[64], head[128];
	size_t n_head;
};

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct got *got = ctx;

	assert_int_equal(bytes[n], '\0');
	got->objects++;
	got->last = n;
	for (size_t i = 0; i < n; i++)
		got->hash = (got->hash ^ (unsigned char)bytes[i]) * 1099511628211ULL;
	got->hash = (got->hash ^ n) * 1099511628211ULL;
	return 0;
}

static void on_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct got *got = ctx;

	got->refused++;
	snprintf(got->why, sizeof(got->why), "%s", why);
	assert_true(n <= sizeof(got->head));
	memcpy(got->head, head, n);
	got->n_head = n;
}

static struct vg_proto_split *begin(enum vg_split_form form, struct got *got)
{
	const struct vg_split_sink sink = { .ctx = got, .object = on_object, .refused = on_refused };
	struct vg_proto_split *split;

	*got = (struct got){ 0 };
	assert_int_equal(vg_proto_split_new(form, &sink, &split), 0);
	return split;
}

/* The whole stream in two pieces, the second byte by byte, and its end. */
static int run(enum vg_split_form form, const char *bytes, size_t n, size_t cut, struct got *got, struct vg_error *error)
{
	VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = begin(form, got);
	int r = vg_proto_split_feed(split, bytes, cut, error);

	for (size_t i = cut; i < n && r == 0; i++)
		r = vg_proto_split_feed(split, &(char){ bytes[i] }, 1, error);
	if (r == 0)
		r = vg_proto_split_end(split, error);
	assert_int_equal(vg_proto_split_refused(split), got->refused);
	return r;
}

static void check_cuts(const char *name, enum vg_split_form form, unsigned objects)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of(name, &n);
	struct vg_error error = { "" };
	struct got whole, cut;

	assert_int_equal(run(form, bytes, n, n, &whole, &error), 0);
	assert_case(name, whole.objects == objects && !whole.refused);
	for (size_t i = 0; i <= n; i++) {
		assert_int_equal(run(form, bytes, n, i, &cut, &error), 0);
		assert_case(name, cut.hash == whole.hash && cut.objects == objects);
	}
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	check_cuts("services.pb", VG_SPLIT_LIST, 4);
	check_cuts("page.pb", VG_SPLIT_LIST, 1);
	check_cuts("pods.pb", VG_SPLIT_LIST, 3);
	check_cuts("watch.pb", VG_SPLIT_LINES, 11);
	check_cuts("expired.pb", VG_SPLIT_LINES, 1);
}

/* A list is over only where it said that it would be; a watch between two frames. */
static void test_ends_early(void **state)
{
	size_t n, ends = 0;
	_cleanup_free_ char *list = data_of("services.pb", &n), *watch = NULL;
	struct vg_error error = { "" };
	struct got got;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		int r = run(VG_SPLIT_LIST, list, i, i, &got, &error);

		assert_int_equal(r, r == 0 ? 0 : -EBADMSG);
		assert_true(r < 0 || got.objects == 4);
	}
	free(TAKE_PTR(list));
	watch = data_of("watch.pb", &n);
	for (size_t i = 0; i <= n; i++) {
		int r = run(VG_SPLIT_LINES, watch, i, i, &got, &error);

		assert_int_equal(r, r == 0 ? 0 : -EBADMSG);
		ends += r == 0;
	}
	assert_int_equal(ends, 12);
}

static void test_meta(void **state)
{
	struct message list = { .n = 0 }, meta = list_meta("7", "more"), item = a_service("web", "6", "192.0.2.1"), whole, without;
	VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = NULL;
	struct vg_error error = { "" };
	struct got got;
	const char *bytes;
	size_t n;

	(void)state;
	put_inner(&list, 2, &item);
	put_int(&list, 3, 300);
	put_inner(&list, 1, &meta);
	put_inner(&list, 2, &item);
	put_inner(&list, 2, &(struct message){ .n = 0 });
	put_key(&list, 4, 1);
	put(&list, "12345678", 8);
	whole = in_envelope("ServiceList", &list);
	split = begin(VG_SPLIT_LIST, &got);
	assert_int_equal(vg_proto_split_feed(split, whole.bytes, whole.n, &error), 0);
	assert_int_equal(vg_proto_split_end(split, &error), 0);
	assert_int_equal(got.objects, 3);
	assert_int_equal(got.last, 0);
	assert_int_equal(vg_proto_split_meta(split, &bytes, &n), 0);
	list.n = 0;
	put_int(&list, 3, 300);
	put_inner(&list, 1, &meta);
	put_key(&list, 4, 1);
	put(&list, "12345678", 8);
	without.n = 0;
	put(&without, "k8s", 4);
	put_text(&without, 1, "\n\2v1\22\13ServiceList");
	put_text(&without, 3, "");
	put_text(&without, 4, "");
	put_inner(&without, 2, &list);
	assert_int_equal(n, without.n);
	assert_memory_equal(bytes, without.bytes, n);
}

static void test_no_such_stream(void **state)
{
	static const struct {
		const char *name;
		enum vg_split_form form;
		size_t n;
		const char *bytes, *error;
	} cases[] = {
		{ "nothing", VG_SPLIT_LIST, 0, "", "cut short after 0 bytes" },
		{ "JSON", VG_SPLIT_LIST, 12, "{\"items\":[]}", "byte 0: no protobuf of Kubernetes" },
		{ "JSON for frames", VG_SPLIT_LINES, 16, "{\"type\":\"ADDED\",", "byte 3: an object of more than 128 MiB" },
		{ "HTML", VG_SPLIT_LIST, 6, "<html>", "byte 0: no protobuf of Kubernetes" },
		{ "magic alone", VG_SPLIT_LIST, 4, "k8s", "cut short after 4 bytes" },
		{ "no list in it", VG_SPLIT_LIST, 6, "k8s\0\x0a\x00", "cut short after 6 bytes" },
		{ "a frame that is too long", VG_SPLIT_LINES, 4, "\x08\x00\x00\x01", "byte 3: an object of more than 128 MiB" },
		{ "a frame's length cut", VG_SPLIT_LINES, 3, "\0\0\0", "cut short after 3 bytes" },
		{ "an item longer than its list", VG_SPLIT_LIST, 9, "k8s\0\x12\x03\x12\x02x", "byte 7: a field that is longer than its list" },
		{ "a list that ends in a key", VG_SPLIT_LIST, 8, "k8s\0\x12\x01\x92\x01", "byte 7: a list that ends in a field" },
		{ "a list that ends in a length", VG_SPLIT_LIST, 8, "k8s\0\x12\x01\x12\x00", "byte 7: a list that ends in a field" },
		{ "two lists", VG_SPLIT_LIST, 8, "k8s\0\x12\x00\x12\x00", "byte 7: a second list" },
		{ "a number for a list", VG_SPLIT_LIST, 6, "k8s\0\x10\x00", "byte 5: a list, or an item, that is none" },
		{ "four bytes for an item", VG_SPLIT_LIST, 7, "k8s\0\x12\x05\x15", "byte 6: a list, or an item, that is none" },
		{ "a group", VG_SPLIT_LIST, 5, "k8s\0\x0b", "byte 4: no protobuf: field 1 is of wire type 3" },
		{ "a number without an end", VG_SPLIT_LIST, 15, "k8s\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
		  "byte 13: a number without an end" },
		{ "too much around", VG_SPLIT_LIST, 8, "k8s\0\x0a\x80\x80\x05", NULL },
	};
	struct got got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_error error = { "" };
		int r = run(cases[i].form, cases[i].bytes, cases[i].n, cases[i].n, &got, &error);

		if (r != -EBADMSG || (cases[i].error && !strstr(error.text, cases[i].error)))
			fail_msg("case \"%s\": %d %s", cases[i].name, r, error.text);
	}
}

/* What surrounds the items is bounded, however it is cut. */
static void test_too_much_around(void **state)
{
	VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = NULL;
	struct vg_error error = { "" };
	char piece[1024] = { 0 };
	struct got got;
	int r;

	(void)state;
	split = begin(VG_SPLIT_LIST, &got);
	r = vg_proto_split_feed(split, "k8s\0\x0a\x80\x80\x80\x80\x04", 10, &error);
	for (unsigned i = 0; i < 65 && r == 0; i++)
		r = vg_proto_split_feed(split, piece, sizeof(piece), &error);
	assert_int_equal(r, -EBADMSG);
	assert_non_null(strstr(error.text, "more than 65536 bytes around"));
	assert_int_equal(vg_proto_split_feed(split, "x", 1, &error), -EBADMSG);
	assert_int_equal(vg_proto_split_end(split, &error), -EBADMSG);
}

static void feed_zeros(struct vg_proto_split *split, size_t n)
{
	static const char zeros[1 << 16];
	struct vg_error error;

	for (; n > sizeof(zeros); n -= sizeof(zeros))
		assert_int_equal(vg_proto_split_feed(split, zeros, sizeof(zeros), &error), 0);
	assert_int_equal(vg_proto_split_feed(split, zeros, n, &error), 0);
}

/* The longest that is taken, the shortest that is not, and 50 MB; what comes behind is taken. */
static void test_objects_that_are_too_long(void **state)
{
	static const struct {
		size_t n;
		unsigned refused;
	} cases[] = { { VG_SPLIT_OBJECT_MAX, 0 }, { VG_SPLIT_OBJECT_MAX + 1, 1 }, { 50000000, 1 } };

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool list = i % 2;
		size_t size = cases[i / 2].n;
		struct message head = { .n = 0 }, inner = { .n = 0 }, tail = { .n = 0 };
		VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = NULL;
		struct vg_error error;
		struct got got;

		if (list) {
			put_key(&inner, 2, 2);
			put_number(&inner, size);
			put(&head, "k8s", 4);
			put_key(&head, 2, 2);
			put_number(&head, inner.n + size + 5);
			put(&head, inner.bytes, inner.n);
			put_text(&tail, 2, "abc");
		} else {
			put(&head, (char[]){ (char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size }, 4);
			put(&tail, "\0\0\0\3abc", 7);
		}
		put(&head, "shop/web", 8);
		split = begin(list ? VG_SPLIT_LIST : VG_SPLIT_LINES, &got);
		assert_int_equal(vg_proto_split_feed(split, head.bytes, head.n, &error), 0);
		feed_zeros(split, size - 8);
		assert_int_equal(got.refused, cases[i / 2].refused);
		assert_int_equal(vg_proto_split_feed(split, tail.bytes, tail.n, &error), 0);
		assert_int_equal(vg_proto_split_end(split, &error), 0);
		assert_int_equal(got.objects, 2 - cases[i / 2].refused);
		assert_int_equal(got.last, 3);
		assert_true(!got.refused || (got.n_head == 80 && !memcmp(got.head, "shop/web", 8) && !strcmp(got.why, "longer than 4 MiB")));
	}
}

static int end_all(void *ctx, const char *bytes, size_t n)
{
	(void)ctx, (void)bytes, (void)n;
	return -ENOMEM;
}

static void test_the_sink_ends_it(void **state)
{
	const struct vg_split_sink sink = { .object = end_all };
	VG_CLEANUP(vg_proto_split_freep) struct vg_proto_split *split = NULL;
	struct vg_error error;

	(void)state;
	assert_int_equal(vg_proto_split_new(VG_SPLIT_LINES, &sink, &split), 0);
	assert_int_equal(vg_proto_split_feed(split, "\0\0\0\1x", 5, &error), -ENOMEM);
	assert_int_equal(vg_proto_split_end(split, &error), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),	 cmocka_unit_test(test_ends_early),	 cmocka_unit_test(test_meta),
		cmocka_unit_test(test_no_such_stream),	 cmocka_unit_test(test_too_much_around), cmocka_unit_test(test_objects_that_are_too_long),
		cmocka_unit_test(test_the_sink_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
