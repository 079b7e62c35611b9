/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is bound in the guarded network namespace now, and who bound it. Two sources tell of the same bind: a BPF hook (who,
 * at once) and rtnetlink (the peer, refreshes, removals). `ahead` counts the binds that the hook has told and rtnetlink has
 * not yet, so that an address that is taken away and given back faster than rtnetlink is read stays one entry.
 */
#ifndef KERN_BOUND_H
#define KERN_BOUND_H

#include "base/cleanup.h"
#include "core/cascade.h"
#include "core/fact.h"

/* kube-proxy in IPVS mode binds every VIP there is on its dummy link, and what is not in here is never looked at again. */
#define VG_BOUNDS_MAX (VG_MAX_VIPS + VG_MAX_BINDS)

struct vg_bound {
	struct vg_bind_key key;
	struct vg_addr peer; /* IFA_ADDRESS; with peer_known false the address itself */
	bool peer_known;
	bool reported; /* handed out as a fact */
	bool said; /* `judgement` is what was said of it last */
	struct vg_judgement judgement;
	bool present; /* used while a dump is compared */
	uint32_t ahead;
	struct vg_fact fact; /* of its bind */
};

struct vg_bounds;

int vg_bounds_new(struct vg_bounds **ret_bounds);
void vg_bounds_free(struct vg_bounds *bounds); /* NULL is fine */

/* Another entry; -ENOSPC: VG_BOUNDS_MAX are there. peer NULL: not known. The entry belongs to the table. */
int vg_bounds_add(struct vg_bounds *bounds, const struct vg_fact *fact, const struct vg_addr *peer, struct vg_bound **ret_bound);
void vg_bounds_remove(struct vg_bounds *bounds, struct vg_bound *bound);
/* peer NULL: any entry of this link, address and prefix. Else the one with this peer, or one whose peer is not known yet,
 * which then gets it. NULL: none. */
struct vg_bound *vg_bounds_find(struct vg_bounds *bounds, const struct vg_bind_key *key, const struct vg_addr *peer);
/* One of this link, address and prefix, whatever its peer, whose notification is still to come. NULL: none. */
struct vg_bound *vg_bounds_find_ahead(const struct vg_bounds *bounds, const struct vg_bind_key *key);
/* By place, sorted by address; NULL past the end. */
struct vg_bound *vg_bounds_at(const struct vg_bounds *bounds, size_t i);
size_t vg_bounds_size(const struct vg_bounds *bounds);
/* Place of the first entry of this address or of one after it. */
size_t vg_bounds_place(const struct vg_bounds *bounds, const struct vg_addr *addr);
/* Another address of this link has this one as its peer. */
bool vg_bounds_names_peer(const struct vg_bounds *bounds, uint32_t ifindex, const struct vg_addr *addr);
/* The link has another name. */
void vg_bounds_rename(const struct vg_bounds *bounds, uint32_t ifindex, const char *ifname);
/* Before a dump is compared: nothing is present. */
void vg_bounds_mark_absent(const struct vg_bounds *bounds);
/* Notifications were lost: none of an earlier bind is waited for any more. */
void vg_bounds_forget_ahead(const struct vg_bounds *bounds);
bool vg_bounds_has_global(const struct vg_bounds *bounds, uint32_t ifindex);

/* What is no address has its way of answering in the second byte of prefix. */
struct vg_bind_key vg_bind_key_of(const struct vg_fact *fact);

VG_DEFINE_CLEANUP(struct vg_bounds *, vg_bounds_free)

#endif
