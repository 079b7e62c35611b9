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

/* Its marks outlive it: without anything else of it they prove nothing, and compete only where that may be out of sight. */
static struct vg_opinion marked(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);

	if (inquiry->scene->purelb.maybe)
		return vg_opinion_unseen(service, owner);
	vg_miss(inquiry, VG_CLUE_BALANCER_GONE, VG_KIND_PURELB_AGENT, &service->object, NULL);
	opinion.stance = VG_STANCE_MARKED;
	return opinion;
}

/* An agent that won the election binds first and writes the annotation after that succeeded: here, it may be about to. */
static void doubt_agent(struct vg_inquiry *inquiry)
{
	const struct vg_pod *agent = inquiry->scene->purelb_agent;

	if (agent)
		vg_say(inquiry, VG_CLUE_AGENT_HERE, &agent->object, "balancer", agent->balancer);
	inquiry->open |= agent || inquiry->scene->maybe_purelb_agent;
}

static struct vg_opinion everywhere(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	vg_say(inquiry, VG_CLUE_REMOTE_POOL, &service->object, "purelb.io/pool-type", "remote");
	return (struct vg_opinion){ .stance = VG_STANCE_PROVEN,
				    .bind = VG_OWNER_EVERYWHERE,
				    .announce = VG_HOLDER_UNKNOWN,
				    .owner = owner,
				    .source = "purelb.io/pool-type",
				    .service = service };
}

static struct vg_opinion by_annotation(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	if (!add_holders(inquiry, service)) {
		vg_miss(inquiry, VG_CLUE_HELD_NONE, VG_KIND_SERVICE, &service->object, NULL);
		inquiry->open = true;
		return vg_opinion_claimed(service, owner);
	}
	doubt_agent(inquiry);
	return (struct vg_opinion){ .stance = VG_STANCE_PROVEN,
				    .bind = VG_ASSIGNED_ELSEWHERE,
				    .announce = VG_ASSIGNED_ELSEWHERE,
				    .owner = owner,
				    .source = "purelb.io/announcing",
				    .service = service };
}

struct vg_opinion vg_owner_purelb(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const struct vg_object *proof = inquiry->scene->purelb.object;

	if (!(service->flags & VG_SERVICE_PURELB))
		return vg_opinion_unproven(service);
	vg_say(inquiry, VG_CLUE_PURELB, &service->object, "purelb.io/allocated-by", "PureLB");
	if (!proof)
		return marked(inquiry, service);
	vg_say(inquiry, VG_CLUE_BALANCER_PROVES, proof, NULL, NULL);
	return service->flags & VG_SERVICE_PURELB_REMOTE ? everywhere(inquiry, service) : by_annotation(inquiry, service);
}
