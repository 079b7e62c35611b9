/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of answers to the cluster: one kind as one reflector sees it. What has been read to its end counts, whatever
 * becomes of the rest: the version is always that of the last event that was applied, so that a watch may be cut off anywhere.
 * No I/O, no clock.
 *
 * An object that cannot be read is set aside and said; what was known of it before stays. It must not go: a Service that is
 * missing makes its address look like nobody's.
 */
#ifndef KUBE_INTAKE_H
#define KUBE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "core/cluster.h"
#include "kube/reduce.h"
#include "kube/source.h"

#define VG_VERSION_MAX 128 /* a resourceVersion with its NUL; the real ones are 64-bit numbers in decimal */

struct vg_intake;

struct vg_intake_config {
	struct vg_cluster *cluster;
	struct vg_reducer *reducer; /* shared by all */
	enum vg_kind kind;
	unsigned reflector;
	bool bystanders; /* Pods that play no part are put as well */
	/* Names instead of objects (CustomResourceDefinitions): nothing goes to the cluster. NULL: objects. */
	void (*name)(void *ctx, const char *name, bool gone);
	/* key "": it could not be told. Called each time; who says it once is the source. */
	void (*trouble)(void *ctx, enum vg_kube_trouble_kind kind, const char *key, const char *text);
	void *ctx;
};

struct vg_intake_counts {
	uint64_t objects; /* of lists */
	uint64_t events;
	uint64_t bookmarks;
	uint64_t odd;
};

enum vg_intake_form {
	VG_INTAKE_PAGE,
	VG_INTAKE_INITIAL, /* a WatchList before its end mark; becomes a watch by the mark */
	VG_INTAKE_WATCH,
};

int vg_intake_new(const struct vg_intake_config *config, struct vg_intake **ret_intake);
void vg_intake_free(struct vg_intake *intake); /* NULL is fine */

/* A list of one page or several, or a WatchList, begins: what it does not name goes at its end. */
void vg_intake_list_begin(struct vg_intake *intake);
/* Another answer: half an object of the one before is forgotten. */
void vg_intake_open(struct vg_intake *intake, enum vg_intake_form form);
/* What it is, before its first byte: protobuf (kube/proto.h), or else JSON. */
void vg_intake_type(struct vg_intake *intake, const char *content_type);
/*
 * -ESTALE: the version is expired (410). -EILSEQ: events went backwards; only a list tells what is right. -EREMOTEIO: an ERROR event of another code; error has its message.
 * -EBADMSG: no JSON, no protobuf, or not what was asked for. -ENOMEM. After any of them the answer is over.
 */
int vg_intake_feed(struct vg_intake *intake, const char *bytes, size_t n, const struct vg_moment *now, struct vg_error *ret_error);
/*
 * The answer is complete. -EBADMSG: in the middle of something. A page: 1: more pages (vg_intake_token()); 0: the list has ended.
 * An answer that was cut off is not to be ended, only followed by the next vg_intake_open().
 */
int vg_intake_end(struct vg_intake *intake, const struct vg_moment *now, struct vg_error *ret_error);

enum vg_intake_form vg_intake_form(const struct vg_intake *intake);
const char *vg_intake_token(const struct vg_intake *intake); /* of the next page, NULL: there is none */
const char *vg_intake_version(const struct vg_intake *intake); /* "": none yet */
/* Something was applied that moved the version, or an initial event, since the last vg_intake_open(). */
bool vg_intake_progressed(const struct vg_intake *intake);
/* A MODIFIED or DELETED came before the end mark. */
bool vg_intake_live_early(const struct vg_intake *intake);
const struct vg_intake_counts *vg_intake_counts(const struct vg_intake *intake);

VG_DEFINE_CLEANUP(struct vg_intake *, vg_intake_free)

#endif
