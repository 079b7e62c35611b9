/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the addresses on the links are the node's own, so that they are protected as node-address. Pure. */
#ifndef CORE_OWN_H
#define CORE_OWN_H

#include "core/fact.h"
#include "core/snapshot.h"

struct vg_own {
	struct vg_prefix prefix; /* a host prefix */
	bool named; /* an assignment names it by itself: most likely a mistake in the file, worth a word */
};

/* It has the mask of its network or ends some day, as what an administrator, DHCP or SLAAC configures; kube-vip's and its like do not. */
bool vg_own_looks_like(const struct vg_fact *fact);

/*
 * Of the addresses found on the links when the guard looked first (how = preexisting; others are passed over):
 * - no assignment covers it: own;
 * - only a range covers it (a pool as wide as the node's network), and it looks like a node's own: it has its network's mask or a
 *   finite lifetime, and is not deprecated, since controllers bind host prefixes or deprecated addresses;
 * - an assignment names it by itself (a host prefix that is not the edge of a range): judged, not own; unless it looks like a
 *   node's own and is the only such one of its family on its link, so that to take it would cut the node off;
 * - it stands on a link that holds service addresses: not own, or else a Service's address would be protected on every link;
 * - loopback, link-local and multicast are nobody's VIP: not listed.
 *
 * found[n]; ret_own has room for n. Returns how many are own.
 */
size_t vg_own_collect(const struct vg_snapshot *snapshot, const struct vg_fact *found, size_t n, struct vg_own *ret_own);

#endif
