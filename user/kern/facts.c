/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/facts.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

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
		.refused = event->type == VG_EVENT_DENIED && !event->would_deny,
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

/* Lines of /proc/net/netlink: "ffff8880 0 812 00000551 0 0 0 2 0 31337": protocol 0 is rtnetlink, 812 the port, 31337 the inode. */
static bool find_socket(uint32_t portid, unsigned long *ret_inode)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/net/netlink", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned int protocol, port;

		if (sscanf(line, "%*s %u %u %*x %*d %*d %*d %*d %*u %lu", &protocol, &port, ret_inode) == 3 && protocol == 0 && port == portid)
			return true;
	}
	return false;
}

static bool has_socket(uint32_t pid, unsigned long inode)
{
	char path[64], wanted[64], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd", pid);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A port is a pid of the asker's own pid namespace, or anything: in a container it is often 1. So the socket must be its. */
static bool is_asker(uint32_t pid)
{
	unsigned long inode;

	return find_socket(pid, &inode) && has_socket(pid, inode);
}

void vg_fact_name_asker(struct vg_fact *fact, uint32_t portid)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], comm[VG_COMM_MAX + 1] = "";

	fact->how = portid ? VG_HOW_NETLINK : VG_HOW_KERNEL;
	if (!portid || !is_asker(portid))
		return;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", portid);
	file = fopen(path, "re");
	if (!file || !fgets(comm, sizeof(comm), file))
		return;
	comm[strcspn(comm, "\n")] = '\0';
	memcpy(fact->who.comm, comm, sizeof(fact->who.comm));
	fact->who.pid = portid;
	fact->who.tid = portid; /* whose name that is */
}
