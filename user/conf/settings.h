/* SPDX-License-Identifier: Apache-2.0 */
/* A flat YAML file of settings (--config): keys with a scalar, or a list of scalars, each handed to a callback with its line. */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stddef.h>

#include "base/error.h"

/* Returns 0, or -errno with error filled (the reader puts file and line in front). Lists call once an item. */
typedef int (*vg_setting_fn)(void *ctx, const char *key, const char *value, struct vg_error *ret_error);

/* -EINVAL: no mapping, a nested mapping, a repeated key, or what the callback refused. */
int vg_settings_read(const char *path, vg_setting_fn fn, void *ctx, struct vg_error *ret_error);
/* The same from memory; name is for error texts. */
int vg_settings_parse(const char *text, size_t size, const char *name, vg_setting_fn fn, void *ctx, struct vg_error *ret_error);

#endif
