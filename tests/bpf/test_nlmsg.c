/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over rtnetlink messages on the host, against what the kernel does with the same bytes: table of messages, then each cut and
 * stretched at every length, in batches, and beside a naive walk. Nothing stands behind what was sent: a sanitizer sees who reads there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "nlmsg.bpf.h"

#include "nlnaive.h"

#define SENT_MAX 8192

/* One attribute; text is an address, else value is written in len bytes. */
struct attr {
	__u16 type;
	const char *text;
	__u32 value;
	__u16 len; /* of the payload; 0: as the text asks */
};

struct message {
	const char *name;
	__u16 type, flags;
	__u8 family, prefix;
	__u8 table, route; /* RTM_NEWROUTE */
	__u8 ndm_flags; /* RTM_NEWNEIGH */
	struct attr attrs[6];
	enum vg_parse expect;
	const char *addr;
	__u32 ifa_flags;
	__u32 ifindex; /* 0: as put_message() writes it */
};

struct sent {
	__u8 bytes[SENT_MAX] __attribute__((aligned(4)));
	__u32 len;
};

#define REQUEST (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE)
#define V4 .type = RTM_NEWADDR, .flags = REQUEST, .family = AF_INET, .prefix = 32
#define V6 .type = RTM_NEWADDR, .flags = REQUEST, .family = AF_INET6, .prefix = 128
#define ROUTE4(table_) .type = RTM_NEWROUTE, .flags = REQUEST, .family = AF_INET, .prefix = 32, .route = RTN_LOCAL, .table = table_
#define ROUTE6(table_) .type = RTM_NEWROUTE, .flags = REQUEST, .family = AF_INET6, .prefix = 128, .route = RTN_LOCAL, .table = table_
#define PROXY(family_) .type = RTM_NEWNEIGH, .flags = REQUEST, .family = family_, .prefix = (family_) == AF_INET ? 32 : 128, .ndm_flags = NTF_PROXY
#define FOUND(addr_) .expect = VG_PARSE_FOUND, .addr = addr_
#define ADDR(type_, text_) \
	{ \
		.type = type_, .text = text_ \
	}
#define RAW(type_, value_, len_) \
	{ \
		.type = type_, .value = value_, .len = len_ \
	}
#define ONE "192.0.2.1"
#define TWO "192.0.2.2"
#define SIX "2001:db8::6"
#define SEVEN "2001:db8::7"

static const struct message messages[] = {
	{ .name = "v4 as kube-vip", V4, .attrs = { ADDR(IFA_LOCAL, ONE), ADDR(IFA_ADDRESS, ONE) }, FOUND(ONE) },
	{ .name = "v4, local only", V4, .attrs = { ADDR(IFA_LOCAL, ONE) }, FOUND(ONE) },
	{ .name = "v4, peer", V4, .attrs = { ADDR(IFA_LOCAL, ONE), ADDR(IFA_ADDRESS, TWO) }, FOUND(ONE) },
	{ .name = "v4, peer first", V4, .attrs = { ADDR(IFA_ADDRESS, TWO), ADDR(IFA_LOCAL, ONE) }, FOUND(ONE) },
	{ .name = "v4 without local is EINVAL", V4, .attrs = { ADDR(IFA_ADDRESS, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "v4, the last local counts", V4, .attrs = { ADDR(IFA_LOCAL, ONE), ADDR(IFA_LOCAL, TWO) }, FOUND(TWO) },
	{ .name = "v4, flag bits in the type", V4, .attrs = { ADDR(IFA_LOCAL | NLA_F_NESTED, ONE) }, FOUND(ONE) },
	{ .name = "v4, net byte order bit", V4, .attrs = { ADDR(IFA_LOCAL | NLA_F_NET_BYTEORDER, ONE) }, FOUND(ONE) },
	{ .name = "v4, type 0 and unknown types", V4, .attrs = { RAW(0, 1, 4), ADDR(300, ONE), ADDR(IFA_LOCAL, ONE), ADDR(18, TWO) }, FOUND(ONE) },
	{ .name = "v4, local too short is ERANGE", V4, .attrs = { RAW(IFA_LOCAL, 0, 3) }, .expect = VG_PARSE_NONE },
	{ .name = "v4, an earlier one too short", V4, .attrs = { RAW(IFA_LOCAL, 0, 2), ADDR(IFA_LOCAL, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "v4, local longer than needed", V4, .attrs = { { .type = IFA_LOCAL, .text = ONE, .len = 16 } }, FOUND(ONE) },
	{ .name = "v4, odd length before it", V4, .attrs = { RAW(IFA_LABEL, 0, 5), ADDR(IFA_LOCAL, ONE) }, FOUND(ONE) },
	{ .name = "v4, flags attribute", V4, .attrs = { ADDR(IFA_LOCAL, ONE), RAW(IFA_FLAGS, 0x280, 4) }, FOUND(ONE), .ifa_flags = 0x280 },
	{ .name = "v4, prefix 33 is EINVAL",
	  .type = RTM_NEWADDR,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .prefix = 33,
	  .attrs = { ADDR(IFA_LOCAL, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v6, both", V6, .attrs = { ADDR(IFA_LOCAL, SIX), ADDR(IFA_ADDRESS, SIX) }, FOUND(SIX) },
	{ .name = "v6, address only", V6, .attrs = { ADDR(IFA_ADDRESS, SIX) }, FOUND(SIX) },
	{ .name = "v6, local only", V6, .attrs = { ADDR(IFA_LOCAL, SIX) }, FOUND(SIX) },
	{ .name = "v6, peer", V6, .attrs = { ADDR(IFA_ADDRESS, SEVEN), ADDR(IFA_LOCAL, SIX) }, FOUND(SIX) },
	{ .name = "v6, local too short is ERANGE", V6, .attrs = { ADDR(IFA_ADDRESS, SIX), ADDR(IFA_LOCAL, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "v6 mapped is the v4 address", V6, .attrs = { ADDR(IFA_LOCAL, "::ffff:192.0.2.1") }, FOUND(ONE) },
	{ .name = "v6, prefix 129 is EINVAL",
	  .type = RTM_NEWADDR,
	  .flags = REQUEST,
	  .family = AF_INET6,
	  .prefix = 129,
	  .attrs = { ADDR(IFA_LOCAL, SIX) },
	  .expect = VG_PARSE_NONE },
	{ .name = "another family",
	  .type = RTM_NEWADDR,
	  .flags = REQUEST,
	  .family = AF_BRIDGE,
	  .attrs = { ADDR(IFA_LOCAL, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "no address at all", V6, .expect = VG_PARSE_NONE },
	{ .name = "not a request: skipped",
	  .type = RTM_NEWADDR,
	  .family = AF_INET,
	  .prefix = 32,
	  .attrs = { ADDR(IFA_LOCAL, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "RTM_DELADDR",
	  .type = RTM_DELADDR,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .prefix = 32,
	  .attrs = { ADDR(IFA_LOCAL, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v4 local route", ROUTE4(RT_TABLE_LOCAL), .attrs = { ADDR(RTA_DST, ONE), RAW(RTA_OIF, 9, 4) }, FOUND(ONE), .ifindex = 9 },
	{ .name = "v4 local route in main", ROUTE4(RT_TABLE_MAIN), .attrs = { ADDR(RTA_DST, ONE) }, FOUND(ONE), .ifindex = 1 },
	{ .name = "v4 local route, table not said", ROUTE4(0), .attrs = { ADDR(RTA_DST, ONE) }, FOUND(ONE), .ifindex = 1 },
	{ .name = "v4 local route, its own table", ROUTE4(100), .attrs = { ADDR(RTA_DST, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "v4 local route, table beyond 255", ROUTE4(252), .attrs = { ADDR(RTA_DST, ONE), RAW(RTA_TABLE, 511, 4) }, .expect = VG_PARSE_NONE },
	{ .name = "v4 local route, the attribute beats the head",
	  ROUTE4(100),
	  .attrs = { RAW(RTA_TABLE, 255, 4), ADDR(RTA_DST, ONE) },
	  FOUND(ONE),
	  .ifindex = 1 },
	{ .name = "v4 local route, the last destination counts",
	  ROUTE4(RT_TABLE_LOCAL),
	  .attrs = { ADDR(RTA_DST, ONE), ADDR(RTA_DST, TWO) },
	  FOUND(TWO),
	  .ifindex = 1 },
	{ .name = "v4 local route, too short is ERANGE",
	  ROUTE4(RT_TABLE_LOCAL),
	  .attrs = { RAW(RTA_DST, 0, 3), ADDR(RTA_DST, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v4 local route of a network",
	  .type = RTM_NEWROUTE,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .prefix = 24,
	  .route = RTN_LOCAL,
	  .table = RT_TABLE_LOCAL,
	  .attrs = { ADDR(RTA_DST, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v4 local route of everything, as TPROXY",
	  .type = RTM_NEWROUTE,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .route = RTN_LOCAL,
	  .table = RT_TABLE_MAIN,
	  .attrs = { RAW(RTA_OIF, 1, 4) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v4 unicast route",
	  .type = RTM_NEWROUTE,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .prefix = 32,
	  .route = RTN_UNICAST,
	  .table = RT_TABLE_MAIN,
	  .attrs = { ADDR(RTA_DST, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v6 local route", ROUTE6(RT_TABLE_LOCAL), .attrs = { RAW(RTA_OIF, 9, 4), ADDR(RTA_DST, SIX) }, FOUND(SIX), .ifindex = 9 },
	{ .name = "v6 local route, the last too short is EINVAL",
	  ROUTE6(RT_TABLE_LOCAL),
	  .attrs = { ADDR(RTA_DST, SIX), ADDR(RTA_DST, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "v6 local route, an earlier one too short",
	  ROUTE6(RT_TABLE_LOCAL),
	  .attrs = { ADDR(RTA_DST, ONE), ADDR(RTA_DST, SIX) },
	  FOUND(SIX),
	  .ifindex = 1 },
	{ .name = "v4 proxy", PROXY(AF_INET), .attrs = { ADDR(NDA_DST, ONE) }, FOUND(ONE) },
	{ .name = "v6 proxy", PROXY(AF_INET6), .attrs = { ADDR(NDA_DST, SIX) }, FOUND(SIX) },
	{ .name = "v6 proxy, too short is EINVAL", PROXY(AF_INET6), .attrs = { ADDR(NDA_DST, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "v4 proxy, an earlier one too short", PROXY(AF_INET), .attrs = { RAW(NDA_DST, 0, 2), ADDR(NDA_DST, ONE) }, FOUND(ONE) },
	{ .name = "a neighbour",
	  .type = RTM_NEWNEIGH,
	  .flags = REQUEST,
	  .family = AF_INET,
	  .attrs = { ADDR(NDA_DST, ONE) },
	  .expect = VG_PARSE_NONE },
	{ .name = "a bridge's entry", PROXY(AF_BRIDGE), .attrs = { ADDR(NDA_DST, ONE) }, .expect = VG_PARSE_NONE },
	{ .name = "RTM_GETLINK", .type = RTM_GETLINK, .flags = NLM_F_REQUEST | NLM_F_DUMP, .expect = VG_PARSE_NONE },
};

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

static struct vg_addr addr_of(const char *text)
{
	struct vg_addr addr = { { 0 } };

	if (inet_pton(AF_INET6, text, addr.bytes) == 1)
		return addr;
	addr.bytes[10] = addr.bytes[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, text, addr.bytes + 12), 1);
	return addr;
}

static void put_attr(struct sent *sent, const struct attr *attr)
{
	struct vg_addr addr = { { 0 } };
	struct rtattr head = { .rta_type = attr->type };
	__u16 len = attr->len;
	const void *payload = &attr->value;

	if (attr->text) {
		bool v4 = !strchr(attr->text, ':');

		assert_int_equal(inet_pton(v4 ? AF_INET : AF_INET6, attr->text, addr.bytes), 1);
		payload = addr.bytes;
		len = len ? len : v4 ? 4 : 16;
	}
	head.rta_len = (__u16)(RTA_LENGTH(0) + len);
	memset(sent->bytes + sent->len, 0, RTA_SPACE(len));
	memcpy(sent->bytes + sent->len, &head, sizeof(head));
	memcpy(sent->bytes + sent->len + sizeof(head), payload, attr->text || len <= 4 ? len : 4);
	sent->len += (__u32)RTA_SPACE(len);
}

static void set_len(struct sent *sent, __u32 start)
{
	const __u32 len = sent->len - start;

	memcpy(sent->bytes + start, &len, sizeof(len));
}

static void put_bytes(struct sent *sent, const void *bytes, size_t len)
{
	memcpy(sent->bytes + sent->len, bytes, len);
	sent->len += (__u32)len;
}

/* Behind what is there already. */
static void put_message(struct sent *sent, const struct message *message)
{
	const struct nlmsghdr head = { .nlmsg_type = message->type, .nlmsg_flags = message->flags };
	const struct ifaddrmsg addr = { .ifa_family = message->family, .ifa_prefixlen = message->prefix, .ifa_index = 7 };
	const struct ndmsg neigh = { .ndm_family = message->family, .ndm_ifindex = 7, .ndm_flags = message->ndm_flags };
	const struct rtmsg route = {
		.rtm_family = message->family,
		.rtm_dst_len = message->prefix,
		.rtm_table = message->table,
		.rtm_type = message->route,
	};
	const __u32 start = sent->len;

	put_bytes(sent, &head, sizeof(head));
	if (message->type == RTM_NEWROUTE)
		put_bytes(sent, &route, sizeof(route));
	else if (message->type == RTM_NEWNEIGH)
		put_bytes(sent, &neigh, sizeof(neigh));
	else
		put_bytes(sent, &addr, sizeof(addr));
	for (size_t i = 0; i < 6 && (message->attrs[i].type || message->attrs[i].len); i++)
		put_attr(sent, &message->attrs[i]);
	set_len(sent, start);
}

/* One ask at most, or the sum of asks in *ret_n. As vg_deny does it, with the very bytes and none behind them. */
static bool parse_all(const struct sent *sent, struct vg_ask *ret_ask, unsigned int *ret_n)
{
	__u8 *bytes = malloc(sent->len ? sent->len : 1);
	enum vg_nl_step step = VG_NL_MORE;
	struct vg_nlwalk walk;

	assert_non_null(bytes);
	memcpy(bytes, sent->bytes, sent->len);
	memset(&walk, 0x0c, sizeof(walk));
	vg_nl_start(&walk, bytes, sent->len);
	*ret_n = 0;
	for (unsigned int i = 0; i < VG_NL_STEPS && step != VG_NL_END; i++) {
		step = vg_nl_step(&walk);
		assert_int_not_equal(step, VG_NL_UNREADABLE);
		if (step == VG_NL_ASK)
			ret_ask[(*ret_n)++] = walk.ask;
	}
	free(bytes);
	return step == VG_NL_END;
}

static enum vg_parse parse(const struct sent *sent, struct vg_ask *ret_ask)
{
	unsigned int n;

	if (!parse_all(sent, ret_ask, &n))
		return VG_PARSE_UNPARSED;
	assert_in_range(n, 0, 1);
	return n ? VG_PARSE_FOUND : VG_PARSE_NONE;
}

static enum vg_how how_of(const struct message *message)
{
	if (message->type == RTM_NEWADDR)
		return VG_HOW_NETLINK;
	return message->type == RTM_NEWROUTE ? VG_HOW_ROUTE : VG_HOW_PROXY;
}

static void check_new(const struct message *message, const struct vg_ask *new)
{
	const struct vg_addr addr = addr_of(message->addr);

	if (memcmp(&new->addr, &addr, sizeof(addr)) || new->prefix != message->prefix || new->how != how_of(message) ||
	    new->ifindex != (message->ifindex ? message->ifindex : 7) || new->nl_flags != message->flags || new->ifa_flags != message->ifa_flags)
		fail_msg("%s: read wrongly", message->name);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		struct sent sent = { .len = 0 };
		struct vg_ask new;
		enum vg_parse parsed;

		put_message(&sent, &messages[i]);
		parsed = parse(&sent, &new);
		if (parsed != messages[i].expect)
			fail_msg("%s: %d instead of %d", messages[i].name, parsed, messages[i].expect);
		if (parsed == VG_PARSE_FOUND)
			check_new(&messages[i], &new);
	}
}

/* The kernel does nothing with a message that is longer than what was sent. */
static void test_cut_sends(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		struct sent sent = { .len = 0 };
		struct vg_ask new;

		put_message(&sent, &messages[i]);
		while (sent.len--)
			assert_int_equal(parse(&sent, &new), VG_PARSE_NONE);
	}
}

/* A message that says itself that it is shorter: with v4 and one attribute, it binds only while that attribute is whole. */
static void test_short_messages(void **state)
{
	(void)state;
	for (__u32 len = 0; len <= 32; len++) {
		struct sent sent = { .len = 0 };
		struct vg_ask new;

		put_message(&sent, &messages[1]);
		assert_int_equal(sent.len, 32);
		sent.len = len < 4 ? 4 : len;
		memcpy(sent.bytes, &len, sizeof(len));
		assert_int_equal(parse(&sent, &new), len == 32 ? VG_PARSE_FOUND : VG_PARSE_NONE);
	}
}

/* Every message of a send is looked at, and what is found in one decides nothing about the next. */
static void test_batches(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		for (size_t j = 0; j < MESSAGES; j++) {
			const struct message *both[] = { &messages[i], &messages[j] };
			struct sent sent = { .len = 0 };
			struct vg_ask asks[2];
			unsigned int n, wanted = 0;

			put_message(&sent, both[0]);
			put_message(&sent, both[1]);
			assert_true(parse_all(&sent, asks, &n));
			for (size_t k = 0; k < 2; k++) {
				if (both[k]->expect == VG_PARSE_FOUND && wanted < n)
					check_new(both[k], &asks[wanted]);
				wanted += both[k]->expect == VG_PARSE_FOUND;
			}
			assert_int_equal(n, wanted);
		}
	}
}

/* As many as the bound allows: each takes a step for its head, one for each attribute and one to end. */
static void test_long_batches(void **state)
{
	static struct vg_ask asks[SENT_MAX / 32];
	struct sent sent = { .len = 0 };
	unsigned int n;

	(void)state;
	for (unsigned int i = 0; i < SENT_MAX / 32; i++) {
		put_message(&sent, &messages[1]);
		assert_true(parse_all(&sent, asks, &n));
		assert_int_equal(n, i + 1);
	}
}

/* Padding is no message: zeros, as ip sends them, or less than a header, or a length beyond the end. */
static void test_padding(void **state)
{
	const __u32 beyond = 17;

	(void)state;
	for (__u32 pad = 0; pad < 200; pad++) {
		struct sent sent = { .len = 0 };
		struct vg_ask new;
		__u32 end;

		put_message(&sent, &messages[0]);
		end = sent.len;
		sent.len += pad;
		assert_int_equal(parse(&sent, &new), VG_PARSE_FOUND);
		check_new(&messages[0], &new);
		memcpy(sent.bytes + end, &beyond, sizeof(beyond));
		/* from 17 bytes on it is a message, and of no type that counts */
		assert_int_equal(parse(&sent, &new), VG_PARSE_FOUND);
	}
}

/* The bound: what takes more steps is unparsed. One goes to the head, one to the end. */
static void test_bounds(void **state)
{
	const struct attr local = ADDR(IFA_LOCAL, ONE);

	(void)state;
	for (unsigned int n = VG_NL_STEPS - 20; n < VG_NL_STEPS + 20; n++) {
		const struct rtattr filler = { .rta_len = sizeof(filler), .rta_type = 300 };
		struct message message = { .name = "many", V4 };
		struct sent sent = { .len = 0 };
		struct vg_ask new;

		put_message(&sent, &message);
		for (unsigned int i = 0; i < n; i++, sent.len += sizeof(filler))
			memcpy(sent.bytes + sent.len, &filler, sizeof(filler));
		put_attr(&sent, &local);
		set_len(&sent, 0);
		/* the last step sees the end of the send */
		assert_int_equal(parse(&sent, &new), n + 4 <= VG_NL_STEPS ? VG_PARSE_FOUND : VG_PARSE_UNPARSED);
		sent.bytes[4] = RTM_GETLINK;
		assert_int_equal(parse(&sent, &new), VG_PARSE_NONE);
	}
}

static __u32 next_random(__u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Bytes that are nearly messages: a batch of the table with some of its bytes changed. */
static void put_noise(struct sent *sent, __u32 *seed)
{
	sent->len = 0;
	for (unsigned int i = next_random(seed) % 6; i < 6; i++)
		put_message(sent, &messages[next_random(seed) % MESSAGES]);
	for (unsigned int i = next_random(seed) % 8; i; i--)
		sent->bytes[next_random(seed) % sent->len] = (__u8)(next_random(seed) % 40);
	sent->len -= next_random(seed) % 8;
}

static void test_beside_naive(void **state)
{
	static struct vg_ask asks[SENT_MAX];
	static struct naive_ask naive[SENT_MAX];
	struct sent sent;
	__u32 seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 100000; round++) {
		unsigned int n;

		put_noise(&sent, &seed);
		assert_true(parse_all(&sent, asks, &n));
		assert_int_equal(n, naive_walk(sent.bytes, sent.len, naive, SENT_MAX));
		for (unsigned int i = 0; i < n; i++)
			assert_true(!memcmp(&asks[i].addr, &naive[i].addr, sizeof(asks[i].addr)) && asks[i].how == naive[i].how &&
				    asks[i].ifindex == naive[i].ifindex && asks[i].prefix == naive[i].prefix &&
				    asks[i].ifa_flags == naive[i].ifa_flags && asks[i].nl_flags == naive[i].nl_flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	cmocka_unit_test(test_cut_sends),    cmocka_unit_test(test_short_messages),
		cmocka_unit_test(test_batches), cmocka_unit_test(test_long_batches), cmocka_unit_test(test_padding),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_beside_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
