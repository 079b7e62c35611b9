/* SPDX-License-Identifier: Apache-2.0 */
#include "core/heal_holder.h"

const char *vg_heal_holder(const struct vg_answer *answer)
{
	const struct vg_assignment *assignment = answer->assignment;

	if (!assignment || answer->announce.verdict != VG_VIOLATION || answer->announce.reason != VG_ASSIGNED_ELSEWHERE)
		return NULL;
	/* elsewhere: this node is not among them */
	return assignment->n_nodes == 1 ? assignment->nodes[0] : NULL;
}

static bool may_be_vip(const struct vg_snapshot *snapshot, const struct vg_addr *addr, const struct vg_addr *vip)
{
	const struct vg_assignment *assignment = vg_snapshot_find(snapshot, addr);

	if (!vg_addr_cmp(addr, vip) || !vg_addr_is_global(addr) || vg_snapshot_protected(snapshot, addr))
		return true;
	return assignment && !assignment->ranged && vg_prefix_is_host(&assignment->prefix);
}

static size_t keep_usable(const struct vg_snapshot *snapshot, const struct vg_addr *addrs, size_t n, const struct vg_addr *vip, bool same_family,
			  struct vg_addr *ret_addrs, size_t kept)
{
	for (size_t i = 0; i < n && kept < VG_HEAL_ADDRS_MAX; i++) {
		bool same = vg_addr_is_ipv4(&addrs[i]) == vg_addr_is_ipv4(vip);

		if (same == same_family && !may_be_vip(snapshot, &addrs[i], vip))
			ret_addrs[kept++] = addrs[i];
	}
	return kept;
}

size_t vg_heal_addresses(const struct vg_snapshot *snapshot, const struct vg_cluster *cluster, const char *node, const struct vg_addr *vip,
			 struct vg_addr ret_addrs[VG_HEAL_ADDRS_MAX])
{
	const struct vg_node *object = cluster ? vg_cluster_find_node(cluster, node) : NULL;
	struct vg_addr placed[VG_HEAL_ADDRS_MAX];
	size_t n_placed = vg_snapshot_places(snapshot, node, placed, VG_HEAL_ADDRS_MAX), n = 0;

	for (int same = 1; same >= 0; same--) {
		n = keep_usable(snapshot, placed, n_placed, vip, same, ret_addrs, n);
		if (object)
			n = keep_usable(snapshot, object->internal.list, object->internal.n, vip, same, ret_addrs, n);
	}
	return n;
}
