/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "kern/rtmsg.h"

#define MESSAGE_MAX 512

struct message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[MESSAGE_MAX];
	} u;
};

static struct message begin(uint16_t type, const void *payload, size_t size)
{
	struct message message = { 0 };

	message.u.header.nlmsg_type = type;
	message.u.header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(size));
	message.u.header.nlmsg_pid = 812;
	memcpy(message.u.bytes + NLMSG_HDRLEN, payload, size);
	return message;
}

static void put(struct message *message, uint16_t type, const void *data, size_t size)
{
	const struct nlattr attr = { .nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type };
	size_t at = NLMSG_ALIGN(message->u.header.nlmsg_len);

	memcpy(message->u.bytes + at, &attr, sizeof(attr));
	if (size > 0)
		memcpy(message->u.bytes + at + NLA_HDRLEN, data, size);
	message->u.header.nlmsg_len = (uint32_t)(at + NLA_ALIGN(attr.nla_len));
}

static struct message begin_addr(uint16_t type, uint8_t family, uint8_t prefix)
{
	const struct ifaddrmsg header = { .ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = 7, .ifa_flags = IFA_F_PERMANENT };

	return begin(type, &header, sizeof(header));
}

static struct message begin_link(uint16_t type, uint8_t family)
{
	const struct ifinfomsg header = { .ifi_family = family, .ifi_index = 7, .ifi_type = 1, .ifi_flags = 0x1003 };

	return begin(type, &header, sizeof(header));
}

static int parse(const struct message *message, struct vg_rt_msg *ret_msg)
{
	size_t size;

	return vg_rtmsg_parse(message->u.bytes, message->u.header.nlmsg_len, ret_msg, &size);
}

static void assert_addr(const struct vg_addr *addr, const char *text)
{
	char out[VG_TEXT_MAX];

	vg_addr_to_str(addr, out);
	assert_string_equal(out, text);
}

static const unsigned char vip4[] = { 192, 0, 2, 10 };
static const unsigned char peer4[] = { 203, 0, 113, 1 };
static const unsigned char vip6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 };

static void reads_an_ipv4_address(void **state)
{
	struct message message = begin_addr(RTM_NEWADDR, AF_INET, 32);
	const uint32_t flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE;
	const struct ifa_cacheinfo info = { .ifa_prefered = 0, .ifa_valid = 120 };
	struct vg_rt_msg msg;

	(void)state;
	put(&message, IFA_ADDRESS, peer4, sizeof(peer4));
	put(&message, IFA_LOCAL, vip4, sizeof(vip4));
	put(&message, IFA_LABEL, "eth0:1", 7);
	put(&message, IFA_FLAGS, &flags, sizeof(flags));
	put(&message, IFA_CACHEINFO, &info, sizeof(info));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_ADDR);
	assert_false(msg.gone);
	assert_int_equal(msg.portid, 812);
	assert_addr(&msg.addr.addr, "192.0.2.10");
	assert_addr(&msg.addr.peer, "203.0.113.1");
	assert_int_equal(msg.addr.prefix, 32);
	assert_int_equal(msg.addr.ifindex, 7);
	assert_int_equal(msg.addr.flags, flags);
	assert_int_equal(msg.addr.preferred_lft, 0);
	assert_int_equal(msg.addr.valid_lft, 120);
	assert_string_equal(msg.addr.label, "eth0:1");
}

static void reads_an_ipv6_address_that_is_gone(void **state)
{
	struct message message = begin_addr(RTM_DELADDR, AF_INET6, 128);
	struct vg_rt_msg msg;

	(void)state;
	put(&message, IFA_ADDRESS, vip6, sizeof(vip6));
	assert_int_equal(parse(&message, &msg), 0);
	assert_true(msg.gone);
	assert_addr(&msg.addr.addr, "2001:db8::10");
	assert_addr(&msg.addr.peer, "2001:db8::10");
	assert_int_equal(msg.addr.flags, IFA_F_PERMANENT);
	assert_int_equal(msg.addr.valid_lft, UINT32_MAX);
}

static void takes_the_last_of_repeated_attributes(void **state)
{
	struct message message = begin_addr(RTM_NEWADDR, AF_INET, 32);
	struct vg_rt_msg msg;

	(void)state;
	put(&message, IFA_LOCAL, peer4, sizeof(peer4));
	put(&message, IFA_LOCAL, vip4, sizeof(vip4));
	assert_int_equal(parse(&message, &msg), 0);
	assert_addr(&msg.addr.addr, "192.0.2.10");
}

static void refuses_wrong_lengths_of_addresses(void **state)
{
	struct message of6 = begin_addr(RTM_NEWADDR, AF_INET, 32), none = begin_addr(RTM_NEWADDR, AF_INET, 32);
	struct message long_prefix = begin_addr(RTM_NEWADDR, AF_INET, 33), flags = begin_addr(RTM_NEWADDR, AF_INET, 32);
	struct vg_rt_msg msg;

	(void)state;
	put(&of6, IFA_LOCAL, vip6, sizeof(vip6));
	assert_int_equal(parse(&of6, &msg), -EBADMSG);
	assert_int_equal(parse(&none, &msg), -EBADMSG);
	put(&long_prefix, IFA_LOCAL, vip4, sizeof(vip4));
	assert_int_equal(parse(&long_prefix, &msg), -EBADMSG);
	put(&flags, IFA_LOCAL, vip4, sizeof(vip4));
	put(&flags, IFA_FLAGS, vip4, 2);
	assert_int_equal(parse(&flags, &msg), -EBADMSG);
}

/* Every cut is refused, none is read past its end (run under ASan). */
static void refuses_every_truncation(void **state)
{
	struct message message = begin_addr(RTM_NEWADDR, AF_INET, 32);
	struct vg_rt_msg msg;
	size_t size;

	(void)state;
	put(&message, IFA_ADDRESS, vip4, sizeof(vip4));
	put(&message, IFA_LOCAL, vip4, sizeof(vip4));
	for (size_t n = 0; n < message.u.header.nlmsg_len; n++)
		assert_int_equal(vg_rtmsg_parse(message.u.bytes, n, &msg, &size), -EBADMSG);
	message.u.header.nlmsg_len -= 6;
	assert_int_equal(parse(&message, &msg), -EBADMSG);
	message.u.header.nlmsg_len = 8;
	assert_int_equal(vg_rtmsg_parse(message.u.bytes, sizeof(message), &msg, &size), -EBADMSG);
}

/* A kind that is longer than any known is cut short; a name is not. */
static void reads_a_long_kind(void **state)
{
	struct message message = begin_link(RTM_NEWLINK, AF_UNSPEC), info = { 0 };
	static const char text[] = "a-kind-of-link-too-long";
	const struct nlattr kind = { .nla_len = NLA_HDRLEN + sizeof(text), .nla_type = IFLA_INFO_KIND };
	struct vg_rt_msg msg;

	(void)state;
	memcpy(info.u.bytes, &kind, sizeof(kind));
	memcpy(info.u.bytes + NLA_HDRLEN, text, sizeof(text));
	put(&message, IFLA_LINKINFO, info.u.bytes, NLA_ALIGN(kind.nla_len));
	assert_int_equal(parse(&message, &msg), 0);
	assert_string_equal(msg.link.kind, "a-kind-of-link-");
	put(&message, IFLA_IFNAME, text, sizeof(text));
	assert_int_equal(parse(&message, &msg), -EBADMSG);
}

static struct message begin_route(uint16_t type, int family, uint8_t table, uint8_t protocol, uint8_t kind)
{
	const struct rtmsg header = { .rtm_family = (unsigned char)family,
				      .rtm_dst_len = family == AF_INET ? 32 : 128,
				      .rtm_table = table,
				      .rtm_protocol = protocol,
				      .rtm_type = kind };

	return begin(type, &header, sizeof(header));
}

static void reads_a_local_route(void **state)
{
	struct message message = begin_route(RTM_DELROUTE, AF_INET6, RT_TABLE_LOCAL, RTPROT_STATIC, RTN_LOCAL);
	const uint32_t lo = 1, metric = 1024;
	struct vg_rt_msg msg;

	(void)state;
	put(&message, RTA_DST, vip6, sizeof(vip6));
	put(&message, RTA_OIF, &lo, sizeof(lo));
	put(&message, RTA_PRIORITY, &metric, sizeof(metric));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_ROUTE);
	assert_true(msg.gone);
	assert_addr(&msg.answer.addr, "2001:db8::10");
	assert_int_equal(msg.answer.ifindex, 1);
	assert_int_equal(msg.answer.table, RT_TABLE_LOCAL);
	assert_int_equal(msg.answer.metric, 1024);
	assert_int_equal(msg.answer.protocol, RTPROT_STATIC);
	assert_false(msg.answer.plural);
}

/* The kernel's own, other types, other tables, networks: none of them is ever taken away. */
static void passes_over_other_routes(void **state)
{
	struct message cases[] = {
		begin_route(RTM_NEWROUTE, AF_INET, RT_TABLE_LOCAL, RTPROT_KERNEL, RTN_LOCAL),
		begin_route(RTM_NEWROUTE, AF_INET, RT_TABLE_MAIN, RTPROT_STATIC, RTN_UNICAST),
		begin_route(RTM_NEWROUTE, AF_INET, 100, RTPROT_STATIC, RTN_LOCAL),
		begin_route(RTM_NEWROUTE, AF_INET, RT_TABLE_LOCAL, RTPROT_STATIC, RTN_LOCAL),
		begin_route(RTM_NEWROUTE, AF_INET, RT_TABLE_LOCAL, RTPROT_STATIC, RTN_LOCAL),
	};
	const uint32_t lo = 1, other_table = 1000;
	struct vg_rt_msg msg;

	(void)state;
	((struct rtmsg *)NLMSG_DATA(&cases[3].u.header))->rtm_dst_len = 28;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(&cases[i], RTA_DST, vip4, sizeof(vip4));
		put(&cases[i], RTA_OIF, &lo, sizeof(lo));
		if (i == 4)
			put(&cases[i], RTA_TABLE, &other_table, sizeof(other_table));
		assert_int_equal(parse(&cases[i], &msg), 0);
		assert_int_equal(msg.kind, VG_RT_OTHER);
	}
}

static void reads_several_next_hops(void **state)
{
	struct message message = begin_route(RTM_NEWROUTE, AF_INET, RT_TABLE_MAIN, RTPROT_STATIC, RTN_LOCAL);
	struct vg_rt_msg msg;

	(void)state;
	put(&message, RTA_DST, vip4, sizeof(vip4));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_ROUTE);
	assert_true(msg.answer.plural);
}

static void reads_a_proxy_neighbour(void **state)
{
	const struct ndmsg proxy = { .ndm_family = AF_INET, .ndm_ifindex = 7, .ndm_flags = NTF_PROXY };
	const struct ndmsg other = { .ndm_family = AF_INET, .ndm_ifindex = 7 };
	struct message message = begin(RTM_NEWNEIGH, &proxy, sizeof(proxy)), neighbour = begin(RTM_NEWNEIGH, &other, sizeof(other));
	struct vg_rt_msg msg;

	(void)state;
	assert_int_equal(parse(&message, &msg), -EBADMSG); /* without an address */
	put(&message, NDA_DST, vip4, sizeof(vip4));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_PROXY);
	assert_int_equal(msg.answer.ifindex, 7);
	assert_addr(&msg.answer.addr, "192.0.2.10");
	put(&neighbour, NDA_DST, vip4, sizeof(vip4));
	assert_int_equal(parse(&neighbour, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_NEIGH);
}

static void reads_a_neighbour(void **state)
{
	const struct ndmsg head = { .ndm_family = AF_INET, .ndm_ifindex = 7, .ndm_state = NUD_STALE };
	struct message message = begin(RTM_NEWNEIGH, &head, sizeof(head)), tunnel = begin(RTM_NEWNEIGH, &head, sizeof(head));
	struct vg_rt_msg msg;

	(void)state;
	put(&message, NDA_DST, vip4, sizeof(vip4));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_NEIGH);
	assert_false(msg.neigh.has_mac);
	put(&message, NDA_LLADDR, "\2\0\0\0\0\25", 6);
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.neigh.ifindex, 7);
	assert_int_equal(msg.neigh.state, NUD_STALE);
	assert_true(msg.neigh.has_mac);
	assert_memory_equal(msg.neigh.mac, "\2\0\0\0\0\25", 6);
	assert_addr(&msg.neigh.addr, "192.0.2.10");
	/* a tunnel's link-layer address is an IP address */
	put(&tunnel, NDA_DST, vip4, sizeof(vip4));
	put(&tunnel, NDA_LLADDR, vip4, sizeof(vip4));
	assert_int_equal(parse(&tunnel, &msg), 0);
	assert_false(msg.neigh.has_mac);
}

static void reads_a_link(void **state)
{
	struct message message = begin_link(RTM_NEWLINK, AF_UNSPEC), info = { 0 };
	const uint32_t master = 3, lower = 2;
	const struct nlattr kind = { .nla_len = NLA_HDRLEN + 5, .nla_type = IFLA_INFO_KIND };
	struct vg_rt_msg msg;

	(void)state;
	memcpy(info.u.bytes, &kind, sizeof(kind));
	memcpy(info.u.bytes + NLA_HDRLEN, "vlan", 5);
	put(&message, IFLA_IFNAME, "eth0.5", 7);
	put(&message, IFLA_ADDRESS, "\2\0\0\0\0\7", 6);
	put(&message, IFLA_MASTER, &master, sizeof(master));
	put(&message, IFLA_LINK, &lower, sizeof(lower));
	put(&message, IFLA_LINKINFO, info.u.bytes, NLA_ALIGN(kind.nla_len));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_LINK);
	assert_string_equal(msg.link.name, "eth0.5");
	assert_string_equal(msg.link.kind, "vlan");
	assert_memory_equal(msg.link.mac, "\2\0\0\0\0\7", 6);
	assert_int_equal(msg.link.master, 3);
	assert_int_equal(msg.link.lower, 2);
	assert_int_equal(msg.link.flags, 0x1003);
	put(&message, IFLA_LINK_NETNSID, &master, sizeof(master));
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.link.lower, 0);
}

static void leaves_alone_what_is_not_of_the_link(void **state)
{
	struct message port = begin_link(RTM_DELLINK, AF_BRIDGE), wireless = begin_link(RTM_NEWLINK, AF_UNSPEC);
	struct message other = begin_addr(RTM_NEWADDR, AF_PHONET, 0), unknown = begin(RTM_NEWRULE, vip4, sizeof(vip4));
	struct vg_rt_msg msg;

	(void)state;
	assert_int_equal(parse(&port, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_OTHER);
	put(&wireless, IFLA_WIRELESS, vip4, sizeof(vip4));
	assert_int_equal(parse(&wireless, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_OTHER);
	assert_int_equal(parse(&other, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_OTHER);
	assert_int_equal(parse(&unknown, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_OTHER);
}

static void refuses_a_link_without_sense(void **state)
{
	const struct ifinfomsg no_index = { .ifi_index = -1 };
	struct message message = begin(RTM_NEWLINK, &no_index, sizeof(no_index)), long_name = begin_link(RTM_NEWLINK, AF_UNSPEC);
	struct vg_rt_msg msg;

	(void)state;
	assert_int_equal(parse(&message, &msg), -EBADMSG);
	put(&long_name, IFLA_IFNAME, "a-name-of-sixteen", 17);
	assert_int_equal(parse(&long_name, &msg), -EBADMSG);
}

static void reads_results(void **state)
{
	const int32_t error = -EADDRNOTAVAIL, lowest = INT32_MIN, positive = 5;
	struct message message = begin(NLMSG_ERROR, &error, sizeof(error)), wrong = begin(NLMSG_ERROR, &lowest, sizeof(lowest));
	struct message odd = begin(NLMSG_ERROR, &positive, sizeof(positive)), done = begin(NLMSG_DONE, "", 0);
	struct vg_rt_msg msg;

	(void)state;
	assert_int_equal(parse(&message, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_ERROR);
	assert_int_equal(msg.error, -EADDRNOTAVAIL);
	assert_int_equal(parse(&wrong, &msg), -EBADMSG);
	assert_int_equal(parse(&odd, &msg), -EBADMSG);
	done.u.header.nlmsg_flags = NLM_F_DUMP_INTR;
	assert_int_equal(parse(&done, &msg), 0);
	assert_int_equal(msg.kind, VG_RT_DONE);
	assert_true(msg.interrupted);
}

static void never_steps_past_the_end(void **state)
{
	struct message message = begin(RTM_NEWRULE, "abc", 3);
	struct vg_rt_msg msg;
	size_t size;

	(void)state;
	message.u.header.nlmsg_len = NLMSG_HDRLEN + 3;
	assert_int_equal(vg_rtmsg_parse(message.u.bytes, NLMSG_HDRLEN + 3, &msg, &size), 0);
	assert_int_equal(size, NLMSG_HDRLEN + 3);
	assert_int_equal(vg_rtmsg_parse(message.u.bytes, NLMSG_HDRLEN + 8, &msg, &size), 0);
	assert_int_equal(size, NLMSG_HDRLEN + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_ipv4_address),
		cmocka_unit_test(reads_an_ipv6_address_that_is_gone),
		cmocka_unit_test(takes_the_last_of_repeated_attributes),
		cmocka_unit_test(refuses_wrong_lengths_of_addresses),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(reads_a_local_route),
		cmocka_unit_test(passes_over_other_routes),
		cmocka_unit_test(reads_several_next_hops),
		cmocka_unit_test(reads_a_proxy_neighbour),
		cmocka_unit_test(reads_a_neighbour),
		cmocka_unit_test(reads_a_link),
		cmocka_unit_test(reads_a_long_kind),
		cmocka_unit_test(leaves_alone_what_is_not_of_the_link),
		cmocka_unit_test(refuses_a_link_without_sense),
		cmocka_unit_test(reads_results),
		cmocka_unit_test(never_steps_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
