/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/utf8.h"

#define BAD "\xef\xbf\xbd"

static void test_repair(void **state)
{
	static const struct {
		const char *text, *repaired;
	} cases[] = {
		{ "", "" },
		{ "plain\x7f", "plain\x7f" },
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xff", BAD },
		{ "a\x80z", "a" BAD "z" },
		{ "\xc0\xaf", BAD BAD }, /* an overlong slash */
		{ "\xe0\x80\x80", BAD BAD BAD },
		{ "\xed\xa0\x80", BAD BAD BAD }, /* a surrogate */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD }, /* beyond U+10FFFF */
		{ "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD },
		{ "\xe2\x82", BAD BAD }, /* cut */
		{ "\xf0\x9f\x98x", BAD BAD BAD "x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = strlen(cases[i].text), took;
		_cleanup_free_ char *exact = malloc(n + !n), *out = malloc(3 * n + 1);

		memcpy(exact, cases[i].text, n);
		took = vg_utf8_repair(exact, n, out);
		out[took] = '\0';
		assert_string_equal(out, cases[i].repaired);
		assert_true(vg_utf8_is_valid(exact, n) == !strcmp(cases[i].text, cases[i].repaired));
		assert_true(vg_utf8_is_valid(out, took));
	}
	assert_int_equal(vg_utf8_repair("a\0b", 3, (char[9]){ 0 }), 3);
	assert_true(vg_utf8_is_valid("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
