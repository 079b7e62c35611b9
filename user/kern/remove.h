/* SPDX-License-Identifier: Apache-2.0 */
/* Takes one address off one link, exactly, and never another one with it. */
#ifndef KERN_REMOVE_H
#define KERN_REMOVE_H

#include "base/error.h"
#include "core/fact.h"
#include "kern/rtnl.h"

/* As vg_kern_remove(). is_peer: another address of the link has this one as its peer. */
int vg_remove_bind(struct vg_rtnl *rtnl, const struct vg_fact *fact, bool is_peer, struct vg_error *ret_why);

/* The same for what is no address: every such route or proxy entry of this address and link. */
int vg_remove_answer(struct vg_rtnl *rtnl, const struct vg_fact *fact, struct vg_error *ret_why);

#endif
