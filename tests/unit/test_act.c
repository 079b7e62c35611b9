/* SPDX-License-Identifier: Apache-2.0 */
/* What is done about a judged fact: only a violation is acted on, only in enforce, only what --act allows. */
#include "unit.h"

#include "core/act.h"
#include "core/verdict.h"

#define ALL .deny = true, .drop = true, .remove = true

static const struct vg_stance audit = { .mode = VG_AUDIT, ALL }, enforce = { .mode = VG_ENFORCE, ALL };
static const struct vg_stance suspended = { .mode = VG_ENFORCE, ALL, .suspended = true }, keeps = { .mode = VG_ENFORCE, .deny = true };
static const struct vg_stance held = { .mode = VG_ENFORCE, ALL, .held = true }, held_audit = { .mode = VG_AUDIT, ALL, .held = true };
static const struct vg_stance only_remove = { .mode = VG_AUDIT, .remove = true }, only_says = { .mode = VG_AUDIT };

static const struct vg_fact bind = { .kind = VG_FACT_BIND }, deniable = { .kind = VG_FACT_BIND, .deniable = true };
static const struct vg_fact denied = { .kind = VG_FACT_BIND, .refused = true }, gone = { .kind = VG_FACT_UNBIND };
static const struct vg_fact frame = { .kind = VG_FACT_ANNOUNCE }, dropped = { .kind = VG_FACT_ANNOUNCE, .refused = true };
static const struct vg_fact route = { .kind = VG_FACT_BIND, .as = VG_HOW_ROUTE }, anycast = { .kind = VG_FACT_BIND, .as = VG_HOW_ANYCAST };
static const struct vg_fact past = { .kind = VG_FACT_ANNOUNCE, .past = true };

static const struct {
	const char *name;
	const struct vg_stance *stance;
	const struct vg_fact *fact;
	enum vg_reason reason;
	enum vg_action want;
} cases[] = {
	{ "enforce: a wrong bind goes", &enforce, &bind, VG_ASSIGNED_ELSEWHERE, VG_ACTION_REMOVED },
	{ "enforce without remove", &keeps, &bind, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "enforce: a right bind stays", &enforce, &bind, VG_ASSIGNED_HERE, VG_ACTION_NONE },
	{ "enforce: a protected bind stays", &enforce, &bind, VG_NODE_ADDRESS, VG_ACTION_NONE },
	{ "enforce: what is nobody's stays", &enforce, &bind, VG_NO_SERVICE, VG_ACTION_NONE },
	{ "enforce: what is not known is said", &enforce, &bind, VG_HOLDER_UNKNOWN, VG_ACTION_LOGGED },
	{ "enforce: an unbind is nothing to act on", &enforce, &gone, VG_ASSIGNED_ELSEWHERE, VG_ACTION_NONE },
	{ "enforce: a frame that passed", &enforce, &frame, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "suspended: nothing goes", &suspended, &bind, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_REMOVE },
	{ "suspended: nor is refused", &suspended, &deniable, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_DENY },
	{ "suspended: a frame", &suspended, &frame, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_DROP },
	{ "held: it stays", &held, &bind, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "held: its frames pass", &held, &frame, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "held: what was refused before was", &held, &denied, VG_ASSIGNED_ELSEWHERE, VG_ACTION_DENIED },
	{ "held: what is right now", &held, &bind, VG_ASSIGNED_HERE, VG_ACTION_NONE },
	{ "held in audit: nor would it go", &held_audit, &deniable, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "audit: would have been refused", &audit, &deniable, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_DENY },
	{ "audit: would have been removed", &audit, &bind, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_REMOVE },
	{ "audit without deny", &only_remove, &deniable, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_REMOVE },
	{ "audit without anything", &only_says, &deniable, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "audit: a frame", &audit, &frame, VG_ASSIGNED_ELSEWHERE, VG_ACTION_WOULD_DROP },
	{ "audit: a frame without drop", &only_remove, &frame, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "audit: a right frame", &audit, &frame, VG_ASSIGNED_HERE, VG_ACTION_NONE },
	{ "enforce: a frame past the filters", &enforce, &past, VG_ASSIGNED_ELSEWHERE, VG_ACTION_NONE },
	{ "audit: nor would it be dropped", &audit, &past, VG_ASSIGNED_ELSEWHERE, VG_ACTION_NONE },
	{ "enforce: a route goes", &enforce, &route, VG_ASSIGNED_ELSEWHERE, VG_ACTION_REMOVED },
	{ "enforce: an anycast membership cannot be taken", &enforce, &anycast, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "audit: nor would it be", &audit, &anycast, VG_ASSIGNED_ELSEWHERE, VG_ACTION_LOGGED },
	{ "the kernel refused it, whatever is said now", &enforce, &denied, VG_ASSIGNED_HERE, VG_ACTION_DENIED },
	{ "the kernel dropped it, whatever is said now", &audit, &dropped, VG_STALE_SOURCE, VG_ACTION_DROPPED },
};

static void actions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_judgement judgement = vg_judgement_of(cases[i].reason);

		assert_case(cases[i].name, vg_act_on(cases[i].stance, cases[i].fact, &judgement) == cases[i].want);
	}
}

/* Enforce never removes what is no violation; audit and a suspended guard never remove anything. */
static void only_violations_are_removed(void **state)
{
	static const struct vg_stance *const stances[] = { &audit, &enforce, &suspended, &keeps, &only_remove, &only_says, &held, &held_audit };
	static const struct vg_fact *const facts[] = { &bind, &deniable, &denied, &gone, &frame, &dropped, &past };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stances) * ARRAY_SIZE(facts) * VG_REASON_MAX; i++) {
		const struct vg_stance *stance = stances[i % ARRAY_SIZE(stances)];
		const struct vg_fact *fact = facts[i / ARRAY_SIZE(stances) % ARRAY_SIZE(facts)];
		struct vg_judgement judgement = vg_judgement_of((enum vg_reason)(i / ARRAY_SIZE(stances) / ARRAY_SIZE(facts)));

		if (vg_act_on(stance, fact, &judgement) == VG_ACTION_REMOVED)
			assert_true(stance == &enforce && judgement.verdict == VG_VIOLATION && fact->kind == VG_FACT_BIND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(actions), cmocka_unit_test(only_violations_are_removed) };

	return cmocka_run_group_tests_name("act", tests, NULL, NULL);
}
