/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "conf/names.h"
#include "conf/text.h"

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10
#define A250 A50 A50 A50 A50 A50

static void test_quote(void **state)
{
	char quote[VG_QUOTE_MAX];

	(void)state;
	vg_text_quote("", quote);
	assert_string_equal(quote, "\"\"");
	vg_text_quote("a\nb\x1b[31m\x7f", quote);
	assert_string_equal(quote, "\"a?b?[31m?\"");
	vg_text_quote(A250, quote);
	assert_int_equal(strlen(quote), VG_QUOTE_MAX - 1);
	assert_string_equal(quote + VG_QUOTE_MAX - 6, "a...\"");
	/* "é" is two bytes and the cut falls between them */
	vg_text_quote(A50 A10 A10 A10 "a\xc3\xa9" A10, quote);
	assert_string_equal(quote, "\"" A50 A10 A10 A10 "a...\"");
}

static void test_node_names(void **state)
{
	static const struct {
		const char *text;
		bool fine;
	} cases[] = {
		{ "worker1", true },  { "1", true },	 { "a.b-c.example", true }, { "a--b", true }, { A250 "aaa", true },   { "", false },
		{ "Worker1", false }, { "-a", false },	 { "a-", false },	    { ".a", false },  { "a.", false },	      { "a..b", false },
		{ "a.-b", false },    { "a-.b", false }, { "a_b", false },	    { "a b", false }, { A250 "aaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_case(cases[i].text, vg_text_is_node_name(cases[i].text) == cases[i].fine);
}

static void test_services(void **state)
{
	static const struct {
		const char *text;
		bool fine;
	} cases[] = {
		{ "default/web", true }, { "web", true },  { "Web_VIP", true }, { A250 A50 A10 "aaaaaaa", true },
		{ "", false },		 { "/", false },   { "/web", false },	{ "default/", false },
		{ "a/b/c", false },	 { "a b", false }, { "a\tb", false },	{ A250 A50 A10 "aaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_case(cases[i].text, vg_text_is_service(cases[i].text) == cases[i].fine);
}

static void test_names_list(void **state)
{
	struct vg_names names = { 0 };
	char name[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		vg_names_clear(&names);
		assert_int_equal(names.n, 0);
		for (int i = 0; i < 500; i++) {
			snprintf(name, sizeof(name), "worker%d", i + round);
			assert_int_equal(vg_names_add(&names, name), 0);
		}
		for (int i = 0; i < 500; i++) {
			snprintf(name, sizeof(name), "worker%d", i + round);
			assert_string_equal(vg_names_list(&names)[i], name);
		}
	}
	vg_names_deinit(&names);
	assert_null(vg_names_list(&names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_node_names),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_names_list),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
