/* SPDX-License-Identifier: Apache-2.0 */
/* On which line each value of a YAML (or JSON) text stands, for whoever is to be told where to change it. */
#ifndef CONF_YAML_LINES_H
#define CONF_YAML_LINES_H

#include <stddef.h>

#include <jansson.h>

#include "base/error.h"

/*
 * What vg_yaml_to_json() makes of the text, with the number of its line (from 1) in place of every scalar. For a text that it took: its limits and its
 * errors come from there. ret_lines: json_decref() it. -EINVAL, -ENOMEM.
 */
int vg_yaml_lines(const char *text, size_t size, const char *name, struct vg_error *ret_error, json_t **ret_lines);
/* The first and the last line of what vg_yaml_lines() gave for a value; 0 and 0 for NULL and for what is empty. */
void vg_yaml_lines_span(const json_t *lines, unsigned *ret_first, unsigned *ret_last);

#endif
