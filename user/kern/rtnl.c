/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sockets: one follows, one asks. The one that asks is kept open, since opening it would be most of the time that a
 * removal takes.
 */
#include "kern/rtnl.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/log.h"
#include "kern/answer.h"

#define RECEIVE_BYTES 65536 /* a link with many virtual functions needs more than the customary 8 KiB */
#define RECEIVE_BUFFER (4 << 20) /* some 10,000 notifications */
#define BATCH_MAX 64 /* datagrams per turn, so that other sources of the loop get theirs */
#define DISCARD_MAX 100000 /* more than the receive buffer holds */
#define DUMP_TRIES 5
#define LIST_MAX (2 * VG_MAX_VIPS) /* IPVS binds them all */

struct vg_rtnl {
	struct vg_rtnl_handler handler;
	struct mnl_socket *follow;
	struct mnl_socket *ask;
	struct vg_io *io;
	uint32_t seq;
	unsigned char buffer[RECEIVE_BYTES]; /* of the one that follows */
	unsigned char answer[RECEIVE_BYTES];
};

/* A list that grows while a dump is read. */
struct list {
	enum vg_rt_kind kind;
	size_t size; /* of one item */
	unsigned char *items;
	size_t n;
	size_t allocated;
};

static int open_socket(int flags, struct mnl_socket **ret_socket)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	int r;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		mnl_socket_close(socket);
		return r;
	}
	*ret_socket = socket;
	return 0;
}

static int join_groups(struct mnl_socket *socket)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_TC, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	int r = vg_answer_filter(mnl_socket_get_fd(socket));

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		int group = groups[i];

		/* without the filter every route of the node would come */
		if (r < 0 && (group == RTNLGRP_IPV4_ROUTE || group == RTNLGRP_IPV6_ROUTE))
			return r;
		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

static void enlarge_buffer(struct mnl_socket *socket)
{
	int fd = mnl_socket_get_fd(socket);
	int bytes = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		vg_log(VG_LOG_DEBUG, "rtnetlink keeps its small receive buffer: %s", strerror(errno));
}

static void bound_waiting(struct mnl_socket *socket)
{
	const struct timeval limit = { .tv_sec = 1 };
	int on = 1;

	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		vg_log(VG_LOG_DEBUG, "rtnetlink answers are awaited without a limit: %s", strerror(errno));
	/* lets a dump of one link's addresses be filtered by the kernel (4.20); without it all come, and are filtered here */
	(void)mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

/* Bytes of one datagram from the kernel; 0: not the kernel's; -EMSGSIZE: it did not fit. */
static ssize_t receive(struct mnl_socket *socket, unsigned char *buffer, int flags)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = buffer, .iov_len = RECEIVE_BYTES };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do
		n = recvmsg(mnl_socket_get_fd(socket), &message, flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (message.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return from.nl_pid == 0 ? n : 0;
}

static int hand_out(struct vg_rtnl *rtnl, size_t n)
{
	const unsigned char *data = rtnl->buffer;

	while (n > 0) {
		struct vg_rt_msg msg;
		size_t size;
		int r;

		r = vg_rtmsg_parse(data, n, &msg, &size);
		if (r < 0)
			return r;
		if (msg.kind != VG_RT_OTHER)
			rtnl->handler.message(rtnl->handler.ctx, &msg);
		data += size;
		n -= size;
	}
	return 0;
}

void vg_rtnl_discard(struct vg_rtnl *rtnl)
{
	for (unsigned int i = 0; i < DISCARD_MAX; i++) {
		ssize_t n = receive(rtnl->follow, rtnl->buffer, MSG_DONTWAIT);

		if (n == -EAGAIN)
			break;
	}
}

static void on_readable(void *ctx, uint32_t events)
{
	struct vg_rtnl *rtnl = ctx;

	(void)events;
	for (unsigned int i = 0; i < BATCH_MAX; i++) {
		ssize_t n = receive(rtnl->follow, rtnl->buffer, MSG_DONTWAIT);

		if (n == -EAGAIN)
			break;
		/* what cannot be read or understood is a loss like an overrun (-ENOBUFS): the truth is listed anew */
		if (n < 0 || hand_out(rtnl, (size_t)n) < 0) {
			rtnl->handler.overrun(rtnl->handler.ctx);
			break;
		}
	}
	rtnl->handler.settled(rtnl->handler.ctx);
}

int vg_rtnl_new(struct vg_loop *loop, const struct vg_rtnl_handler *handler, struct vg_rtnl **ret_rtnl)
{
	VG_CLEANUP(vg_rtnl_freep) struct vg_rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int r;

	if (!rtnl)
		return -ENOMEM;
	rtnl->handler = *handler;
	r = open_socket(0, &rtnl->ask);
	if (r < 0)
		return r;
	bound_waiting(rtnl->ask);
	r = open_socket(SOCK_NONBLOCK, &rtnl->follow);
	if (r < 0)
		return r;
	enlarge_buffer(rtnl->follow);
	r = join_groups(rtnl->follow);
	if (r < 0)
		return r;
	r = vg_io_new(loop, mnl_socket_get_fd(rtnl->follow), EPOLLIN, on_readable, rtnl, &rtnl->io);
	if (r < 0)
		return r;
	*ret_rtnl = TAKE_PTR(rtnl);
	return 0;
}

void vg_rtnl_free(struct vg_rtnl *rtnl)
{
	if (!rtnl)
		return;
	vg_io_free(rtnl->io);
	if (rtnl->follow)
		mnl_socket_close(rtnl->follow);
	if (rtnl->ask)
		mnl_socket_close(rtnl->ask);
	free(rtnl);
}

static int list_add(struct list *list, const void *item)
{
	if (list->n == list->allocated) {
		size_t wanted = list->allocated ? 2 * list->allocated : 64;
		unsigned char *items;

		if (list->n >= LIST_MAX)
			return -E2BIG;
		items = reallocarray(list->items, wanted, list->size);
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->allocated = wanted;
	}
	memcpy(list->items + list->n * list->size, item, list->size);
	list->n++;
	return 0;
}

static size_t size_of(enum vg_rt_kind kind)
{
	if (kind == VG_RT_ADDR)
		return sizeof(struct vg_link_addr);
	if (kind == VG_RT_NEIGH)
		return sizeof(struct vg_rt_neigh);
	return kind == VG_RT_LINK ? sizeof(struct vg_rt_link) : sizeof(struct vg_rt_answer);
}

static const void *item_of(const struct vg_rt_msg *msg)
{
	if (msg->kind == VG_RT_ADDR)
		return &msg->addr;
	if (msg->kind == VG_RT_NEIGH)
		return &msg->neigh;
	return msg->kind == VG_RT_LINK ? (const void *)&msg->link : (const void *)&msg->answer;
}

/* 1: the dump is over; *interrupted is set if it is not of one moment. */
static int take_answers(struct vg_rtnl *rtnl, size_t n, struct list *list, bool *interrupted)
{
	const unsigned char *data = rtnl->answer;

	while (n > 0) {
		struct vg_rt_msg msg;
		size_t size;
		int r;

		r = vg_rtmsg_parse(data, n, &msg, &size);
		if (r < 0)
			return r;
		data += size;
		n -= size;
		/* the rest of an earlier answer that was given up */
		if (msg.seq != rtnl->seq)
			continue;
		*interrupted |= msg.interrupted;
		if (msg.kind == VG_RT_DONE || msg.kind == VG_RT_ERROR)
			return msg.error < 0 ? msg.error : 1;
		if (msg.kind != list->kind)
			continue;
		r = list_add(list, item_of(&msg));
		if (r < 0)
			return r;
	}
	return 0;
}

static int ask(struct vg_rtnl *rtnl, struct nlmsghdr *request)
{
	request->nlmsg_seq = ++rtnl->seq;
	if (mnl_socket_sendto(rtnl->ask, request, request->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int dump_once(struct vg_rtnl *rtnl, struct nlmsghdr *request, struct list *list, bool *ret_interrupted)
{
	bool interrupted = false;
	int r;

	list->n = 0;
	r = ask(rtnl, request);
	while (r == 0) {
		ssize_t n = receive(rtnl->ask, rtnl->answer, 0);

		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		r = take_answers(rtnl, (size_t)n, list, &interrupted);
	}
	if (r < 0)
		return r;
	*ret_interrupted = interrupted;
	return 0;
}

/* After DUMP_TRIES the last answer stands: what changed meanwhile is on its way as a notification. */
static int dump(struct vg_rtnl *rtnl, struct nlmsghdr *request, struct list *list)
{
	bool interrupted = true;
	int r = 0;

	for (unsigned int i = 0; i < DUMP_TRIES && interrupted && r == 0; i++)
		r = dump_once(rtnl, request, list, &interrupted);
	if (r < 0) {
		free(list->items);
		list->items = NULL;
	}
	return r;
}

int vg_rtnl_list(struct vg_rtnl *rtnl, struct nlmsghdr *request, enum vg_rt_kind kind, void **ret_items, size_t *ret_n)
{
	struct list list = { .kind = kind, .size = size_of(kind) };
	int r = dump(rtnl, request, &list);

	if (r < 0)
		return r;
	*ret_items = list.items;
	*ret_n = list.n;
	return 0;
}

int vg_rtnl_list_links(struct vg_rtnl *rtnl, struct vg_rt_link **ret_links, size_t *ret_n)
{
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifinfomsg))];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	return vg_rtnl_list(rtnl, request, VG_RT_LINK, (void **)ret_links, ret_n);
}

/* No dump: one message and the acknowledgement, which ends the list. */
int vg_rtnl_get_link(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_rt_link *ret_link)
{
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifinfomsg))];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	_cleanup_free_ struct vg_rt_link *links = NULL;
	struct ifinfomsg *header;
	size_t n;
	int r;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ifi_index = (int)ifindex;
	r = vg_rtnl_list(rtnl, request, VG_RT_LINK, (void **)&links, &n);
	if (r < 0 || n == 0)
		return r < 0 ? r : -ENODEV;
	*ret_link = links[0];
	return 0;
}

static size_t keep_link(struct vg_link_addr *addrs, size_t n, uint32_t ifindex)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (addrs[i].ifindex == ifindex)
			addrs[kept++] = addrs[i];
	}
	return kept;
}

int vg_rtnl_list_addrs(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_link_addr **ret_addrs, size_t *ret_n)
{
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifaddrmsg))];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *header;
	int r;

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ifa_index = ifindex;
	r = vg_rtnl_list(rtnl, request, VG_RT_ADDR, (void **)ret_addrs, ret_n);
	if (r == 0 && ifindex)
		*ret_n = keep_link(*ret_addrs, *ret_n, ifindex);
	return r;
}

static int await_result(struct vg_rtnl *rtnl)
{
	for (;;) {
		ssize_t n = receive(rtnl->ask, rtnl->answer, 0);
		struct vg_rt_msg msg;
		size_t size;
		int r;

		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		if (n == 0)
			continue;
		r = vg_rtmsg_parse(rtnl->answer, (size_t)n, &msg, &size);
		if (r < 0)
			return r;
		if (msg.kind == VG_RT_ERROR && msg.seq == rtnl->seq)
			return msg.error;
	}
}

int vg_rtnl_order(struct vg_rtnl *rtnl, struct nlmsghdr *request)
{
	int r = ask(rtnl, request);

	return r < 0 ? r : await_result(rtnl);
}

int vg_rtnl_link_name(const struct vg_rtnl *rtnl, uint32_t ifindex, char ret_name[VG_IFNAME_MAX])
{
	struct ifreq request = { .ifr_ifindex = (int)ifindex };

	/* any socket will do (sock_ioctl() of net/socket.c), and this one is open */
	if (ioctl(mnl_socket_get_fd(rtnl->ask), SIOCGIFNAME, &request) < 0)
		return -errno;
	snprintf(ret_name, VG_IFNAME_MAX, "%.*s", VG_IFNAME_MAX - 1, request.ifr_name);
	return 0;
}

/* No IFA_LABEL: with one, the kernel matches it too, and an alias would slip away. */
static int delete_addr(struct vg_rtnl *rtnl, const struct ifaddrmsg *which, const void *local, const void *address, size_t bytes)
{
	unsigned char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *header;

	request->nlmsg_type = RTM_DELADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	*header = *which;
	mnl_attr_put(request, IFA_LOCAL, bytes, local);
	mnl_attr_put(request, IFA_ADDRESS, bytes, address);
	return vg_rtnl_order(rtnl, request);
}

int vg_rtnl_delete_addr6(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, uint8_t prefix)
{
	const struct ifaddrmsg which = { .ifa_family = AF_INET6, .ifa_prefixlen = prefix, .ifa_index = ifindex };

	return delete_addr(rtnl, &which, addr->bytes, addr->bytes, sizeof(addr->bytes));
}

int vg_rtnl_delete_addr(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, const struct vg_addr *peer, uint8_t prefix)
{
	const struct ifaddrmsg which = { .ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = ifindex };

	if (!vg_addr_is_ipv4(addr))
		return vg_rtnl_delete_addr6(rtnl, ifindex, addr, prefix);
	return delete_addr(rtnl, &which, addr->bytes + 12, peer->bytes + 12, 4);
}

int vg_rtnl_try_delete(struct vg_rtnl *rtnl)
{
	const struct vg_addr any = vg_addr_from_ipv4(0);

	/* rtnetlink_rcv_msg() asks for the privilege first; a link 0 there is none */
	return vg_rtnl_delete_addr(rtnl, 0, &any, &any, 32) == -EPERM ? -EPERM : 0;
}
