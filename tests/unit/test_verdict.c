/* SPDX-License-Identifier: Apache-2.0 */
/* The names that scripts rely on, held against vipguard/reasons.h and against the words of the contract. */
#include "unit.h"

#include <errno.h>

#include "core/verdict.h"

#define CHECK_REASON(name, text, verdict, meaning) { name, text, verdict, meaning },

static const struct {
	enum vg_reason reason;
	const char *text;
	enum vg_verdict verdict;
	const char *meaning;
} listed[] = { VG_REASON_LIST(CHECK_REASON) };

/* docs/contract.md section 2, by hand: a slip in reasons.h must not pass because both sides come from it. */
static const struct {
	const char *verdict;
	const char *reason;
} contract[] = {
	{ "protected", "control-plane-vip" },  { "protected", "node-address" },	     { "protected", "protect-list" },
	{ "allowed", "service-dummy" },	       { "allowed", "assigned-here" },	     { "allowed", "owner-everywhere" },
	{ "violation", "other-node-address" }, { "violation", "owner-never-binds" }, { "violation", "assigned-elsewhere" },
	{ "violation", "pool-reserved" },      { "violation", "not-announced" },     { "unknown", "ipam-only" },
	{ "unknown", "owner-unproven" },       { "unknown", "owner-conflict" },	     { "unknown", "holder-unknown" },
	{ "unknown", "node-unknown" },	       { "unknown", "in-transition" },	     { "unknown", "stale-source" },
	{ "unrelated", "no-service" },
};

static void test_reasons(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(listed), VG_REASON_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(listed); i++) {
		struct vg_judgement judgement = vg_judgement_of(listed[i].reason);
		enum vg_reason reason = VG_REASON_MAX;

		assert_int_equal(listed[i].reason, i);
		assert_string_equal(vg_reason_to_str(listed[i].reason), listed[i].text);
		assert_string_equal(vg_reason_meaning(listed[i].reason), listed[i].meaning);
		assert_int_equal(vg_reason_verdict(listed[i].reason), listed[i].verdict);
		assert_int_equal(vg_reason_from_str(listed[i].text, &reason), 0);
		assert_int_equal(reason, listed[i].reason);
		assert_int_equal(judgement.verdict, listed[i].verdict);
		assert_int_equal(judgement.reason, listed[i].reason);
	}
}

static void test_contract(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(contract), VG_REASON_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(contract); i++) {
		enum vg_reason reason;
		enum vg_verdict verdict;

		assert_case(contract[i].reason, vg_reason_from_str(contract[i].reason, &reason) == 0);
		assert_case(contract[i].reason, vg_verdict_from_str(contract[i].verdict, &verdict) == 0);
		assert_case(contract[i].reason, vg_reason_verdict(reason) == verdict);
	}
}

static void test_other_names(void **state)
{
	static const char *const actions[] = {
		"none", "logged", "denied", "removed", "dropped", "healed", "would-deny", "would-remove", "would-drop"
	};
	static const char *const hows[] = {
		"kernel", "netlink", "ioctl", "route", "proxy", "anycast", "preexisting", "arp-request", "arp-reply", "na"
	};
	enum vg_mode mode;

	(void)state;
	assert_int_equal(ARRAY_SIZE(actions), VG_ACTION_MAX);
	for (unsigned i = 0; i < VG_ACTION_MAX; i++)
		assert_string_equal(vg_action_to_str((enum vg_action)i), actions[i]);
	assert_int_equal(ARRAY_SIZE(hows), VG_HOW_MAX);
	for (unsigned i = 0; i < VG_HOW_MAX; i++)
		assert_string_equal(vg_how_to_str((enum vg_how)i), hows[i]);
	assert_int_equal(vg_mode_from_str(vg_mode_to_str(VG_ENFORCE), &mode), 0);
	assert_int_equal(mode, VG_ENFORCE);
	assert_int_equal(vg_mode_from_str("audit", &mode), 0);
	assert_int_equal(mode, VG_AUDIT);
}

static void test_what_is_none(void **state)
{
	enum vg_reason reason = VG_STALE_SOURCE;
	enum vg_verdict verdict = VG_VIOLATION;
	enum vg_mode mode = VG_ENFORCE;

	(void)state;
	assert_null(vg_verdict_to_str(VG_VERDICT_MAX));
	assert_null(vg_reason_to_str((enum vg_reason) - 1));
	assert_null(vg_reason_meaning(VG_REASON_MAX));
	assert_null(vg_action_to_str(VG_ACTION_MAX));
	assert_null(vg_how_to_str(VG_HOW_MAX));
	assert_null(vg_mode_to_str((enum vg_mode)2));
	assert_int_equal(vg_reason_verdict(VG_REASON_MAX), VG_UNKNOWN);
	assert_int_equal(vg_reason_from_str("stale", &reason), -EINVAL);
	assert_int_equal(vg_verdict_from_str("", &verdict), -EINVAL);
	assert_int_equal(vg_mode_from_str("Enforce", &mode), -EINVAL);
	assert_int_equal(reason, VG_STALE_SOURCE);
	assert_int_equal(verdict, VG_VIOLATION);
	assert_int_equal(mode, VG_ENFORCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_other_names),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
