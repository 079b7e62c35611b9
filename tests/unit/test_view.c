/* SPDX-License-Identifier: Apache-2.0 */
/* The view of `vipguard watch` without a terminal: columns, what comes onto a canvas, what is drawn at which size; and `status` for a narrow one. */
#include "unit.h"

#include <locale.h>

#include "cli/dress.h"
#include "cli/layout.h"
#include "cli/view.h"

/* ---- columns */

static void columns(void **state)
{
	static const struct vg_layout_column list[] = {
		{ .rank = 1, .min = 4, .good = 6, .want = 20 }, /* more than it gets */
		{ .rank = 0, .min = 10, .good = 10, .want = 10 }, /* the last one to go */
		{ .rank = 2, .min = 8, .good = 8, .want = 3 }, /* needs less than its min */
		{ .rank = 3, .min = 5, .good = 9, .want = 9 },	  { .rank = 4, .min = 2, .good = 2, .want = 0 }, /* says nothing */
	};
	static const struct {
		int width, wanted[5];
	} cases[] = {
		{ 0, { 0, 1, 0, 0, 0 } },      { 5, { 0, 5, 0, 0, 0 } },   { 10, { 0, 10, 0, 0, 0 } }, { 14, { 0, 10, 0, 0, 0 } },
		{ 15, { 4, 10, 0, 0, 0 } },    { 18, { 7, 10, 0, 0, 0 } }, { 19, { 4, 10, 3, 0, 0 } }, { 24, { 9, 10, 3, 0, 0 } },
		{ 25, { 4, 10, 3, 5, 0 } },    { 27, { 6, 10, 3, 5, 0 } }, { 31, { 6, 10, 3, 9, 0 } }, { 45, { 20, 10, 3, 9, 0 } },
		{ 1000, { 20, 10, 3, 9, 0 } },
	};
	int widths[5];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", cases[i].width);
		vg_layout_fit(list, ARRAY_SIZE(list), cases[i].width, 1, widths);
		for (size_t k = 0; k < ARRAY_SIZE(list); k++)
			assert_case(name, widths[k] == cases[i].wanted[k]);
	}
}

/* ---- a canvas */

static void text_is(const char *text, int width, const char *wanted)
{
	VG_CLEANUP(vg_canvas_freep) struct vg_canvas *canvas = NULL;

	assert_int_equal(vg_canvas_new(1, 20, (struct vg_style){ .utf8 = true }, &canvas), 0);
	vg_canvas_field(canvas, VG_LOOK_BAD, text, width);
	assert_string_equal(vg_canvas_line(canvas, 0), wanted);
	assert_int_equal(vg_canvas_room(canvas), 20 - (width > 20 ? 20 : width));
}

static void characters(void **state)
{
	text_is("kube-vip", 10, "kube-vip  ");
	text_is("kube-vip", 5, "kube\xe2\x80\xa6");
	text_is("kube-vip", 1, "\xe2\x80\xa6");
	text_is("kube-vip", 0, "");
	text_is("\x1b[31m", 10, "\\x1b[31m  ");
	text_is("a\tb\n\x7f", 20, "a\\x09b\\x0a\\x7f      ");
	text_is("\xc2\x9b\x32J", 8, "\\x9b2J  "); /* C1's own control sequence introducer */
	text_is("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f  ");
	text_is("\xe4\xb8\xad\xe6\x96\x87", 5, "\xe4\xb8\xad\xe6\x96\x87 "); /* two columns each */
	text_is("\xe4\xb8\xad\xe6\x96\x87", 3, "\xe4\xb8\xad\xe2\x80\xa6");
	text_is("\xe4\xb8\xad\xe6\x96\x87", 2, "\xe2\x80\xa6 ");
	text_is("a\xe2\x80\xae"
		"b\xe2\x80\x8b"
		"c",
		5, "a?b?c"); /* turns the direction; has no width */
	text_is("e\xcc\x81", 3, "e? "); /* a combining accent */
	text_is("\xff\xc3", 4, "??  ");
	text_is("a very long text that has no room", 40, "a very long text th\xe2\x80\xa6");
}

static void looks(void **state)
{
	static const struct {
		struct vg_style style;
		const char *wanted;
	} cases[] = {
		{ { .escapes = true, .colour = true, .utf8 = true }, "\033[1;31mbad\033[0m \033[2m\xe2\x80\x94\033[0m" },
		{ { .escapes = true, .utf8 = true }, "\033[1mbad\033[0m \033[2m\xe2\x80\x94\033[0m" },
		{ { .escapes = true }, "\033[1mbad\033[0m \033[2m?\033[0m" },
		{ { .utf8 = true }, "bad \xe2\x80\x94" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_canvas_freep) struct vg_canvas *canvas = NULL;

		assert_int_equal(vg_canvas_new(2, 5, cases[i].style, &canvas), 0);
		vg_canvas_put(canvas, VG_LOOK_BAD, "bad");
		vg_canvas_put(canvas, VG_LOOK_PLAIN, " ");
		vg_canvas_put(canvas, VG_LOOK_FAINT, "\xe2\x80\x94");
		vg_canvas_put(canvas, VG_LOOK_BAD, "no room");
		assert_string_equal(vg_canvas_line(canvas, 0), cases[i].wanted);
		vg_canvas_move(canvas, 2); /* there is none */
		vg_canvas_put(canvas, VG_LOOK_PLAIN, "x");
		vg_canvas_move(canvas, -1);
		vg_canvas_rule(canvas);
		assert_string_equal(vg_canvas_line(canvas, 1), "");
	}
}

/* ---- the view */

static json_t *screen_of(void)
{
	json_t *screen = json_loads(
		"{\"time\":\"2026-11-22T10:00:05Z\",\"node\":\"cp1\",\"mode\":\"audit\",\"ready\":true,"
		"\"source\":{\"name\":\"assignments\",\"assignments\":3,\"failed\":false,\"stale\":false},"
		"\"degraded\":[{\"what\":\"deny\",\"loss\":\"binds are not refused\"},{\"what\":\"tcx\",\"loss\":\"another may see it first\"}],"
		"\"states\":{\"wrong\":1,\"stopped\":0,\"allowed\":1,\"absent\":1},\"vips_left_out\":7,"
		"\"vips\":[{\"address\":\"192.0.2.240\",\"service\":\"default/web\",\"assigned_nodes\":[\"worker1\",\"worker2\"],\"state\":\"wrong\","
		"\"verdict\":\"violation\",\"reason\":\"owner-never-binds\",\"bound\":[{\"interface\":\"eth0\"}],\"announced\":true,"
		"\"last\":{\"time\":\"2026-11-22T10:00:00Z\",\"action\":\"would-drop\"},\"actor\":{\"pid\":812,\"comm\":\"kube\\u001b[2Jvip\"}},"
		"{\"address\":\"2001:db8::240\",\"assigned_nodes\":[],\"state\":\"allowed\",\"reason\":\"assigned-here\"},"
		"{\"address\":\"198.51.100.0/28\",\"state\":\"absent\"}],"
		"\"events\":[{\"time\":\"2026-11-22T10:00:00Z\",\"event\":\"degraded\",\"what\":\"deny\",\"why\":\"no\"},"
		"{\"time\":\"2026-11-22T10:00:01Z\",\"event\":\"bind\",\"verdict\":\"violation\",\"address\":\"192.0.2.240\",\"interface\":\"eth0\","
		"\"action\":\"none\",\"reason\":\"owner-never-binds\",\"pid\":812,\"comm\":\"kube-vip\",\"count\":3}]}",
		0, NULL);

	assert_non_null(screen);
	return screen;
}

/* All lines, each with a newline. */
static void drawn(struct vg_view *view, int rows, int columns, char *out, size_t size)
{
	VG_CLEANUP(vg_canvas_freep) struct vg_canvas *canvas = NULL;
	size_t n = 0;

	assert_int_equal(vg_canvas_new(rows, columns, (struct vg_style){ .utf8 = true }, &canvas), 0);
	vg_view_draw(view, canvas);
	assert_false(vg_canvas_failed(canvas));
	out[0] = 0;
	for (int i = 0; i < rows; i++) {
		assert_true(vg_text_width(vg_canvas_line(canvas, i), true) <= columns);
		n += (size_t)snprintf(out + n, size - n, "%s\n", vg_canvas_line(canvas, i));
		assert_true(n < size);
	}
}

static void whole(void **state)
{
	json_auto_t *screen = screen_of();
	struct vg_view view = { .screen = screen, .trouble = "" };
	char text[8192];

	drawn(&view, 16, 132, text, sizeof(text));
	assert_non_null(strstr(text, " vipguard  cp1  audit  10:00:05 "));
	assert_non_null(strstr(text, " 1 violation  1 allowed  1 elsewhere\n"));
	assert_non_null(strstr(text, " source assignments, 3 entries, fresh\n"));
	assert_non_null(strstr(text, " without deny: binds are not refused\n without tcx: another may see it first\n"));
	assert_non_null(strstr(text, " VIPs 1-3 of 3, 7 more not shown \xe2\x94\x80"));
	assert_non_null(strstr(
		text,
		"  ADDRESS         VERDICT   REASON            HERE           ACTION     LAST ACTOR          SEEN     HOLDER          SERVICE"));
	assert_non_null(
		strstr(text, "! 192.0.2.240     violation owner-never-binds eth0,announced would-drop kube\\x1b[2Jvip[812] 10:00:00 worker1,worker2 "
			     "default/web\n"));
	assert_non_null(strstr(text, "+ 2001:db8::240   allowed   assigned-here "));
	assert_non_null(strstr(text, " nobody "));
	assert_non_null(strstr(text, " 10:00:00 degraded deny: no\n"));
	assert_non_null(strstr(text, " 10:00:01 bind     192.0.2.240 eth0 owner-never-binds kube-vip[812] x3\n"));
	assert_non_null(strstr(text, "\n q quit  p hold"));
}

static void every_size(void **state)
{
	json_auto_t *screen = screen_of();
	char text[64 * 1024];

	for (int rows = 1; rows < 40; rows++) {
		for (int width = 1; width < 140; width += 7) {
			struct vg_view view = {
				.screen = screen, .trouble = rows % 3 ? "" : "no guard answers", .editing = rows % 5 == 0, .top = 99
			};

			drawn(&view, rows, width, text, sizeof(text));
			assert_true(view.top >= 0 && view.top < 3);
			if (rows == 1 && width > 12)
				assert_non_null(strstr(text, "violation"));
			if (rows > 3 && width >= 18)
				assert_true(strstr(text, "192.0.2.240") || view.top > 0);
		}
	}
	for (int rows = 1; rows < 40; rows += 3) {
		struct vg_view view = { .trouble = "" };

		drawn(&view, rows, 80, text, sizeof(text)); /* nothing is known yet */
	}
}

static void filter(void **state)
{
	static const struct {
		const char *filter, *wanted;
	} cases[] = { { "WORKER2", "VIPs 1-1 of 1 with WORKER2" },
		      { "assigned-h", "VIPs 1-1 of 1 with" },
		      { "::", "VIPs 1-1 of 1 with" },
		      { "812", "VIPs 1-1 of 1 with" },
		      { "nothing", "no VIP with nothing" },
		      { "2", "VIPs 1-3 of 3 with" } };
	json_auto_t *screen = screen_of();
	char text[8192];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_view view = { .screen = screen, .trouble = "" };

		strcpy(view.filter, cases[i].filter);
		drawn(&view, 24, 80, text, sizeof(text));
		assert_case(cases[i].filter, strstr(text, cases[i].wanted));
	}
}

/* ---- status */

static void dressed(const char *plain, int width, bool colour, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	vg_dress(out, plain, width, colour);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, wanted);
}

static void dress(void **state)
{
	dressed("node         cp1\nhooks\n  deny         no: it may not\n", 0, false, "node         cp1\nhooks\n  deny         no: it may not\n");
	dressed("dead man     lets go after 10 s of silence\n", 30, false, "dead man     lets go after 10\n             s of silence\n");
	dressed("  deny         no: it may not be\n", 26, false, "  deny         no: it may\n               not be\n");
	dressed("links        averylonglinkname0123 (tcx)\n", 24, false, "links        averylongli\n             nkname0123\n             (tcx)\n");
	dressed("node         cp1\n", 3, false, "node         cp1\n");
	dressed("mode         audit\n", 80, true, "mode         \033[33maudit\033[0m\n");
	dressed("mode         enforce\n", 80, true, "mode         \033[32menforce\033[0m\n");
	dressed("  btf          yes\n  tcx          no: old\n  kprobe       not needed\n", 0, true,
		"  btf          \033[32myes\033[0m\n  tcx          \033[33mno: old\033[0m\n  kprobe       \033[2mnot needed\033[0m\n");
	dressed("", 40, true, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),    cmocka_unit_test(characters), cmocka_unit_test(looks), cmocka_unit_test(whole),
		cmocka_unit_test(every_size), cmocka_unit_test(filter),	    cmocka_unit_test(dress),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
