/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: what is known of one address, for a bug report. First as one JSON object, which a running guard answers and which is made from files
 * likewise; then as the files that are handed over. Its keys:
 *
 *	time, node, address, guard (version, build, libbpf, abi), status, explain
 *	events, events_left_out, events_evicted	lines of docs/contract.md section 6
 *	objects		reduced to what the judge reads: those that decided, and the Services that carry the address
 *	components	Pods that announce or bind for others: name, node, image
 *	frames, frames_left_out, frames_evicted	each different one once: first, last, times, ..., length, tag, bytes (hex)
 *	missing		sentences: what is not there, and why
 */
#ifndef REPORT_BUNDLE_H
#define REPORT_BUNDLE_H

#include <jansson.h>

#include "core/frame.h"
#include "core/recent.h"
#include "report/explain.h"

#define VG_BUNDLE_COMPONENTS_MAX 64
#define VG_BUNDLE_FILES_MAX 12

/* How much a guard keeps for bundles. */
#define VG_BUNDLE_LINES_MAX 512
#define VG_BUNDLE_LINE_BYTES_MAX (256 * 1024)
#define VG_BUNDLE_FRAMES_MAX 256
#define VG_BUNDLE_FIRST 8 /* of one address; of frames half as many */
#define VG_BUNDLE_LAST 24

/* ---- making the object. Each 0 or -ENOMEM. */

/* NULL: no memory. */
json_t *vg_bundle_new(const char *node, const struct vg_addr *addr, uint64_t real_ns);
/* lines: events as text with their NUL; those of the address and those of no address, which are the guard's own. */
int vg_bundle_put_events(json_t *bundle, const struct vg_recent *lines, const struct vg_addr *addr);
/* frames: struct vg_frame. Times become those of the wall clock by `now`. */
int vg_bundle_put_frames(json_t *bundle, const struct vg_recent *frames, const struct vg_addr *addr, const struct vg_moment *now);
int vg_bundle_put_objects(json_t *bundle, const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer);
int vg_bundle_say_missing(json_t *bundle, const char *sentence);

/* ---- making files of it */

struct vg_bundle_file {
	const char *name; /* without folders */
	char *data;
	size_t size;
};

struct vg_bundle_files {
	struct vg_bundle_file list[VG_BUNDLE_FILES_MAX];
	size_t n;
};

/*
 * Hides what looks like a secret in the bundle, then makes a file of each part that is there. Of a part that is not of its form, what can be read
 * is taken. -ENOMEM.
 */
int vg_bundle_to_files(json_t *bundle, struct vg_bundle_files *ret_files);
/* More of them; size bytes of data, stolen also on an error. -E2BIG: VG_BUNDLE_FILES_MAX. */
int vg_bundle_add_file(struct vg_bundle_files *files, const char *name, char *data, size_t size);
int vg_bundle_add_readme(const json_t *bundle, struct vg_bundle_files *files); /* made last: it lists the others, and stands first */
void vg_bundle_files_deinit(struct vg_bundle_files *files); /* an all-zero one is fine */

/* ---- report/bundle_readme.c, report/bundle_frames.c */

void vg_bundle_print_readme(FILE *out, const json_t *bundle, const struct vg_bundle_files *files);
/* How many packets were written. */
size_t vg_bundle_print_pcap(FILE *out, const json_t *frames);

#endif
