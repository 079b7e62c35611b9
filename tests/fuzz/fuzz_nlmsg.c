/* SPDX-License-Identifier: Apache-2.0 */
/* The netlink parser on any bytes: what stands behind them, and what an earlier message left in the buffer, decides nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "nlmsg.bpf.h"

static enum vg_parse parse(const uint8_t *data, size_t size, int rest, struct vg_newaddr *ret_new)
{
	const size_t len = size < VG_NLMSG_MAX ? size : VG_NLMSG_MAX;
	struct vg_nlmsg *msg = malloc(sizeof(*msg));
	enum vg_parse parsed;

	if (!msg)
		abort();
	memset(msg, rest, sizeof(*msg));
	memcpy(msg->bytes, data, len);
	parsed = vg_nlmsg_parse(msg, (__u32)size, ret_new);
	free(msg);
	return parsed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_newaddr first = { .ifindex = 0 }, second = { .ifindex = 0 };
	enum vg_parse parsed = parse(data, size, 0x00, &first);

	if (parse(data, size, 0xff, &second) != parsed)
		abort();
	if (parsed != VG_PARSE_FOUND)
		return 0;
	if (memcmp(&first, &second, sizeof(first)) || first.prefix > 128)
		abort();
	return 0;
}
