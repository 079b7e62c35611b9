/* SPDX-License-Identifier: Apache-2.0 */
/* The inner machine of the splitter: where a JSON value ends. It knows strings, escapes and brackets, and nothing else. */
#ifndef KUBE_SPLIT_SCAN_H
#define KUBE_SPLIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube/split.h"

struct vg_split_scan {
	bool in_string;
	bool escaped; /* the next byte of the string means nothing */
	bool scalar;
	size_t depth;
	uint64_t braces[VG_SPLIT_DEPTH_MAX / 64]; /* for each depth: { and not [ */
};

/* first: the value's first byte, which vg_split_scan_run() sees again. */
void vg_split_scan_begin(struct vg_split_scan *scan, char first);
/*
 * *ret_n: how many of the n bytes belong to the value, *ret_whole: it is whole with them. It also stops at a bracket that is
 * deeper than depth_max. -EBADMSG: the last of *ret_n bytes closes what is not open.
 */
int vg_split_scan_run(struct vg_split_scan *scan, const char *bytes, size_t n, size_t depth_max, size_t *ret_n, bool *ret_whole);

#endif
