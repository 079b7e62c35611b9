/* SPDX-License-Identifier: Apache-2.0 */
/* A list of strings that is filled and emptied again and again without giving its memory back. */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include <stddef.h>

/* All zeros is an empty list. */
struct vg_names {
	char *text; /* the strings, one behind the other, each with its NUL */
	size_t text_n;
	size_t text_size;
	const char **list;
	size_t list_size;
	size_t n;
};

void vg_names_deinit(struct vg_names *names);
void vg_names_clear(struct vg_names *names);
int vg_names_add(struct vg_names *names, const char *name); /* -ENOMEM */
/* names->n of them, until the next call; NULL: none, or no memory. */
const char *const *vg_names_list(struct vg_names *names);

#endif
