/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's neighbour table: what it has of one address on one link, and how it is made to find out. */
#ifndef KERN_NEIGH_H
#define KERN_NEIGH_H

#include "base/loop.h"
#include "kern/rtnl.h"

/* -ENOENT: it has nothing of it (the kernel has answered for a single one since 5.0). */
int vg_neigh_find(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, struct vg_rt_neigh *ret_neigh);
/* The kernel resolves it as if it had something to send there (NTF_USE); its answer, or that there is none, is a notification. */
int vg_neigh_ask(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr);
/* It has an Ethernet address for it that was once confirmed, and by which the kernel itself would send. */
bool vg_neigh_is_usable(const struct vg_rt_neigh *neigh);

/* Notifications of all entries of the node: kept no longer than something is waited for. addr NULL: some were lost. */
struct vg_neigh_watch;
typedef void (*vg_neigh_fn)(void *ctx, const struct vg_addr *addr, uint32_t ifindex);

int vg_neigh_watch_new(struct vg_loop *loop, vg_neigh_fn fn, void *ctx, struct vg_neigh_watch **ret_watch);
void vg_neigh_watch_free(struct vg_neigh_watch *watch); /* NULL is fine */

VG_DEFINE_CLEANUP(struct vg_neigh_watch *, vg_neigh_watch_free)

#endif
