/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommand table. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "app/options.h"
#include "base/log.h"
#include "cli/cli.h"

#define MMAP_THRESHOLD (128 * 1024) /* glibc's first one */

static const struct {
	enum vg_command_bit bit;
	int (*run)(const struct vg_config_options *options);
} programs[] = {
	{ VG_CMD_RUN, vg_cmd_run },	      { VG_CMD_CHECK, vg_cmd_check },	  { VG_CMD_EXPLAIN, vg_cmd_explain },
	{ VG_CMD_STATUS, vg_cmd_status },     { VG_CMD_WATCH, vg_cmd_watch },	  { VG_CMD_MODE, vg_cmd_mode },
	{ VG_CMD_PAUSE, vg_cmd_pause },	      { VG_CMD_RESUME, vg_cmd_resume },	  { VG_CMD_DETACH, vg_cmd_detach },
	{ VG_CMD_EVIDENCE, vg_cmd_evidence }, { VG_CMD_VERSION, vg_cmd_version }, { VG_CMD_COMPLETION, vg_cmd_completion },
	{ VG_CMD_DOCTOR, vg_cmd_doctor },     { VG_CMD_CLUSTER, vg_cmd_cluster },
};

static int print_help(void)
{
	const struct vg_command *command;

	puts("Usage: vipguard COMMAND [OPTION...]\n\nKeeps service addresses off nodes that must not hold them.\n\nCommands:");
	for (size_t i = 0; (command = vg_command_at(i)); i++)
		printf("  %s%-*s %s\n", command->name, 20 - (int)strlen(command->name), command->arguments, command->summary);
	puts("\n\"vipguard COMMAND --help\" lists the options of a command.\n\n"
	     "Exit status: 0 fine, 1 findings, 2 usage or configuration, 3 could not look.");
	return VG_EXIT_FINE;
}

static int run(enum vg_command_bit bit, const struct vg_config_options *options)
{
	if (options->verbose)
		vg_log_set_level(VG_LOG_DEBUG);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (programs[i].bit == bit)
			return programs[i].run(options);
	}
	return VG_EXIT_USAGE;
}

static int dispatch(const struct vg_command *command, int argc, char **argv)
{
	VG_CLEANUP(vg_config_freep) struct vg_config_options *options = NULL;
	struct vg_error error;
	int r = vg_config_parse(argc, argv, command->bit, &error, &options);

	if (r < 0) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		return VG_EXIT_USAGE;
	}
	return r == 1 ? VG_EXIT_FINE : run(command->bit, options);
}

/* An answer that could not be written is no answer. A reader that has seen enough is fine. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	vg_log_errno(-errno, "cannot write to standard output");
	return VG_EXIT_BLIND;
}

/* A descriptor below 3 that is closed would be given to the next file opened, and what is printed would go there. */
static void hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY); /* so that writing fails as it would have */
	while (fd >= 0 && fd <= STDERR_FILENO);
	vg_closep(&fd);
}

/* "vipguard help [COMMAND]" */
static int help(const char *name)
{
	const struct vg_command *command = name ? vg_command_find(name) : NULL;

	if (!name)
		return print_help();
	if (command)
		return vg_config_print_help(command->bit), VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "help: found \"%s\", expected a command, see vipguard --help", name);
	return VG_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct vg_command *command;

	hold_standard_descriptors();
	/* libbpf parses 5 MB of kernel types and lets go of them; with glibc's threshold, which moves with such blocks, the pages would stay ours */
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return finish(help(argv[2]));
	command = vg_command_find(strcmp(name, "--version") == 0 ? "version" : name);
	if (!command) {
		vg_log(VG_LOG_ERROR, "found %s%s%s, expected a command, see vipguard --help", *name ? "\"" : "", *name ? name : "nothing",
		       *name ? "\"" : "");
		return VG_EXIT_USAGE;
	}
	return finish(dispatch(command, argc - 1, argv + 1));
}
