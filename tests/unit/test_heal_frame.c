/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of a round, byte for byte as the RFCs lay them out. */
#include "unit.h"

#include "core/heal_frame.h"

#define OWN 0x02, 0, 0, 0, 0, 0x0b
#define RIGHTFUL 0x02, 0, 0, 0, 0, 0x15
#define VIP 192, 0, 2, 240
#define ZEROS6 0, 0, 0, 0, 0, 0
#define PADDING ZEROS6, ZEROS6, ZEROS6
#define VIP6 0x20, 0x01, 0x0d, 0xb8, ZEROS6, 0, 0, 0, 0, 0x02, 0x40

static const uint8_t request[60] = {
	0xff,	  0xff, 0xff,	0xff, 0xff,    0xff, OWN, 0x08, 0x06, /* to everybody, from this node */
	0,	  1,	0x08,	0,    6,       4,    0,	  1, /* RFC 826: Ethernet, IPv4, their lengths, request */
	RIGHTFUL, VIP,	ZEROS6, VIP,  PADDING,
};

static const uint8_t reply[60] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, OWN, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2, RIGHTFUL, VIP, RIGHTFUL, VIP, PADDING,
};

static const uint8_t advertisement[86] = {
	0x33, 0x33, 0,	      0,      0, 1,    OWN,  0x86, 0xdd,   0x60,   0, 0,    0,	 0, 32,	  58,	255, /* RFC 8200: 32 bytes of ICMPv6, hop limit 255 */
	0xfe, 0x80, ZEROS6,   ZEROS6, 0, 0x0b, 0xff, 0x02, ZEROS6, ZEROS6, 0, 0x01, 136, 0, 0x26, 0x06, 0x20, 0,
	0,    0,    VIP6, /* RFC 4861 4.4: Override alone */
	2,    1,    RIGHTFUL, /* 4.6.1 */
};

static const struct vg_heal_news base = { .mac = { RIGHTFUL }, .own_mac = { OWN } };

static void frame_is(const struct vg_heal_news *news, unsigned i, const uint8_t *want, size_t len)
{
	uint8_t frame[VG_HEAL_FRAME_MAX];

	memset(frame, 0xaa, sizeof(frame));
	assert_int_equal(vg_heal_frame(news, i, frame), len);
	assert_memory_equal(frame, want, len);
}

static void ipv4(void **state)
{
	struct vg_heal_news news = base;

	(void)state;
	news.addr = addr_of("192.0.2.240");
	frame_is(&news, 0, request, sizeof(request));
	frame_is(&news, 1, reply, sizeof(reply));
	frame_is(&news, 2, NULL, 0);
}

static void ipv6(void **state)
{
	struct vg_heal_news news = base;

	(void)state;
	news.addr = addr_of("2001:db8::240");
	news.source = addr_of("fe80::b");
	frame_is(&news, 0, advertisement, sizeof(advertisement));
	frame_is(&news, 1, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ipv4), cmocka_unit_test(ipv6) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
