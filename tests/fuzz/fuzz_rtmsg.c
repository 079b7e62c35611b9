/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a datagram of any bytes, read message by message as rtnl.c does, and what is understood holds what it promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kern/rtmsg.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_addr(const struct vg_link_addr *addr)
{
	/* an IPv6 message may carry a mapped address, so its prefix may be longer than IPv4's */
	must(addr->prefix <= 128);
	must(memchr(addr->label, '\0', sizeof(addr->label)));
}

static void check_link(const struct vg_rt_link *link)
{
	must(link->ifindex != 0);
	must(memchr(link->name, '\0', sizeof(link->name)) && memchr(link->kind, '\0', sizeof(link->kind)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size > 0) {
		struct vg_rt_msg msg;
		size_t step = 0;

		if (vg_rtmsg_parse(data, size, &msg, &step) < 0)
			break;
		must(step >= 16 && step <= size);
		must(msg.error <= 0);
		if (msg.kind == VG_RT_ADDR)
			check_addr(&msg.addr);
		if (msg.kind == VG_RT_LINK)
			check_link(&msg.link);
		data += step;
		size -= step;
	}
	return 0;
}
