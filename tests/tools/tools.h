/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the test-side programs share: arguments, clocks, links, failing.
 *
 * Nothing here comes from the product: these programs judge it from outside, so a mistake made there must not be able to hide here.
 * libc only. Every program includes this first (it defines _GNU_SOURCE) and ends itself through tool_die() on a broken premise.
 */
#ifndef TESTS_TOOLS_TOOLS_H
#define TESTS_TOOLS_TOOLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TOOL_VIPS_MAX 64
#define TOOL_MAC_LEN 6

/* An address in network byte order (4 or 16 bytes used) with the spelling inet_ntop gives it, which is what gets printed. */
struct tool_addr {
	int family;
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
};

struct tool_vips {
	struct tool_addr at[TOOL_VIPS_MAX];
	unsigned int count;
};

__attribute__((format(printf, 2, 3), noreturn)) static inline void tool_die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(status);
}

/* "ok" for 0, else the errno's own name (EPERM), which is easier to match than a translated sentence. `result` is 0 or -errno. */
static inline const char *tool_result(int result)
{
	const char *name = result < 0 ? strerrorname_np(-result) : "ok";

	return name ? name : "E?";
}

static inline size_t tool_addr_len(const struct tool_addr *addr)
{
	return addr->family == AF_INET ? 4 : 16;
}

static inline bool tool_addr_is(const struct tool_addr *addr, int family, const void *bytes)
{
	return addr->family == family && !memcmp(addr->bytes, bytes, tool_addr_len(addr));
}

static inline struct tool_addr tool_addr_arg(const char *option, const char *text)
{
	struct tool_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(addr.family, text, addr.bytes) != 1)
		tool_die(2, "--%s %s: expected an IPv4 or IPv6 address", option, text);
	inet_ntop(addr.family, addr.bytes, addr.text, sizeof(addr.text));
	return addr;
}

static inline void tool_vips_add(struct tool_vips *vips, const char *text)
{
	if (vips->count == TOOL_VIPS_MAX)
		tool_die(2, "--vip %s: at most %d are taken", text, TOOL_VIPS_MAX);
	vips->at[vips->count++] = tool_addr_arg("vip", text);
}

/* Accepts decimal and 0x: every number these programs take is one of both. */
static inline unsigned long tool_number_arg(const char *option, const char *text, unsigned long min, unsigned long max)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value < min || value > max)
		tool_die(2, "--%s %s: expected a number from %lu to %lu", option, text, min, max);
	return value;
}

static inline void tool_mac_arg(const char *option, const char *text, unsigned char *ret_mac)
{
	unsigned char mac[TOOL_MAC_LEN];
	int used = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &used) != 6 || text[used])
		tool_die(2, "--%s %s: expected aa:bb:cc:dd:ee:ff", option, text);
	memcpy(ret_mac, mac, sizeof(mac));
}

static inline int tool_link_index(const char *link)
{
	unsigned int index = link ? if_nametoindex(link) : 0;

	if (!link)
		tool_die(2, "--link is required");
	if (!index)
		tool_die(1, "link %s: %s", link, strerror(errno));
	return (int)index;
}

/* Returns 0 or -errno; the link may go away at any time, and then that is the caller's result for this round. */
static inline int tool_link_mac(const char *link, unsigned char *ret_mac)
{
	struct ifreq request = { 0 };
	int fd, r;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = ioctl(fd, SIOCGIFHWADDR, &request) < 0 ? -errno : 0;
	close(fd);
	if (!r)
		memcpy(ret_mac, request.ifr_hwaddr.sa_data, TOOL_MAC_LEN);
	return r;
}

/* The link's own fe80::/64 address. -EADDRNOTAVAIL when it has none. */
static inline int tool_link_local(const char *link, struct in6_addr *ret_addr)
{
	struct ifaddrs *list = NULL;
	int r = -EADDRNOTAVAIL;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *at = list; at && r; at = at->ifa_next) {
		const struct sockaddr_in6 *sin6 = (const void *)at->ifa_addr;

		if (!sin6 || sin6->sin6_family != AF_INET6 || strcmp(at->ifa_name, link) || !IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr))
			continue;
		*ret_addr = sin6->sin6_addr;
		r = 0;
	}
	freeifaddrs(list);
	return r;
}

static inline int64_t tool_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * SIGTERM and SIGINT as a readable descriptor. Called before any thread starts, so that all of them inherit the mask and none is
 * killed in the middle of a request.
 */
static inline int tool_stop_fd(void)
{
	sigset_t stop;
	int fd;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		tool_die(1, "sigprocmask: %s", strerror(errno));
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		tool_die(1, "signalfd: %s", strerror(errno));
	return fd;
}

/* Threads started later inherit the name, as those of a Go program do. The kernel keeps 15 characters. */
static inline void tool_comm_set(const char *comm)
{
	if (comm && prctl(PR_SET_NAME, comm) < 0)
		tool_die(1, "comm %s: %s", comm, strerror(errno));
}

static inline void tool_stdout_lines(void)
{
	if (setvbuf(stdout, NULL, _IOLBF, 0))
		tool_die(1, "stdout cannot be line buffered");
}

#endif
