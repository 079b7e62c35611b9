/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node may have 100,000 routes and change hundreds a second: which ones are told is decided in the kernel, by type and table for a list (strict
 * checking, 4.20) and by a socket filter for notifications. What is left are a few, and those that follow from addresses are not among them.
 */
#include "kern/answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define ANYCAST_MAX 4096 /* lines that are read */

#define AT_TYPE offsetof(struct nlmsghdr, nlmsg_type)
#define AT_ROUTE(field) (NLMSG_HDRLEN + offsetof(struct rtmsg, field))

/* A notification is one message. The loads convert from network byte order, so what is compared is converted too. */
int vg_answer_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_ROUTE(rtm_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTN_LOCAL, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_ROUTE(rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_KERNEL, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* Appends to what is there. */
static int append(struct vg_rt_answer **answers, size_t *n, const struct vg_rt_answer *more, size_t n_more)
{
	struct vg_rt_answer *bigger;

	if (n_more == 0)
		return 0;
	bigger = reallocarray(*answers, *n + n_more, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	memcpy(bigger + *n, more, n_more * sizeof(*more));
	*answers = bigger;
	*n += n_more;
	return 0;
}

static int list_request(struct vg_rtnl *rtnl, struct nlmsghdr *request, enum vg_rt_kind kind, struct vg_rt_answer **answers, size_t *n)
{
	_cleanup_free_ void *items = NULL;
	size_t n_items = 0;
	int r = vg_rtnl_list(rtnl, request, kind, &items, &n_items);

	/* no such table, no such family */
	if (r == -ENOENT || r == -EOPNOTSUPP || r == -EAFNOSUPPORT)
		return 0;
	return r < 0 ? r : append(answers, n, items, n_items);
}

static int list_table(struct vg_rtnl *rtnl, unsigned char family, uint32_t table, struct vg_rt_answer **answers, size_t *n)
{
	unsigned char buffer[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->rtm_family = family;
	header->rtm_type = RTN_LOCAL;
	mnl_attr_put_u32(request, RTA_TABLE, table);
	return list_request(rtnl, request, VG_RT_ROUTE, answers, n);
}

static int list_routes(struct vg_rtnl *rtnl, struct vg_rt_answer **answers, size_t *n)
{
	int r = 0;

	for (uint32_t table = RT_TABLE_DEFAULT; r == 0 && table <= RT_TABLE_LOCAL; table++) {
		r = list_table(rtnl, AF_INET, table, answers, n);
		if (r == 0)
			r = list_table(rtnl, AF_INET6, table, answers, n);
	}
	return r;
}

static int list_proxies(struct vg_rtnl *rtnl, unsigned char family, struct vg_rt_answer **answers, size_t *n)
{
	unsigned char buffer[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ndmsg *header;

	request->nlmsg_type = RTM_GETNEIGH;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ndm_family = family;
	header->ndm_flags = NTF_PROXY;
	return list_request(rtnl, request, VG_RT_PROXY, answers, n);
}

/* Lines like "2    eth0            20010db8000000000000000000000240     1". Netlink tells of them from 6.15 on only. */
static bool parse_anycast(const char *line, struct vg_rt_answer *ret_answer)
{
	char hex[33];

	*ret_answer = (struct vg_rt_answer){ .ifindex = 0 };
	if (sscanf(line, "%u %*15s %32[0-9a-f]", &ret_answer->ifindex, hex) != 2 || strlen(hex) != 32)
		return false;
	for (size_t i = 0; i < sizeof(ret_answer->addr.bytes); i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		ret_answer->addr.bytes[i] = (uint8_t)byte;
	}
	return true;
}

static int list_anycasts(struct vg_rt_answer **answers, size_t *n)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/net/anycast6", "re");
	struct vg_rt_answer answer;
	char line[256];
	int r = 0;

	while (file && r == 0 && *n < ANYCAST_MAX && fgets(line, sizeof(line), file)) {
		if (parse_anycast(line, &answer))
			r = append(answers, n, &answer, 1);
	}
	return r;
}

int vg_answer_list(struct vg_rtnl *rtnl, enum vg_how as, struct vg_rt_answer **ret_answers, size_t *ret_n)
{
	_cleanup_free_ struct vg_rt_answer *answers = NULL;
	size_t n = 0;
	int r;

	if (as == VG_HOW_ROUTE) {
		r = list_routes(rtnl, &answers, &n);
	} else if (as == VG_HOW_PROXY) {
		r = list_proxies(rtnl, AF_INET, &answers, &n);
		if (r == 0)
			r = list_proxies(rtnl, AF_INET6, &answers, &n);
	} else {
		r = list_anycasts(&answers, &n);
	}
	if (r < 0)
		return r;
	*ret_answers = TAKE_PTR(answers);
	*ret_n = n;
	return 0;
}

static void put_addr(struct nlmsghdr *request, uint16_t type, const struct vg_addr *addr)
{
	if (vg_addr_is_ipv4(addr))
		mnl_attr_put(request, type, 4, addr->bytes + 12);
	else
		mnl_attr_put(request, type, sizeof(addr->bytes), addr->bytes);
}

static int delete_route(struct vg_rtnl *rtnl, const struct vg_rt_answer *answer)
{
	unsigned char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header;

	request->nlmsg_type = RTM_DELROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	*header = (struct rtmsg){
		.rtm_family = vg_addr_is_ipv4(&answer->addr) ? AF_INET : AF_INET6,
		.rtm_dst_len = vg_addr_is_ipv4(&answer->addr) ? 32 : 128,
		.rtm_tos = answer->tos,
		.rtm_protocol = answer->protocol,
		.rtm_scope = answer->scope,
		.rtm_type = RTN_LOCAL,
	};
	put_addr(request, RTA_DST, &answer->addr);
	mnl_attr_put_u32(request, RTA_TABLE, answer->table);
	mnl_attr_put_u32(request, RTA_OIF, answer->ifindex);
	if (answer->metric)
		mnl_attr_put_u32(request, RTA_PRIORITY, answer->metric);
	return vg_rtnl_order(rtnl, request);
}

static int delete_proxy(struct vg_rtnl *rtnl, const struct vg_rt_answer *answer)
{
	unsigned char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ndmsg *header;

	request->nlmsg_type = RTM_DELNEIGH;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ndm_family = vg_addr_is_ipv4(&answer->addr) ? AF_INET : AF_INET6;
	header->ndm_ifindex = (int)answer->ifindex;
	header->ndm_flags = NTF_PROXY;
	put_addr(request, NDA_DST, &answer->addr);
	return vg_rtnl_order(rtnl, request);
}

int vg_answer_delete(struct vg_rtnl *rtnl, enum vg_how as, const struct vg_rt_answer *answer)
{
	return as == VG_HOW_ROUTE ? delete_route(rtnl, answer) : delete_proxy(rtnl, answer);
}
