/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an address is given back to: the one node that certainly holds it now, and under which addresses that node is to be found. Pure. */
#ifndef CORE_HEAL_HOLDER_H
#define CORE_HEAL_HOLDER_H

#include "core/cluster.h"
#include "core/judge.h"

#define VG_HEAL_ADDRS_MAX 8 /* of one node; a kubelet reports one of each family */

/*
 * The node's name, the answer's; NULL: nobody, several, this one, or it is not certain at this moment. `unknown`, an assignment that is out of
 * date or in transition and what is protected are no violation, and so never an answer.
 */
const char *vg_heal_holder(const struct vg_answer *answer);

/*
 * Its addresses, those of the VIP's own family first: of the assignments file, and its InternalIPs. Left out is what may be a VIP itself, since a
 * kubelet reports whatever was bound on its node: an address that an assignment names, one that is protected here, and the VIP.
 * cluster NULL: there is none.
 */
size_t vg_heal_addresses(const struct vg_snapshot *snapshot, const struct vg_cluster *cluster, const char *node, const struct vg_addr *vip,
			 struct vg_addr ret_addrs[VG_HEAL_ADDRS_MAX]);

#endif
