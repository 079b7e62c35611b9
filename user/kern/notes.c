/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/notes.h"

#include <string.h>

#include "base/log.h"
#include "core/judge.h"
#include "kern/bound.h"

void vg_note_link(const struct vg_maps *maps, const struct vg_link *link)
{
	struct vg_link_value value;
	int r;

	memset(&value, 0, sizeof(value));
	memcpy(value.name, link->rt.name, sizeof(value.name));
	value.deniable = !link->dummy;
	value.guarded = link->guarded;
	value.outer_port = link->outer_port;
	value.below_port = link->below_port;
	r = vg_maps_set(maps, VG_MAP_LINKS, &link->rt.ifindex, &value);
	if (r < 0)
		vg_log_errno(r, "cannot write %s to vg_links", link->rt.name);
}

void vg_note_bind(const struct vg_maps *maps, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	struct vg_bind_value value;
	char text[VG_TEXT_MAX];

	memset(&value, 0, sizeof(value));
	vg_addr_to_str(&fact->addr, text);
	snprintf(value.address, sizeof(value.address), "%.45s/%u", text, fact->prefix);
	memcpy(value.interface, fact->ifname, sizeof(value.interface));
	value.how = fact->how;
	value.judgement = *judgement;
	value.ifa_flags = fact->ifa_flags;
	value.since_ns = fact->time_ns;
	value.who = fact->who;
	if (vg_maps_set(maps, VG_MAP_BINDS, &key, &value) < 0)
		vg_stats_add(&maps->stats->lost_binds, 1);
}
