/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict pull reader over libyaml's events: one document of mappings, lists and scalars, no anchors, aliases or tags. Events
 * and not libyaml's document, since 100,000 entries as nodes take some hundred MB, and an alias is not seen any more in it.
 *
 * Every function fails with error filled: "name:line: ...".
 */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/error.h"

#define VG_KEY_MAX 64

struct vg_yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; YAML_NO_EVENT at first */
	const char *text;
	size_t size;
	const char *name;
	struct vg_error *error;
	char key[VG_KEY_MAX]; /* in whose value we are, for error texts */
	unsigned key_line;
};

/* text and name are used until vg_yaml_deinit(); error may be NULL. -ENOMEM. */
int vg_yaml_init(struct vg_yaml *yaml, const char *text, size_t size, const char *name, struct vg_error *error);
void vg_yaml_deinit(struct vg_yaml *yaml); /* all zeros is fine */

/* Goes into the root of the document, which must be a mapping; expected: for the error text. */
int vg_yaml_enter_root(struct vg_yaml *yaml, const char *expected);
/* After the root's end: nothing may follow. */
int vg_yaml_leave_root(struct vg_yaml *yaml);
/* The next event is the current one then. */
int vg_yaml_next(struct vg_yaml *yaml);
/* In a mapping: its next key to yaml->key, its value to the current event; *ret_more false: the mapping is over. */
int vg_yaml_next_key(struct vg_yaml *yaml, bool *ret_more);
/* In a list, the value of key: its next item to the current event; *ret_more false: the list is over. */
int vg_yaml_next_item(struct vg_yaml *yaml, const char *key, bool *ret_more);

/* The current event must be that; expected: for the error text. The string lives until the next call that reads. */
int vg_yaml_expect_scalar(struct vg_yaml *yaml, const char *expected, const char **ret_value);
int vg_yaml_expect_list(struct vg_yaml *yaml, const char *expected);
int vg_yaml_expect_mapping(struct vg_yaml *yaml, const char *expected);
bool vg_yaml_is_plain(const struct vg_yaml *yaml); /* a scalar without quotation marks */

unsigned vg_yaml_line(const struct vg_yaml *yaml); /* of the current event, from 1 */
/* Fills the error with name and line in front and returns r. */
int vg_yaml_fail(struct vg_yaml *yaml, int r, unsigned line, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
