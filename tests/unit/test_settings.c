/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "conf/settings.h"

static int collect(void *ctx, const char *key, const char *value, struct vg_error *ret_error)
{
	char *all = ctx;

	if (!strcmp(key, "unknown"))
		return vg_error_set(ret_error, -EINVAL, "%s: no such setting", key);
	strcat(strcat(strcat(strcat(all, key), "="), value), ";");
	return 0;
}

static void test_settings(void **state)
{
	static const struct {
		const char *text;
		const char *all; /* what was handed over */
		const char *error; /* NULL: none */
	} cases[] = {
		{ "mode: enforce\ngrace: 15s\n", "mode=enforce;grace=15s;", NULL },
		{ "{\"mode\": \"audit\", \"breaker\": 10}", "mode=audit;breaker=10;", NULL },
		{ "protect: [192.0.2.1, '2001:db8::/64']\ninterface:\n- eth0\n", "protect=192.0.2.1;protect=2001:db8::/64;interface=eth0;", NULL },
		{ "protect: []\n", "", "c.yaml:1: protect: found an empty list; expected a value" },
		{ "mode: ''\n", "mode=;", NULL },
		{ "{}\n", "", NULL },
		{ "", "", "c.yaml:1: found nothing; expected a mapping of settings" },
		{ "- mode\n", "", "c.yaml:1: found a list; expected a mapping of settings" },
		{ "mode: audit\nmode: audit\n", "mode=audit;", "c.yaml:2: mode: found twice; expected once" },
		{ "mode:\n", "", "c.yaml:1: mode: found nothing; expected a value" },
		{ "mode: {a: b}\n", "", "c.yaml:1: mode: found a mapping; expected a value" },
		{ "protect:\n- 192.0.2.1\n- [192.0.2.2]\n", "protect=192.0.2.1;", "c.yaml:3: protect: found a list; expected a value" },
		{ "mode: audit\nunknown: 1\n", "mode=audit;", "c.yaml:2: unknown: no such setting" },
		{ "mode: *a\n", "", "c.yaml:1: found an anchor or alias; expected" },
		{ "mode: audit\n---\nmode: audit\n", "mode=audit;", "c.yaml:2: found a second document; expected one" },
		{ "mode: \"a\n", "", "c.yaml:2: is no YAML: " },
		{ "mode:\n\t- audit\n", "", "c.yaml:2: is no YAML: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_error error = { "" };
		char all[256] = "";
		int r = vg_settings_parse(cases[i].text, strlen(cases[i].text), "c.yaml", collect, all, &error);

		assert_case(cases[i].text, r == (cases[i].error ? -EINVAL : 0));
		assert_string_equal(all, cases[i].all);
		if (cases[i].error && strncmp(error.text, cases[i].error, strlen(cases[i].error)))
			fail_msg("\"%s\": \"%s\"; expected \"%s\"", cases[i].text, error.text, cases[i].error);
	}
}

static void test_files(void **state)
{
	struct vg_error error;
	char all[256] = "";

	(void)state;
	assert_int_equal(vg_settings_read("/", collect, all, &error), -EISDIR);
	assert_int_equal(vg_settings_read("/nowhere/c.yaml", collect, all, &error), -ENOENT);
	assert_int_equal(vg_settings_read("/dev/null", collect, all, &error), -EINVAL);
	assert_string_equal(all, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
