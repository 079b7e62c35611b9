/* SPDX-License-Identifier: Apache-2.0 */
/* What completion offers as a value is what the option takes; the scripts themselves are asked in their shells (tests/cli). */
#include "unit.h"

#include "cli/completion.h"

static void assert_taken(const struct vg_option *option, enum vg_command_bit command, const char *word)
{
	char flag[64], *argv[] = { (char *)vg_command_of(command)->name, flag, (char *)word, (char *)"an argument", NULL };
	VG_CLEANUP(vg_config_freep) struct vg_config_options *options = NULL;
	struct vg_error error = { .text = "" };

	snprintf(flag, sizeof(flag), "--%s", option->name);
	if (vg_config_parse(3 + (int)vg_command_of(command)->min_args, argv, command, &error, &options) < 0)
		fail_msg("%s --%s does not take \"%s\": %s", argv[0], option->name, word, error.text);
}

static size_t check_words(const struct vg_option *option, enum vg_command_bit command)
{
	char words[VG_WORDS_MAX], *rest = NULL;
	size_t n = 0;

	vg_completion_values(option, command, words);
	assert_case(option->name, strlen(words) < sizeof(words) - 1);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest), n++)
		assert_taken(option, command, word);
	return n;
}

static void test_values(void **state)
{
	const struct vg_command *command;
	const struct vg_option *option;
	size_t n = 0;

	for (size_t i = 0; (command = vg_command_at(i)); i++) {
		for (size_t j = 0; (option = vg_completion_next(command->bit, &j));)
			n += check_words(option, command->bit);
	}
	assert_true(n > VG_FEATURE_MAX + 10);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *name;
		enum vg_command_bit command;
		enum vg_values kind;
		const char *words;
	} cases[] = {
		{ "verbose", VG_CMD_RUN, VG_VALUES_NONE, "" },
		{ "node", VG_CMD_RUN, VG_VALUES_ANY, "" },
		{ "mode", VG_CMD_RUN, VG_VALUES_WORDS, "audit enforce" },
		{ "act", VG_CMD_RUN, VG_VALUES_LIST, "deny drop remove heal none" },
		{ "assignments", VG_CMD_CHECK, VG_VALUES_FILE, "" },
		{ "bundle", VG_CMD_EVIDENCE, VG_VALUES_FILE, "" },
		{ "pin-dir", VG_CMD_DETACH, VG_VALUES_FOLDER, "" },
		{ "interface", VG_CMD_RUN, VG_VALUES_LINK, "" },
		{ "link", VG_CMD_EXPLAIN, VG_VALUES_LINK, "" },
		{ "output", VG_CMD_CHECK, VG_VALUES_WORDS, "json text markdown" },
		{ "output", VG_CMD_WATCH, VG_VALUES_WORDS, "json text" },
	};
	char words[VG_WORDS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct vg_option *option = vg_option_find(cases[i].name, strlen(cases[i].name));

		assert_case(cases[i].name, vg_completion_values(option, cases[i].command, words) == cases[i].kind);
		assert_string_equal(words, cases[i].words);
	}
}

static void test_arguments(void **state)
{
	static const struct {
		enum vg_command_bit command;
		const char *words;
	} cases[] = { { VG_CMD_MODE, "audit enforce" }, { VG_CMD_COMPLETION, "bash zsh fish" }, { VG_CMD_EXPLAIN, "" }, { VG_CMD_RUN, "" } };
	char words[VG_WORDS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		vg_completion_arguments(vg_command_of(cases[i].command), words);
		assert_string_equal(words, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_values), cmocka_unit_test(test_kinds), cmocka_unit_test(test_arguments) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
