/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address requests over rtnetlink, in the layout the Go netlink library gives them (recorded from kube-vip 1.2.3):
 * ifaddrmsg, IFA_LOCAL, IFA_ADDRESS, IFA_CACHEINFO, 60 bytes for IPv4 and 84 for IPv6. A new socket for each request.
 */
#ifndef TESTS_TOOLS_ADDRMSG_H
#define TESTS_TOOLS_ADDRMSG_H

#include "tools.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/time.h>

#define ADDRMSG_FOREVER 0xffffffffU

/* `preferred` 0 makes the address deprecated, as kube-vip does since 1.0.0. `has_lifetime` false leaves IFA_CACHEINFO out (0.8.10). */
struct addrmsg {
	const struct tool_addr *addr;
	int ifindex;
	unsigned int prefix;
	unsigned char flags;
	bool has_lifetime;
};

/* What the kernel says about one address of one link. */
struct addrmsg_state {
	bool present;
	bool dad_failed;
};

struct addrmsg_buffer {
	struct nlmsghdr header;
	struct ifaddrmsg message;
	unsigned char attributes[64];
};

static inline uint32_t addrmsg_next_seq(void)
{
	static uint32_t seq;

	return __atomic_add_fetch(&seq, 1, __ATOMIC_RELAXED);
}

static inline void addrmsg_put(struct addrmsg_buffer *buffer, unsigned short type, const void *payload, size_t len)
{
	struct rtattr *attribute = (struct rtattr *)((char *)buffer + NLMSG_ALIGN(buffer->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attribute), payload, len);
	buffer->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(buffer->header.nlmsg_len) + RTA_LENGTH(len));
}

static inline void addrmsg_fill(const struct addrmsg *request, unsigned short type, unsigned short flags, struct addrmsg_buffer *ret_buffer)
{
	const struct ifa_cacheinfo lifetime = { .ifa_prefered = 0, .ifa_valid = ADDRMSG_FOREVER };
	struct addrmsg_buffer buffer = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			.nlmsg_type = type,
			.nlmsg_flags = flags,
			.nlmsg_seq = addrmsg_next_seq(),
		},
		.message = {
			.ifa_family = (unsigned char)request->addr->family,
			.ifa_prefixlen = (unsigned char)request->prefix,
			.ifa_flags = request->flags,
			.ifa_scope = RT_SCOPE_UNIVERSE,
			.ifa_index = (uint32_t)request->ifindex,
		},
	};

	addrmsg_put(&buffer, IFA_LOCAL, request->addr->bytes, tool_addr_len(request->addr));
	addrmsg_put(&buffer, IFA_ADDRESS, request->addr->bytes, tool_addr_len(request->addr));
	if (request->has_lifetime)
		addrmsg_put(&buffer, IFA_CACHEINFO, &lifetime, sizeof(lifetime));
	*ret_buffer = buffer;
}

/* Returns the descriptor or -errno. The kernel picks the port (pid 0: autobind). Waiting for an answer ends after 60 s, as in the library. */
static inline int addrmsg_open(void)
{
	const struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	const struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 || bind(fd, (const void *)&local, sizeof(local)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static inline int addrmsg_send(int fd, const struct nlmsghdr *header)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, header, header->nlmsg_len, 0, (const void *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

static inline int addrmsg_read_ack(int fd)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	ssize_t len = recv(fd, &answer, sizeof(answer), 0);

	if (len < 0)
		return -errno;
	if (!NLMSG_OK(&answer.header, (size_t)len) || answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ((const struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
}

/* One request, one acknowledgement. 0 or -errno, whether a hook refused the send or the kernel the change. */
static inline int addrmsg_request(const struct addrmsg *request, unsigned short type, unsigned short flags)
{
	struct addrmsg_buffer buffer;
	int fd = addrmsg_open(), r;

	if (fd < 0)
		return fd;
	addrmsg_fill(request, type, (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags), &buffer);
	r = addrmsg_send(fd, &buffer.header);
	if (!r)
		r = addrmsg_read_ack(fd);
	close(fd);
	return r;
}

static inline int addrmsg_add(const struct addrmsg *request)
{
	return addrmsg_request(request, RTM_NEWADDR, NLM_F_REPLACE | NLM_F_CREATE);
}

static inline int addrmsg_delete(const struct addrmsg *request)
{
	return addrmsg_request(request, RTM_DELADDR, 0);
}

/* Folds one dumped address into `state` when it is the wanted one: same link, address and prefix, and some valid lifetime left. */
static inline void addrmsg_note(const struct addrmsg *wanted, struct nlmsghdr *header, struct addrmsg_state *state)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	int left = (int)IFA_PAYLOAD(header);
	const void *address = NULL, *local = NULL;
	uint32_t flags = message->ifa_flags, valid = ADDRMSG_FOREVER;

	if (message->ifa_family != wanted->addr->family || message->ifa_prefixlen != wanted->prefix || (int)message->ifa_index != wanted->ifindex)
		return;
	for (struct rtattr *at = IFA_RTA(message); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFA_ADDRESS)
			address = RTA_DATA(at);
		else if (at->rta_type == IFA_LOCAL)
			local = RTA_DATA(at);
		else if (at->rta_type == IFA_FLAGS)
			memcpy(&flags, RTA_DATA(at), sizeof(flags));
		else if (at->rta_type == IFA_CACHEINFO)
			valid = ((const struct ifa_cacheinfo *)RTA_DATA(at))->ifa_valid;
	}
	local = local ? local : address;
	if (!local || !valid || !tool_addr_is(wanted->addr, message->ifa_family, local))
		return;
	state->present = true;
	state->dad_failed = flags & IFA_F_DADFAILED;
}

/* Reads a dump to its end. An interrupted one (NLM_F_DUMP_INTR) is taken as it is: the next round looks again. */
static inline int addrmsg_read_dump(int fd, const struct addrmsg *wanted, struct addrmsg_state *state)
{
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} answer;

	for (;;) {
		ssize_t len = recv(fd, &answer, sizeof(answer), 0);
		unsigned int left = len > 0 ? (unsigned int)len : 0;

		if (len < 0)
			return -errno;
		for (struct nlmsghdr *at = &answer.header; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
			if (at->nlmsg_type == NLMSG_DONE)
				return 0;
			if (at->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(at))->error;
			if (at->nlmsg_type == RTM_NEWADDR)
				addrmsg_note(wanted, at, state);
		}
	}
}

static inline int addrmsg_look(const struct addrmsg *wanted, struct addrmsg_state *ret_state)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
	} dump = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			.nlmsg_type = RTM_GETADDR,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = addrmsg_next_seq(),
		},
		.message = { .ifa_family = (unsigned char)wanted->addr->family, .ifa_index = (uint32_t)wanted->ifindex },
	};
	struct addrmsg_state state = { 0 };
	int fd = addrmsg_open(), r;

	if (fd < 0)
		return fd;
	r = addrmsg_send(fd, &dump.header);
	if (!r)
		r = addrmsg_read_dump(fd, wanted, &state);
	close(fd);
	if (!r)
		*ret_state = state;
	return r;
}

#endif
