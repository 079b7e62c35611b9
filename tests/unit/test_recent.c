/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of each address: its first entries and its newest, within limits; the rest is counted. */
#include "unit.h"

#include "core/recent.h"

static const struct vg_recent_limits limits = { .entries = 10, .bytes = 1000, .first = 2, .last = 3 };

static void add(struct vg_recent *recent, const char *addr, const char *text)
{
	struct vg_addr of = addr_of(addr);

	vg_recent_add(recent, &of, text, strlen(text) + 1);
}

static int append(void *ctx, const void *data, size_t size)
{
	assert_int_equal(strlen(data) + 1, size);
	strcat(ctx, data);
	return 0;
}

static void assert_kept(const struct vg_recent *recent, const char *addr, const char *other, const char *wanted)
{
	struct vg_addr of = addr_of(addr), too = addr_of(other ?: "::");
	char all[256] = "";

	assert_int_equal(vg_recent_for_each(recent, &of, other ? &too : NULL, append, all), 0);
	assert_string_equal(all, wanted);
}

static void first_and_last(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;
	struct vg_addr a = addr_of("192.0.2.1"), b = addr_of("2001:db8::1");
	const char *texts[] = { "a", "b", "c", "d", "e", "f", "g", "h" };

	assert_int_equal(vg_recent_new(&limits, &recent), 0);
	assert_kept(recent, "192.0.2.1", NULL, "");
	add(recent, "2001:db8::1", "x");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		add(recent, "192.0.2.1", texts[i]);
	assert_kept(recent, "192.0.2.1", NULL, "abfgh");
	assert_kept(recent, "192.0.2.1", "2001:db8::1", "xabfgh");
	assert_int_equal(vg_recent_count(recent, &a).kept, 5);
	assert_int_equal(vg_recent_count(recent, &a).left_out, 3);
	assert_int_equal(vg_recent_count(recent, &b).left_out, 0);
	assert_int_equal(vg_recent_count(recent, &a).evicted, 0);
}

/* Also the last one of the list goes, and what comes then stands behind what was before it. */
static void one_at_a_time(void **state)
{
	static const struct vg_recent_limits one = { .entries = 10, .bytes = 1000, .first = 0, .last = 1 };
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;

	assert_int_equal(vg_recent_new(&one, &recent), 0);
	add(recent, "192.0.2.1", "a");
	add(recent, "192.0.2.1", "b");
	add(recent, "192.0.2.2", "c");
	add(recent, "192.0.2.2", "d");
	add(recent, "192.0.2.1", "e");
	assert_kept(recent, "192.0.2.1", "192.0.2.2", "de");
}

static void full(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;
	char addr[32], text[1002];
	struct vg_addr first = addr_of("192.0.2.0"), last = addr_of("192.0.2.29");

	assert_int_equal(vg_recent_new(&limits, &recent), 0);
	for (int i = 0; i < 30; i++) {
		snprintf(addr, sizeof(addr), "192.0.2.%d", i);
		add(recent, addr, "x");
	}
	assert_int_equal(vg_recent_count(recent, &first).kept, 0);
	assert_int_equal(vg_recent_count(recent, &last).kept, 1);
	assert_int_equal(vg_recent_count(recent, &last).evicted, 20);
	/* as large as all may be: the others go; larger: it is not taken */
	memset(text, 'y', sizeof(text));
	text[999] = 0;
	add(recent, "192.0.2.1", text);
	assert_int_equal(vg_recent_count(recent, &last).kept, 0);
	assert_int_equal(vg_recent_count(recent, &last).evicted, 30);
	text[999] = 'y';
	text[1000] = 0;
	add(recent, "192.0.2.1", text);
	assert_int_equal(vg_recent_count(recent, &last).evicted, 31);
	assert_int_equal(vg_recent_count(recent, &(struct vg_addr){ { 0 } }).kept, 0);
}

static bool begins_with(const void *ctx, const void *data, size_t size)
{
	return ((const char *)data)[0] == *(const char *)ctx;
}

static void found(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;
	struct vg_addr a = addr_of("192.0.2.1"), b = addr_of("192.0.2.2");
	char *text;

	assert_int_equal(vg_recent_new(&limits, &recent), 0);
	add(recent, "192.0.2.1", "x1");
	add(recent, "192.0.2.1", "x2");
	add(recent, "192.0.2.1", "y3");
	text = vg_recent_find(recent, &a, begins_with, "x");
	assert_string_equal(text, "x2");
	text[1] = '9';
	assert_kept(recent, "192.0.2.1", NULL, "x1x9y3");
	assert_null(vg_recent_find(recent, &a, begins_with, "z"));
	assert_null(vg_recent_find(recent, &b, begins_with, "x"));
}

static int append_with(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	char text[VG_TEXT_MAX];

	vg_addr_to_str(addr, text);
	strcat(ctx, text + strlen(text) - 1);
	return append(ctx, data, size);
}

static int end_at_once(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	(*(int *)ctx)++;
	return -7;
}

static void all_of_them(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;
	char all[256] = "";
	int n = 0;

	assert_int_equal(vg_recent_new(&limits, &recent), 0);
	add(recent, "192.0.2.2", "x");
	add(recent, "192.0.2.1", "y");
	add(recent, "192.0.2.2", "z");
	assert_int_equal(vg_recent_for_all(recent, append_with, all), 0);
	assert_string_equal(all, "2x1y2z");
	assert_int_equal(vg_recent_for_all(recent, end_at_once, &n), -7);
	assert_int_equal(n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_and_last), cmocka_unit_test(one_at_a_time), cmocka_unit_test(full),
		cmocka_unit_test(found),	  cmocka_unit_test(all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
