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
	void (*overrun)(void *ctx); /* notifications were lost: list again and compare */
	void (*settled)(void *ctx); /* after the last message of a batch */
};

int vg_rtnl_new(struct vg_loop *loop, const struct vg_rtnl_handler *handler, struct vg_rtnl **ret_rtnl);
void vg_rtnl_free(struct vg_rtnl *rtnl); /* NULL is fine */

/* Everything there is now, for the caller to free(). */
int vg_rtnl_list_links(struct vg_rtnl *rtnl, struct vg_rt_link **ret_links, size_t *ret_n);
/* ifindex 0: of all links. */
int vg_rtnl_list_addrs(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_link_addr **ret_addrs, size_t *ret_n);

/* Deletes this very address; waits for the answer, at most a second. -errno of the kernel. */
int vg_rtnl_delete_addr(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, const struct vg_addr *peer,
			uint8_t prefix);

VG_DEFINE_CLEANUP(struct vg_rtnl *, vg_rtnl_free)

#endif
