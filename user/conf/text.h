/* SPDX-License-Identifier: Apache-2.0 */
/* What an input said, fit to be shown in an error: quoted, cut, without control characters. Pure. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define VG_QUOTE_MAX 88

/* out: VG_QUOTE_MAX bytes; with the quotation marks. */
void vg_text_quote(const char *text, char *out);
/* An RFC 1123 subdomain as Kubernetes names nodes: 1..253 of a-z 0-9 - . and each label begins and ends with a letter or digit. */
bool vg_text_is_node_name(const char *text);
/* "namespace/name" or a name: 1..317 printable characters without space, at most one slash and that inside. */
bool vg_text_is_service(const char *text);

#define VG_SERVICE_MAX 318 /* a namespace of 63, a slash, a name of 253, NUL */

#endif
