/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What many Services have in common, drawn from the cluster once: which MetalLB instances live, which advertisement selects which
 * pool, how kube-vip runs, what the pools reserve. Made anew when any of its sources changes. Borrows from the cluster's objects.
 */
#ifndef CORE_SCENE_H
#define CORE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/cluster.h"
#include "core/prefix_map.h"
#include "vipguard/abi.h"

/* What is over one of these is left out and counted. Then nobody is taken for the only owner (`blind`), and no pool for one without advertisements. */
#define VG_SCENE_INSTANCES_MAX 64 /* namespaces that hold a live MetalLB */
#define VG_SCENE_PROFILES_MAX 64 /* different ways in which kube-vip Pods are set up */
#define VG_SCENE_POOLS_MAX 4096 /* of live instances: each is held against each advertisement */
#define VG_SCENE_ADVERTISEMENTS_MAX 512 /* of each of both kinds */
#define VG_POOL_ADVERTISEMENTS_MAX 64 /* of each kind that select one pool */
#define VG_SCENE_PREFIXES_MAX 65536 /* that pools reserve; more: counted in left_out, and not reserved */

#define VG_KUBE_VIP_CLASS "kube-vip.io/kube-vip-class"
#define VG_KUBE_VIP_LEASE "plndr-svcs-lock"

struct vg_instance {
	const struct vg_pod *pod; /* one of its live Pods; its namespace is the instance's */
	const char *class; /* --lb-class; "": Services without a class */
	bool mixed; /* its Pods disagree about the class: it proves nothing */
	const struct vg_placement *invalid; /* a ConfigurationState that says Invalid, or NULL */
	bool maybe_invalid; /* that, or ConfigurationStates cannot be read */
	bool odd_l2; /* an L2Advertisement in there cannot be read in full */
	bool odd_bgp;
};

struct vg_advertisements {
	const struct vg_advertisement **list;
	size_t n;
};

struct vg_pool {
	const struct vg_claims *claims;
	const struct vg_instance *instance;
	struct vg_advertisements l2; /* those that select the pool, whatever Services they select */
	struct vg_advertisements bgp;
	bool maybe_l2; /* there may be more that cannot be seen or read */
	bool maybe_bgp;
};

struct vg_reserved {
	struct vg_prefix prefix;
	enum vg_reason reason;
	const struct vg_pool *pool;
	const struct vg_object *other; /* what else speaks of it (EgressIP, another balancer's pool), or NULL */
};

struct vg_foreign {
	struct vg_prefix prefix;
	const struct vg_object *object;
};

/* What shows that a balancer is there at all: its own objects, or a live Pod. A mark on a Service outlives whoever left it. */
struct vg_presence {
	const struct vg_object *object; /* NULL: nothing does */
	bool maybe; /* what would show it may be out of sight */
};

struct vg_scene {
	bool blind; /* who may own something was left out */
	bool node_known; /* a Node bears this node's name */
	struct vg_instance instances[VG_SCENE_INSTANCES_MAX];
	size_t n_instances;
	const struct vg_pod *profiles[VG_SCENE_PROFILES_MAX]; /* kube-vip Pods, one of each kind */
	size_t n_profiles;
	struct vg_presence purelb;
	struct vg_presence openelb;
	const struct vg_pod *purelb_agent; /* PureLB's on this node, or NULL */
	bool maybe_purelb_agent; /* it may be out of sight */
	struct vg_pool *pools; /* of live instances, sorted by name without namespace */
	size_t n_pools;
	struct vg_prefix_map reserved; /* struct vg_reserved */
	struct vg_prefix_map foreign; /* struct vg_foreign: pools of other balancers and EgressIPs */
	uint64_t left_out;
};

int vg_scene_new(const struct vg_cluster *cluster, struct vg_scene **ret_scene);
void vg_scene_free(struct vg_scene *scene); /* NULL is fine */

/* The first of the pools of that name, and how many follow each other. */
size_t vg_scene_pools(const struct vg_scene *scene, const char *name, const struct vg_pool **ret_first);
bool vg_pool_contains(const struct vg_claims *claims, const struct vg_addr *addr);
/* The first of them that selects this Service, or NULL. */
const struct vg_advertisement *vg_advertisement_for(const struct vg_advertisements *advertisements, const struct vg_service *service);
/* Another balancer's pool that holds addr, or NULL. */
const struct vg_object *vg_scene_foreign(const struct vg_scene *scene, const struct vg_addr *addr);
/* The entry of this very prefix, or NULL. */
const struct vg_reserved *vg_scene_reserved(const struct vg_scene *scene, const struct vg_prefix *prefix);
bool vg_kube_vip_handles(const struct vg_pod *profile, const struct vg_service *service);

/* scene_pools.c: what the pools reserve. */
int vg_scene_reserve(struct vg_scene *scene, const struct vg_cluster *cluster);

VG_DEFINE_CLEANUP(struct vg_scene *, vg_scene_free)

#endif
