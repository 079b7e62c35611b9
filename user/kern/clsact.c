/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/clsact.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "base/log.h"

#define RECEIVE_BYTES 32768

/* Hooks are made by LIBBPF_OPTS: libbpf refuses a structure whose padding is not zero. */

static uint32_t program_id(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) < 0 ? 0 : info.id;
}

int vg_clsact_attach(uint32_t ifindex, int prog_fd, bool *ret_made_qdisc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY, .prog_fd = prog_fd, .flags = BPF_TC_F_REPLACE);
	bool made;
	int r;

	r = bpf_tc_hook_create(&hook);
	if (r < 0 && r != -EEXIST)
		return r;
	made = r == 0;
	r = bpf_tc_attach(&hook, &opts);
	if (r < 0) {
		if (made) {
			hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
			(void)bpf_tc_hook_destroy(&hook);
		}
		return r;
	}
	*ret_made_qdisc = made;
	return 0;
}

bool vg_clsact_is_attached(uint32_t ifindex, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY);

	return bpf_tc_query(&hook, &opts) == 0 && opts.prog_id != 0 && opts.prog_id == program_id(prog_fd);
}

/* 1: a filter, 0: the dump is over without one. */
static int await_filter(struct mnl_socket *socket, unsigned char *buffer)
{
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(socket, buffer, RECEIVE_BYTES);
		const struct nlmsghdr *message = (const void *)buffer;
		int left = (int)n;

		if (n < 0)
			return -errno;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			if (message->nlmsg_type == RTM_NEWTFILTER)
				return 1;
			if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
				return 0;
		}
	}
}

static void close_socket(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

static bool has_filters(uint32_t ifindex, uint32_t parent)
{
	VG_CLEANUP(close_socket) struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	const struct timeval limit = { .tv_sec = 1 };
	unsigned char buffer[RECEIVE_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *header;

	request->nlmsg_type = RTM_GETTFILTER;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->tcm_ifindex = (int)ifindex;
	header->tcm_parent = parent;
	/* what cannot be told counts as used: a qdisc too many harms nobody */
	if (!socket || setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return true;
	return await_filter(socket, buffer) != 0;
}

void vg_clsact_detach(uint32_t ifindex, int prog_fd, bool made_qdisc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY);
	int r;

	if (!vg_clsact_is_attached(ifindex, prog_fd))
		return;
	r = bpf_tc_detach(&hook, &opts);
	if (r < 0) {
		vg_log_errno(r, "cannot take the filter off ifindex %u", ifindex);
		return;
	}
	if (!made_qdisc || has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	    has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	r = bpf_tc_hook_destroy(&hook);
	if (r < 0)
		vg_log_errno(r, "cannot take the clsact qdisc off ifindex %u", ifindex);
}
