/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the cluster now: reduced objects by kind and key, with the indexes that judging asks for, and what changed
 * since it was last assessed (core/assess.h). Pure: times are handed in.
 *
 * Objects of a kind come from one reflector or several (Pods of this node, Pods of a namespace): each has a bit, and an object
 * goes when none holds it any more. A list replaces what its reflector held: begin, put each, end.
 */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/object.h"

#define VG_CLUSTER_OBJECTS_MAX 1000000
#define VG_CARRIERS_MAX 256 /* Services on one address; of an address with more nothing is known (counted, vg_cluster_refused()) */
#define VG_REFLECTORS_MAX 16 /* of one kind */
#define VG_REFLECTOR_MANIFESTS (VG_REFLECTORS_MAX - 1) /* of Pods: the host's static ones */

struct vg_cluster;

/* The same moment on both clocks. Offline both are --now. */
struct vg_moment {
	uint64_t real_ns;
	uint64_t boot_ns;
};

enum vg_knowledge {
	VG_KIND_UNKNOWN, /* not listed yet */
	VG_KIND_LISTED,
	VG_KIND_ABSENT, /* the server has no such kind */
	VG_KIND_FORBIDDEN,
};

/* node: this node's name, copied. */
int vg_cluster_new(const char *node, struct vg_cluster **ret_cluster);
void vg_cluster_free(struct vg_cluster *cluster); /* NULL is fine */
/* Frees what was replaced or deleted. For who does not assess yet; vg_assess() does it by itself. */
void vg_cluster_free_dead(struct vg_cluster *cluster);

/*
 * Adds or replaces (copied). A lease that differs by its heartbeat alone costs nothing but its own update. A Lease's fresh_ns is
 * reckoned here: seen for the first time, by renewTime against the wall clock (a time in the future is fresh); renewed while we
 * look on, by our own clock from then on.
 * -E2BIG: VG_CLUSTER_OBJECTS_MAX (counted, vg_cluster_refused()); -ENOMEM.
 */
int vg_cluster_put(struct vg_cluster *cluster, unsigned reflector, const struct vg_object *object, const struct vg_moment *now);
void vg_cluster_delete(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind, const char *key);
void vg_cluster_list_begin(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind);
void vg_cluster_list_end(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind);
/* What that reflector held goes (it is no longer wanted, or the kind is gone from the server). */
void vg_cluster_drop(struct vg_cluster *cluster, unsigned reflector, enum vg_kind kind);
void vg_cluster_set_knowledge(struct vg_cluster *cluster, enum vg_kind kind, enum vg_knowledge knowledge);
enum vg_knowledge vg_cluster_knowledge(const struct vg_cluster *cluster, enum vg_kind kind);

const char *vg_cluster_node(const struct vg_cluster *cluster);
size_t vg_cluster_count(const struct vg_cluster *cluster, enum vg_kind kind);
uint64_t vg_cluster_refused(const struct vg_cluster *cluster);
bool vg_cluster_is_full(const struct vg_cluster *cluster); /* an object found no room, once */
bool vg_cluster_is_dirty(const struct vg_cluster *cluster); /* something is to be assessed */

/* ---- looking things up; all O(1) but for the walks. Pointers hold until the cluster is changed and then assessed. */

const struct vg_object *vg_cluster_get(const struct vg_cluster *cluster, enum vg_kind kind, const char *key);
/* A walk over a kind in no particular order: first with NULL, NULL at the end. */
const struct vg_object *vg_cluster_next(const struct vg_cluster *cluster, enum vg_kind kind, const struct vg_object *after);
/* Services that carry addr, in order of their keys, VG_CARRIERS_MAX of them at most: first with NULL, NULL at the end. */
const struct vg_service *vg_cluster_carrier(const struct vg_cluster *cluster, const struct vg_addr *addr, const struct vg_service *after);
/* Placements of this kind for a Service, by its key. */
const struct vg_placement *vg_cluster_placement(const struct vg_cluster *cluster, enum vg_kind kind, const char *service,
						const struct vg_placement *after);
/* Leases of this name in any namespace. */
const struct vg_lease *vg_cluster_lease(const struct vg_cluster *cluster, const char *name, const struct vg_lease *after);
/* The Node of that name, or the one whose hostname label it is; NULL. */
const struct vg_node *vg_cluster_find_node(const struct vg_cluster *cluster, const char *name);
/* The Pod that a kubelet calls by this uid (a static one by its config.hash); NULL. A walk over all Pods. */
const struct vg_pod *vg_cluster_find_pod(const struct vg_cluster *cluster, const char *uid);
/* Nodes (first of them) that have this as InternalIP. */
const struct vg_node *vg_cluster_node_of_address(const struct vg_cluster *cluster, const struct vg_addr *addr);

VG_DEFINE_CLEANUP(struct vg_cluster *, vg_cluster_free)

#endif
