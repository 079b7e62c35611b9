/* SPDX-License-Identifier: Apache-2.0 */
/* The status page: text of others stays text, names go where they must not be, a policy that fits the page, limits that are said. */
#include "unit.h"

#include "report/screen.h"
#include "report/screen_html.h"

#define NONCE "0123456789abcdef0123456789abcdef"

static char *page_of(const json_t *screen)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	vg_screen_print_html(out, screen, NONCE);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), n);
	return text;
}

static json_t *screen_of(const char *name)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "time", "2026-11-22T10:00:00Z", "event", "bind", "verdict", "violation", "comm",
				 name, "pid", 7, "why", name);
	json_t *vip = json_pack("{s:s, s:s, s:[s], s:s, s:s, s:[{s:s}], s:O, s:O, s:[O]}", "address", "192.0.2.240", "service", name,
				"assigned_nodes", name, "state", "wrong", "reason", "owner-never-binds", "bound", "interface", name, "last", line,
				"actor", line, "lines", line);

	json_decref(line);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:i}, s:{s:i, s:[s]}, s:[{s:s, s:s}], s:{s:i}, s:[o], s:i, s:[]}", "node", name, "mode", "audit",
			 "time", "2026-11-22T10:00:05Z", "source", "name", name, "assignments", 1, "breaker", "held", 1, "addresses", "192.0.2.7",
			 "degraded", "what", "deny", "why", name, "states", "wrong", 1, "vips", vip, "vips_left_out", 7, "events");
}

static void text_stays_text(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "\"onload='x()&", "&quot;onload=&#39;x()&amp;" },
		{ "\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  "\\x9b31m" },
		{ "a\xe2\x80\xae"
		  "b\xe2\x81\xa7\xe2\x80\x8f",
		  "a\xef\xbf\xbd"
		  "b\xef\xbf\xbd\xef\xbf\xbd" },
		{ "gr\xc3\xbc\xc3\x9f\xe2\x80\x94", "gr\xc3\xbc\xc3\x9f\xe2\x80\x94" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_auto_t *screen = screen_of(cases[i].name);
		_cleanup_free_ char *text = page_of(screen);
		char who[128];
		size_t n = 0;

		assert_non_null(screen);
		snprintf(who, sizeof(who), "<td data-label=\"last actor\" class=\"who\">%s[7]</td>", cases[i].shown);
		assert_case(cases[i].shown, strstr(text, who));
		for (const char *at = text; (at = strstr(at, cases[i].shown)); at++)
			n++;
		assert_case(cases[i].shown, n >= 9); /* every place that has it */
		assert_case(cases[i].shown, strcmp(cases[i].name, cases[i].shown) == 0 || !strstr(text, cases[i].name));
	}
}

static void says_what_is_left_out(void **state)
{
	json_auto_t *screen = screen_of("x");
	json_t *vips = json_object_get(screen, "vips");
	_cleanup_free_ char *text = NULL;

	for (int i = 0; i < VG_SCREEN_HISTORIES_MAX + 2; i++)
		json_array_append_new(vips, json_deep_copy(json_array_get(vips, 0)));
	text = page_of(screen);
	assert_non_null(strstr(text, ">7 more not shown.<"));
	assert_non_null(strstr(text, ">3 more not shown.<"));
	assert_non_null(strstr(text, "<h3>"));
}

static void names_go(void **state)
{
	json_auto_t *screen = screen_of("secret");
	_cleanup_free_ char *text = NULL;

	json_object_set_new(screen, "node", json_string("cp1"));
	json_object_set_new(json_object_get(screen, "source"), "name", json_string("assignments"));
	vg_screen_hide_names(screen);
	text = page_of(screen);
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "192.0.2."));
	assert_non_null(strstr(text, "--metrics-vips"));
	assert_non_null(strstr(text, "<b class=\"wrong\">1</b> violation<"));
	assert_non_null(strstr(text, "deny"));
}

static void policy(void **state)
{
	json_auto_t *screen = screen_of("x");
	_cleanup_free_ char *text = page_of(screen);
	char a[VG_SCREEN_NONCE_MAX], b[VG_SCREEN_NONCE_MAX], said[VG_SCREEN_POLICY_MAX];
	size_t n = 0;

	assert_int_equal(vg_screen_new_nonce(a), 0);
	assert_int_equal(vg_screen_new_nonce(b), 0);
	assert_int_equal(strlen(a), VG_SCREEN_NONCE_MAX - 1);
	assert_string_not_equal(a, b);
	vg_screen_policy(NONCE, said);
	assert_non_null(strstr(said, "script-src 'nonce-" NONCE "'; "));
	assert_non_null(strstr(said, "frame-ancestors 'none'"));
	for (const char *at = text; (at = strstr(at, "nonce=\"" NONCE "\"")); at++)
		n++;
	assert_int_equal(n, 2);
	assert_null(strstr(text, " style=\""));
	assert_null(strstr(text, "http://www")); /* nothing from elsewhere */
	assert_non_null(strstr(text, "</html>\n"));
}

static void states(void **state)
{
	for (int i = 0; i < VG_SCREEN_STATE_MAX; i++) {
		assert_int_equal(vg_screen_state_from_str(vg_screen_state_to_str(i)), i);
		assert_non_null(vg_screen_state_word(i));
		assert_non_null(vg_screen_state_meaning(i));
	}
	assert_int_equal(vg_screen_state_from_str("nonsense"), VG_SCREEN_ABSENT);
}

static void nothing_known(void **state)
{
	json_auto_t *screen = json_object();
	_cleanup_free_ char *text = page_of(screen);

	assert_non_null(strstr(text, "</html>\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_text), cmocka_unit_test(says_what_is_left_out), cmocka_unit_test(names_go), cmocka_unit_test(policy),
		cmocka_unit_test(states),	   cmocka_unit_test(nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
