/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts what a server sends, in pieces of any size, into whole JSON objects without parsing them: the lines of a watch, the items
 * of a list. So neither a page nor a list is ever in memory as a whole, only the object at hand. Pure: bytes in, callbacks out.
 */
#ifndef KUBE_SPLIT_H
#define KUBE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define VG_SPLIT_OBJECT_MAX (4 * 1024 * 1024) /* one object; a Service is about 2 KiB, etcd's own limit for a write 1.5 MiB */
#define VG_SPLIT_DEPTH_MAX 128
#define VG_SPLIT_META_MAX (64 * 1024) /* what surrounds the items of a list */

struct vg_split_sink {
	void *ctx;
	/* One whole object, its bytes borrowed, with a NUL behind. Negative ends the stream with that. */
	int (*object)(void *ctx, const char *bytes, size_t n);
	/* One that is longer than VG_SPLIT_OBJECT_MAX or nested deeper than VG_SPLIT_DEPTH_MAX: passed over, the rest goes on. head: its first bytes
	 * (as many as fit a report). */
	void (*refused)(void *ctx, const char *why, const char *head, size_t n);
	/* May be NULL. A list begins its items, or is over: meta is the list with "items" emptied, as far as it is known then, as JSON text
	 * with a NUL behind. Its kind may come first or last. Negative ends the stream with that. */
	int (*list)(void *ctx, bool over, const char *meta, size_t n);
};

enum vg_split_form {
	VG_SPLIT_LINES, /* values one after the other, newlines between them do not matter: a watch, NDJSON */
	VG_SPLIT_LIST, /* one object: its member "items" is cut, the rest is kept (vg_split_meta()); key order does not matter */
	VG_SPLIT_ANY, /* a file: values one after the other; one that has "items" is cut like a list, every other is an object */
};

struct vg_split;

int vg_split_new(enum vg_split_form form, const struct vg_split_sink *sink, struct vg_split **ret_split);
void vg_split_free(struct vg_split *split); /* NULL is fine */
/* For another stream, with the memory that it has (but not more than 64 KiB of it). */
void vg_split_reset(struct vg_split *split, enum vg_split_form form);
/* -EBADMSG: no JSON by its structure (unbalanced, garbage between values, a list without "items" being an array); error says where. What
 * was whole before has been handed out. -ENOMEM. */
int vg_split_feed(struct vg_split *split, const char *bytes, size_t n, struct vg_error *ret_error);
/* The stream is over. -EBADMSG: in the middle of a value (how much is in the error). */
int vg_split_end(struct vg_split *split, struct vg_error *ret_error);
/* VG_SPLIT_LIST after its end: the list with "items" emptied, as JSON text. "" before. */
const char *vg_split_meta(const struct vg_split *split, size_t *ret_n);
uint64_t vg_split_refused(const struct vg_split *split);

#endif
