/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which case of its reason a verdict is, what would change it and what cures it: two tables, held against the clues that the
 * evidence gives. The words are not here (report/words.c).
 */
#include "core/explain.h"

#include <string.h>

#include "base/cleanup.h"

/* Clues that are no object's: of the file, of the configuration, of the question. */
enum {
	ANY = VG_CLUE_MAX,
	FILE_SAYS, /* the assignments file decided */
	NO_VIP, /* no address of this sort can be one */
	NOT_LISTED, /* stale-source because nothing was ever listed completely */
	NOTHING_KNOWN_HERE, /* no kube-vip here takes it: who does is not known */
	NOTHING_ELSE, /* no other remedy was found */
	CONDITIONS
};

struct conditions {
	const struct vg_evidence *first[CONDITIONS]; /* NULL: it has none */
	bool on[CONDITIONS];
};

/* The first row of a reason whose clue is there says which case it is; its last one does where none is. */
static const struct {
	enum vg_reason reason;
	unsigned clue;
	enum vg_rule rule;
	enum vg_change change;
} cases[] = {
	{ VG_NO_SERVICE, NO_VIP, VG_RULE_NO_VIP, VG_CHANGE_NONE },
	{ VG_NO_SERVICE, VG_CLUE_POOL_IDLE, VG_RULE_POOL_IDLE, VG_CHANGE_ADVERTISED },
	{ VG_NO_SERVICE, ANY, VG_RULE_NO_SERVICE, VG_CHANGE_CARRIED },

	{ VG_CONTROL_PLANE_VIP, VG_CLUE_API_ADDRESS, VG_RULE_API_OBJECT, VG_CHANGE_OBJECT_LETS_GO },
	{ VG_CONTROL_PLANE_VIP, ANY, VG_RULE_API_CONFIG, VG_CHANGE_CONFIG_LETS_GO },
	{ VG_NODE_ADDRESS, VG_CLUE_NODE_OWN, VG_RULE_OWN_OBJECT, VG_CHANGE_OBJECT_LETS_GO },
	{ VG_NODE_ADDRESS, ANY, VG_RULE_OWN_LINK, VG_CHANGE_CONFIG_LETS_GO },
	{ VG_PROTECT_LIST, ANY, VG_RULE_LISTED, VG_CHANGE_UNLISTED },

	{ VG_SERVICE_DUMMY, VG_CLUE_DUMMY, VG_RULE_DUMMY_AGENT, VG_CHANGE_REAL_LINK },
	{ VG_SERVICE_DUMMY, ANY, VG_RULE_DUMMY_NAME, VG_CHANGE_REAL_LINK },

	{ VG_ASSIGNED_HERE, FILE_SAYS, VG_RULE_HERE_FILE, VG_CHANGE_FILE_OTHER },
	{ VG_ASSIGNED_HERE, VG_CLUE_STATUS_HOLDS, VG_RULE_HERE_STATUS, VG_CHANGE_STATUS_OTHER },
	{ VG_ASSIGNED_HERE, VG_CLUE_EVENT_HOLDS, VG_RULE_HERE_EVENT, VG_CHANGE_EVENT_OTHER },
	{ VG_ASSIGNED_HERE, VG_CLUE_HELD, VG_RULE_HERE_ANNOTATION, VG_CHANGE_ANNOTATION_OTHER },
	{ VG_ASSIGNED_HERE, VG_CLUE_LEASE_HOLDS, VG_RULE_HERE_LEASE, VG_CHANGE_LEASE_OTHER },

	{ VG_OWNER_EVERYWHERE, VG_CLUE_REMOTE_POOL, VG_RULE_EVERYWHERE_REMOTE, VG_CHANGE_LOCAL_POOL },
	{ VG_OWNER_EVERYWHERE, VG_CLUE_EVERYWHERE, VG_RULE_EVERYWHERE_BGP, VG_CHANGE_ELECTION },

	{ VG_OTHER_NODE_ADDRESS, VG_CLUE_OTHER_NODE, VG_RULE_OTHER_NODE, VG_CHANGE_PROVEN },

	{ VG_OWNER_NEVER_BINDS, FILE_SAYS, VG_RULE_NEVER_FILE, VG_CHANGE_FILE_BIND },
	{ VG_OWNER_NEVER_BINDS, VG_CLUE_ALLOCATED, VG_RULE_NEVER_METALLB, VG_CHANGE_OTHER_OWNER },
	{ VG_OWNER_NEVER_BINDS, VG_CLUE_LEASE_HOLDS, VG_RULE_NEVER_CILIUM, VG_CHANGE_OTHER_OWNER },

	{ VG_ASSIGNED_ELSEWHERE, FILE_SAYS, VG_RULE_ELSEWHERE_FILE, VG_CHANGE_FILE_HERE },
	{ VG_ASSIGNED_ELSEWHERE, VG_CLUE_STATUS_HOLDS, VG_RULE_ELSEWHERE_STATUS, VG_CHANGE_STATUS_HERE },
	{ VG_ASSIGNED_ELSEWHERE, VG_CLUE_EVENT_HOLDS, VG_RULE_ELSEWHERE_EVENT, VG_CHANGE_EVENT_HERE },
	{ VG_ASSIGNED_ELSEWHERE, VG_CLUE_HELD, VG_RULE_ELSEWHERE_ANNOTATION, VG_CHANGE_ANNOTATION_HERE },
	{ VG_ASSIGNED_ELSEWHERE, VG_CLUE_LEASE_HOLDS, VG_RULE_ELSEWHERE_LEASE, VG_CHANGE_LEASE_HERE },

	{ VG_POOL_RESERVED, VG_CLUE_RESERVED_POOL, VG_RULE_RESERVED, VG_CHANGE_POOL_SHRINKS },
	{ VG_NOT_ANNOUNCED, VG_CLUE_NO_L2, VG_RULE_BGP_ONLY, VG_CHANGE_L2 },
	{ VG_IPAM_ONLY, VG_CLUE_NO_ADVERTISEMENT, VG_RULE_IPAM_ONLY, VG_CHANGE_ADVERTISED },

	{ VG_OWNER_UNPROVEN, VG_CLUE_CROWDED, VG_RULE_UNPROVEN_CROWD, VG_CHANGE_FEWER },
	{ VG_OWNER_UNPROVEN, VG_CLUE_OTHER_NODE_MAYBE, VG_RULE_UNPROVEN_NODE, VG_CHANGE_PROVEN },
	{ VG_OWNER_UNPROVEN, VG_CLUE_RESERVED_OTHER, VG_RULE_UNPROVEN_EGRESS, VG_CHANGE_APART },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_NO_POOL, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_DEAD, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_OUTSIDE, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_CLASS, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_MIXED, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK_INVALID, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_UNTOLD, VG_RULE_UNPROVEN_UNREAD, VG_CHANGE_READABLE },
	{ VG_OWNER_UNPROVEN, VG_CLUE_MARK, VG_RULE_UNPROVEN_MARK, VG_CHANGE_POOL_PROVES },
	{ VG_OWNER_UNPROVEN, VG_CLUE_BALANCER_GONE, VG_RULE_UNPROVEN_BALANCER, VG_CHANGE_BALANCER_SEEN },
	{ VG_OWNER_UNPROVEN, VG_CLUE_CILIUM_POOL, VG_RULE_UNPROVEN_CILIUM, VG_CHANGE_CILIUM_LEASE },
	{ VG_OWNER_UNPROVEN, VG_CLUE_IGNORED, VG_RULE_UNPROVEN_IGNORED, VG_CHANGE_NOT_IGNORED },
	{ VG_OWNER_UNPROVEN, VG_CLUE_SERVICELB, VG_RULE_UNPROVEN_SERVICELB, VG_CHANGE_HOLDER_LISTED },
	{ VG_OWNER_UNPROVEN, VG_CLUE_EXTERNAL, VG_RULE_UNPROVEN_EXTERNAL, VG_CHANGE_HOLDER_LISTED },
	{ VG_OWNER_UNPROVEN, VG_CLUE_CARRIES, VG_RULE_UNPROVEN, VG_CHANGE_PROVEN },
	{ VG_OWNER_UNPROVEN, ANY, VG_RULE_UNPROVEN_WISH, VG_CHANGE_STATUS_HAS },

	{ VG_OWNER_CONFLICT, VG_CLUE_RESERVED_OTHER, VG_RULE_CONFLICT_RANGES, VG_CHANGE_APART },
	{ VG_OWNER_CONFLICT, VG_CLUE_CLAIM, VG_RULE_CONFLICT_CLAIMS, VG_CHANGE_ONE_CLAIM },
	{ VG_OWNER_CONFLICT, VG_CLUE_CLASS_OF_TWO, VG_RULE_CONFLICT_CLASS, VG_CHANGE_ONE_CLAIM },
	{ VG_OWNER_CONFLICT, ANY, VG_RULE_CONFLICT, VG_CHANGE_ONE_OWNER },

	{ VG_HOLDER_UNKNOWN, VG_CLUE_LEASE_NO_NODE, VG_RULE_HOLDER_NO_NODE, VG_CHANGE_HOLDER_NODE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_LEASE_EXPIRED, VG_RULE_HOLDER_LEASE, VG_CHANGE_LEASE_FRESH },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_LEASE_RELEASED, VG_RULE_HOLDER_LEASE, VG_CHANGE_LEASE_FRESH },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_LEASE_NONE, VG_RULE_HOLDER_NO_LEASE, VG_CHANGE_LEASE_MADE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_STATUS_NO_NODE, VG_RULE_HOLDER_NO_NODE, VG_CHANGE_HOLDER_NODE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_STATUS_NONE, VG_RULE_HOLDER_NO_STATUS, VG_CHANGE_STATUS_HERE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_HELD_NO_NODE, VG_RULE_HOLDER_NO_NODE, VG_CHANGE_HOLDER_NODE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_HELD_NONE, VG_RULE_HOLDER_NO_ANNOTATION, VG_CHANGE_ANNOTATION_HERE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_KV_HIDDEN, VG_RULE_HOLDER_HIDDEN, VG_CHANGE_SETTINGS_SEEN },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_AGENT_HERE, VG_RULE_HOLDER_AGENT, VG_CHANGE_ANNOTATION_HERE },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_REMOTE_POOL, VG_RULE_HOLDER_REMOTE, VG_CHANGE_HOLDER_LISTED },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_OTHER_MARK, VG_RULE_HOLDER_UNPUBLISHED, VG_CHANGE_HOLDER_LISTED },
	{ VG_HOLDER_UNKNOWN, VG_CLUE_CLASS_FOREIGN, VG_RULE_HOLDER_CLASS, VG_CHANGE_HOLDER_LISTED },
	{ VG_HOLDER_UNKNOWN, ANY, VG_RULE_HOLDER_OPEN, VG_CHANGE_HOLDER_LISTED },

	{ VG_NODE_UNKNOWN, VG_CLUE_NO_NODE, VG_RULE_NODE_UNKNOWN, VG_CHANGE_NODE_REGISTERED },
	{ VG_IN_TRANSITION, ANY, VG_RULE_TRANSITION, VG_CHANGE_WAIT },
	{ VG_STALE_SOURCE, NOT_LISTED, VG_RULE_INCOMPLETE, VG_CHANGE_LISTED },
	{ VG_STALE_SOURCE, ANY, VG_RULE_STALE, VG_CHANGE_HEARD },
};

#define OF(reason) (1U << (reason))
#define BY_HOLDER (OF(VG_ASSIGNED_ELSEWHERE))
#define NOBODYS (OF(VG_OWNER_NEVER_BINDS) | OF(VG_NOT_ANNOUNCED) | OF(VG_OTHER_NODE_ADDRESS) | OF(VG_POOL_RESERVED) | BY_HOLDER)
#define PROTECTED (OF(VG_CONTROL_PLANE_VIP) | OF(VG_NODE_ADDRESS))
_Static_assert(VG_REASON_MAX <= 32, "a set of reasons is one word");

enum owner_is { WHOEVER, KUBE_VIP, NOT_KUBE_VIP };

/* Every row whose reason and clue are there is a remedy: one for each piece of evidence with that clue. */
static const struct {
	uint32_t reasons;
	enum owner_is owner;
	unsigned clue;
	enum vg_remedy remedy;
} cures[] = {
	{ OF(VG_OTHER_NODE_ADDRESS), WHOEVER, VG_CLUE_SERVICELB, VG_REMEDY_SERVICELB_OFF },
	{ NOBODYS, NOT_KUBE_VIP, VG_CLUE_KV_TAKES, VG_REMEDY_KV_SERVICES_OFF },
	{ NOBODYS, NOT_KUBE_VIP, VG_CLUE_KV_IDLE, VG_REMEDY_KV_CLASS_IDLE },
	{ NOBODYS & ~OF(VG_POOL_RESERVED), NOT_KUBE_VIP, VG_CLUE_KV_TAKES, VG_REMEDY_KV_CLASS_ONLY },
	{ NOBODYS, KUBE_VIP, VG_CLUE_KV_TAKES, VG_REMEDY_KV_LEFT_OVER },
	{ NOBODYS, WHOEVER, NOTHING_KNOWN_HERE, VG_REMEDY_FIND_BINDER },
	{ BY_HOLDER | OF(VG_OWNER_NEVER_BINDS), WHOEVER, FILE_SAYS, VG_REMEDY_FILE_NAME },
	{ NOBODYS | PROTECTED | OF(VG_OWNER_CONFLICT), WHOEVER, VG_CLUE_OVERLAP, VG_REMEDY_RANGES },
	{ PROTECTED, WHOEVER, VG_CLUE_PROTECTED_IN_POOL, VG_REMEDY_POOL_WITHOUT },
	{ OF(VG_NODE_ADDRESS), WHOEVER, VG_CLUE_PROTECTED_CARRIED, VG_REMEDY_NODE_IP },
	{ OF(VG_IPAM_ONLY), WHOEVER, VG_CLUE_NO_ADVERTISEMENT, VG_REMEDY_ADVERTISE },
	{ OF(VG_IPAM_ONLY), WHOEVER, VG_CLUE_KV_TAKES, VG_REMEDY_KV_ANNOUNCES },
	{ OF(VG_IPAM_ONLY), WHOEVER, VG_CLUE_KV_AWAY, VG_REMEDY_KV_ANNOUNCES },
	{ OF(VG_OWNER_CONFLICT), WHOEVER, VG_CLUE_CLAIM, VG_REMEDY_ONE_CLAIM },
	{ OF(VG_OWNER_CONFLICT), WHOEVER, VG_CLUE_CLASS_OF_TWO, VG_REMEDY_CLASS_APART },
	{ OF(VG_OWNER_CONFLICT), WHOEVER, NOTHING_ELSE, VG_REMEDY_ONE_OWNER },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_LEASE_EXPIRED, VG_REMEDY_KV_LEASE },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_LEASE_RELEASED, VG_REMEDY_KV_LEASE },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_LEASE_NONE, VG_REMEDY_KV_LEASE },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_LEASE_NO_NODE, VG_REMEDY_HOLDER_NAME },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_HELD_NO_NODE, VG_REMEDY_HOLDER_NAME },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_STATUS_NO_NODE, VG_REMEDY_HOLDER_NAME },
	{ OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_STATUS_NONE, VG_REMEDY_SPEAKERS },
	{ OF(VG_OWNER_UNPROVEN) | OF(VG_HOLDER_UNKNOWN), WHOEVER, VG_CLUE_UNTOLD, VG_REMEDY_ROLE },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_NO_POOL, VG_REMEDY_MARK },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_OUTSIDE, VG_REMEDY_MARK },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_CLASS, VG_REMEDY_MARK },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_MIXED, VG_REMEDY_MARK },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_INVALID, VG_REMEDY_MARK },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_MARK_DEAD, VG_REMEDY_METALLB },
	{ OF(VG_OWNER_UNPROVEN), WHOEVER, VG_CLUE_BALANCER_GONE, VG_REMEDY_MARK_OFF },
	{ OF(VG_OWNER_UNPROVEN) | OF(VG_HOLDER_UNKNOWN), WHOEVER, NOTHING_ELSE, VG_REMEDY_LIST_HOLDER },
	{ OF(VG_NODE_UNKNOWN), WHOEVER, ANY, VG_REMEDY_NODE_NAME },
	{ OF(VG_STALE_SOURCE), WHOEVER, ANY, VG_REMEDY_SOURCE },
};

static void add_conditions(const struct vg_question *question, const struct vg_explanation *explanation, struct conditions *conditions)
{
	const struct vg_answer *answer = question->answer;

	for (size_t i = 0; i < explanation->n_evidence; i++) {
		const struct vg_evidence *evidence = &explanation->evidence[i];

		conditions->on[evidence->clue] = true;
		if (!conditions->first[evidence->clue])
			conditions->first[evidence->clue] = evidence;
	}
	conditions->on[ANY] = true;
	conditions->on[FILE_SAYS] = answer->assignment && answer->assignment->durable;
	conditions->on[NO_VIP] = !vg_addr_is_global(question->addr);
	conditions->on[NOT_LISTED] = !answer->assignment;
	conditions->on[NOTHING_KNOWN_HERE] = !conditions->on[VG_CLUE_KV_TAKES];
}

/* ---- the rule and what would change it */

/* What a case goes by where no clue of its row tells: whoever decided first. */
static struct vg_evidence evidence_for(const struct conditions *conditions, const struct vg_explanation *explanation, unsigned clue)
{
	if (conditions->first[clue])
		return *conditions->first[clue];
	return explanation->n_evidence && clue == ANY ? explanation->evidence[0] : (struct vg_evidence){ .object = NULL };
}

/* What is missing is no more than what an object of that kind already said. */
static bool same(const struct vg_step *there, const struct vg_step *step)
{
	const struct vg_evidence *a = &there->evidence, *b = &step->evidence;

	if (there->what != step->what || a->kind != b->kind)
		return false;
	return b->object ? a->object == b->object && a->about == b->about : a->object || a->about == b->about;
}

static void add_step(struct vg_steps *steps, const struct vg_step *step)
{
	for (size_t i = 0; i < steps->n; i++) {
		struct vg_step *there = &steps->list[i];

		if (!same(there, step))
			continue;
		there->bind = there->bind || step->bind;
		there->announce = there->announce || step->announce;
		return;
	}
	if (steps->n < VG_STEPS_MAX)
		steps->list[steps->n++] = *step;
}

static void find_case(const struct conditions *conditions, enum vg_reason reason, bool is_bind, struct vg_explanation *explanation)
{
	struct vg_step step = { .bind = is_bind, .announce = !is_bind };
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].reason != reason)
			continue;
		found = i;
		if (conditions->on[cases[i].clue])
			break;
	}
	step.what = cases[found].rule;
	step.evidence = evidence_for(conditions, explanation, cases[found].clue);
	*(is_bind ? &explanation->bind : &explanation->announce) = step;
	step.what = cases[found].change;
	if (step.what != VG_CHANGE_NONE)
		add_step(&explanation->changes, &step);
}

/* ---- remedies */

static bool owner_fits(enum owner_is wanted, const struct vg_answer *answer)
{
	bool kube_vip = answer->assignment && answer->assignment->owner && !strcmp(answer->assignment->owner, "kube-vip");

	return wanted == WHOEVER || kube_vip == (wanted == KUBE_VIP);
}

static void add_cures(struct vg_explanation *explanation, unsigned clue, const struct vg_step *step)
{
	bool any = false;

	for (size_t i = 0; i < explanation->n_evidence; i++) {
		struct vg_step one = *step;

		if ((unsigned)explanation->evidence[i].clue != clue)
			continue;
		any = true;
		one.evidence = explanation->evidence[i];
		add_step(&explanation->remedies, &one);
	}
	if (!any)
		add_step(&explanation->remedies, step);
}

static void find_cures(struct conditions *conditions, const struct vg_answer *answer, enum vg_reason reason, bool is_bind,
		       struct vg_explanation *explanation)
{
	for (size_t i = 0; i < ARRAY_SIZE(cures); i++) {
		struct vg_step step = { .what = cures[i].remedy, .bind = is_bind, .announce = !is_bind };

		conditions->on[NOTHING_ELSE] = !explanation->remedies.n;
		if ((cures[i].reasons & OF(reason)) && conditions->on[cures[i].clue] && owner_fits(cures[i].owner, answer))
			add_cures(explanation, cures[i].clue, &step);
	}
}

/* The kernel answers ARP on a real link for what is bound on such a one. */
static void cure_dummy(struct vg_explanation *explanation)
{
	struct vg_step step = { .what = VG_REMEDY_STRICT_ARP, .announce = true };

	add_step(&explanation->remedies, &step);
}

void vg_advise(const struct vg_question *question, struct vg_explanation *explanation)
{
	const struct vg_answer *answer = question->answer;
	struct conditions conditions = { .on = { false } };
	bool on_dummy = answer->bind.reason == VG_SERVICE_DUMMY;

	add_conditions(question, explanation, &conditions);
	find_case(&conditions, answer->bind.reason, true, explanation);
	find_case(&conditions, answer->announce.reason, false, explanation);
	if (on_dummy && answer->announce.verdict == VG_VIOLATION) {
		cure_dummy(explanation);
		return;
	}
	find_cures(&conditions, answer, answer->bind.reason, true, explanation);
	find_cures(&conditions, answer, answer->announce.reason, false, explanation);
}
