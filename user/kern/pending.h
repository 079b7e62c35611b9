/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binds that rtnetlink told of and a hook has not yet: the notification is sent inside the insert, the hook runs at its end, some
 * microseconds later. So a notification waits a moment for its event, which knows who did it. A short list, a value.
 */
#ifndef KERN_PENDING_H
#define KERN_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fact.h"

#define VG_PENDING_MAX 256

struct vg_pending {
	struct vg_fact fact;
	struct vg_addr peer;
	uint64_t deadline_ns;
};

struct vg_pendings {
	struct vg_pending items[VG_PENDING_MAX]; /* in the order of their deadlines */
	size_t n;
};

/* False: the list is full. */
bool vg_pendings_add(struct vg_pendings *pendings, const struct vg_pending *pending);
/* Takes out the first one of this link, address and prefix, and of this peer unless that is NULL. */
bool vg_pendings_take(struct vg_pendings *pendings, const struct vg_bind_key *key, const struct vg_addr *peer, struct vg_pending *ret_pending);
/* Takes out the first one whose time is up. */
bool vg_pendings_expire(struct vg_pendings *pendings, uint64_t now_ns, struct vg_pending *ret_pending);
uint64_t vg_pendings_next_ns(const struct vg_pendings *pendings); /* 0: none */

#endif
