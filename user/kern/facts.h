/* SPDX-License-Identifier: Apache-2.0 */
/* Facts from the forms in which the kernel tells of a bind. */
#ifndef KERN_FACTS_H
#define KERN_FACTS_H

#include "core/cascade.h"
#include "core/fact.h"

/* Of a VG_EVENT_BIND or VG_EVENT_DENIED. */
struct vg_fact vg_fact_from_event(const struct vg_event *event);
/* Of an address as rtnetlink tells it, now; who did it is not known. */
struct vg_fact vg_fact_from_addr(const struct vg_link_addr *addr, const char *ifname, uint32_t netns);
/* That this bind is undone, now; who did it is not known. */
struct vg_fact vg_fact_unbind_of(const struct vg_fact *bind);
/* portid: netlink port of who asked, 0 for the kernel. It is taken for a pid only if that process has this very socket.
 * IPv6 notifications never carry it (net/ipv6/addrconf.c passes 0). */
void vg_fact_name_asker(struct vg_fact *fact, uint32_t portid);

#endif
