/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/completion.h"

/* Within single quotes of a specification of _arguments or _describe, where these are syntax. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, "%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
	}
}

static void put_value(FILE *out, const struct vg_option *option, enum vg_command_bit command)
{
	char words[VG_WORDS_MAX];
	enum vg_values kind = vg_completion_values(option, command, words);

	if (kind == VG_VALUES_NONE)
		return;
	fputc(':', out);
	put_escaped(out, option->metavar);
	switch (kind) {
	case VG_VALUES_WORDS: fprintf(out, ":(%s)", words); break;
	case VG_VALUES_LIST: fprintf(out, ":_values -s , %s %s", option->metavar, words); break;
	case VG_VALUES_LINK: fputs(":($(command ls /sys/class/net 2>/dev/null))", out); break;
	case VG_VALUES_FILE: fputs(":_files", out); break;
	case VG_VALUES_FOLDER: fputs(":_files -/", out); break;
	default: fputs(": ", out); break;
	}
}

static void put_option(FILE *out, const struct vg_option *option, enum vg_command_bit command)
{
	fputs(" \\\n\t\t\t", out);
	if (option->list)
		fputs("'*'", out); /* may be repeated */
	else if (option->letter)
		fprintf(out, "'(-%c --%s)'", option->letter, option->name);
	if (option->letter)
		fprintf(out, "{-%c%s,--%s%s}", option->letter, option->metavar ? "+" : "", option->name, option->metavar ? "=" : "");
	else
		fprintf(out, "--%s%s", option->name, option->metavar ? "=" : "");
	fputs("'[", out);
	put_escaped(out, option->help);
	fputc(']', out);
	put_value(out, option, command);
	fputc('\'', out);
}

static void put_arguments(FILE *out, const struct vg_command *command)
{
	char words[VG_WORDS_MAX];

	vg_completion_arguments(command, words);
	if (*words)
		fprintf(out, " \\\n\t\t\t'1:%s:(%s)'", command->name, words);
}

static void put_command(FILE *out, const struct vg_command *command)
{
	const struct vg_option *option;
	size_t i = 0;

	fprintf(out, "\t%s)\n\t\t_arguments", command->name);
	while ((option = vg_completion_next(command->bit, &i)))
		put_option(out, option, command->bit);
	put_arguments(out, command);
	fputs(" \\\n\t\t\t--help'[the options of this command]'\n\t\t;;\n", out);
}

void vg_completion_zsh(FILE *out)
{
	const struct vg_command *command;

	fputs("#compdef vipguard\n# zsh completion of vipguard, made by: vipguard completion zsh\n_vipguard() {\n"
	      "\tlocal curcontext=$curcontext state line\n\ttypeset -A opt_args\n\tlocal -a commands\n\tcommands=(\n",
	      out);
	for (size_t i = 0; (command = vg_command_at(i)); i++) {
		fprintf(out, "\t\t'%s:", command->name);
		put_escaped(out, command->summary);
		fputs("'\n", out);
	}
	fputs("\t)\n\t_arguments -C '--help[all commands]' '--version[version, build, libbpf, ABI]' '1: :->command' '*:: :->rest' && return\n"
	      "\tif [[ $state == command ]]; then\n\t\t_describe -t commands command commands\n\t\treturn\n\tfi\n"
	      "\tcase $words[1] in\n\thelp) _describe -t commands command commands ;;\n",
	      out);
	for (size_t i = 0; (command = vg_command_at(i)); i++)
		put_command(out, command);
	fputs("\tesac\n}\n# run by compinit's autoloading, or sourced\n"
	      "if [[ $funcstack[1] == _vipguard ]]; then\n\t_vipguard \"$@\"\nelse\n\tcompdef _vipguard vipguard\nfi\n",
	      out);
}
