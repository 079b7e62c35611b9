/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

static const char head[] = "# bash completion of vipguard, made by: vipguard completion bash\n"
			   "_vipguard()\n"
			   "{\n"
			   "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options='' arguments='' value=''\n"
			   "\tCOMPREPLY=()\n"
			   "\t# --mode=enforce is three words\n"
			   "\tif [[ $word == '=' ]]; then\n"
			   "\t\tword=''\n"
			   "\telif [[ $before == '=' ]]; then\n"
			   "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
			   "\tfi\n";

static const char tail[] = "\tcase $value in\n"
			   "\twords:*) mapfile -t COMPREPLY < <(compgen -W \"${value#*:}\" -- \"$word\") ;;\n"
			   "\tlist:*) mapfile -t COMPREPLY < <(compgen -P \"${word%\"${word##*,}\"}\" -W \"${value#*:}\" -- \"${word##*,}\") ;;\n"
			   "\tlinks) mapfile -t COMPREPLY < <(compgen -W \"$(command ls /sys/class/net 2>/dev/null)\" -- \"$word\") ;;\n"
			   "\tfiles | folders)\n"
			   "\t\tcompopt -o filenames 2>/dev/null\n"
			   "\t\tif [[ $value == files ]]; then\n"
			   "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
			   "\t\telse\n"
			   "\t\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
			   "\t\tfi\n"
			   "\t\t;;\n"
			   "\tany) ;;\n"
			   "\t*)\n"
			   "\t\t[[ $word != -* && $arguments ]] || arguments=$options\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$arguments\" -- \"$word\")\n"
			   "\t\t;;\n"
			   "\tesac\n"
			   "}\n"
			   "complete -F _vipguard vipguard\n";

static void put_commands(FILE *out)
{
	const struct vg_command *command;

	for (size_t i = 0; (command = vg_command_at(i)); i++)
		fprintf(out, "%s ", command->name);
}

static void put_options(FILE *out, enum vg_command_bit command)
{
	const struct vg_option *option;
	size_t i = 0;

	while ((option = vg_completion_next(command, &i))) {
		if (option->letter)
			fprintf(out, "-%c ", option->letter);
		fprintf(out, "--%s ", option->name);
	}
	fputs("--help", out);
}

static void put_value(FILE *out, const struct vg_option *option, enum vg_command_bit command)
{
	static const char *const kinds[] = {
		[VG_VALUES_ANY] = "any",    [VG_VALUES_WORDS] = "words:",   [VG_VALUES_LIST] = "list:",
		[VG_VALUES_FILE] = "files", [VG_VALUES_FOLDER] = "folders", [VG_VALUES_LINK] = "links",
	};
	char words[VG_WORDS_MAX];
	enum vg_values kind = vg_completion_values(option, command, words);

	if (kind == VG_VALUES_NONE)
		return;
	fputs("\t\t\t", out);
	if (option->letter)
		fprintf(out, "-%c | ", option->letter);
	fprintf(out, "--%s) value='%s%s' ;;\n", option->name, kinds[kind], words);
}

static void put_command(FILE *out, const struct vg_command *command)
{
	const struct vg_option *option;
	char words[VG_WORDS_MAX];
	size_t i = 0;

	vg_completion_arguments(command, words);
	fprintf(out, "\t\t%s)\n\t\t\targuments='%s'\n\t\t\toptions='", command->name, words);
	put_options(out, command->bit);
	fputs("'\n\t\t\tcase $before in\n", out);
	while ((option = vg_completion_next(command->bit, &i)))
		put_value(out, option, command->bit);
	fputs("\t\t\tesac\n\t\t\t;;\n", out);
}

void vg_completion_bash(FILE *out)
{
	const struct vg_command *command;

	fputs(head, out);
	fputs("\tif ((COMP_CWORD == 1)); then\n\t\toptions='--help --version'\n\t\targuments='", out);
	put_commands(out);
	fputs("help'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n\t\thelp) arguments='", out);
	put_commands(out);
	fputs("' ;;\n", out);
	for (size_t i = 0; (command = vg_command_at(i)); i++)
		put_command(out, command);
	fputs("\t\tesac\n\tfi\n", out);
	fputs(tail, out);
}
