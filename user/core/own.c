/* SPDX-License-Identifier: Apache-2.0 */
#include "core/own.h"

#include <linux/if_addr.h>

#include "core/judge.h"

static bool is_candidate(const struct vg_snapshot *snapshot, const struct vg_fact *fact)
{
	return fact->how == VG_HOW_PREEXISTING && vg_addr_is_global(&fact->addr) &&
	       (fact->real_link || !vg_dummies_have(vg_snapshot_dummies(snapshot), fact->ifname));
}

bool vg_own_looks_like(const struct vg_fact *fact)
{
	if (fact->ifa_flags & IFA_F_DEPRECATED)
		return false;
	return fact->prefix < vg_addr_bits(&fact->addr) || !(fact->ifa_flags & IFA_F_PERMANENT);
}

/* No other address of its family on its link looks like the node's own. */
static bool stands_alone(const struct vg_snapshot *snapshot, const struct vg_fact *fact, const struct vg_fact *found, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (&found[i] != fact && found[i].ifindex == fact->ifindex && is_candidate(snapshot, &found[i]) &&
		    vg_addr_is_ipv4(&found[i].addr) == vg_addr_is_ipv4(&fact->addr) && vg_own_looks_like(&found[i]))
			return false;
	}
	return true;
}

static bool is_own(const struct vg_snapshot *snapshot, const struct vg_assignment *assignment, bool named, const struct vg_fact *fact,
		   const struct vg_fact *found, size_t n)
{
	if (!assignment)
		return true;
	return vg_own_looks_like(fact) && (!named || stands_alone(snapshot, fact, found, n));
}

size_t vg_own_collect(const struct vg_snapshot *snapshot, const struct vg_fact *found, size_t n, struct vg_own *ret_own)
{
	size_t n_own = 0;

	for (size_t i = 0; i < n; i++) {
		const struct vg_assignment *assignment = vg_snapshot_find(snapshot, &found[i].addr);
		bool named = assignment && vg_prefix_is_host(&assignment->prefix) && !assignment->ranged;

		if (!is_candidate(snapshot, &found[i]) || !is_own(snapshot, assignment, named, &found[i], found, n))
			continue;
		vg_prefix_make(&found[i].addr, vg_addr_bits(&found[i].addr), &ret_own[n_own].prefix);
		ret_own[n_own++].named = named;
	}
	return n_own;
}
