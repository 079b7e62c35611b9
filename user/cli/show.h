/* SPDX-License-Identifier: Apache-2.0 */
/* What several commands do with an answer of the guard. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>

#include "app/config.h"

/* Asks and logs the error. Exit status. */
int vg_show_ask(const struct vg_config_options *options, const char *method, const char *path, json_t **ret_json);
/* As JSON, or by the command's own text form. */
void vg_show_json(const struct vg_config_options *options, const json_t *json, void (*print)(FILE *out, const json_t *json));

/* --color; auto: on a terminal that is not dumb, unless NO_COLOR (no-color.org) is set and not empty. */
bool vg_show_colour(const struct vg_config_options *options, int fd);

#endif
