/* SPDX-License-Identifier: Apache-2.0 */
/* The frame parser on the host: every frame of the table, each cut at each length, in buffers that end where the frame ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_short_is_unparsed),
		cmocka_unit_test(test_mapped_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
