/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/completion.h"
#include "conf/text.h"

static void add_word(char words[VG_WORDS_MAX], const char *word, size_t n)
{
	size_t len = strlen(words);

	snprintf(words + len, VG_WORDS_MAX - len, "%s%.*s", len ? " " : "", (int)n, word);
}

static void add_features(char words[VG_WORDS_MAX])
{
	for (unsigned i = 0; i < VG_FEATURE_MAX; i++)
		add_word(words, vg_feature_to_str(i), strlen(vg_feature_to_str(i)));
}

static void add_values(const struct vg_option *option, enum vg_command_bit command, char words[VG_WORDS_MAX])
{
	size_t n;

	for (const char *word = option->values; *word; word += n + (word[n] == ' ')) {
		n = strcspn(word, " ");
		if (command == VG_CMD_CHECK || strncmp(word, "markdown", n) != 0) /* the one form that is one command's alone */
			add_word(words, word, n);
	}
}

enum vg_values vg_completion_values(const struct vg_option *option, enum vg_command_bit command, char words[VG_WORDS_MAX])
{
	words[0] = '\0';
	if (!option->metavar)
		return VG_VALUES_NONE;
	if (option->set == vg_set_without)
		add_features(words);
	else if (option->values)
		add_values(option, command, words);
	if (*words)
		return strcmp(option->metavar, "LIST") == 0 ? VG_VALUES_LIST : VG_VALUES_WORDS;
	if (option->set == vg_set_link || option->set == vg_set_interface)
		return VG_VALUES_LINK;
	if (strcmp(option->metavar, "DIR") == 0)
		return VG_VALUES_FOLDER;
	return strcmp(option->metavar, "FILE") == 0 || strcmp(option->metavar, "PATH") == 0 ? VG_VALUES_FILE : VG_VALUES_ANY;
}

/* " audit|enforce" is a choice, " ADDR..." is not. */
void vg_completion_arguments(const struct vg_command *command, char words[VG_WORDS_MAX])
{
	const char *word = command->arguments + strspn(command->arguments, " ");

	words[0] = '\0';
	if (!strchr(word, '|'))
		return;
	while (*word) {
		size_t n = strcspn(word, "| ");

		add_word(words, word, n);
		word += n + strspn(word + n, "| ");
	}
}

const struct vg_option *vg_completion_next(enum vg_command_bit command, size_t *i)
{
	const struct vg_option *option;

	while ((option = vg_option_at((*i)++))) {
		if (option->commands & command)
			return option;
	}
	return NULL;
}

int vg_cmd_completion(const struct vg_config_options *options)
{
	static const struct {
		const char *shell;
		void (*print)(FILE *out);
	} shells[] = { { "bash", vg_completion_bash }, { "zsh", vg_completion_zsh }, { "fish", vg_completion_fish } };
	char quote[VG_QUOTE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(options->args[0], shells[i].shell) == 0) {
			shells[i].print(stdout);
			return VG_EXIT_FINE;
		}
	}
	vg_text_quote(options->args[0], quote);
	vg_log(VG_LOG_ERROR, "completion: found %s, expected bash, zsh or fish", quote);
	return VG_EXIT_USAGE;
}
