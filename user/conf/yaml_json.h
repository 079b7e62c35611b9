/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML (and so JSON) as jansson values, for what Kubernetes writes: kubeconfigs, static pod manifests. Strict and bounded: no
 * anchors, aliases or tags, no duplicate keys, only scalars as keys.
 *
 * A plain true, false, null, ~, nothing at all, integer or fraction becomes the JSON type, every other scalar a string; what is
 * quoted or a block is always a string. An integer beyond int64_t, and a number with leading zeros, stay strings.
 */
#ifndef CONF_YAML_JSON_H
#define CONF_YAML_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "base/error.h"

#define VG_YAML_JSON_BYTES_MAX (16UL << 20)
#define VG_YAML_JSON_DEPTH_MAX 64
#define VG_YAML_JSON_NODES_MAX 500000 /* of all documents: mappings, lists and scalars, keys not counted */

/* ret_documents: an array with one value for each document (0 or more); json_decref() it. ret_error: "name:line: ...".
 * -EINVAL, -EFBIG (one of the limits), -ENOMEM. text needs no NUL behind. The error never quotes a value, only keys. */
int vg_yaml_to_json(const char *text, size_t size, const char *name, struct vg_error *ret_error, json_t **ret_documents);

#endif
