/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of rtnetlink messages on the host, against what the kernel does with the same bytes: table of messages, then each cut and
 * stretched at every length. Bytes behind what was sent are poisoned: the parser must not let them decide.
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

#define SENT_MAX 4096

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
	struct attr attrs[6];
	enum vg_parse expect;
	const char *addr;
	__u32 ifa_flags;
};

struct sent {
	__u8 bytes[SENT_MAX];
	__u32 len;
};

#define REQUEST (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE)
#define V4 .type = RTM_NEWADDR, .flags = REQUEST, .family = AF_INET, .prefix = 32
#define V6 .type = RTM_NEWADDR, .flags = REQUEST, .family = AF_INET6, .prefix = 128
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

/* Behind what is there already. */
static void put_message(struct sent *sent, const struct message *message)
{
	const struct nlmsghdr head = { .nlmsg_type = message->type, .nlmsg_flags = message->flags };
	const struct ifaddrmsg body = { .ifa_family = message->family, .ifa_prefixlen = message->prefix, .ifa_index = 7 };
	const __u32 start = sent->len;

	memcpy(sent->bytes + start, &head, sizeof(head));
	memcpy(sent->bytes + start + sizeof(head), &body, sizeof(body));
	sent->len += sizeof(head) + sizeof(body);
	for (size_t i = 0; i < 6 && (message->attrs[i].type || message->attrs[i].len); i++)
		put_attr(sent, &message->attrs[i]);
	set_len(sent, start);
}

/* As vg_deny does it. Behind the end stands what would be an answer if it were read. */
static enum vg_parse parse(const struct sent *sent, struct vg_newaddr *ret_new)
{
	const __u32 len = sent->len < VG_NLMSG_MAX ? sent->len : VG_NLMSG_MAX;
	struct vg_nlmsg *msg = malloc(sizeof(*msg));
	enum vg_parse parsed;

	assert_non_null(msg);
	memset(msg, 0x0c, sizeof(*msg));
	memcpy(msg->bytes, sent->bytes, len);
	parsed = vg_nlmsg_parse(msg, sent->len, ret_new);
	free(msg);
	return parsed;
}

static void check_new(const struct message *message, const struct vg_newaddr *new)
{
	const struct vg_addr addr = addr_of(message->addr);

	if (memcmp(&new->addr, &addr, sizeof(addr)) || new->prefix != message->prefix || new->ifindex != 7 || new->nl_flags != message->flags ||
	    new->ifa_flags != message->ifa_flags)
		fail_msg("%s: read wrongly", message->name);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		struct sent sent = { .len = 0 };
		struct vg_newaddr new;
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
		struct vg_newaddr new;

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
		struct vg_newaddr new;

		put_message(&sent, &messages[1]);
		assert_int_equal(sent.len, 32);
		sent.len = len < 4 ? 4 : len;
		memcpy(sent.bytes, &len, sizeof(len));
		assert_int_equal(parse(&sent, &new), len == 32 ? VG_PARSE_FOUND : VG_PARSE_NONE);
	}
}

static void test_two_messages(void **state)
{
	struct sent sent = { .len = 0 };
	struct vg_newaddr new;

	(void)state;
	put_message(&sent, &messages[MESSAGES - 1]);
	put_message(&sent, &messages[0]);
	assert_int_equal(parse(&sent, &new), VG_PARSE_UNPARSED);
}

/* Padding is no message: zeros, as ip sends them, or less than a header, or a length beyond the end. */
static void test_padding(void **state)
{
	const __u32 beyond = 17;

	(void)state;
	for (__u32 pad = 0; pad < 200; pad++) {
		struct sent sent = { .len = 0 };
		struct vg_newaddr new;
		__u32 end;

		put_message(&sent, &messages[0]);
		end = sent.len;
		sent.len += pad;
		assert_int_equal(parse(&sent, &new), VG_PARSE_FOUND);
		check_new(&messages[0], &new);
		memcpy(sent.bytes + end, &beyond, sizeof(beyond));
		assert_int_equal(parse(&sent, &new), pad < beyond ? VG_PARSE_FOUND : VG_PARSE_UNPARSED);
	}
}

/* The bounds: what is longer, or has more attributes, is unparsed; of other messages nothing need be known. */
static void test_bounds(void **state)
{
	const struct attr filler = RAW(300, 0, 4), local = ADDR(IFA_LOCAL, ONE);

	(void)state;
	for (unsigned int n = 0; n < 100; n++) {
		struct message message = { .name = "many", V4 };
		struct sent sent = { .len = 0 };
		struct vg_newaddr new;
		bool fits = n + 1 <= VG_NLMSG_ATTRS;

		put_message(&sent, &message);
		for (unsigned int i = 0; i < n; i++)
			put_attr(&sent, &filler);
		put_attr(&sent, &local);
		set_len(&sent, 0);
		assert_int_equal(parse(&sent, &new), fits ? VG_PARSE_FOUND : VG_PARSE_UNPARSED);
		sent.bytes[VG_NLMSG_TYPE] = RTM_GETLINK;
		assert_int_equal(parse(&sent, &new), VG_PARSE_NONE);
	}
}

/* The longest that is read, and one attribute that ends exactly there. */
static void test_longest(void **state)
{
	const struct attr local = ADDR(IFA_LOCAL, SIX);

	(void)state;
	for (__u16 len = 440; len < 480; len += 4) {
		const struct attr filler = RAW(300, 0, len);
		struct message message = { .name = "long", V6 };
		struct sent sent = { .len = 0 };
		struct vg_newaddr new;

		put_message(&sent, &message);
		put_attr(&sent, &filler);
		put_attr(&sent, &local);
		set_len(&sent, 0);
		assert_int_equal(parse(&sent, &new), sent.len <= VG_NLMSG_MAX ? VG_PARSE_FOUND : VG_PARSE_UNPARSED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	     cmocka_unit_test(test_cut_sends), cmocka_unit_test(test_short_messages),
		cmocka_unit_test(test_two_messages), cmocka_unit_test(test_padding),   cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
