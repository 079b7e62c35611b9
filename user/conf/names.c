/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST 256

void vg_names_deinit(struct vg_names *names)
{
	free(names->list);
	free(names->text);
	*names = (struct vg_names){ 0 };
}

void vg_names_clear(struct vg_names *names)
{
	names->n = 0;
	names->text_n = 0;
}

int vg_names_add(struct vg_names *names, const char *name)
{
	size_t n = strlen(name) + 1, size = names->text_size ? names->text_size : TEXT_FIRST;
	char *bigger;

	while (size - names->text_n < n)
		size *= 2;
	if (size != names->text_size) {
		bigger = realloc(names->text, size);
		if (!bigger)
			return -ENOMEM;
		names->text = bigger;
		names->text_size = size;
	}
	memcpy(names->text + names->text_n, name, n);
	names->text_n += n;
	names->n++;
	return 0;
}

const char *const *vg_names_list(struct vg_names *names)
{
	const char *at = names->text;

	if (names->n > names->list_size) {
		const char **bigger = reallocarray(names->list, names->n, sizeof(*bigger));

		if (!bigger)
			return NULL;
		names->list = bigger;
		names->list_size = names->n;
	}
	for (size_t i = 0; i < names->n; i++, at += strlen(at) + 1)
		names->list[i] = at;
	return names->list;
}
