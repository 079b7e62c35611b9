/* SPDX-License-Identifier: Apache-2.0 */
/* Every verdict and reason that an assignments file can lead to, for bind and announce apart, and the order among them. */
#include "unit.h"

#include "core/judge.h"
#include "core/verdict.h"

#define GRACE 15000
#define CHANGED 100000

static const char *const here[] = { "worker1" };
static const char *const elsewhere[] = { "worker2" };
static const char *const both[] = { "worker1", "worker2" };

static void add(struct vg_snapshot *snapshot, const char *prefix, enum vg_bind_policy bind, const char *const *nodes, size_t n)
{
	struct vg_assignment one = { .prefix = prefix_of(prefix), .bind = bind, .nodes = nodes, .n_nodes = n };

	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
}

static void protect(struct vg_snapshot *snapshot, const char *text, enum vg_reason reason)
{
	struct vg_prefix prefix = prefix_of(text);

	assert_int_equal(vg_snapshot_protect(snapshot, &prefix, reason, VG_ORIGIN_CONFIG), 0);
}

static void add_settled(struct vg_snapshot *snapshot)
{
	add(snapshot, "192.0.2.1", VG_BIND_HOLDER, here, 1);
	add(snapshot, "192.0.2.2", VG_BIND_HOLDER, elsewhere, 1);
	add(snapshot, "192.0.2.3", VG_BIND_HOLDER, both, 2);
	add(snapshot, "192.0.2.4", VG_BIND_HOLDER, NULL, 0);
	add(snapshot, "192.0.2.5", VG_BIND_NOBODY, here, 1);
	add(snapshot, "192.0.2.6", VG_BIND_NOBODY, elsewhere, 1);
	add(snapshot, "192.0.2.7", VG_BIND_NOBODY, NULL, 0);
	add(snapshot, "192.0.2.64/26", VG_BIND_HOLDER, elsewhere, 1);
	add(snapshot, "192.0.2.65", VG_BIND_HOLDER, here, 1);
	add(snapshot, "2001:db8::/64", VG_BIND_NOBODY, elsewhere, 1);
	protect(snapshot, "203.0.113.1", VG_PROTECT_LIST);
	protect(snapshot, "203.0.113.2", VG_NODE_ADDRESS);
	protect(snapshot, "203.0.113.3", VG_CONTROL_PLANE_VIP);
	protect(snapshot, "192.0.2.66", VG_NODE_ADDRESS);
}

/* 198.51.100.0/24: assignments that have just moved */
static void add_before(struct vg_snapshot *snapshot)
{
	add(snapshot, "198.51.100.1", VG_BIND_HOLDER, here, 1);
	add(snapshot, "198.51.100.2", VG_BIND_HOLDER, elsewhere, 1);
	add(snapshot, "198.51.100.3", VG_BIND_NOBODY, here, 1);
	add(snapshot, "198.51.100.4", VG_BIND_HOLDER, here, 1);
}

static void add_after(struct vg_snapshot *snapshot)
{
	add(snapshot, "198.51.100.1", VG_BIND_HOLDER, elsewhere, 1);
	add(snapshot, "198.51.100.2", VG_BIND_HOLDER, here, 1);
	add(snapshot, "198.51.100.3", VG_BIND_NOBODY, elsewhere, 1);
	add(snapshot, "198.51.100.4", VG_BIND_HOLDER, NULL, 0);
}

static int setup(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = NULL;
	struct vg_snapshot *snapshot = NULL;

	assert_int_equal(vg_snapshot_new("worker1", "assignments", &before), 0);
	assert_int_equal(vg_snapshot_new("worker1", "assignments", &snapshot), 0);
	add_before(before);
	add_settled(snapshot);
	add_after(snapshot);
	vg_snapshot_inherit(snapshot, before, CHANGED);
	*state = snapshot;
	return 0;
}

static int teardown(void **state)
{
	vg_snapshot_free(*state);
	return 0;
}

static const struct {
	const char *addr;
	const char *link; /* NULL: a real one */
	uint64_t now;
	enum vg_reason bind;
	enum vg_reason announce;
	uint64_t changes;
} cases[] = {
	{ "192.0.2.1", NULL, CHANGED, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE, 0 },
	{ "192.0.2.2", NULL, CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.3", NULL, CHANGED, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE, 0 },
	{ "192.0.2.4", NULL, CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.5", NULL, CHANGED, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE, 0 },
	{ "192.0.2.6", NULL, CHANGED, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.7", NULL, CHANGED, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "::ffff:192.0.2.2", NULL, CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	/* ranges: the longest prefix decides */
	{ "192.0.2.64", NULL, CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.65", NULL, CHANGED, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE, 0 },
	{ "2001:db8::77", NULL, CHANGED, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "2001:db8:0:1::", NULL, CHANGED, VG_NO_SERVICE, VG_NO_SERVICE, 0 },
	{ "192.0.2.200", NULL, CHANGED, VG_NO_SERVICE, VG_NO_SERVICE, 0 },
	/* protected beats everything */
	{ "203.0.113.1", NULL, CHANGED, VG_PROTECT_LIST, VG_PROTECT_LIST, 0 },
	{ "203.0.113.2", NULL, CHANGED, VG_NODE_ADDRESS, VG_NODE_ADDRESS, 0 },
	{ "203.0.113.3", NULL, CHANGED, VG_CONTROL_PLANE_VIP, VG_CONTROL_PLANE_VIP, 0 },
	{ "192.0.2.66", NULL, CHANGED, VG_NODE_ADDRESS, VG_NODE_ADDRESS, 0 },
	{ "203.0.113.1", "kube-ipvs0", CHANGED, VG_PROTECT_LIST, VG_PROTECT_LIST, 0 },
	/* a service dummy excuses the bind, not the announcement */
	{ "192.0.2.2", "kube-ipvs0", CHANGED, VG_SERVICE_DUMMY, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.5", "kube-dummy-if", CHANGED, VG_SERVICE_DUMMY, VG_ASSIGNED_HERE, 0 },
	{ "192.0.2.200", "nodelocaldns", CHANGED, VG_SERVICE_DUMMY, VG_NO_SERVICE, 0 },
	{ "192.0.2.2", "eth0", CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "192.0.2.2", "lo", CHANGED, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	/* a move: grace for the nodes not named any more, none needed by the new one, none for a bind that nobody may have */
	{ "198.51.100.1", NULL, CHANGED, VG_IN_TRANSITION, VG_IN_TRANSITION, CHANGED + GRACE },
	{ "198.51.100.1", NULL, CHANGED + GRACE - 1, VG_IN_TRANSITION, VG_IN_TRANSITION, CHANGED + GRACE },
	{ "198.51.100.1", NULL, CHANGED + GRACE, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "198.51.100.2", NULL, CHANGED, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE, 0 },
	{ "198.51.100.3", NULL, CHANGED, VG_OWNER_NEVER_BINDS, VG_IN_TRANSITION, CHANGED + GRACE },
	{ "198.51.100.3", NULL, CHANGED + GRACE, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE, 0 },
	{ "198.51.100.4", NULL, CHANGED, VG_IN_TRANSITION, VG_IN_TRANSITION, CHANGED + GRACE },
	{ "198.51.100.1", "kube-lb0", CHANGED, VG_SERVICE_DUMMY, VG_IN_TRANSITION, CHANGED + GRACE },
};

static void test_table(void **state)
{
	const struct vg_snapshot *snapshot = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_circumstances circumstances = { .now_ns = cases[i].now, .grace_ns = GRACE };
		struct vg_addr addr = addr_of(cases[i].addr);
		struct vg_answer answer = vg_judge(snapshot, &addr, cases[i].link, &circumstances);
		char name[64];

		snprintf(name, sizeof(name), "%zu: %s on %s", i, cases[i].addr, cases[i].link ? cases[i].link : "a real link");
		assert_case(name, answer.bind.reason == cases[i].bind);
		assert_case(name, answer.bind.verdict == vg_reason_verdict(cases[i].bind));
		assert_case(name, answer.announce.reason == cases[i].announce);
		assert_case(name, answer.announce.verdict == vg_reason_verdict(cases[i].announce));
		assert_case(name, answer.changes_ns == cases[i].changes);
		assert_case(name, !answer.protection == (answer.announce.verdict != VG_PROTECTED));
		assert_case(name, !answer.assignment == (answer.protection || cases[i].announce == VG_NO_SERVICE));
	}
}

/* As long as not all service dummies are named, a violation on what may be one is not known to be one; on a real link it is. */
static void test_dummies_not_all_named(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	const struct vg_dummies dummies = { .open = true };
	struct vg_circumstances circumstances = { .now_ns = CHANGED, .grace_ns = GRACE };
	struct vg_addr addr = addr_of("192.0.2.2");

	assert_int_equal(vg_snapshot_new("worker1", "test", &snapshot), 0);
	assert_int_equal(vg_snapshot_copy(snapshot, *state), 0);
	vg_snapshot_set_dummies(snapshot, &dummies);
	assert_int_equal(vg_judge(snapshot, &addr, "purelb0", &circumstances).bind.reason, VG_STALE_SOURCE);
	assert_int_equal(vg_judge(snapshot, &addr, "kube-lb0", &circumstances).bind.reason, VG_SERVICE_DUMMY);
	assert_int_equal(vg_judge(snapshot, &addr, NULL, &circumstances).bind.reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(vg_judge(snapshot, &addr, "purelb0", &circumstances).announce.reason, VG_ASSIGNED_ELSEWHERE);
}

/* No reason of the file source may be left out of the table above. */
static void test_table_is_complete(void **state)
{
	static const enum vg_reason reachable[] = {
		VG_NO_SERVICE,	  VG_CONTROL_PLANE_VIP, VG_NODE_ADDRESS,       VG_PROTECT_LIST,	 VG_SERVICE_DUMMY,
		VG_ASSIGNED_HERE, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE, VG_IN_TRANSITION,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reachable); i++) {
		bool found = false;

		for (size_t j = 0; j < ARRAY_SIZE(cases); j++)
			found = found || cases[j].bind == reachable[i] || cases[j].announce == reachable[i];
		assert_case(vg_reason_to_str(reachable[i]), found);
	}
}

static void test_nothing_known(void **state)
{
	struct vg_circumstances circumstances = { .now_ns = 1, .grace_ns = GRACE };
	struct vg_addr addr = addr_of("192.0.2.2");
	struct vg_answer answer = vg_judge(NULL, &addr, NULL, &circumstances);

	(void)state;
	assert_int_equal(answer.bind.reason, VG_STALE_SOURCE);
	assert_int_equal(answer.announce.reason, VG_STALE_SOURCE);
	assert_int_equal(answer.bind.verdict, VG_UNKNOWN);
	assert_null(answer.assignment);
}

static void test_grace_extremes(void **state)
{
	struct vg_circumstances none = { .now_ns = CHANGED, .grace_ns = 0 };
	struct vg_circumstances endless = { .now_ns = UINT64_MAX - 1, .grace_ns = UINT64_MAX };
	struct vg_addr addr = addr_of("198.51.100.1");
	struct vg_answer answer = vg_judge(*state, &addr, NULL, &none);

	assert_int_equal(answer.bind.reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(answer.changes_ns, 0);
	answer = vg_judge(*state, &addr, NULL, &endless);
	assert_int_equal(answer.bind.reason, VG_IN_TRANSITION);
}

/* What the kernel's maps are loaded with is what vg_judge() says for an address of the assignment. */
static void test_assignment_alone(void **state)
{
	struct vg_circumstances circumstances = { .now_ns = CHANGED, .grace_ns = GRACE };
	const struct vg_snapshot *snapshot = *state;
	const struct vg_assignment *assignment;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(snapshot, i)); i++) {
		struct vg_answer alone = vg_judge_assignment(assignment, &circumstances);
		struct vg_answer whole = vg_judge(snapshot, &assignment->prefix.addr, NULL, &circumstances);

		assert_ptr_equal(whole.assignment, assignment);
		assert_ptr_equal(alone.assignment, assignment);
		assert_memory_equal(&alone.bind, &whole.bind, sizeof(alone.bind));
		assert_memory_equal(&alone.announce, &whole.announce, sizeof(alone.announce));
		assert_int_equal(alone.changes_ns, whole.changes_ns);
	}
	assert_int_equal(vg_snapshot_size(snapshot), 14);
}

/* What the API said is no ground to act on while it is not heard from; what the operator's file says is. */
static void test_stale_source(void **state)
{
	struct vg_circumstances fresh = { .now_ns = CHANGED }, stale = { .now_ns = CHANGED, .stale = true };
	struct vg_assignment entry = { .prefix = prefix_of("192.0.2.1"), .bind_reason = VG_OWNER_NEVER_BINDS, .announce_reason = VG_ASSIGNED_HERE };
	struct vg_answer answer = vg_judge_assignment(&entry, &fresh);

	(void)state;
	assert_int_equal(answer.bind.reason, VG_OWNER_NEVER_BINDS);
	answer = vg_judge_assignment(&entry, &stale);
	assert_int_equal(answer.bind.reason, VG_STALE_SOURCE);
	assert_int_equal(answer.bind.verdict, VG_UNKNOWN);
	assert_int_equal(answer.announce.reason, VG_ASSIGNED_HERE); /* only violations are replaced */
	entry.durable = true;
	answer = vg_judge_assignment(&entry, &stale);
	assert_int_equal(answer.bind.reason, VG_OWNER_NEVER_BINDS);
}

/* Before the first complete list, that nothing speaks of an address says nothing. */
static void test_incomplete_source(void **state)
{
	struct vg_circumstances circumstances = { .now_ns = CHANGED, .stale = true, .incomplete = true };
	struct vg_addr nobodys = addr_of("203.0.113.99"), protected = addr_of("203.0.113.1");

	assert_int_equal(vg_judge(*state, &nobodys, NULL, &circumstances).bind.reason, VG_STALE_SOURCE);
	assert_int_equal(vg_judge(*state, &protected, NULL, &circumstances).bind.reason, VG_PROTECT_LIST);
	circumstances.incomplete = false;
	assert_int_equal(vg_judge(*state, &nobodys, NULL, &circumstances).bind.reason, VG_NO_SERVICE);
}

static void test_fact_picks_its_half(void **state)
{
	struct vg_answer answer = { .bind = vg_judgement_of(VG_OWNER_NEVER_BINDS), .announce = vg_judgement_of(VG_ASSIGNED_HERE) };
	static const struct {
		enum vg_fact_kind kind;
		enum vg_reason reason;
	} halves[] = {
		{ VG_FACT_BIND, VG_OWNER_NEVER_BINDS },
		{ VG_FACT_UNBIND, VG_OWNER_NEVER_BINDS },
		{ VG_FACT_ANNOUNCE, VG_ASSIGNED_HERE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		struct vg_fact fact = { .kind = halves[i].kind };

		assert_int_equal(vg_judge_fact(&answer, &fact).reason, halves[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_table_is_complete), cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_grace_extremes), cmocka_unit_test(test_assignment_alone),	 cmocka_unit_test(test_fact_picks_its_half),
		cmocka_unit_test(test_stale_source),   cmocka_unit_test(test_incomplete_source), cmocka_unit_test(test_dummies_not_all_named),
	};

	return cmocka_run_group_tests_name("judge", tests, setup, teardown);
}
