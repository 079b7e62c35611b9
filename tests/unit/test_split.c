/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "conf/file.h"
#include "kube/split.h"

#define DATA "tests/data/kube/"

/* What came out, each object on a line: a text to compare. */
struct record {
	char *text;
	size_t n, size;
	unsigned objects, refused, lists_begun, lists_over;
	char why[64];
	char head[128];
	char meta[512];
	int answer; /* what the sink says */
};

static void note(struct record *record, const char *bytes, size_t n)
{
	if (record->n + n + 2 > record->size) {
		record->size = (record->n + n + 2) * 2;
		record->text = realloc(record->text, record->size);
		assert_non_null(record->text);
	}
	memcpy(record->text + record->n, bytes, n);
	record->n += n;
	record->text[record->n++] = '\n';
	record->text[record->n] = '\0';
}

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct record *record = ctx;

	assert_int_equal(bytes[n], '\0');
	record->objects++;
	note(record, bytes, n);
	return record->answer;
}

static void on_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct record *record = ctx;

	record->refused++;
	snprintf(record->why, sizeof(record->why), "%s", why);
	snprintf(record->head, sizeof(record->head), "%.*s", (int)n, head);
	note(record, "refused", 7);
}

static int on_list(void *ctx, bool over, const char *meta, size_t n)
{
	struct record *record = ctx;

	record->lists_begun += !over;
	record->lists_over += over;
	assert_int_equal(meta[n], '\0');
	snprintf(record->meta, sizeof(record->meta), "%s", meta);
	note(record, meta, n);
	return 0;
}

static struct vg_split *new_split(enum vg_split_form form, struct record *record)
{
	const struct vg_split_sink sink = { record, on_object, on_refused, on_list };
	struct vg_split *split;

	assert_int_equal(vg_split_new(form, &sink, &split), 0);
	return split;
}

/* In pieces of this size, the first one of another. */
static int feed_cut(struct vg_split *split, const char *text, size_t n, size_t first, size_t piece, struct vg_error *error)
{
	int r = 0;

	for (size_t at = 0, now = first; at < n && r == 0; at += now, now = piece) {
		/* a copy of its own, so that a sanitizer sees the byte behind it */
		_cleanup_free_ char *copy = NULL;

		if (!now)
			now = piece;
		if (now > n - at)
			now = n - at;
		copy = malloc(now);
		memcpy(copy, text + at, now);
		r = vg_split_feed(split, copy, now, error);
	}
	return r < 0 ? r : vg_split_end(split, error);
}

static int run(enum vg_split_form form, const char *text, size_t n, size_t first, size_t piece, struct record *record, struct vg_error *error)
{
	struct vg_split *split = new_split(form, record);
	int r = feed_cut(split, text, n, first, piece, error);

	assert_int_equal(vg_split_refused(split), record->refused);
	vg_split_free(split);
	return r;
}

static void expect(const char *name, enum vg_split_form form, const char *text, int expected, const char *out)
{
	struct record record = { 0 };
	struct vg_error error = { "" };
	int r = run(form, text, strlen(text), 0, 4096, &record, &error);

	if (r != expected || strcmp(record.text ? record.text : "", out))
		fail_msg("case \"%s\": %d (%s), \"%s\"", name, r, error.text, record.text ? record.text : "");
	assert_case(name, r == 0 || error.text[0]);
	free(record.text);
}

static void test_lines(void **state)
{
	(void)state;
	expect("empty", VG_SPLIT_LINES, "", 0, "");
	expect("blank", VG_SPLIT_LINES, " \r\n\t", 0, "");
	expect("two", VG_SPLIT_LINES, "{\"a\":1}\n{\"b\":[{}]}\n", 0, "{\"a\":1}\n{\"b\":[{}]}\n");
	expect("no newline between", VG_SPLIT_LINES, "{}{}", 0, "{}\n{}\n");
	expect("newline within", VG_SPLIT_LINES, "{\n\"a\":\n1}", 0, "{\n\"a\":\n1}\n");
	expect("brackets in strings", VG_SPLIT_LINES, "{\"}\":\"]{\"}", 0, "{\"}\":\"]{\"}\n");
	expect("escapes", VG_SPLIT_LINES, "{\"a\\\"}\":\"\\\\\"}{}", 0, "{\"a\\\"}\":\"\\\\\"}\n{}\n");
	expect("items mean nothing", VG_SPLIT_LINES, "{\"items\":[{}]}", 0, "{\"items\":[{}]}\n");
	expect("whole before the bad", VG_SPLIT_LINES, "{}x", -EBADMSG, "{}\n");
	expect("no JSON", VG_SPLIT_LINES, "404 page not found\n", -EBADMSG, "");
	expect("a list of values", VG_SPLIT_LINES, "[{}]", -EBADMSG, "");
	expect("unbalanced", VG_SPLIT_LINES, "{\"a\":[}]", -EBADMSG, "");
	expect("one too many", VG_SPLIT_LINES, "{}}", -EBADMSG, "{}\n");
	expect("cut short", VG_SPLIT_LINES, "{}{\"a\":", -EBADMSG, "{}\n");
	expect("cut in an escape", VG_SPLIT_LINES, "{\"a\\", -EBADMSG, "");
}

static void test_list(void **state)
{
	(void)state;
	expect("kind first", VG_SPLIT_LIST, "{\"kind\":\"L\",\"items\":[{\"a\":1},{}]}", 0,
	       "{\"kind\":\"L\",\"items\":[]}\n{\"a\":1}\n{}\n{\"kind\":\"L\",\"items\":[]}\n");
	expect("kind last", VG_SPLIT_LIST, "{\"items\":[ {} , {\"b\":[]}\n],\"metadata\":{\"resourceVersion\":\"7\"} }\n", 0,
	       "{\"items\":[]}\n{}\n{\"b\":[]}\n{\"items\":[],\"metadata\":{\"resourceVersion\":\"7\"}}\n");
	expect("no items", VG_SPLIT_LIST, "{\"kind\":\"Status\"}", 0, "{\"kind\":\"Status\"}\n");
	expect("null", VG_SPLIT_LIST, "{\"items\":null,\"a\":{}}", 0, "{\"items\":null,\"a\":{}}\n");
	expect("empty", VG_SPLIT_LIST, "{\"items\":[]}", 0, "{\"items\":[]}\n{\"items\":[]}\n");
	expect("nothing at all", VG_SPLIT_LIST, "{}", 0, "{}\n");
	expect("items deeper", VG_SPLIT_LIST, "{\"a\":{\"items\":[1]},\"itemss\":[2],\"item\":[3],\"items\":[4]}", 0,
	       "{\"a\":{\"items\":[1]},\"itemss\":[2],\"item\":[3],\"items\":[]}\n4\n{\"a\":{\"items\":[1]},\"itemss\":[2],\"item\":[3],\"items\":[]}"
	       "\n");
	expect("odd items", VG_SPLIT_LIST, "{\"items\":[null,12,\"a,]\\\"\",[[]],true]}", 0,
	       "{\"items\":[]}\nnull\n12\n\"a,]\\\"\"\n[[]]\ntrue\n{\"items\":[]}\n");
	expect("an object", VG_SPLIT_LIST, "{\"items\":{}}", -EBADMSG, "");
	expect("a number", VG_SPLIT_LIST, "{\"items\":1}", -EBADMSG, "");
	expect("twice", VG_SPLIT_LIST, "{\"items\":[],\"items\":[]}", -EBADMSG, "{\"items\":[]}\n");
	expect("nothing came", VG_SPLIT_LIST, "", -EBADMSG, "");
	expect("something behind", VG_SPLIT_LIST, "{\"items\":[]}{}", -EBADMSG, "{\"items\":[]}\n{\"items\":[]}\n");
	expect("two commas", VG_SPLIT_LIST, "{\"items\":[{},,{}]}", -EBADMSG, "{\"items\":[]}\n{}\n");
	expect("comma at the end", VG_SPLIT_LIST, "{\"items\":[{},]}", -EBADMSG, "{\"items\":[]}\n{}\n");
	expect("no comma", VG_SPLIT_LIST, "{\"items\":[{}{}]}", -EBADMSG, "{\"items\":[]}\n{}\n");
	expect("no colon", VG_SPLIT_LIST, "{\"items\" []}", -EBADMSG, "");
	expect("no value", VG_SPLIT_LIST, "{\"a\":,\"items\":[]}", -EBADMSG, "");
	expect("no key", VG_SPLIT_LIST, "{,}", -EBADMSG, "");
	expect("closed by the other", VG_SPLIT_LIST, "{\"items\":[{}}", -EBADMSG, "{\"items\":[]}\n{}\n");
	expect("cut short", VG_SPLIT_LIST, "{\"items\":[{}", -EBADMSG, "{\"items\":[]}\n{}\n");
}

static void test_any(void **state)
{
	(void)state;
	expect("an object", VG_SPLIT_ANY, "{\"kind\":\"Node\",\"spec\":{\"items\":[1]}}", 0, "{\"kind\":\"Node\",\"spec\":{\"items\":[1]}}\n");
	expect("a list", VG_SPLIT_ANY, "{\"a\":1,\"items\":[{}],\"b\":2}", 0, "{\"a\":1,\"items\":[]}\n{}\n{\"a\":1,\"items\":[],\"b\":2}\n");
	expect("both, and another list", VG_SPLIT_ANY, "{\"items\":[{}]}{\"c\":3}{\"items\":[]}", 0,
	       "{\"items\":[]}\n{}\n{\"items\":[]}\n{\"c\":3}\n{\"items\":[]}\n{\"items\":[]}\n");
	expect("items that are none", VG_SPLIT_ANY, "{\"items\":null}{\"items\":{\"a\":[]}}", 0, "{\"items\":null}\n{\"items\":{\"a\":[]}}\n");
	expect("a key with an escape", VG_SPLIT_ANY, "{\"a\\\"\":[],\"items\\\\\":[]}", 0, "{\"a\\\"\":[],\"items\\\\\":[]}\n");
	expect("white space goes", VG_SPLIT_ANY, " { \"a\" : 1 , \"b\" : { } } ", 0, "{\"a\":1,\"b\":{ }}\n");
}

static void test_error_says_where(void **state)
{
	struct record record = { 0 };
	struct vg_error error;

	(void)state;
	assert_int_equal(run(VG_SPLIT_LINES, "{} {\"a\":[}", 10, 3, 2, &record, &error), -EBADMSG);
	assert_string_equal(error.text, "byte 9: expected the bracket that was opened last to be closed, found '}'");
	assert_int_equal(run(VG_SPLIT_LIST, "{\"items\":[1,\x01]}", 15, 3, 2, &record, &error), -EBADMSG);
	assert_string_equal(error.text, "byte 12: expected an item, found byte 0x01");
	assert_int_equal(run(VG_SPLIT_LIST, "{\"items\":[{\"a\":1", 16, 3, 2, &record, &error), -EBADMSG);
	assert_string_equal(error.text, "cut short after 16 bytes, the last 6 of them of a value that is not whole");
	free(record.text);
}

static void test_error_stays(void **state)
{
	struct record record = { 0 };
	struct vg_split *split = new_split(VG_SPLIT_LINES, &record);
	struct vg_error error;
	size_t n;

	(void)state;
	assert_int_equal(vg_split_feed(split, "{}x", 3, &error), -EBADMSG);
	assert_int_equal(vg_split_feed(split, "{}", 2, &error), -EBADMSG);
	assert_int_equal(vg_split_end(split, &error), -EBADMSG);
	assert_int_equal(record.objects, 1);
	vg_split_reset(split, VG_SPLIT_LIST);
	assert_int_equal(vg_split_feed(split, "{\"items\":[{}],\"a\":1}", 20, &error), 0);
	assert_string_equal(vg_split_meta(split, &n), "{\"items\":[],\"a\":1}");
	assert_int_equal(n, 18);
	assert_int_equal(vg_split_end(split, &error), 0);
	assert_int_equal(record.objects, 2);
	vg_split_reset(split, VG_SPLIT_LIST);
	assert_string_equal(vg_split_meta(split, &n), "");
	record.answer = -ENOMEM;
	assert_int_equal(vg_split_feed(split, "{\"items\":[{},{}]}", 17, &error), -ENOMEM);
	assert_int_equal(record.objects, 3);
	vg_split_free(split);
	free(record.text);
}

/* Every place of the text, and pieces of every small size. */
static void every_cut(enum vg_split_form form, const char *text, size_t n, unsigned objects)
{
	struct record whole = { 0 };
	struct vg_error error = { "" };

	assert_int_equal(run(form, text, n, 0, n, &whole, &error), 0);
	assert_int_equal(whole.objects, objects);
	for (size_t first = 1; first < n; first++) {
		struct record record = { 0 };

		assert_int_equal(run(form, text, n, first, n, &record, &error), 0);
		assert_string_equal(record.text, whole.text);
		free(record.text);
	}
	for (size_t piece = 1; piece < 40; piece++) {
		struct record record = { 0 };

		assert_int_equal(run(form, text, n, 0, piece, &record, &error), 0);
		assert_string_equal(record.text, whole.text);
		free(record.text);
	}
	free(whole.text);
}

static void every_cut_of_file(const char *path, enum vg_split_form form, unsigned objects)
{
	_cleanup_free_ char *text = NULL;
	struct vg_error error;
	size_t n;

	if (vg_file_read(path, &error, &text, &n) < 0)
		fail_msg("%s", error.text);
	every_cut(form, text, n, objects);
}

static void test_cuts(void **state)
{
	static const char tricky[] = "{\"a\\\\\\\"\":\"{[\\\\\",\"n\":-1.5e3,\"items\":[ 17 ,\"x\\\"]\",{\"y\":[[],{}]},null],\"z\":true}";

	(void)state;
	every_cut(VG_SPLIT_LIST, tricky, sizeof(tricky) - 1, 4);
	every_cut(VG_SPLIT_ANY, tricky, sizeof(tricky) - 1, 4);
	every_cut(VG_SPLIT_LINES, tricky, sizeof(tricky) - 1, 1);
	every_cut_of_file(DATA "watch-services.jsonl", VG_SPLIT_LINES, 10);
	every_cut_of_file(DATA "list-services.json", VG_SPLIT_LIST, 3);
	every_cut_of_file(DATA "list-services.json", VG_SPLIT_ANY, 3);
}

/* {"a":"xxx…"} of n bytes behind the first item and before another. */
static char *list_with_one_of(size_t n, size_t *ret_size)
{
	static const char before[] = "{\"items\":[{},", after[] = ",{}]}";
	size_t size = sizeof(before) - 1 + n + sizeof(after) - 1;
	char *text = malloc(size + 1), *at = text + sizeof(before) - 1;

	assert_non_null(text);
	memcpy(text, before, sizeof(before) - 1);
	memset(at, 'x', n);
	memcpy(at, "{\"a\":\"", 6);
	memcpy(at + n - 2, "\"}", 2);
	memcpy(at + n, after, sizeof(after));
	*ret_size = size;
	return text;
}

static void expect_length(enum vg_split_form form, size_t n, unsigned objects, unsigned refused)
{
	size_t size;
	_cleanup_free_ char *text = list_with_one_of(n, &size);
	struct record record = { 0 };
	struct vg_error error = { "" };

	assert_int_equal(run(form, text, size, 11, 16384, &record, &error), 0);
	assert_int_equal(record.objects, objects);
	assert_int_equal(record.refused, refused);
	if (refused) {
		assert_string_equal(record.why, "longer than 4 MiB");
		assert_memory_equal(record.head, "{\"a\":\"xxx", 9);
		assert_int_equal(strlen(record.head), 80);
	}
	free(record.text);
}

static void test_too_long(void **state)
{
	(void)state;
	expect_length(VG_SPLIT_LIST, VG_SPLIT_OBJECT_MAX, 3, 0);
	expect_length(VG_SPLIT_LIST, VG_SPLIT_OBJECT_MAX + 1, 2, 1);
	expect_length(VG_SPLIT_ANY, VG_SPLIT_OBJECT_MAX + 1, 2, 1);
	expect_length(VG_SPLIT_LIST, 50U << 20, 2, 1);
}

static void expect_depth(enum vg_split_form form, const char *before, unsigned depth, const char *after, unsigned objects, unsigned refused)
{
	char text[1024] = "";
	struct record record = { 0 };
	struct vg_error error = { "" };
	size_t n = strlen(before);

	strcpy(text, before);
	memset(text + n, '[', depth);
	memset(text + n + depth, ']', depth);
	strcpy(text + n + 2 * depth, after);
	for (size_t piece = 1; piece < 300; piece += 37) {
		memset(&record, 0, sizeof(record));
		assert_int_equal(run(form, text, strlen(text), 0, piece, &record, &error), 0);
		assert_int_equal(record.objects, objects);
		assert_int_equal(record.refused, refused);
		free(record.text);
	}
}

static void test_too_deep(void **state)
{
	(void)state;
	expect_depth(VG_SPLIT_LIST, "{\"items\":[", VG_SPLIT_DEPTH_MAX, ",{}]}", 2, 0);
	expect_depth(VG_SPLIT_LIST, "{\"items\":[", VG_SPLIT_DEPTH_MAX + 1, ",{}]}", 1, 1);
	expect_depth(VG_SPLIT_LINES, "{\"a\":", VG_SPLIT_DEPTH_MAX - 1, "}{}", 2, 0);
	expect_depth(VG_SPLIT_LINES, "{\"a\":", VG_SPLIT_DEPTH_MAX, "}{}", 1, 1);
	expect_depth(VG_SPLIT_ANY, "{\"a\":", VG_SPLIT_DEPTH_MAX - 1, ",\"b\":1}{}", 2, 0);
	expect_depth(VG_SPLIT_ANY, "{\"a\":", VG_SPLIT_DEPTH_MAX, ",\"items\":[1]}{}", 1, 1);
	expect_depth(VG_SPLIT_ANY, "{\"a\":", 400, ",\"items\":[1]}{}", 1, 1);
}

static void test_too_much_around(void **state)
{
	size_t n = VG_SPLIT_META_MAX + 32;
	_cleanup_free_ char *text = malloc(n + 1);
	struct record record = { 0 };
	struct vg_error error = { "" };

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "{\"items\":[{}],\"a\":\"", 19);
	memcpy(text + n - 2, "\"}", 2);
	assert_int_equal(run(VG_SPLIT_LIST, text, n, 0, 1000, &record, &error), -EBADMSG);
	assert_string_equal(error.text, "more than 65536 bytes around the items of a list");
	assert_int_equal(record.objects, 1);
	free(record.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_error_says_where),
		cmocka_unit_test(test_error_stays),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_too_much_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
