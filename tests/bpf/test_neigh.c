/* SPDX-License-Identifier: Apache-2.0 */
/* The frame parser on the host: every frame of the table, each cut at each length, in buffers that end where the frame ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"

#include "core/heal_frame.h"

/* A copy in memory of exactly its size: a read beyond is an error under the sanitizer. */
static enum vg_parse parse_cut(const struct frames_frame *frame, size_t len, struct vg_claim *ret_claim)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum vg_parse parsed;

	assert_non_null(copy);
	memcpy(copy, frame->bytes, len);
	parsed = vg_neigh_parse(&(struct vg_frame){ .bytes = copy, .len = len }, ret_claim);
	free(copy);
	return parsed;
}

static void check_claim(const struct frames_spec *spec, const struct frames_frame *frame, size_t len, const struct vg_claim *claim)
{
	struct vg_addr addr = frames_cut_addr(spec, frame, len);

	if (memcmp(&claim->addr, &addr, sizeof(addr)) || claim->how != spec->how)
		fail_msg("%s, cut at %zu: a wrong claim", spec->name, len);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < FRAMES_COUNT; i++) {
		const struct frames_spec *spec = &frames_specs[i];
		struct frames_frame frame;
		struct vg_claim claim;
		enum vg_parse parsed;

		frames_build(spec, &frame);
		parsed = parse_cut(&frame, frame.len, &claim);
		if (parsed != spec->expect)
			fail_msg("%s: %d instead of %d", spec->name, parsed, spec->expect);
		if (parsed == VG_PARSE_FOUND)
			check_claim(spec, &frame, frame.len, &claim);
	}
}

/* A claim is found from the byte on at which its address is complete, never before. What is none stays none. */
static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < FRAMES_COUNT; i++) {
		const struct frames_spec *spec = &frames_specs[i];
		struct frames_frame frame;
		struct vg_claim claim;

		frames_build(spec, &frame);
		for (size_t len = 0; len <= frame.len; len++) {
			bool whole = len >= frames_claim_len(spec, &frame), found = parse_cut(&frame, len, &claim) == VG_PARSE_FOUND;

			if (found != (spec->expect == VG_PARSE_FOUND && whole))
				fail_msg("%s, cut at %zu: %s", spec->name, len, found ? "found" : "missed");
			if (found)
				check_claim(spec, &frame, len, &claim);
		}
	}
}

/* What is certainly ARP or NDP, and short, is said to be unparsed: it is counted, not overlooked. */
static void test_short_is_unparsed(void **state)
{
	const struct {
		struct frames_spec spec;
		size_t from; /* from here on its kind is known */
	} cases[] = {
		{ { .name = "ARP", FRAMES_REPLY }, 14 },
		{ { .name = "tagged ARP", FRAMES_REPLY, .tags = { 0x8100 } }, 14 },
		{ { .name = "SNAP ARP", FRAMES_REPLY, .snap = true }, 22 },
		{ { .name = "NA", FRAMES_NA }, 14 },
		{ { .name = "NA behind a header", FRAMES_NA, .ext = { 60 }, .n_ext = 1 }, 14 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frames_frame frame;
		struct vg_claim claim;

		frames_build(&cases[i].spec, &frame);
		for (size_t len = 0; len < frames_claim_len(&cases[i].spec, &frame); len++) {
			enum vg_parse parsed = parse_cut(&frame, len, &claim);

			if (parsed != (len < cases[i].from ? VG_PARSE_NONE : VG_PARSE_UNPARSED))
				fail_msg("%s, cut at %zu: %d", cases[i].spec.name, len, parsed);
		}
	}
}

/* A v4-mapped target is the IPv4 address: compared by value. */
static void test_mapped_target(void **state)
{
	const struct frames_spec spec = { .name = "mapped", .body = FRAMES_IP6, .icmp6 = 136, .target = "::ffff:" FRAMES_V4 };
	const struct frames_spec arp = { .name = "ARP", FRAMES_REPLY };
	struct vg_addr expected = frames_addr(&arp);
	struct frames_frame frame;
	struct vg_claim claim;

	(void)state;
	frames_build(&spec, &frame);
	assert_int_equal(parse_cut(&frame, frame.len, &claim), VG_PARSE_FOUND);
	assert_memory_equal(&claim.addr, &expected, sizeof(expected));
}

static int read_mac_of(const uint8_t *bytes, size_t len, uint8_t *mac)
{
	const struct vg_frame frame = { .bytes = bytes, .len = len };
	struct vg_claim claim = { .offset = 0 };

	assert_int_equal(vg_neigh_parse(&frame, &claim), VG_PARSE_FOUND);
	return vg_neigh_read_mac(&frame, &claim, (__u32)len, mac);
}

/* What the guard itself sends, alone and under tags: the hardware address is found where it stands, and nowhere else. */
static void test_own_frames(void **state)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x64 };
	struct vg_heal_news news = { .mac = { 2, 0, 0, 0, 0, 0x15 }, .own_mac = { 2, 0, 0, 0, 0, 0x0b } };
	const struct frames_spec spec4 = { .spa = FRAMES_V4 }, spec6 = { .body = FRAMES_IP6, .target = FRAMES_V6 };
	uint8_t bytes[VG_HEAL_FRAME_MAX], tagged[VG_HEAL_FRAME_MAX + sizeof(tag)], mac[VG_ETH_ALEN];
	size_t len;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		news.addr = frames_addr(v6 ? &spec6 : &spec4);
		for (unsigned int i = 0; (len = vg_heal_frame(&news, i, bytes)) > 0; i++) {
			assert_int_equal(read_mac_of(bytes, len, mac), 0);
			assert_memory_equal(mac, news.mac, sizeof(mac));
			memcpy(tagged, bytes, 12);
			memcpy(tagged + 12, tag, sizeof(tag));
			memcpy(tagged + 12 + sizeof(tag), bytes + 12, len - 12);
			memset(mac, 0, sizeof(mac));
			assert_int_equal(read_mac_of(tagged, len + sizeof(tag), mac), 0);
			assert_memory_equal(mac, news.mac, sizeof(mac));
		}
	}
}

/* A receiver might take another hardware address out of it than we read. */
static void test_doubtful_mac(void **state)
{
	struct vg_heal_news news = { .mac = { 2, 0, 0, 0, 0, 0x15 } };
	const struct frames_spec spec4 = { .spa = FRAMES_V4 }, spec6 = { .body = FRAMES_IP6, .target = FRAMES_V6 };
	uint8_t bytes[VG_HEAL_FRAME_MAX + 8], mac[VG_ETH_ALEN];
	struct frames_frame odd;
	size_t len;

	(void)state;
	news.addr = frames_addr(&spec6);
	len = vg_heal_frame(&news, 0, bytes);
	memcpy(bytes + len, bytes + len - 8, 8); /* a second option */
	assert_true(read_mac_of(bytes, len + 8, mac) < 0);
	assert_true(read_mac_of(bytes, len - 8, mac) < 0); /* none */
	bytes[len - 8] = 1; /* the sender's own */
	assert_true(read_mac_of(bytes, len, mac) < 0);
	bytes[len - 8] = 2;
	bytes[len - 7] = 2;
	assert_true(read_mac_of(bytes, len, mac) < 0);
	news.addr = frames_addr(&spec4);
	len = vg_heal_frame(&news, 0, bytes);
	bytes[14 + 1] = 6; /* IEEE 802's own type */
	assert_true(read_mac_of(bytes, len, mac) < 0);
	for (unsigned int hln = 5; hln <= 8; hln++) {
		const struct frames_spec spec = { .body = FRAMES_ARP, .op = 2, .hln = (uint8_t)hln, .spa = FRAMES_V4 };

		frames_build(&spec, &odd);
		assert_int_equal(read_mac_of(odd.bytes, odd.len, mac) == 0, hln == 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	      cmocka_unit_test(test_every_truncation), cmocka_unit_test(test_short_is_unparsed),
		cmocka_unit_test(test_mapped_target), cmocka_unit_test(test_own_frames),       cmocka_unit_test(test_doubtful_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
