/* SPDX-License-Identifier: Apache-2.0 */
/* What a splitter (kube/split.h, kube/proto_split.h) gathers until it is whole. */
#ifndef KUBE_SPLIT_BUFFER_H
#define KUBE_SPLIT_BUFFER_H

#include <stddef.h>

#define VG_SPLIT_HEAD_MAX ((size_t)80) /* of a value that is refused: what it is named by */

struct vg_split_buffer {
	char *bytes;
	size_t n;
	size_t size; /* room for a NUL behind n is always there, once there is any */
};

int vg_split_append(struct vg_split_buffer *buffer, const char *bytes, size_t n); /* -ENOMEM */
/* What it holds is forgotten, its memory kept if it is not much. */
void vg_split_buffer_empty(struct vg_split_buffer *buffer);

#endif
