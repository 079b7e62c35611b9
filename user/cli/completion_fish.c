/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/completion.h"

/* Within single quotes. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		fprintf(out, "%s%c", strchr("'\\", *text) ? "\\" : "", *text);
	fputc('\'', out);
}

static void put_value(FILE *out, const struct vg_option *option, enum vg_command_bit command)
{
	char words[VG_WORDS_MAX];

	switch (vg_completion_values(option, command, words)) {
	case VG_VALUES_NONE: break;
	case VG_VALUES_ANY: fputs(" -x", out); break;
	case VG_VALUES_WORDS: fprintf(out, " -x -a '%s'", words); break;
	case VG_VALUES_LIST: fprintf(out, " -x -a '(__fish_append , %s)'", words); break;
	case VG_VALUES_LINK: fputs(" -x -a '(command ls /sys/class/net 2>/dev/null)'", out); break;
	case VG_VALUES_FILE: fputs(" -r -F", out); break;
	case VG_VALUES_FOLDER: fputs(" -x -a '(__fish_complete_directories)'", out); break;
	}
}

static void put_option(FILE *out, const struct vg_option *option, const struct vg_command *command)
{
	fprintf(out, "complete -c vipguard -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
	if (option->letter)
		fprintf(out, " -s %c", option->letter);
	put_value(out, option, command->bit);
	fputs(" -d ", out);
	put_quoted(out, option->help);
	fputc('\n', out);
}

static void put_command(FILE *out, const struct vg_command *command)
{
	const struct vg_option *option;
	char words[VG_WORDS_MAX];
	size_t i = 0;

	fprintf(out, "complete -c vipguard -n __fish_use_subcommand -a %s -d ", command->name);
	put_quoted(out, command->summary);
	fputc('\n', out);
	vg_completion_arguments(command, words);
	if (*words)
		fprintf(out, "complete -c vipguard -n '__fish_seen_subcommand_from %s' -a '%s'\n", command->name, words);
	while ((option = vg_completion_next(command->bit, &i)))
		put_option(out, option, command);
}

void vg_completion_fish(FILE *out)
{
	const struct vg_command *command;

	fputs("# fish completion of vipguard, made by: vipguard completion fish\ncomplete -c vipguard -f\n"
	      "complete -c vipguard -l help -d 'all commands, or the options of one'\n"
	      "complete -c vipguard -n __fish_use_subcommand -l version -d 'version, build, libbpf, ABI'\n",
	      out);
	for (size_t i = 0; (command = vg_command_at(i)); i++)
		put_command(out, command);
}
