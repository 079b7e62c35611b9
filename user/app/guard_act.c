/* SPDX-License-Identifier: Apache-2.0 */
/* From a fact to what is done about it and said: judge, act, report. The only place where a removal is ordered. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "core/announced.h"
#include "core/verdict.h"

struct vg_answer vg_guard_judge(const struct vg_guard *guard, const struct vg_addr *addr, const char *link)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);

	struct vg_answer answer = vg_judge(guard->snapshot, addr, link, &now);

	/* until the cluster is known again, what the guard before this one knew of it holds */
	if (vg_guard_keeps_earlier(guard) && answer.bind.reason == VG_STALE_SOURCE)
		(void)vg_kern_find_earlier(guard->kern, addr, &answer.bind, &answer.announce);
	return answer;
}

static struct vg_stance stance_of(const struct vg_guard *guard)
{
	enum vg_mode mode = vg_kern_mode(guard->kern);

	return (struct vg_stance){
		.mode = mode,
		.deny = guard->options->deny,
		.drop = guard->options->drop,
		.remove = guard->options->remove,
		.suspended = mode == VG_ENFORCE &&
			     (vg_kern_paused_until(guard->kern) || (guard->options->remove && !vg_kern_acts_on_removal(guard->kern))),
	};
}

static enum vg_action remove_bind(struct vg_guard *guard, const struct vg_fact *fact, struct vg_error *ret_why)
{
	int r = vg_kern_remove(guard->kern, fact, ret_why);

	if (r == 0)
		return VG_ACTION_REMOVED;
	if (r == -ENOENT)
		vg_error_set(ret_why, r, "it was gone already");
	return VG_ACTION_NONE;
}

static void report(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_answer *answer, enum vg_action action, const char *why)
{
	uint64_t now_ns = vg_time_boot_ns();
	bool fresh = fact->how != VG_HOW_PREEXISTING && fact->time_ns && fact->time_ns <= now_ns;
	struct vg_finding finding = {
		.fact = fact,
		.judgement = vg_judge_fact(answer, fact),
		.action = action,
		.assignment = answer->assignment,
		.owner = answer->assignment ? answer->assignment->owner : NULL,
		.source = answer->assignment ? answer->assignment->source : NULL,
		.why = why && *why ? why : NULL,
		.latency_us = fresh ? (now_ns - fact->time_ns) / 1000 : 0,
	};

	vg_guard_tally(guard, fact, &finding.judgement, action);
	if (fact->kind == VG_FACT_ANNOUNCE)
		vg_announced_note(guard->announced, fact, &finding.judgement, now_ns);
	finding.doer = vg_guard_doer(guard, &fact->who);
	vg_reporter_finding(guard->reporter, &finding);
}

/* What stays bound is written down, what was refused or removed is not. */
static void keep_books(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_answer *answer, enum vg_action action)
{
	if (fact->kind == VG_FACT_UNBIND || action == VG_ACTION_REMOVED)
		vg_kern_forget_bind(guard->kern, fact);
	else if (fact->kind == VG_FACT_BIND && !fact->refused)
		vg_kern_note_bind(guard->kern, fact, &answer->bind);
	if (fact->kind == VG_FACT_UNBIND)
		vg_guard_breaker_forget(guard, fact);
}

static void say_held(const struct vg_guard *guard, struct vg_error *ret_why)
{
	vg_error_set(ret_why, 0, "breaker: %zu addresses at once; vipguard resume", vg_breaker_flips(guard->breaker));
}

static void handle(struct vg_guard *guard, const struct vg_fact *fact)
{
	struct vg_answer answer = vg_guard_judge(guard, &fact->addr, vg_fact_link(fact));
	struct vg_judgement judgement = vg_judge_fact(&answer, fact);
	struct vg_stance stance = stance_of(guard);
	struct vg_error why = { "" };
	enum vg_action action;

	if (fact->kind == VG_FACT_BIND && !fact->refused)
		vg_guard_breaker_note(guard, fact, &answer.bind);
	stance.held = vg_guard_is_held(guard, fact);
	action = vg_act_on(&stance, fact, &judgement);
	if (fact->past)
		vg_error_set(&why, 0, "sent past the filters of this link, by %s", fact->family == AF_XDP ? "AF_XDP" : "PACKET_QDISC_BYPASS");
	if (stance.held && action == VG_ACTION_LOGGED && judgement.verdict == VG_VIOLATION)
		say_held(guard, &why);
	if (action == VG_ACTION_REMOVED)
		action = remove_bind(guard, fact, &why);
	keep_books(guard, fact, &answer, action);
	if (action == VG_ACTION_REMOVED)
		vg_guard_heal_removed(guard, fact);
	else if (fact->kind == VG_FACT_ANNOUNCE && !fact->refused)
		vg_guard_heal_passed(guard, fact, &judgement);
	/* routers and proxies have many that are nobody's business */
	if (fact->as && judgement.verdict == VG_UNRELATED && action == VG_ACTION_NONE)
		return;
	report(guard, fact, &answer, action, why.text);
}

void vg_guard_on_fact(void *ctx, const struct vg_fact *fact)
{
	struct vg_guard *guard = ctx;
	struct vg_fact named = *fact;

	/* a frame that the kernel made itself speaks for whoever bound the address */
	if (named.kind == VG_FACT_ANNOUNCE && named.kernel_made)
		vg_kern_find_binder(guard->kern, &named.addr, &named.who);
	handle(guard, &named);
	if (named.kind != VG_FACT_ANNOUNCE && !named.refused && !named.as)
		vg_guard_note_own(guard, &named);
}

struct rejudge {
	struct vg_guard *guard;
	bool all;
};

static void rejudge_bind(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	const struct rejudge *r = ctx;
	struct vg_answer now = vg_guard_judge(r->guard, &fact->addr, vg_fact_link(fact));
	bool same = said && now.bind.verdict == said->verdict && now.bind.reason == said->reason;

	if (!same || (r->all && now.bind.verdict == VG_VIOLATION))
		handle(r->guard, fact);
}

void vg_guard_rejudge(struct vg_guard *guard, bool all)
{
	struct rejudge r = { .guard = guard, .all = all };

	vg_kern_for_each_bind(guard->kern, rejudge_bind, &r);
	vg_guard_heal_look(guard);
}
