/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over netlink messages on any bytes: finds what a naive one finds, in the same order, and reads nothing behind the end. */
#include <stdint.h>
#include <stdlib.h>

#include "nlmsg.bpf.h"

#include "../bpf/nlnaive.h"

#define ASKS_MAX 256

static bool is_same(const struct vg_ask *ask, const struct naive_ask *naive)
{
	return !memcmp(&ask->addr, &naive->addr, sizeof(ask->addr)) && ask->how == naive->how && ask->ifindex == naive->ifindex &&
	       ask->prefix == naive->prefix && ask->ifa_flags == naive->ifa_flags && ask->nl_flags == naive->nl_flags;
}

/* What an earlier send left in the walk decides nothing. */
static void walk(const uint8_t *data, size_t size, int rest, const struct naive_ask *naive, size_t n)
{
	enum vg_nl_step step = VG_NL_MORE;
	struct vg_nlwalk walk;
	size_t found = 0, steps = 0;

	memset(&walk, rest, sizeof(walk));
	vg_nl_start(&walk, data, (__u32)size);
	/* each step goes four bytes on, or ends a message */
	for (; step != VG_NL_END; steps++) {
		step = vg_nl_step(&walk);
		if (step == VG_NL_UNREADABLE || steps > size)
			abort();
		if (step == VG_NL_ASK && (found == n || (found < ASKS_MAX && !is_same(&walk.ask, &naive[found]))))
			abort();
		found += step == VG_NL_ASK;
	}
	if (found != n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct naive_ask naive[ASKS_MAX];
	/* aligned, and its end guarded */
	uint8_t *copy = malloc(size ? size : 1);
	size_t n;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	n = naive_walk(copy, size, naive, ASKS_MAX);
	walk(copy, size, 0x00, naive, n);
	walk(copy, size, 0xff, naive, n);
	free(copy);
	return 0;
}
