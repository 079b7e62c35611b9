/* SPDX-License-Identifier: Apache-2.0 */
/* Reduced objects as JSON: for evidence, for explain, and to compare two pictures of a cluster. */
#ifndef REPORT_OBJECTS_H
#define REPORT_OBJECTS_H

#include <stdbool.h>

#include <jansson.h>

#include "core/object.h"

/*
 * A new reference; NULL: no memory. kind, namespace, name, labels where they are kept, and every field of the shape's table that is
 * not empty, by its name. Two objects that vg_object_equal() calls the same give the same. with_version: also resourceVersion,
 * creationTimestamp and heartbeats.
 */
json_t *vg_object_to_json(const struct vg_object *object, bool with_version);

/* What an object holds in a field, as the API or evidence calls it: 1 and *ret_value, a new reference; 0: nothing is kept of that field; -ENOMEM. */
int vg_object_value_to_json(const struct vg_object *object, const char *name, json_t **ret_value);

#endif
