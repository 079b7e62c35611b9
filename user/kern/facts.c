/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/facts.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"

struct vg_fact vg_fact_from_event(const struct vg_event *event)
{
	struct vg_fact fact = {
		.kind = VG_FACT_BIND,
		.how = event->how,
		.addr = event->addr,
		.prefix = (uint8_t)event->prefix,
		.ifindex = event->ifindex,
		.netns = event->netns,
		.ifa_flags = event->ifa_flags,
		.nl_flags = event->nl_flags,
		.who = event->who,
		.time_ns = event->time_ns,
		.count = 1,
		.refused = event->type == VG_EVENT_DENIED,
		.deniable = event->would_deny,
	};

	memcpy(fact.ifname, event->ifname, sizeof(fact.ifname));
	fact.ifname[sizeof(fact.ifname) - 1] = '\0';
	return fact;
}

struct vg_fact vg_fact_from_addr(const struct vg_link_addr *addr, const char *ifname, uint32_t netns)
{
	struct vg_fact fact = {
		.kind = VG_FACT_BIND,
		.how = VG_HOW_KERNEL,
		.addr = addr->addr,
		.prefix = addr->prefix,
		.ifindex = addr->ifindex,
		.netns = netns,
		.ifa_flags = addr->flags,
		.time_ns = vg_time_boot_ns(),
		.count = 1,
	};

	snprintf(fact.ifname, sizeof(fact.ifname), "%s", ifname);
	return fact;
}

struct vg_fact vg_fact_unbind_of(const struct vg_fact *bind)
{
	struct vg_fact fact = *bind;

	fact.kind = VG_FACT_UNBIND;
	fact.how = VG_HOW_KERNEL;
	fact.who = (struct vg_who){ .pid = 0 };
	fact.nl_flags = 0;
	fact.time_ns = vg_time_boot_ns();
	fact.deniable = false;
	return fact;
}

void vg_fact_name_asker(struct vg_fact *fact, uint32_t portid)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], comm[VG_COMM_MAX + 1] = "";

	fact->how = portid ? VG_HOW_NETLINK : VG_HOW_KERNEL;
	if (!portid)
		return;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", portid);
	file = fopen(path, "re");
	if (!file || !fgets(comm, sizeof(comm), file))
		return;
	comm[strcspn(comm, "\n")] = '\0';
	memcpy(fact->who.comm, comm, sizeof(fact->who.comm));
	fact->who.pid = portid;
}
