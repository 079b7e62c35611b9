/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/neigh.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define RECEIVE_BYTES 16384 /* a notification is below 200 */
#define BATCH_MAX 64

static void put_addr(struct nlmsghdr *request, const struct vg_addr *addr)
{
	if (vg_addr_is_ipv4(addr))
		mnl_attr_put(request, NDA_DST, 4, addr->bytes + 12);
	else
		mnl_attr_put(request, NDA_DST, sizeof(addr->bytes), addr->bytes);
}

static struct nlmsghdr *begin(void *buffer, uint16_t type, uint16_t flags, uint32_t ifindex, const struct vg_addr *addr, uint8_t ndm_flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ndmsg *header;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ndm_family = vg_addr_is_ipv4(addr) ? AF_INET : AF_INET6;
	header->ndm_ifindex = (int)ifindex;
	header->ndm_flags = ndm_flags;
	put_addr(request, addr);
	return request;
}

/* No dump: one message and the acknowledgement, which ends the list. */
int vg_neigh_find(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr, struct vg_rt_neigh *ret_neigh)
{
	_cleanup_free_ struct vg_rt_neigh *list = NULL;
	unsigned char buffer[128];
	size_t n;
	int r = vg_rtnl_list(rtnl, begin(buffer, RTM_GETNEIGH, 0, ifindex, addr, 0), VG_RT_NEIGH, (void **)&list, &n);

	if (r < 0)
		return r;
	if (!n || list[0].ifindex != ifindex || vg_addr_cmp(&list[0].addr, addr))
		return -ENOENT;
	*ret_neigh = list[0];
	return 0;
}

/* neigh_add() of net/core/neighbour.c: made if it is not there, then neigh_event_send(). */
int vg_neigh_ask(struct vg_rtnl *rtnl, uint32_t ifindex, const struct vg_addr *addr)
{
	unsigned char buffer[128];

	return vg_rtnl_order(rtnl, begin(buffer, RTM_NEWNEIGH, NLM_F_CREATE, ifindex, addr, NTF_USE));
}

bool vg_neigh_is_usable(const struct vg_rt_neigh *neigh)
{
	static const uint8_t none[sizeof(neigh->mac)];

	if (!(neigh->state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)) || !neigh->has_mac)
		return false;
	return !(neigh->mac[0] & 1) && memcmp(neigh->mac, none, sizeof(none)) != 0;
}

/* ---- notifications */

struct vg_neigh_watch {
	struct mnl_socket *socket;
	struct vg_io *io;
	vg_neigh_fn fn;
	void *ctx;
	unsigned char buffer[RECEIVE_BYTES];
};

/* Anybody may send to a netlink socket; what it says is looked up all the same. False: the rest of it cannot be understood. */
static bool hand_out(const struct vg_neigh_watch *watch, const unsigned char *data, size_t n)
{
	while (n > 0) {
		struct vg_rt_msg msg;
		size_t size;

		if (vg_rtmsg_parse(data, n, &msg, &size) < 0)
			return false;
		if (msg.kind == VG_RT_NEIGH)
			watch->fn(watch->ctx, &msg.neigh.addr, msg.neigh.ifindex);
		data += size;
		n -= size;
	}
	return true;
}

/* fn must not free the watch. */
static void on_readable(void *ctx, uint32_t events)
{
	struct vg_neigh_watch *watch = ctx;

	(void)events;
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		ssize_t n = recv(mnl_socket_get_fd(watch->socket), watch->buffer, sizeof(watch->buffer), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0 || !hand_out(watch, watch->buffer, (size_t)n)) {
			watch->fn(watch->ctx, NULL, 0);
			return;
		}
	}
}

static int open_socket(struct vg_neigh_watch *watch)
{
	int group = RTNLGRP_NEIGH;

	watch->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!watch->socket || mnl_socket_bind(watch->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(watch->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

int vg_neigh_watch_new(struct vg_loop *loop, vg_neigh_fn fn, void *ctx, struct vg_neigh_watch **ret_watch)
{
	VG_CLEANUP(vg_neigh_watch_freep) struct vg_neigh_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->fn = fn;
	watch->ctx = ctx;
	r = open_socket(watch);
	if (r == 0)
		r = vg_io_new(loop, mnl_socket_get_fd(watch->socket), EPOLLIN, on_readable, watch, &watch->io);
	if (r < 0)
		return r;
	*ret_watch = TAKE_PTR(watch);
	return 0;
}

void vg_neigh_watch_free(struct vg_neigh_watch *watch)
{
	if (!watch)
		return;
	vg_io_free(watch->io);
	if (watch->socket)
		mnl_socket_close(watch->socket);
	free(watch);
}
