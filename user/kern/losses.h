/* SPDX-License-Identifier: Apache-2.0 */
/* What was lost, by cause: the counters of vg_stats that an operator must hear of when they move. */
#ifndef KERN_LOSSES_H
#define KERN_LOSSES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "vipguard/abi.h"

#define VG_LOSSES_MAX 12

struct vg_losses {
	uint64_t said[VG_LOSSES_MAX];
};

/* What was lost before is no news. */
void vg_losses_init(struct vg_losses *losses, const struct vg_stats *stats);
/* Calls back for each counter that moved since the last call; cause is the name of its field. */
void vg_losses_tell(struct vg_losses *losses, const struct vg_stats *stats, void (*fn)(void *ctx, const char *cause, uint64_t n), void *ctx);

#endif
