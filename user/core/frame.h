/* SPDX-License-Identifier: Apache-2.0 */
/* A frame that announced an address, as far as its beginning is kept. A value. */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

#include "vipguard/abi.h"

struct vg_frame {
	struct vg_addr addr;
	enum vg_how how;
	uint32_t ifindex;
	char ifname[VG_IFNAME_MAX]; /* the link that it was to leave by; "" if that is gone */
	struct vg_who who; /* pid 0: not known */
	bool dropped;
	bool kernel_made; /* by the kernel of this network namespace */
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint64_t last_ns; /* of the last one that was the same, byte by byte */
	uint64_t times; /* how often it was kept; of a second's frames only one is */
	uint32_t len; /* of the whole frame, without `tag` */
	uint32_t tag; /* a VLAN tag to be put behind the source address: TPID << 16 | TCI; 0: none */
	uint8_t bytes[VG_FRAME_BYTES]; /* the first of it */
};

/* How many of its bytes are there. */
static inline uint32_t vg_frame_kept(const struct vg_frame *frame)
{
	return frame->len < VG_FRAME_BYTES ? frame->len : VG_FRAME_BYTES;
}

#endif
