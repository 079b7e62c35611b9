/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/inventory.h"

const char *vg_row_kind_to_str(enum vg_row_kind kind)
{
	static const char *const names[] = {
		[VG_ROW_POOL] = "pool",
		[VG_ROW_EGRESS_IP] = "egress-ip",
		[VG_ROW_ASSIGNMENT] = "assignment",
		[VG_ROW_PROTECTED] = "protected",
		[VG_ROW_CONTROL_PLANE_VIP] = "control-plane-vip",
		[VG_ROW_VIP] = "vip",
		[VG_ROW_NODE_ADDRESS] = "node-address",
	};
	_Static_assert(ARRAY_SIZE(names) == VG_ROW_KIND_MAX, "one for each");

	return kind < VG_ROW_KIND_MAX ? names[kind] : NULL;
}

const char *vg_conflict_kind_to_str(enum vg_conflict_kind kind)
{
	static const char *const names[] = {
		[VG_CONFLICT_POOLS_OVERLAP] = "pools-overlap",
		[VG_CONFLICT_EGRESS_IP_IN_POOL] = "egress-ip-in-pool",
		[VG_CONFLICT_NODE_ADDRESS_IN_POOL] = "node-address-in-pool",
		[VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL] = "control-plane-vip-in-pool",
		[VG_CONFLICT_NO_INSTANCE] = "no-instance",
		[VG_CONFLICT_NOT_ADVERTISED] = "not-advertised",
		[VG_CONFLICT_TWO_OWNERS] = "two-owners",
		[VG_CONFLICT_OUTSIDE_POOL] = "outside-pool",
		[VG_CONFLICT_NO_SUCH_POOL] = "no-such-pool",
		[VG_CONFLICT_PENDING] = "pending",
		[VG_CONFLICT_SHARED] = "shared",
		[VG_CONFLICT_NODE_ADDRESS_CARRIED] = "node-address-carried",
		[VG_CONFLICT_CONTROL_PLANE_VIP_CARRIED] = "control-plane-vip-carried",
	};
	_Static_assert(ARRAY_SIZE(names) == VG_CONFLICT_MAX, "one for each");

	return kind < VG_CONFLICT_MAX ? names[kind] : NULL;
}

void vg_range_to_str(const struct vg_addr *first, const struct vg_addr *last, char *out)
{
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
	char from[VG_TEXT_MAX], to[VG_TEXT_MAX];
	size_t n = 0;

	if (vg_range_to_prefixes(first, last, prefixes, &n) == 0 && n == 1) {
		vg_prefix_to_str(&prefixes[0], out);
		return;
	}
	vg_addr_to_str(first, from);
	vg_addr_to_str(last, to);
	snprintf(out, VG_RANGE_TEXT_MAX, "%s-%s", from, to);
}
