/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/split_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE ((size_t)16 * 1024)
#define KEEP_SIZE ((size_t)64 * 1024)

void vg_split_buffer_empty(struct vg_split_buffer *buffer)
{
	if (buffer->size > KEEP_SIZE) {
		free(buffer->bytes);
		*buffer = (struct vg_split_buffer){ 0 };
	}
	buffer->n = 0;
}

/* Room for n more bytes and a NUL. */
static int reserve(struct vg_split_buffer *buffer, size_t n)
{
	size_t size = buffer->size ? buffer->size : FIRST_SIZE;
	char *bigger;

	while (size <= buffer->n + n)
		size *= 2;
	if (size == buffer->size)
		return 0;
	bigger = realloc(buffer->bytes, size);
	if (!bigger)
		return -ENOMEM;
	buffer->bytes = bigger;
	buffer->size = size;
	return 0;
}

int vg_split_append(struct vg_split_buffer *buffer, const char *bytes, size_t n)
{
	int r = reserve(buffer, n);

	if (r < 0)
		return r;
	memcpy(buffer->bytes + buffer->n, bytes, n);
	buffer->n += n;
	return 0;
}
