/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses this node announced lately, by whom, and whether that left: one entry for each address, of its newest stretch of announcements. A
 * stretch ends when nothing was said for VG_ANNOUNCED_GAP_NS. Pure; bounded: the one silent for longest goes, and is counted.
 */
#ifndef CORE_ANNOUNCED_H
#define CORE_ANNOUNCED_H

#include "base/cleanup.h"
#include "core/fact.h"

#define VG_ANNOUNCED_MAX 512
#define VG_ANNOUNCED_GAP_NS (60ULL * 1000 * 1000 * 1000)
#define VG_ANNOUNCED_LATELY_NS (300ULL * 1000 * 1000 * 1000) /* what is older is not told any more */

struct vg_announced_one {
	struct vg_addr addr;
	char ifname[VG_IFNAME_MAX];
	struct vg_who who; /* the last one */
	struct vg_judgement judgement; /* likewise */
	uint64_t first_ns, last_ns; /* CLOCK_BOOTTIME */
	uint64_t passed, dropped; /* frames of this stretch */
};

struct vg_announced;

int vg_announced_new(struct vg_announced **ret_announced); /* -ENOMEM */
void vg_announced_free(struct vg_announced *announced); /* NULL is fine */
void vg_announced_note(struct vg_announced *announced, const struct vg_fact *fact, const struct vg_judgement *judgement, uint64_t now_ns);
/* Of the last VG_ANNOUNCED_LATELY_NS. NULL: none. */
const struct vg_announced_one *vg_announced_find(const struct vg_announced *announced, const struct vg_addr *addr, uint64_t now_ns);
const struct vg_announced_one *vg_announced_at(const struct vg_announced *announced, size_t i); /* of any age; NULL past the end */
uint64_t vg_announced_evicted(const struct vg_announced *announced);

VG_DEFINE_CLEANUP(struct vg_announced *, vg_announced_free)

#endif
