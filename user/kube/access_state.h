/* SPDX-License-Identifier: Apache-2.0 */
/* Private to access*.c. */
#ifndef KUBE_ACCESS_STATE_H
#define KUBE_ACCESS_STATE_H

#include "kube/access.h"

#define VG_TOKEN_BYTES_MAX 65536

/* text: an http:// or https:// URL without user, query and fragment; ret_server: without a slash at the end, free() it.
 * -EINVAL: expected says what it must be; the text is not to be shown then, since it may hold a password. */
int vg_access_server_parse(const char *text, const char **ret_expected, char **ret_server);
/* A proxy's URL that libcurl understands; -EINVAL. */
int vg_access_proxy_check(const char *text);
/* Credentials go over plain HTTP to this very host only, and not through a proxy. -EINVAL. */
int vg_access_check_plain(const struct vg_access *access, struct vg_error *error);
/* access->token_file to access->token for the first time. */
int vg_access_first_token(struct vg_access *access, struct vg_error *error);

#endif
