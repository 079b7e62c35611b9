/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as JSON: types, several documents, what is refused, limits. */
#include "unit.h"

#include <errno.h>

#include "conf/yaml_json.h"

static void becomes_json(void **state)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "", "[]" },
		{ "# only a comment\n", "[]" },
		{ "---\n", "[null]" },
		{ "a: 1\n---\n- b\n- c\n---\n", "[{\"a\":1},[\"b\",\"c\"],null]" },
		{ "{\"a\": [1, -2, 0], \"b\": {}, \"c\": []}", "[{\"a\":[1,-2,0],\"b\":{},\"c\":[]}]" },
		{ "[true, True, FALSE, 'true', \"false\", yes, no, on]", "[[true,true,false,\"true\",\"false\",\"yes\",\"no\",\"on\"]]" },
		{ "[null, ~, , Null, 'null', \"\"]", NULL },
		{ "a:\nb: ~\nc: ''\n", "[{\"a\":null,\"b\":null,\"c\":\"\"}]" },
		{ "[9223372036854775807, -9223372036854775808, 9223372036854775808]",
		  "[[9223372036854775807,-9223372036854775808,\"9223372036854775808\"]]" },
		{ "[007, 0x10, +1, 1_000, -, 1e, 1., .5, 1a]", "[[\"007\",\"0x10\",\"+1\",\"1_000\",\"-\",\"1e\",\"1.\",\".5\",\"1a\"]]" },
		{ "[1.5, -0.25, 1e3, 1e999, '1.5']", "[[1.5,-0.25,1000.0,\"1e999\",\"1.5\"]]" },
		{ "a: |\n  one\n  two\nb: >-\n  three\n  four\n", "[{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\"}]" },
		{ "1: x\ntrue: y\n", "[{\"1\":\"x\",\"true\":\"y\"}]" },
		{ "a: \"\\u00e9\"\n", "[{\"a\":\"\xc3\xa9\"}]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *documents = NULL;
		struct vg_error error = { "" };
		char *text;
		int r = vg_yaml_to_json(cases[i].yaml, strlen(cases[i].yaml), "x.yaml", &error, &documents);

		if (!cases[i].json) { /* two commas in a row */
			assert_case(cases[i].yaml, r == -EINVAL && !documents);
			continue;
		}
		if (r < 0)
			fail_msg("case \"%s\": %s", cases[i].yaml, error.text);
		text = json_dumps(documents, JSON_COMPACT);
		assert_string_equal(text, cases[i].json);
		free(text);
		json_decref(documents);
	}
}

static void is_refused(void **state)
{
	static const struct {
		const char *yaml, *text;
	} cases[] = {
		{ "a: &x 1\n", "x.yaml:1: found an anchor or alias" },
		{ "a: 1\nb: *x\n", "x.yaml:2: found an anchor or alias" },
		{ "a: !!str 1\n", "x.yaml:1: found a tag" },
		{ "- !x {}\n", "x.yaml:1: found a tag" },
		{ "a: 1\nb: 2\na: 3\n", "x.yaml:3: key \"a\" appears twice" },
		{ "a: 1\n---\nb: 1\nb: 1\n", "x.yaml:4: key \"b\" appears twice" },
		{ "<<: {a: 1}\n", "x.yaml:1: found a merge key" },
		{ "{a: 1}: 2\n", "x.yaml:1: found a mapping or a list as key" },
		{ "a: [1\n", "x.yaml:2: is no YAML" },
		{ "a: \"x\\0\"\n", "x.yaml:1: a NUL character" },
		{ "a: \xff\n", "x.yaml:1: is no text" },
		{ "a: \"\\ud800\"\n", "x.yaml:1: is no YAML" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *documents = NULL;
		struct vg_error error = { "" };

		assert_case(cases[i].yaml, vg_yaml_to_json(cases[i].yaml, strlen(cases[i].yaml), "x.yaml", &error, &documents) == -EINVAL);
		assert_case(error.text, strstr(error.text, cases[i].text) == error.text);
		assert_null(documents);
	}
	assert_int_equal(vg_yaml_to_json("a: *x", 5, "x.yaml", NULL, &(json_t *){ NULL }), -EINVAL);
}

/* text n times, then end n times. */
static char *repeat(const char *text, const char *end, size_t n)
{
	char *all = calloc(1, (strlen(text) + strlen(end)) * n + 1), *at = all;

	assert_non_null(all);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, text);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, end);
	return all;
}

static int read_text(const char *text, struct vg_error *error)
{
	json_t *documents = NULL;
	int r = vg_yaml_to_json(text, strlen(text), "x.yaml", error, &documents);

	json_decref(documents);
	return r;
}

static void limits(void **state)
{
	struct vg_error error;
	char *text;

	text = repeat("[", "]", VG_YAML_JSON_DEPTH_MAX);
	assert_int_equal(read_text(text, &error), 0);
	free(text);
	text = repeat("[", "]", VG_YAML_JSON_DEPTH_MAX + 1);
	assert_int_equal(read_text(text, &error), -EFBIG);
	assert_string_equal(error.text, "x.yaml:1: is nested deeper than 64; expected less");
	free(text);
	text = repeat("- 1\n", "", VG_YAML_JSON_NODES_MAX - 1); /* and the list itself */
	assert_int_equal(read_text(text, &error), 0);
	free(text);
	text = repeat("- 1\n", "", VG_YAML_JSON_NODES_MAX);
	assert_int_equal(read_text(text, &error), -EFBIG);
	assert_non_null(strstr(error.text, "more than 500000 values"));
	free(text);
	text = repeat(" ", "", VG_YAML_JSON_BYTES_MAX + 1);
	assert_int_equal(read_text(text, &error), -EFBIG);
	assert_string_equal(error.text, "x.yaml: has more than 16 MiB; expected less");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_json),
		cmocka_unit_test(is_refused),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
