/* SPDX-License-Identifier: Apache-2.0 */
/* PureLB: binds local pools on the node that purelb.io/announcing-IPv4 or -IPv6 names, remote ones on a dummy of every node. */
#include <string.h>

#include "core/owner.h"

static const char owner[] = "purelb";

static bool add_holders(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	bool found = false;

	for (uint32_t i = 0; i < service->held.n; i++) {
		const struct vg_held *held = &service->held.list[i];
		bool known;

		if (vg_addr_cmp(&held->addr, inquiry->addr))
			continue;
		known = vg_inquiry_add_holder(inquiry, held->node);
		found = found || known;
		vg_say(inquiry, known ? VG_CLUE_HELD : VG_CLUE_HELD_NO_NODE, &service->object, "purelb.io/announcing", held->node);
	}
	return found;
}

struct vg_opinion vg_owner_purelb(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = { .stance = VG_STANCE_PROVEN, .owner = owner, .source = "purelb.io/announcing", .service = service };

	if (!(service->flags & VG_SERVICE_PURELB))
		return vg_opinion_unproven(service);
	vg_say(inquiry, VG_CLUE_PURELB, &service->object, "purelb.io/allocated-by", "PureLB");
	if (service->flags & VG_SERVICE_PURELB_REMOTE) {
		vg_say(inquiry, VG_CLUE_REMOTE_POOL, &service->object, "purelb.io/pool-type", "remote");
		opinion.source = "purelb.io/pool-type";
		opinion.bind = VG_OWNER_EVERYWHERE;
		opinion.announce = VG_HOLDER_UNKNOWN;
		return opinion;
	}
	if (!add_holders(inquiry, service)) {
		vg_miss(inquiry, VG_CLUE_HELD_NONE, VG_KIND_SERVICE, &service->object, NULL);
		inquiry->open = true;
		return vg_opinion_claimed(service, owner);
	}
	opinion.bind = VG_ASSIGNED_ELSEWHERE;
	opinion.announce = VG_ASSIGNED_ELSEWHERE;
	return opinion;
}
