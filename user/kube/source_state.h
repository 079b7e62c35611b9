/* SPDX-License-Identifier: Apache-2.0 */
/* Private to source*.c. */
#ifndef KUBE_SOURCE_STATE_H
#define KUBE_SOURCE_STATE_H

#include "kube/life.h"
#include "kube/reflector.h"
#include "kube/source.h"

#define VG_REFLECTORS_ALL 64 /* of all kinds: the table's, and the Pods of namespaces */
#define VG_FAILURES_MAX 16 /* different ones of one outage that are said; the status has the rest */
#define VG_SAID_MAX 1024 /* odd objects that were said; further ones are counted only */

struct vg_kube_source {
	struct vg_kube_config config; /* access is the http's, node our own */
	struct vg_kube_sink sink;
	char *node;
	struct vg_http *http;
	struct vg_reducer *reducer;
	struct vg_reflector_env env;
	struct vg_life *life;
	uint64_t gap_ns; /* of the proof, that the reflectors were told of */
	struct vg_reflector *reflectors[VG_REFLECTORS_ALL];
	size_t n_reflectors;
	struct vg_reflector *definitions; /* CustomResourceDefinitions, by name */
	struct vg_timer *kick; /* armed for now: something moved; the sink is called from there only */
	struct vg_timer *start; /* armed until the loop has turned once */
	struct vg_timer *freshness; /* the oldest word and max_age */
	bool kicked;
	bool anew; /* a reflector's state moved */
	bool complete;
	bool fresh;
	bool told; /* whether it is fresh */
	bool namespaces_full; /* that was said */
	uint64_t failures[VG_FAILURES_MAX]; /* hashes of those that were said since all was well */
	size_t n_failures;
	uint64_t pools_seen; /* bytes of pools when the namespaces were last looked at */
	uint64_t said[VG_SAID_MAX];
	size_t n_said;
};

/* source_wants.c: starts and stops what depends on what else is there. */
void vg_source_want(struct vg_kube_source *source);
int vg_source_definitions_new(struct vg_kube_source *source);
int vg_source_add(struct vg_kube_source *source, const struct vg_kind_info *info, unsigned bit, const char *namespace);

/* source_said.c */
void vg_source_trouble(void *ctx, const struct vg_reflector *reflector, enum vg_kube_trouble_kind kind, const char *key, const char *text);

#endif
