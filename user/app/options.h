/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of options and the one of commands. Parser, environment, config file and --help all read them; a test holds the man
 * page against them.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "app/config.h"

/* Where a value comes from, weakest first. */
enum vg_place { VG_PLACE_DEFAULT, VG_PLACE_FILE, VG_PLACE_ENVIRONMENT, VG_PLACE_FLAG };

#define VG_OPTIONS_MAX 48

/* Options while they are read. */
struct vg_draft {
	struct vg_config_options *options;
	enum vg_command_bit command;
	enum vg_place places[VG_OPTIONS_MAX]; /* by number of the option: the strongest place that has it */
	bool act_none; /* "none" was said, so nothing else may be */
};

struct vg_option {
	const char *name; /* without the dashes; also the key in the file */
	char letter; /* short form; 0: none */
	unsigned commands; /* enum vg_command_bit, or-ed */
	bool list; /* repeatable; comma-separated in the environment */
	const char *metavar; /* NULL: a switch, no value needed */
	const char *values; /* the words that it takes, for completion; NULL: not from a short list */
	const char *help;
	/* Checks one value and stores it. error: what was found and what was expected, without the place. */
	int (*set)(const struct vg_option *option, struct vg_draft *draft, const char *value, struct vg_error *ret_error);
	void (*reset)(const struct vg_option *option, struct vg_draft *draft); /* lists: forget what a weaker place said; else NULL */
	size_t offset; /* in struct vg_config_options, for setters that serve several options */
	uint64_t min, max; /* durations, in ns */
};

struct vg_command {
	enum vg_command_bit bit;
	const char *name;
	const char *arguments; /* "" if it takes none */
	const char *summary;
	size_t min_args, max_args;
};

const struct vg_option *vg_option_at(size_t i); /* NULL past the end */
size_t vg_option_number(const struct vg_option *option);
const struct vg_option *vg_option_find(const char *name, size_t len); /* NULL: none */
/* That of this command, else of another one. */
const struct vg_option *vg_option_find_letter(char letter, enum vg_command_bit command);

const struct vg_command *vg_command_at(size_t i); /* NULL past the end */
const struct vg_command *vg_command_find(const char *name);
const struct vg_command *vg_command_of(enum vg_command_bit bit);

/* Setters (values.c). */
#define VG_SETTER(name) int name(const struct vg_option *option, struct vg_draft *draft, const char *value, struct vg_error *ret_error)

VG_SETTER(vg_set_mode);
VG_SETTER(vg_set_act);
VG_SETTER(vg_set_text); /* a file name */
VG_SETTER(vg_set_word); /* anything that is not empty */
VG_SETTER(vg_set_node);
VG_SETTER(vg_set_link);
VG_SETTER(vg_set_interface);
VG_SETTER(vg_set_file); /* adds to a struct vg_config_list */
VG_SETTER(vg_set_object); /* likewise, "Kind/namespace/name" */
VG_SETTER(vg_set_protect);
VG_SETTER(vg_set_duration);
VG_SETTER(vg_set_breaker);
VG_SETTER(vg_set_pause);
VG_SETTER(vg_set_log_format);
VG_SETTER(vg_set_output);
VG_SETTER(vg_set_color);
VG_SETTER(vg_set_now);
VG_SETTER(vg_set_pin_dir);
VG_SETTER(vg_set_socket);
VG_SETTER(vg_set_metrics);
VG_SETTER(vg_set_without);
VG_SETTER(vg_set_flag);
VG_SETTER(vg_set_on_off);
VG_SETTER(vg_set_port);
VG_SETTER(vg_set_namespace);
void vg_node_to_lower(char *name); /* in place */
void vg_reset_act(const struct vg_option *option, struct vg_draft *draft);
void vg_reset_list(const struct vg_option *option, struct vg_draft *draft);
void vg_reset_protect(const struct vg_option *option, struct vg_draft *draft);
void vg_reset_without(const struct vg_option *option, struct vg_draft *draft);

#endif
