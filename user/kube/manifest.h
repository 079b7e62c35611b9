/* SPDX-License-Identifier: Apache-2.0 */
/* Where the manifest of a static Pod says what kube-vip goes by: file and lines. */
#ifndef KUBE_MANIFEST_H
#define KUBE_MANIFEST_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

#define VG_MANIFEST_PATH_MAX 4096
#define VG_MANIFEST_VALUE_MAX 80

enum vg_manifest_word {
	VG_WORD_SVC_ENABLE, /* the entry of env */
	VG_WORD_CLASS_ONLY, /* lb_class_only, likewise */
	VG_WORD_SERVICES, /* --services in args or command */
	VG_WORD_ENV, /* the whole list, value: nothing */
	VG_WORD_IMAGE,
	VG_WORD_MAX
};

struct vg_manifest_place {
	unsigned first, last; /* lines, from 1; 0: it is not there */
	unsigned line; /* of the value */
	char value[VG_MANIFEST_VALUE_MAX]; /* as far as it fits */
};

struct vg_manifest {
	char path[VG_MANIFEST_PATH_MAX];
	struct vg_manifest_place of[VG_WORD_MAX]; /* of the first container that is kube-vip's */
};

/*
 * The manifest in folder whose Pod has this key ("namespace/name") once kubelet of node has added the node's name. 1: *ret_manifest; 0: none has, or the
 * folder or its files cannot be read; -ENOMEM.
 */
int vg_manifest_find(const char *folder, const char *node, const char *key, struct vg_manifest *ret_manifest);
/* The same of one text. */
int vg_manifest_read(const char *text, size_t size, const char *path, const char *node, const char *key, struct vg_manifest *ret_manifest);

/* Every file in folder that kubelet would look at, by name: fn's value other than 0 ends it and is returned. -errno of the folder. */
int vg_manifest_for_each(const char *folder, int (*fn)(void *ctx, const char *path), void *ctx);

#endif
