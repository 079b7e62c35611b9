/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one judge: what is right about an address on this node, for a bind and for an announcement apart. Pure: the same
 * snapshot, address, link and time give the same answer. Order: protected > service-dummy > assignment > no-service.
 */
#ifndef CORE_JUDGE_H
#define CORE_JUDGE_H

#include "core/dummies.h"
#include "core/fact.h"
#include "core/snapshot.h"

#define VG_GRACE_NS_DEFAULT (15ULL * 1000 * 1000 * 1000)

struct vg_circumstances {
	uint64_t now_ns; /* CLOCK_BOOTTIME */
	uint64_t grace_ns; /* after a change of the assignment */
	bool stale; /* the source has not been heard from: what it said is no ground to act on */
	bool incomplete; /* the source was never listed completely: that nothing speaks of an address says nothing */
};

struct vg_answer {
	struct vg_judgement bind;
	struct vg_judgement announce;
	const struct vg_assignment *assignment; /* what decided, or NULL; the snapshot's */
	const struct vg_protection *protection; /* likewise */
	uint64_t changes_ns; /* CLOCK_BOOTTIME at which the answer changes by time alone (grace over); 0: never */
};

/* link: name of the link that the bind is on; NULL: a real link. snapshot NULL: nothing is known, all is stale-source. */
struct vg_answer vg_judge(const struct vg_snapshot *snapshot, const struct vg_addr *addr, const char *link,
			  const struct vg_circumstances *circumstances);
/* The half of the answer that a fact asks for; an unbind is judged like a bind. */
struct vg_judgement vg_judge_fact(const struct vg_answer *answer, const struct vg_fact *fact);
/* The same for all addresses of an assignment that no longer prefix or protection covers: what the kernel's maps hold. */
struct vg_answer vg_judge_assignment(const struct vg_assignment *assignment, const struct vg_circumstances *circumstances);

#endif
