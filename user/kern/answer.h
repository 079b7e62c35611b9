/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes the kernel answer for an address that is on no link, asked for and taken away: host routes of type local that no address made,
 * proxy neighbours, IPv6 anycast memberships. One network namespace, that of the process.
 */
#ifndef KERN_ANSWER_H
#define KERN_ANSWER_H

#include "core/fact.h"
#include "kern/rtnl.h"

/* A socket that follows routes gets only such routes from the kernel, and everything else that it follows. -errno. */
int vg_answer_filter(int fd);

/* All there is now, for the caller to free(): VG_HOW_ROUTE, VG_HOW_PROXY or VG_HOW_ANYCAST. A family that the kernel has not has none. -errno. */
int vg_answer_list(struct vg_rtnl *rtnl, enum vg_how as, struct vg_rt_answer **ret_answers, size_t *ret_n);
/* A route or proxy entry, exactly as it was listed. -errno of the kernel. */
int vg_answer_delete(struct vg_rtnl *rtnl, enum vg_how as, const struct vg_rt_answer *answer);

#endif
