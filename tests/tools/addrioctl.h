/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address binds by ioctl, the way ifconfig makes them: IPv4 on an alias label with its netmask, IPv6 by in6_ifreq.
 * All return 0 or -errno.
 */
#ifndef TESTS_TOOLS_ADDRIOCTL_H
#define TESTS_TOOLS_ADDRIOCTL_H

#include "tools.h"

/* linux/ipv6.h has it too, but cannot be included beside netinet/in.h everywhere. */
struct addrioctl_in6 {
	struct in6_addr addr;
	uint32_t prefix;
	int ifindex;
};

/* linux/ipv6_route.h's struct in6_rtmsg, likewise. The type is not in its comments, but goes into the route (rtmsg_to_fib6_config). */
struct addrioctl_route6 {
	struct in6_addr dst, src, gateway;
	uint32_t type;
	uint16_t dst_len, src_len;
	uint32_t metric;
	unsigned long info;
	uint32_t flags;
	int ifindex;
};

/* One socket call per request: SIOCSIFADDR and friends pick the protocol by the socket's family. */
static inline int addrioctl_call(int family, unsigned long request, void *argument)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = ioctl(fd, request, argument) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static inline int addrioctl_set4(const char *label, unsigned long request, uint32_t value)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", label);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = value;
	return addrioctl_call(AF_INET, request, &ifr);
}

/*
 * SIOCSIFADDR gives the class's own mask first (devinet_ioctl); the second call narrows it to `prefix`. Where somebody has taken the address away
 * in between there is nothing to narrow, and it was bound all the same.
 */
static inline int addrioctl_add4(const char *label, const struct tool_addr *addr, unsigned int prefix)
{
	uint32_t value;
	int r;

	memcpy(&value, addr->bytes, sizeof(value));
	r = addrioctl_set4(label, SIOCSIFADDR, value);
	if (r)
		return r;
	r = addrioctl_set4(label, SIOCSIFNETMASK, prefix ? htonl(~0U << (32 - prefix)) : 0);
	return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r;
}

/* Taking an alias label down deletes its address and leaves the link up (devinet_ioctl, SIOCSIFFLAGS with a colon). */
static inline int addrioctl_delete4(const char *label)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", label);
	return addrioctl_call(AF_INET, SIOCSIFFLAGS, &ifr);
}

static inline int addrioctl_change6(unsigned long request, int ifindex, const struct tool_addr *addr, unsigned int prefix)
{
	struct addrioctl_in6 in6 = { .prefix = prefix, .ifindex = ifindex };

	memcpy(&in6.addr, addr->bytes, sizeof(in6.addr));
	return addrioctl_call(AF_INET6, request, &in6);
}

#endif
