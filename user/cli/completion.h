/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts with which a shell completes our command line, made from the tables of commands and options (app/options.h): what the program takes is said
 * nowhere else. They stand alone: no helper of bash-completion or of a plugin is called.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

#include "app/options.h"

#define VG_WORDS_MAX 256 /* bytes of a list of words, enough for the longest; a test holds that */

/* What completes an option's value. */
enum vg_values {
	VG_VALUES_NONE /* a switch */,
	VG_VALUES_ANY,
	VG_VALUES_WORDS,
	VG_VALUES_LIST /* words, with commas */,
	VG_VALUES_FILE,
	VG_VALUES_FOLDER,
	VG_VALUES_LINK
};

/* words: for _WORDS and _LIST, separated by blanks. */
enum vg_values vg_completion_values(const struct vg_option *option, enum vg_command_bit command, char words[VG_WORDS_MAX]);
/* The words that a command takes as argument, likewise; "" if they are not from a short list. */
void vg_completion_arguments(const struct vg_command *command, char words[VG_WORDS_MAX]);
/* Of all options, that command's, one after the other; *i starts at 0. NULL: no more. */
const struct vg_option *vg_completion_next(enum vg_command_bit command, size_t *i);

void vg_completion_bash(FILE *out);
void vg_completion_zsh(FILE *out);
void vg_completion_fish(FILE *out);

#endif
