/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "core/snapshot.h"

static const char *const w1[] = { "worker1" };
static const char *const w2[] = { "worker2" };
static const char *const both[] = { "worker2", "worker1", "worker1" };

static struct vg_assignment assignment(const char *prefix, const char *const *nodes, size_t n)
{
	return (struct vg_assignment){ .prefix = prefix_of(prefix), .nodes = nodes, .n_nodes = n };
}

static struct vg_snapshot *empty(void)
{
	struct vg_snapshot *snapshot = NULL;

	assert_int_equal(vg_snapshot_new("worker1", "assignments", &snapshot), 0);
	return snapshot;
}

static void add(struct vg_snapshot *snapshot, const char *prefix, const char *const *nodes, size_t n)
{
	struct vg_assignment one = assignment(prefix, nodes, n);

	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
}

static const struct vg_assignment *find(const struct vg_snapshot *snapshot, const char *text)
{
	struct vg_addr addr = addr_of(text);

	return vg_snapshot_find(snapshot, &addr);
}

static void test_copies_everything(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	char node[] = "worker1", source[] = "file", service[] = "default/web", name[] = "worker2";
	const char *nodes[] = { name };
	struct vg_assignment one = assignment("192.0.2.10", nodes, 1);
	const struct vg_assignment *found;

	(void)state;
	assert_int_equal(vg_snapshot_new(node, source, &snapshot), 0);
	one.service = service;
	one.bind = VG_BIND_NOBODY;
	one.line = 7;
	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
	node[0] = source[0] = service[0] = name[0] = 'X';
	assert_string_equal(vg_snapshot_node(snapshot), "worker1");
	assert_string_equal(vg_snapshot_source(snapshot), "file");
	found = find(snapshot, "192.0.2.10");
	assert_non_null(found);
	assert_string_equal(found->service, "default/web");
	assert_string_equal(found->nodes[0], "worker2");
	assert_int_equal(found->bind, VG_BIND_NOBODY);
	assert_int_equal(found->line, 7);
	assert_int_equal(found->changed_ns, 0);
	assert_null(find(snapshot, "192.0.2.11"));
}

static void test_names(void **state)
{
	static const char *const many[] = { "d", "b", "a", "c", "e" };
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	const struct vg_assignment *found;

	(void)state;
	add(snapshot, "192.0.2.10", many, 5);
	add(snapshot, "192.0.2.11", NULL, 0);
	found = find(snapshot, "192.0.2.10");
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		assert_true(vg_assignment_names(found, many[i]));
	assert_false(vg_assignment_names(found, ""));
	assert_false(vg_assignment_names(found, "bb"));
	assert_false(vg_assignment_names(found, "f"));
	assert_false(vg_assignment_names(find(snapshot, "192.0.2.11"), "a"));
}

static void test_same_prefix_again(void **state)
{
	struct vg_assignment first = assignment("192.0.2.10", both, 3);
	struct {
		const char *name;
		struct vg_assignment again;
		int r;
	} cases[] = {
		{ "equal, nodes in another order", assignment("192.0.2.10", (const char *const[]){ "worker1", "worker2" }, 2), 0 },
		{ "other nodes", assignment("192.0.2.10", w1, 1), -EEXIST },
		{ "no nodes", assignment("192.0.2.10", NULL, 0), -EEXIST },
		{ "other bind", first, -EEXIST },
		{ "other service", first, -EEXIST },
		{ "no service", first, -EEXIST },
	};

	(void)state;
	first.service = "default/web";
	first.line = 3;
	cases[0].again.service = "default/web";
	cases[3].again.service = "default/web";
	cases[3].again.bind = VG_BIND_NOBODY;
	cases[4].again.service = "default/other";
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
		const struct vg_assignment *other = NULL;

		assert_int_equal(vg_snapshot_add(snapshot, &first, NULL), 0);
		assert_case(cases[i].name, vg_snapshot_add(snapshot, &cases[i].again, &other) == cases[i].r);
		assert_case(cases[i].name, vg_snapshot_size(snapshot) == 1);
		assert_case(cases[i].name, cases[i].r ? other && other->line == 3 : !other);
	}
}

static void test_named_beats_ranged(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	struct vg_assignment one = assignment("192.0.2.10", w1, 1);

	(void)state;
	one.ranged = true;
	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
	assert_true(find(snapshot, "192.0.2.10")->ranged);
	one.ranged = false;
	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
	assert_false(find(snapshot, "192.0.2.10")->ranged);
	one.ranged = true;
	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
	assert_false(find(snapshot, "192.0.2.10")->ranged);
}

static void test_longest_prefix(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	size_t seen = 0;

	(void)state;
	add(snapshot, "192.0.2.0/24", w1, 1);
	add(snapshot, "192.0.2.10", w2, 1);
	add(snapshot, "2001:db8::/64", w2, 1);
	assert_true(vg_assignment_names(find(snapshot, "192.0.2.10"), "worker2"));
	assert_true(vg_assignment_names(find(snapshot, "192.0.2.11"), "worker1"));
	assert_true(vg_assignment_names(find(snapshot, "2001:db8::1"), "worker2"));
	for (size_t i = 0; vg_snapshot_assignment(snapshot, i); i++)
		seen++;
	assert_int_equal(seen, 3);
}

static void test_protection(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	struct vg_prefix net = prefix_of("192.0.2.0/24"), host = prefix_of("192.0.2.1");
	struct vg_addr a = addr_of("192.0.2.1"), b = addr_of("192.0.2.2"), c = addr_of("203.0.113.1");

	(void)state;
	assert_int_equal(vg_snapshot_protect(snapshot, &net, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protect(snapshot, &host, VG_NODE_ADDRESS, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protect(snapshot, &host, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0); /* the first reason stays */
	assert_int_equal(vg_snapshot_protected(snapshot, &a)->reason, VG_NODE_ADDRESS);
	assert_int_equal(vg_snapshot_protected(snapshot, &b)->reason, VG_PROTECT_LIST);
	assert_null(vg_snapshot_protected(snapshot, &c));
	assert_non_null(vg_snapshot_protection(snapshot, 1));
	assert_null(vg_snapshot_protection(snapshot, 2));
}

static void test_inherit(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = empty(), *after = NULL, *third = NULL;
	struct vg_assignment other_bind = assignment("192.0.2.12", w1, 1);

	(void)state;
	add(before, "192.0.2.10", w1, 1);
	add(before, "192.0.2.11", both, 3);
	add(before, "192.0.2.12", w1, 1);
	after = empty();
	add(after, "192.0.2.10", w2, 1); /* moved */
	add(after, "192.0.2.11", (const char *const[]){ "worker1", "worker2" }, 2); /* the same set */
	other_bind.bind = VG_BIND_NOBODY;
	assert_int_equal(vg_snapshot_add(after, &other_bind, NULL), 0); /* other content, same nodes */
	add(after, "192.0.2.13", w1, 1); /* new */
	add(after, "192.0.2.0/24", w1, 1); /* another prefix is another assignment */
	vg_snapshot_inherit(after, before, 1000);
	assert_int_equal(find(after, "192.0.2.10")->changed_ns, 1000);
	assert_int_equal(find(after, "192.0.2.11")->changed_ns, 0);
	assert_int_equal(find(after, "192.0.2.12")->changed_ns, 0);
	assert_int_equal(find(after, "192.0.2.13")->changed_ns, 0);
	assert_int_equal(find(after, "192.0.2.99")->changed_ns, 0);
	third = empty();
	add(third, "192.0.2.10", w2, 1); /* a reload without a change does not renew the grace */
	add(third, "192.0.2.11", NULL, 0);
	vg_snapshot_inherit(third, after, 2000);
	assert_int_equal(find(third, "192.0.2.10")->changed_ns, 1000);
	assert_int_equal(find(third, "192.0.2.11")->changed_ns, 2000);
}

static void set(struct vg_snapshot *snapshot, const char *prefix, const char *const *nodes, size_t n, enum vg_reason bind, enum vg_reason announce)
{
	struct vg_assignment one = assignment(prefix, nodes, n);

	one.bind_reason = (uint8_t)bind;
	one.announce_reason = (uint8_t)announce;
	one.owner = "metallb";
	assert_int_equal(vg_snapshot_set(snapshot, &one), 0);
}

static void test_set_and_unset(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	struct vg_prefix a = prefix_of("192.0.2.10"), b = prefix_of("192.0.2.11"), net = prefix_of("192.0.2.0/24");

	(void)state;
	set(snapshot, "192.0.2.10", w1, 1, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE);
	set(snapshot, "192.0.2.11", both, 3, VG_IPAM_ONLY, VG_IPAM_ONLY);
	set(snapshot, "192.0.2.0/24", NULL, 0, VG_POOL_RESERVED, VG_POOL_RESERVED);
	assert_int_equal(vg_snapshot_at(snapshot, &a)->bind_reason, VG_OWNER_NEVER_BINDS); /* as it was said, whatever the nodes */
	assert_string_equal(vg_snapshot_at(snapshot, &a)->owner, "metallb");
	assert_false(vg_snapshot_at(snapshot, &a)->durable);
	set(snapshot, "192.0.2.10", w2, 1, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(vg_snapshot_size(snapshot), 3);
	assert_string_equal(vg_snapshot_at(snapshot, &a)->nodes[0], "worker2");
	vg_snapshot_unset(snapshot, &a);
	vg_snapshot_unset(snapshot, &a);
	assert_null(vg_snapshot_at(snapshot, &a));
	assert_int_equal(find(snapshot, "192.0.2.10")->announce_reason, VG_POOL_RESERVED);
	assert_int_equal(vg_snapshot_at(snapshot, &b)->announce_reason, VG_IPAM_ONLY); /* it moved to another place */
	assert_int_equal(vg_snapshot_at(snapshot, &b)->n_nodes, 2);
	vg_snapshot_unset(snapshot, &net);
	vg_snapshot_unset(snapshot, &b);
	assert_int_equal(vg_snapshot_size(snapshot), 0);
	assert_null(find(snapshot, "192.0.2.10"));
}

static void test_added_is_settled(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty(); /* of worker1 */
	struct vg_assignment nobody = assignment("192.0.2.12", w1, 1);

	(void)state;
	nobody.bind = VG_BIND_NOBODY;
	add(snapshot, "192.0.2.10", w1, 1);
	add(snapshot, "192.0.2.11", w2, 1);
	assert_int_equal(vg_snapshot_add(snapshot, &nobody, NULL), 0);
	assert_int_equal(find(snapshot, "192.0.2.10")->bind_reason, VG_ASSIGNED_HERE);
	assert_int_equal(find(snapshot, "192.0.2.11")->bind_reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(find(snapshot, "192.0.2.11")->announce_reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(find(snapshot, "192.0.2.12")->bind_reason, VG_OWNER_NEVER_BINDS);
	assert_int_equal(find(snapshot, "192.0.2.12")->announce_reason, VG_ASSIGNED_HERE);
	assert_true(find(snapshot, "192.0.2.12")->durable);
	assert_string_equal(find(snapshot, "192.0.2.12")->source, "assignments");
}

static void test_unprotect(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = empty();
	struct vg_prefix a = prefix_of("192.0.2.1"), b = prefix_of("192.0.2.2");

	(void)state;
	assert_int_equal(vg_snapshot_protect(snapshot, &a, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protect(snapshot, &b, VG_CONTROL_PLANE_VIP, VG_ORIGIN_CLUSTER), 0);
	vg_snapshot_unprotect(snapshot, &a, VG_ORIGIN_CLUSTER); /* the operator's stays */
	assert_non_null(vg_snapshot_protected(snapshot, &a.addr));
	vg_snapshot_unprotect(snapshot, &a, VG_ORIGIN_CONFIG);
	assert_null(vg_snapshot_protected(snapshot, &a.addr));
	assert_int_equal(vg_snapshot_protected(snapshot, &b.addr)->reason, VG_CONTROL_PLANE_VIP);
	assert_int_equal(vg_snapshot_protect(snapshot, &b, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
	assert_int_equal(vg_snapshot_protected(snapshot, &b.addr)->reason, VG_CONTROL_PLANE_VIP);
	vg_snapshot_unprotect(snapshot, &b, VG_ORIGIN_CLUSTER); /* what the operator said of the same address stays */
	assert_int_equal(vg_snapshot_protected(snapshot, &b.addr)->reason, VG_PROTECT_LIST);
	vg_snapshot_unprotect(snapshot, &b, VG_ORIGIN_CONFIG);
	assert_null(vg_snapshot_protection(snapshot, 0));
}

static void test_free_takes_null(void **state)
{
	(void)state;
	vg_snapshot_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_everything), cmocka_unit_test(test_names),
		cmocka_unit_test(test_same_prefix_again), cmocka_unit_test(test_named_beats_ranged),
		cmocka_unit_test(test_longest_prefix),	  cmocka_unit_test(test_protection),
		cmocka_unit_test(test_inherit),		  cmocka_unit_test(test_free_takes_null),
		cmocka_unit_test(test_set_and_unset),	  cmocka_unit_test(test_added_is_settled),
		cmocka_unit_test(test_unprotect),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
