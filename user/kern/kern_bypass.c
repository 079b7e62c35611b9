/* SPDX-License-Identifier: Apache-2.0 */
/* Roads on which frames leave past the filters, as they are opened. */
#include <stdio.h>
#include <sys/socket.h>

#include "kern/kern_state.h"

const char *vg_road_to_str(enum vg_road road)
{
	static const char *const names[] = { [VG_ROAD_QDISC_BYPASS] = "qdisc-bypass", [VG_ROAD_AF_XDP] = "af-xdp", [VG_ROAD_XDP] = "xdp" };

	_Static_assert(ARRAY_SIZE(names) == VG_ROAD_MAX, "each road has a name");
	return (unsigned int)road < ARRAY_SIZE(names) ? names[road] : NULL;
}

void vg_kern_note_bypass(struct vg_kern *kern, const struct vg_event *event)
{
	struct vg_bypass_fact fact;

	if (!kern->sink.bypass)
		return;
	fact = (struct vg_bypass_fact){
		.road = event->family == AF_XDP ? VG_ROAD_AF_XDP : VG_ROAD_QDISC_BYPASS,
		.refused = event->dropped,
		.deniable = event->would_deny,
		.ifindex = event->ifindex,
		.who = event->who,
	};

	snprintf(fact.ifname, sizeof(fact.ifname), "%s", vg_links_name(vg_sense_links(kern->sense), fact.ifindex));
	kern->sink.bypass(kern->sink.ctx, &fact);
}

/* A program that came by a bpf_link is told of by no notification, so the links are asked. */
void vg_kern_watch_xdp(struct vg_kern *kern)
{
	const struct vg_links *links = vg_sense_links(kern->sense);
	const struct vg_link *link;

	for (size_t i = 0; kern->sink.bypass && (link = vg_links_at(links, i)); i++) {
		struct vg_bypass_fact fact = { .road = VG_ROAD_XDP, .ifindex = link->rt.ifindex };
		struct vg_rt_link now;

		if (!link->guarded || vg_rtnl_get_link(vg_sense_rtnl(kern->sense), link->rt.ifindex, &now) < 0 || !now.xdp)
			continue;
		snprintf(fact.ifname, sizeof(fact.ifname), "%s", now.name);
		fact.program = now.xdp;
		kern->sink.bypass(kern->sink.ctx, &fact);
	}
}
