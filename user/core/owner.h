/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns an address that a Service carries: one opinion for each owner that may have a say, and one way to make them one. The same
 * functions assess and explain: with an evidence function in the inquiry they also tell what they went by.
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

#include "core/cluster_store.h"
#include "core/explain.h"
#include "core/scene.h"

/* How sure it is that this owner is the one. Two different owners of at least VG_STANCE_CLAIMED are a conflict. */
enum vg_stance {
	VG_STANCE_NONE, /* nothing speaks for this owner */
	VG_STANCE_MARKED, /* a mark without proof: does not compete with anybody */
	VG_STANCE_IPAM, /* allocated by it and announced by somebody else */
	VG_STANCE_CLAIMED, /* it is this owner's, but nothing says who holds it */
	VG_STANCE_PROVEN,
};

/*
 * bind and announce of a proven owner: VG_ASSIGNED_ELSEWHERE stands for "the inquiry's holders may, nobody else", or
 * VG_OWNER_EVERYWHERE, VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED. Of all others: reasons of the verdict unknown.
 */
struct vg_opinion {
	enum vg_stance stance;
	enum vg_reason bind;
	enum vg_reason announce;
	const char *owner; /* NULL: none */
	const char *source; /* what names the holders, or NULL */
	const struct vg_service *service; /* whose it is */
};

#define VG_EVIDENCE_MAX 256 /* for one address; more are left out */

struct vg_inquiry {
	const struct vg_cluster *cluster;
	const struct vg_scene *scene;
	const struct vg_moment *now;
	const struct vg_addr *addr;
	uint64_t grace_ns;
	/* who holds it: names of Nodes, borrowed; in any order, repeats allowed */
	const char **holders;
	size_t n_holders;
	size_t holders_size;
	bool open; /* there may be more holders than are named */
	uint64_t moved_ns; /* wall clock: when an object says that the holder became another one; 0: none does */
	bool no_memory;
	/* evidence, if somebody asks for it */
	struct vg_evidence *exhibits; /* VG_EVIDENCE_MAX, or NULL */
	size_t n_exhibits;
};

/* The verdict on an address, before it is known what it means for this node. */
struct vg_finding {
	struct vg_opinion opinion;
	const struct vg_service *first; /* the Service with the smallest key */
	bool crowded; /* more than VG_CARRIERS_MAX carry it: they were not looked at */
};

/* ---- owner.c */

void vg_inquiry_begin(struct vg_inquiry *inquiry, const struct vg_addr *addr);
void vg_inquiry_deinit(struct vg_inquiry *inquiry);
/* What an object says; strings are borrowed. value NULL: what it holds in that field. Both do nothing while assessing. */
void vg_say(struct vg_inquiry *inquiry, enum vg_clue clue, const struct vg_object *object, const char *field, const char *value);
/* Something of that kind is missing, for what `about` is; value: the name that it would have, or NULL. */
void vg_miss(struct vg_inquiry *inquiry, enum vg_clue clue, enum vg_kind kind, const struct vg_object *about, const char *value);
/* That an advertisement selects a pool: by its name, by a selector, or for want of both; and from which nodes, if not from all. */
void vg_say_advertised(struct vg_inquiry *inquiry, const struct vg_advertisement *advertisement);
/* A holder by its Node's name or hostname label. False: no Node is called so, which proves nothing. */
bool vg_inquiry_add_holder(struct vg_inquiry *inquiry, const char *name);
/* An object says that the holder became another one at that time (wall clock). */
void vg_inquiry_add_move(struct vg_inquiry *inquiry, uint64_t at_ns);
/* The same for a Lease that was taken over. True: it is fresh and its holder is a Node, which was added. A fresh one with a holder that
 * is no Node leaves the inquiry open. */
bool vg_inquiry_add_lease(struct vg_inquiry *inquiry, const struct vg_lease *lease);

/* Everything together: all Services that carry the address. False: none does. */
bool vg_owner_find(struct vg_inquiry *inquiry, struct vg_finding *ret_finding);

/* ---- owner_merge.c: several opinions become one */

struct vg_opinion vg_opinion_unproven(const struct vg_service *service);
struct vg_opinion vg_opinion_claimed(const struct vg_service *service, const char *owner);
/* A claim of an owner whose proof may only be out of sight. */
struct vg_opinion vg_opinion_unseen(const struct vg_service *service, const char *owner);
struct vg_opinion vg_opinion_conflict(const struct vg_service *service);
/* Of one Service: a MetalLB that only allocates leaves the field to a claim. */
struct vg_opinion vg_opinion_merge(const struct vg_opinion *a, const struct vg_opinion *b);
/* Of two Services that carry the same address. */
struct vg_opinion vg_opinion_unite(const struct vg_opinion *a, const struct vg_opinion *b);

/* ---- one file an owner. status: the address is in status.loadBalancer.ingress. */

struct vg_opinion vg_owner_metallb(struct vg_inquiry *inquiry, const struct vg_service *service);
bool vg_owner_metallb_class(const struct vg_scene *scene, const char *class);
/* What is claimed in so many words, or by class. */
struct vg_opinion vg_owner_kube_vip(struct vg_inquiry *inquiry, const struct vg_service *service);
/* Without a claim, where nobody else is recognised. */
struct vg_opinion vg_owner_kube_vip_unclaimed(struct vg_inquiry *inquiry, const struct vg_service *service);
/* Nothing is proven, but kube-vip may be the one that serves it: it left a trace, is set to take it, or holds a Lease that covers it. */
bool vg_owner_kube_vip_may(const struct vg_inquiry *inquiry, const struct vg_service *service);
bool vg_owner_kube_vip_class(const struct vg_scene *scene, const char *class);
struct vg_opinion vg_owner_cilium(struct vg_inquiry *inquiry, const struct vg_service *service);
struct vg_opinion vg_owner_purelb(struct vg_inquiry *inquiry, const struct vg_service *service);
/* OpenELB, Antrea, ServiceLB: recognised by their marks. */
struct vg_opinion vg_owner_others(struct vg_inquiry *inquiry, const struct vg_service *service);
/* A class that is none of MetalLB's and kube-vip's: a known owner's, or somebody's. */
struct vg_opinion vg_owner_of_class(struct vg_inquiry *inquiry, const struct vg_service *service);

#endif
