/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink: follow links, addresses and lost filters; list links and addresses. One network namespace, that of the process. */
#ifndef KERN_RTNL_H
#define KERN_RTNL_H

#include "base/loop.h"
#include "kern/rtmsg.h"

struct vg_rtnl;

struct vg_rtnl_handler {
	void *ctx;
	void (*message)(void *ctx, const struct vg_rt_msg *msg);
	void (*overrun)(void *ctx); /* notifications were lost: discard the rest, list again and compare */
	void (*settled)(void *ctx); /* after the last message of a batch */
};

int vg_rtnl_new(struct vg_loop *loop, const struct vg_rtnl_handler *handler, struct vg_rtnl **ret_rtnl);
void vg_rtnl_free(struct vg_rtnl *rtnl); /* NULL is fine */

/* Throws away the notifications that are queued: what they tell is in any list that is made after. */
void vg_rtnl_discard(struct vg_rtnl *rtnl);
/* Everything there is now, for the caller to free(). */
int vg_rtnl_list_links(struct vg_rtnl *rtnl, struct vg_rt_link **ret_links, size_t *ret_n);
/* One link as it is now. -ENODEV. */
int vg_rtnl_get_link(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_rt_link *ret_link);
/* ifindex 0: of all links. */
int vg_rtnl_list_addrs(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_link_addr **ret_addrs, size_t *ret_n);

/* Its name at this moment. -ENODEV. */
int vg_rtnl_link_name(const struct vg_rtnl *rtnl, uint32_t ifindex, char ret_name[VG_IFNAME_MAX]);

/* Deletes this very address; waits for the answer, at most a second. -errno of the kernel. */
int vg_rtnl_delete_addr(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, const struct vg_addr *peer, uint8_t prefix);
/* -EPERM: removing is not permitted. Tried on a link that cannot be. */
int vg_rtnl_try_delete(struct vg_rtnl *rtnl);
/* The same for IPv6 alone, also if the address is a mapped one; prefix 0..128. */
int vg_rtnl_delete_addr6(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, uint8_t prefix);

struct nlmsghdr;

/* A dump: items of this kind (struct vg_link_addr, vg_rt_link, vg_rt_neigh or vg_rt_answer), for the caller to free(). */
int vg_rtnl_list(struct vg_rtnl *rtnl, struct nlmsghdr *request, enum vg_rt_kind kind, void **ret_items, size_t *ret_n);
/* One request with NLM_F_ACK; waits for the answer, at most a second. -errno of the kernel. */
int vg_rtnl_order(struct vg_rtnl *rtnl, struct nlmsghdr *request);

VG_DEFINE_CLEANUP(struct vg_rtnl *, vg_rtnl_free)

#endif
