/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/tclist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"

#define RECEIVE_BYTES 32768
#define BPF_ID 11 /* TCA_BPF_ID, linux 4.12 */

struct filters {
	void (*fn)(void *ctx, const struct vg_tc_filter *filter);
	void *ctx;
};

struct qdisc {
	uint32_t ifindex;
	char *kind;
};

static void close_socket(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

static int receive_all(struct mnl_socket *socket, mnl_cb_t fn, void *ctx)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[RECEIVE_BYTES];
	int r = MNL_CB_OK;

	while (r == MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, 0, 0, fn, ctx);
	}
	return r < 0 ? -errno : 0;
}

static int list(uint16_t type, uint32_t ifindex, uint32_t parent, mnl_cb_t fn, void *ctx)
{
	VG_CLEANUP(close_socket) struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct tcmsg))];
	const struct timeval limit = { .tv_sec = 1 };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *header;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->tcm_ifindex = (int)ifindex;
	header->tcm_parent = parent;
	if (!socket || setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	return receive_all(socket, fn, ctx);
}

static int on_qdisc(const struct nlmsghdr *message, void *ctx)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct qdisc *qdisc = ctx;

	/* the kernel lists those of every link */
	if (message->nlmsg_type != RTM_NEWQDISC || (uint32_t)header->tcm_ifindex != qdisc->ifindex || header->tcm_parent != TC_H_INGRESS)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			snprintf(qdisc->kind, VG_TC_KIND_MAX, "%.*s", (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	}
	return MNL_CB_OK;
}

int vg_tc_find_qdisc(uint32_t ifindex, char ret_kind[VG_TC_KIND_MAX])
{
	struct qdisc qdisc = { .ifindex = ifindex, .kind = ret_kind };

	ret_kind[0] = '\0';
	return list(RTM_GETQDISC, ifindex, 0, on_qdisc, &qdisc);
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
}

static uint32_t program_of(const struct nlattr *options)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, options)
	{
		if (mnl_attr_get_type(attr) == BPF_ID)
			return get_u32(attr);
	}
	return 0;
}

static int on_filter(const struct nlmsghdr *message, void *ctx)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	const struct filters *filters = ctx;
	struct vg_tc_filter filter = { .handle = header->tcm_handle, .priority = header->tcm_info >> 16 };
	const struct nlattr *attr, *kind = NULL, *options = NULL;

	/* each priority begins with a line of its own, which is no filter */
	if (message->nlmsg_type != RTM_NEWTFILTER || !filter.handle)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND: kind = attr; break;
		case TCA_OPTIONS: options = attr; break;
		case TCA_CHAIN: filter.chain = get_u32(attr); break;
		}
	}
	/* the numbers of the options mean something else in every other kind */
	if (kind && options && strncmp(mnl_attr_get_str(kind), "bpf", mnl_attr_get_payload_len(kind)) == 0)
		filter.prog_id = program_of(options);
	filters->fn(filters->ctx, &filter);
	return MNL_CB_OK;
}

int vg_tc_for_each_filter(uint32_t ifindex, uint32_t parent, void (*fn)(void *ctx, const struct vg_tc_filter *filter), void *ctx)
{
	struct filters filters = { .fn = fn, .ctx = ctx };

	return list(RTM_GETTFILTER, ifindex, parent, on_filter, &filters);
}
