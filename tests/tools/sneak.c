/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way past a guard of addresses, at a time: asks the kernel to answer for an address by an unusual request, or on an unusual road.
 * Prints "SNEAK way address ok" or the errno's name. What it made stays, but for the anycast join: that lasts until standard input ends.
 */
#include "tools.h"

#include <linux/if_addr.h>
#include <linux/io_uring.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "addrioctl.h"

#define SNEAK_MAX 16384
#define SNEAK_RTF_LOCAL 0x80000000U /* linux/ipv6_route.h: on lo it would be a route to nowhere otherwise */
#define SNEAK_ACKS (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE)

struct sneak {
	struct tool_addr addr;
	const char *link;
	int ifindex;
	int fd; /* rtnetlink */
	unsigned char bytes[SNEAK_MAX] __attribute__((aligned(4)));
	size_t len;
	struct nlmsghdr *last; /* the message that is being made */
};

/* --- messages --- */

static void sneak_put(struct sneak *sneak, const void *bytes, size_t len)
{
	if (sneak->len + NLMSG_ALIGN(len) > sizeof(sneak->bytes))
		tool_die(1, "a message is too long");
	memset(sneak->bytes + sneak->len, 0, NLMSG_ALIGN(len));
	memcpy(sneak->bytes + sneak->len, bytes, len);
	sneak->len += NLMSG_ALIGN(len);
	if (sneak->last)
		sneak->last->nlmsg_len = (uint32_t)(sneak->bytes + sneak->len - (unsigned char *)sneak->last);
}

static void sneak_begin(struct sneak *sneak, unsigned short type, unsigned short flags, const void *body, size_t len)
{
	const struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = 1 };
	unsigned char *at = sneak->bytes + sneak->len;

	sneak->last = NULL;
	sneak_put(sneak, &header, sizeof(header));
	sneak->last = (void *)at;
	sneak_put(sneak, body, len);
}

static void sneak_attr(struct sneak *sneak, unsigned short type, const void *payload, size_t len)
{
	const struct rtattr attr = { .rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(len) };

	sneak_put(sneak, &attr, sizeof(attr));
	sneak_put(sneak, payload, len);
}

static void sneak_addr(struct sneak *sneak, unsigned short type)
{
	sneak_attr(sneak, type, sneak->addr.bytes, tool_addr_len(&sneak->addr));
}

static void sneak_begin_addr(struct sneak *sneak, unsigned short flags)
{
	const struct ifaddrmsg body = {
		.ifa_family = (unsigned char)sneak->addr.family,
		.ifa_prefixlen = (unsigned char)(8 * tool_addr_len(&sneak->addr)),
		.ifa_index = (uint32_t)sneak->ifindex,
		.ifa_flags = IFA_F_NODAD,
	};

	sneak_begin(sneak, RTM_NEWADDR, flags, &body, sizeof(body));
}

static void sneak_plain(struct sneak *sneak)
{
	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_addr(sneak, IFA_LOCAL);
	sneak_addr(sneak, IFA_ADDRESS);
}

/* Asks for no answer. */
static void sneak_noop(struct sneak *sneak)
{
	const struct rtgenmsg body = { .rtgen_family = AF_UNSPEC };

	sneak_begin(sneak, NLMSG_NOOP, NLM_F_REQUEST, &body, sizeof(body));
}

static void sneak_second(struct sneak *sneak)
{
	sneak_noop(sneak);
	sneak_plain(sneak);
}

static void sneak_last(struct sneak *sneak)
{
	for (int i = 0; i < 100; i++)
		sneak_noop(sneak);
	sneak_plain(sneak);
}

/* Another message stands behind. */
static void sneak_first(struct sneak *sneak)
{
	sneak_plain(sneak);
	sneak_noop(sneak);
}

static void sneak_many(struct sneak *sneak)
{
	sneak_begin_addr(sneak, SNEAK_ACKS);
	for (int i = 0; i < 200; i++)
		sneak_attr(sneak, 300, "", 0);
	sneak_addr(sneak, IFA_LOCAL);
}

static void sneak_long(struct sneak *sneak)
{
	static const unsigned char filler[4096];

	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_attr(sneak, 300, filler, sizeof(filler));
	sneak_addr(sneak, IFA_LOCAL);
}

/* The kernel copies it into pages that lie anywhere (netlink_alloc_large_skb). */
static void sneak_huge(struct sneak *sneak)
{
	static const unsigned char filler[12000];

	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_attr(sneak, 300, filler, sizeof(filler));
	sneak_addr(sneak, IFA_LOCAL);
}

/* IPv6 takes it for the address, IPv4 wants IFA_LOCAL. */
static void sneak_address(struct sneak *sneak)
{
	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_addr(sneak, IFA_ADDRESS);
}

/* The innocent one stands first; the kernel takes the last. */
static void sneak_repeated(struct sneak *sneak)
{
	unsigned char innocent[16];

	memcpy(innocent, sneak->addr.bytes, sizeof(innocent));
	innocent[tool_addr_len(&sneak->addr) - 1] ^= 0x40;
	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_attr(sneak, IFA_LOCAL, innocent, tool_addr_len(&sneak->addr));
	sneak_addr(sneak, IFA_LOCAL);
}

static void sneak_flagged(struct sneak *sneak)
{
	sneak_begin_addr(sneak, SNEAK_ACKS);
	sneak_addr(sneak, IFA_LOCAL | NLA_F_NESTED | NLA_F_NET_BYTEORDER);
}

static void sneak_replace(struct sneak *sneak)
{
	const struct ifa_cacheinfo lifetime = { .ifa_prefered = 1000, .ifa_valid = 2000 };

	sneak_begin_addr(sneak, SNEAK_ACKS | NLM_F_REPLACE);
	sneak_addr(sneak, IFA_LOCAL);
	sneak_attr(sneak, IFA_CACHEINFO, &lifetime, sizeof(lifetime));
}

static void sneak_route(struct sneak *sneak)
{
	const struct rtmsg body = {
		.rtm_family = (unsigned char)sneak->addr.family,
		.rtm_dst_len = (unsigned char)(8 * tool_addr_len(&sneak->addr)),
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = sneak->addr.family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_LOCAL,
	};
	const int lo = 1;

	sneak_begin(sneak, RTM_NEWROUTE, SNEAK_ACKS, &body, sizeof(body));
	sneak_addr(sneak, RTA_DST);
	sneak_attr(sneak, RTA_OIF, &lo, sizeof(lo));
}

static void sneak_proxy(struct sneak *sneak)
{
	const struct ndmsg body = {
		.ndm_family = (unsigned char)sneak->addr.family,
		.ndm_ifindex = sneak->ifindex,
		.ndm_state = NUD_PERMANENT,
		.ndm_flags = NTF_PROXY,
	};

	sneak_begin(sneak, RTM_NEWNEIGH, SNEAK_ACKS, &body, sizeof(body));
	sneak_addr(sneak, NDA_DST);
}

/* --- roads --- */

static int sneak_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		tool_die(1, "rtnetlink: %s", strerror(errno));
	return fd;
}

/* The kernel's answer to the one message that asks for it. */
static int sneak_answer(const struct sneak *sneak)
{
	char answer[SNEAK_MAX + 1024] __attribute__((aligned(4)));
	const struct nlmsghdr *header = (const void *)answer;
	ssize_t n = recv(sneak->fd, answer, sizeof(answer), 0);

	if (n < 0)
		return -errno;
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static int sneak_by_sendmsg(struct sneak *sneak)
{
	return send(sneak->fd, sneak->bytes, sneak->len, 0) < 0 ? -errno : sneak_answer(sneak);
}

static int sneak_by_write(struct sneak *sneak)
{
	return write(sneak->fd, sneak->bytes, sneak->len) < 0 ? -errno : sneak_answer(sneak);
}

/* The second of two. */
static int sneak_by_sendmmsg(struct sneak *sneak)
{
	struct nlmsghdr noop = { .nlmsg_len = sizeof(noop), .nlmsg_type = NLMSG_NOOP, .nlmsg_flags = NLM_F_REQUEST };
	struct iovec parts[] = { { &noop, sizeof(noop) }, { sneak->bytes, sneak->len } };
	struct mmsghdr both[] = { { .msg_hdr = { .msg_iov = &parts[0], .msg_iovlen = 1 } },
				  { .msg_hdr = { .msg_iov = &parts[1], .msg_iovlen = 1 } } };
	int n = sendmmsg(sneak->fd, both, 2, 0);

	if (n < 0)
		return -errno;
	/* a later one's error is not told */
	return n < 2 ? -EPERM : sneak_answer(sneak);
}

static void *sneak_map(int ring, size_t len, off_t offset)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);

	if (at == MAP_FAILED)
		tool_die(1, "io_uring: %s", strerror(errno));
	return at;
}

/* One entry, no library. */
static int sneak_by_uring(struct sneak *sneak)
{
	struct io_uring_params params = { .flags = 0 };
	struct iovec part = { sneak->bytes, sneak->len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	struct io_uring_sqe *sqe;
	char *sq, *cq;

	if (ring < 0)
		tool_die(1, "io_uring_setup: %s", strerror(errno));
	sq = sneak_map(ring, params.sq_off.array + params.sq_entries * sizeof(uint32_t), IORING_OFF_SQ_RING);
	cq = sneak_map(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	sqe = sneak_map(ring, params.sq_entries * sizeof(*sqe), IORING_OFF_SQES);
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_SENDMSG, .fd = sneak->fd, .addr = (uintptr_t)&message, .len = 1 };
	((uint32_t *)(sq + params.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		tool_die(1, "io_uring_enter: %s", strerror(errno));
	close(ring);
	if (((struct io_uring_cqe *)(cq + params.cq_off.cqes))->res < 0)
		return ((struct io_uring_cqe *)(cq + params.cq_off.cqes))->res;
	return sneak_answer(sneak);
}

/* The socket is of here; who uses it has gone elsewhere. */
static int sneak_by_unshared(struct sneak *sneak)
{
	if (unshare(CLONE_NEWNET) < 0)
		tool_die(1, "unshare: %s", strerror(errno));
	return sneak_by_sendmsg(sneak);
}

static void sneak_pass(int to, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	struct iovec part = { "", 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };

	control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(fd)) };
	memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	if (sendmsg(to, &message, 0) < 0)
		tool_die(1, "SCM_RIGHTS: %s", strerror(errno));
}

static int sneak_take(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		tool_die(1, "SCM_RIGHTS: nothing came");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Another process, in another namespace, is handed the socket. */
static int sneak_by_passed(struct sneak *sneak)
{
	int pair[2], status;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		tool_die(1, "socketpair: %s", strerror(errno));
	child = fork();
	if (child < 0)
		tool_die(1, "fork: %s", strerror(errno));
	if (child == 0) {
		close(sneak->fd);
		sneak->fd = sneak_take(pair[1]);
		_exit(-sneak_by_unshared(sneak));
	}
	sneak_pass(pair[0], sneak->fd);
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		tool_die(1, "the other process died");
	return -WEXITSTATUS(status);
}

static int sneak_by_ioctl(struct sneak *sneak)
{
	char label[IFNAMSIZ];

	if (sneak->addr.family == AF_INET6)
		return addrioctl_change6(SIOCSIFADDR, sneak->ifindex, &sneak->addr, 128);
	if (snprintf(label, sizeof(label), "%s:sn", sneak->link) >= (int)sizeof(label))
		tool_die(2, "the name of link %s leaves no room for a label", sneak->link);
	return addrioctl_add4(label, &sneak->addr, 32);
}

/* A local route of the main table, of IPv6: the request of old has a field for the type, and IPv4's has not. */
static int sneak_by_addrt(struct sneak *sneak)
{
	struct addrioctl_route6 route = {
		.type = RTN_LOCAL, .dst_len = 128, .metric = 1, .flags = RTF_UP | RTF_HOST | SNEAK_RTF_LOCAL, .ifindex = 1
	};

	if (sneak->addr.family != AF_INET6)
		tool_die(2, "an IPv6 address is needed");
	memcpy(&route.dst, sneak->addr.bytes, sizeof(route.dst));
	return addrioctl_call(AF_INET6, SIOCADDRT, &route);
}

static int sneak_by_sarp(struct sneak *sneak)
{
	struct arpreq request = { .arp_flags = ATF_PUBL | ATF_PERM | ATF_COM, .arp_ha = { .sa_family = ARPHRD_ETHER } };
	struct sockaddr_in *sin = (void *)&request.arp_pa;

	sin->sin_family = AF_INET;
	memcpy(&sin->sin_addr, sneak->addr.bytes, sizeof(sin->sin_addr));
	memcpy(request.arp_ha.sa_data, "\2\0\0\0\0\1", TOOL_MAC_LEN);
	snprintf(request.arp_dev, sizeof(request.arp_dev), "%s", sneak->link);
	return addrioctl_call(AF_INET, SIOCSARP, &request);
}

/* Kept as long as the socket; so is the membership. */
static int sneak_by_anycast(struct sneak *sneak)
{
	struct ipv6_mreq request = { .ipv6mr_interface = (unsigned int)sneak->ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(&request.ipv6mr_multiaddr, sneak->addr.bytes, sizeof(request.ipv6mr_multiaddr));
	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_ANYCAST, &request, sizeof(request)) < 0 ? -errno : 0;
}

struct sneak_way {
	const char *name;
	void (*message)(struct sneak *sneak);
	int (*road)(struct sneak *sneak);
	bool waits;
};

static const struct sneak_way sneak_ways[] = {
	{ "plain", sneak_plain, sneak_by_sendmsg, false },
	{ "first", sneak_first, sneak_by_sendmsg, false },
	{ "second", sneak_second, sneak_by_sendmsg, false },
	{ "last", sneak_last, sneak_by_sendmsg, false },
	{ "many", sneak_many, sneak_by_sendmsg, false },
	{ "long", sneak_long, sneak_by_sendmsg, false },
	{ "huge", sneak_huge, sneak_by_sendmsg, false },
	{ "address", sneak_address, sneak_by_sendmsg, false },
	{ "repeated", sneak_repeated, sneak_by_sendmsg, false },
	{ "flagged", sneak_flagged, sneak_by_sendmsg, false },
	{ "replace", sneak_replace, sneak_by_sendmsg, false },
	{ "write", sneak_plain, sneak_by_write, false },
	{ "sendmmsg", sneak_plain, sneak_by_sendmmsg, false },
	{ "uring", sneak_plain, sneak_by_uring, false },
	{ "unshared", sneak_plain, sneak_by_unshared, false },
	{ "passed", sneak_plain, sneak_by_passed, false },
	{ "route", sneak_route, sneak_by_sendmsg, false },
	{ "proxy", sneak_proxy, sneak_by_sendmsg, false },
	{ "ioctl", NULL, sneak_by_ioctl, false },
	{ "addrt", NULL, sneak_by_addrt, false },
	{ "sarp", NULL, sneak_by_sarp, false },
	{ "anycast", NULL, sneak_by_anycast, true },
};

#define SNEAK_WAYS (sizeof(sneak_ways) / sizeof(sneak_ways[0]))

static void sneak_usage(void)
{
	fputs("usage: sneak LINK ADDRESS WAY, a way being one of:", stdout);
	for (size_t i = 0; i < SNEAK_WAYS; i++)
		printf(" %s", sneak_ways[i].name);
	putchar('\n');
}

static const struct sneak_way *sneak_find(const char *name)
{
	for (size_t i = 0; i < SNEAK_WAYS; i++)
		if (!strcmp(sneak_ways[i].name, name))
			return &sneak_ways[i];
	tool_die(2, "%s: no such way", name);
}

int main(int argc, char **argv)
{
	static struct sneak sneak;
	const struct sneak_way *way;
	char byte;
	int r;

	if (argc != 4) {
		sneak_usage();
		return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	way = sneak_find(argv[3]);
	tool_stdout_lines();
	sneak.link = argv[1];
	sneak.ifindex = tool_link_index(argv[1]);
	sneak.addr = tool_addr_arg("address", argv[2]);
	sneak.fd = sneak_open();
	if (way->message)
		way->message(&sneak);
	r = way->road(&sneak);
	printf("SNEAK %s %s %s\n", way->name, sneak.addr.text, tool_result(r));
	while (!r && way->waits && read(STDIN_FILENO, &byte, 1) > 0)
		;
	return r ? 1 : 0;
}
