/* SPDX-License-Identifier: Apache-2.0 */
/* The page of metrics: its form, by hand; text of others in labels; its limits. What a linter says of a guard's whole page: tests/netns. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/page.h"

static void form(void **state)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = NULL;
	_cleanup_free_ char *text = NULL;
	size_t n;

	assert_int_equal(vg_page_new(&page), 0);
	vg_page_count(page, VG_METRIC_READY, 1, NULL);
	vg_page_count(page, VG_METRIC_BIND_SEEN, UINT64_MAX, NULL);
	vg_page_count(page, VG_METRIC_LOST, 0, "cause", "a", NULL);
	vg_page_count(page, VG_METRIC_LOST, 7, "cause", "b", "more", "c", NULL);
	assert_int_equal(vg_page_take(page, &text, &n), 0);
	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "# HELP vipguard_ready 1 since hooks were attached and what is known was complete and fresh for the first time.\n"
				  "# TYPE vipguard_ready gauge\n"
				  "vipguard_ready 1\n"
				  "# HELP vipguard_bind_seen_total Inserts of addresses seen by a hook or by rtnetlink.\n"
				  "# TYPE vipguard_bind_seen_total counter\n"
				  "vipguard_bind_seen_total 18446744073709551615\n"
				  "# HELP vipguard_lost_total What could not be seen, named or said, by cause.\n"
				  "# TYPE vipguard_lost_total counter\n"
				  "vipguard_lost_total{cause=\"a\"} 0\n"
				  "vipguard_lost_total{cause=\"b\",more=\"c\"} 7\n");
}

static void line_is(const char *label, double value, const char *wanted)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = NULL;
	_cleanup_free_ char *text = NULL;
	const char *line;
	size_t n;

	assert_int_equal(vg_page_new(&page), 0);
	vg_page_real(page, VG_METRIC_MODE, value, "mode", label, NULL);
	assert_int_equal(vg_page_take(page, &text, &n), 0);
	line = strstr(text, "\nvipguard_mode{");
	assert_non_null(line);
	assert_string_equal(line + 1, wanted);
}

static void labels(void **state)
{
	line_is("", 1, "vipguard_mode{mode=\"\"} 1\n");
	line_is("a\"b\\c\nd", 1, "vipguard_mode{mode=\"a\\\"b\\\\c\\nd\"} 1\n");
	line_is("\\n", 1, "vipguard_mode{mode=\"\\\\n\"} 1\n");
	line_is("{}=,'\t", 1, "vipguard_mode{mode=\"{}=,'\t\"} 1\n");
	line_is("gr\xc3\xbc\xc3\x9f", 1, "vipguard_mode{mode=\"gr\xc3\xbc\xc3\x9f\"} 1\n");
	line_is("\xff\"\xc3", 1, "vipguard_mode{mode=\"\xef\xbf\xbd\\\"\xef\xbf\xbd\"} 1\n");
}

static void values(void **state)
{
	line_is("x", 0, "vipguard_mode{mode=\"x\"} 0\n");
	line_is("x", 0.25, "vipguard_mode{mode=\"x\"} 0.25\n");
	line_is("x", -1.5, "vipguard_mode{mode=\"x\"} -1.5\n");
	line_is("x", 1795403039.82572, "vipguard_mode{mode=\"x\"} 1795403039.82572\n");
	line_is("x", 1e300, "vipguard_mode{mode=\"x\"} 1e+300\n");
	line_is("x", NAN, "vipguard_mode{mode=\"x\"} NaN\n");
	line_is("x", INFINITY, "vipguard_mode{mode=\"x\"} +Inf\n");
	line_is("x", -INFINITY, "vipguard_mode{mode=\"x\"} -Inf\n");
}

/* A metric in two pieces is what Prometheus refuses a whole page for. */
static void pieces(void **state)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = NULL;
	char *text = NULL;
	size_t n;

	assert_int_equal(vg_page_new(&page), 0);
	vg_page_count(page, VG_METRIC_LOST, 0, "cause", "a", NULL);
	vg_page_count(page, VG_METRIC_READY, 0, NULL);
	vg_page_count(page, VG_METRIC_LOST, 0, "cause", "b", NULL);
	assert_int_equal(vg_page_take(page, &text, &n), -EINVAL);
	assert_null(text);
}

static int fill(unsigned lines, size_t *ret_n)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = NULL;
	_cleanup_free_ char *text = NULL;
	char label[101];

	memset(label, 'x', 100);
	label[100] = 0;
	assert_int_equal(vg_page_new(&page), 0);
	for (unsigned i = 0; i < lines; i++)
		vg_page_count(page, VG_METRIC_LOST, i, "cause", label, NULL);
	return vg_page_take(page, &text, ret_n);
}

static void limit(void **state)
{
	size_t n = 0;

	assert_int_equal(fill(5000, &n), 0);
	assert_true(n > 500000 && n <= VG_PAGE_BYTES_MAX);
	assert_int_equal(fill(20000, &n), -E2BIG);
}

static void names(void **state)
{
	for (unsigned i = 0; i < VG_METRIC_MAX; i++) {
		const char *name = vg_metric_name(i);

		assert_true(strncmp(name, "vipguard_", 9) == 0 || strncmp(name, "process_", 8) == 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (unsigned other = 0; other < i; other++)
			assert_string_not_equal(name, vg_metric_name(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form),	  cmocka_unit_test(labels), cmocka_unit_test(values),
		cmocka_unit_test(pieces), cmocka_unit_test(limit),  cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
