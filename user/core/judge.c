/* SPDX-License-Identifier: Apache-2.0 */
#include "core/judge.h"

#include "core/verdict.h"

static struct vg_answer answer_of(enum vg_reason reason)
{
	return (struct vg_answer){ .bind = vg_judgement_of(reason), .announce = vg_judgement_of(reason) };
}

/* When the grace after a change of the nodes is over; 0: it is over, or there was no change. */
static uint64_t grace_end(const struct vg_assignment *assignment, const struct vg_circumstances *circumstances)
{
	uint64_t changed = assignment->changed_ns, end;

	if (!changed)
		return 0;
	if (__builtin_add_overflow(changed, circumstances->grace_ns, &end))
		end = UINT64_MAX;
	return circumstances->now_ns < end ? end : 0;
}

/* A violation that its source no longer vouches for is none. */
static struct vg_judgement hold(const struct vg_assignment *assignment, enum vg_reason reason, const struct vg_circumstances *circumstances)
{
	struct vg_judgement judgement = vg_judgement_of(reason);

	if (judgement.verdict == VG_VIOLATION && circumstances->stale && !assignment->durable)
		return vg_judgement_of(VG_STALE_SOURCE);
	return judgement;
}

struct vg_answer vg_judge_assignment(const struct vg_assignment *assignment, const struct vg_circumstances *circumstances)
{
	enum vg_reason bind = assignment->bind_reason, announce = assignment->announce_reason;
	struct vg_answer answer = { .assignment = assignment };

	/* Whoever moves the announcement about, an owner that never binds does not: such a change excuses no bind. */
	if (bind == VG_ASSIGNED_ELSEWHERE || announce == VG_ASSIGNED_ELSEWHERE)
		answer.changes_ns = grace_end(assignment, circumstances);
	if (answer.changes_ns && bind == VG_ASSIGNED_ELSEWHERE)
		bind = VG_IN_TRANSITION;
	if (answer.changes_ns && announce == VG_ASSIGNED_ELSEWHERE)
		announce = VG_IN_TRANSITION;
	answer.bind = hold(assignment, bind, circumstances);
	answer.announce = hold(assignment, announce, circumstances);
	return answer;
}

struct vg_answer vg_judge(const struct vg_snapshot *snapshot, const struct vg_addr *addr, const char *link,
			  const struct vg_circumstances *circumstances)
{
	const struct vg_protection *protection;
	const struct vg_assignment *assignment;
	const struct vg_dummies *dummies;
	struct vg_answer answer;

	if (!snapshot)
		return answer_of(VG_STALE_SOURCE);
	dummies = vg_snapshot_dummies(snapshot);
	protection = vg_snapshot_protected(snapshot, addr);
	if (protection) {
		answer = answer_of(protection->reason);
		answer.protection = protection;
		return answer;
	}
	assignment = vg_snapshot_find(snapshot, addr);
	answer = assignment ? vg_judge_assignment(assignment, circumstances) : answer_of(circumstances->incomplete ? VG_STALE_SOURCE : VG_NO_SERVICE);
	/* Such a link excuses the bind only: the kernel may answer ARP for it on another one. */
	if (link && vg_dummies_have(dummies, link))
		answer.bind = vg_judgement_of(VG_SERVICE_DUMMY);
	else if (link && dummies->open && answer.bind.verdict == VG_VIOLATION)
		answer.bind = vg_judgement_of(VG_STALE_SOURCE);
	return answer;
}

struct vg_judgement vg_judge_fact(const struct vg_answer *answer, const struct vg_fact *fact)
{
	return fact->kind == VG_FACT_ANNOUNCE ? answer->announce : answer->bind;
}
