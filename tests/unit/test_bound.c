/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "kern/bound.h"
#include "kern/pending.h"

static struct vg_addr addr(const char *text)
{
	struct vg_addr parsed;

	assert_int_equal(vg_addr_parse(text, &parsed), 0);
	return parsed;
}

static struct vg_fact bind_of(const char *text, uint32_t ifindex)
{
	return (struct vg_fact){ .kind = VG_FACT_BIND, .addr = addr(text), .prefix = 32, .ifindex = ifindex };
}

static struct vg_bound *add(struct vg_bounds *bounds, const char *text, uint32_t ifindex, const char *peer_text)
{
	const struct vg_fact fact = bind_of(text, ifindex);
	const struct vg_addr peer = addr(peer_text ? peer_text : "192.0.2.1");
	struct vg_bound *bound;

	assert_int_equal(vg_bounds_add(bounds, &fact, peer_text ? &peer : NULL, &bound), 0);
	return bound;
}

static struct vg_bound *find(struct vg_bounds *bounds, const char *text, uint32_t ifindex, const char *peer_text)
{
	const struct vg_fact fact = bind_of(text, ifindex);
	const struct vg_bind_key key = vg_bind_key_of(&fact);
	const struct vg_addr peer = addr(peer_text ? peer_text : "192.0.2.1");

	return vg_bounds_find(bounds, &key, peer_text ? &peer : NULL);
}

static void finds_by_link_address_and_prefix(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_bound *bound;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	bound = add(bounds, "192.0.2.10", 2, "192.0.2.10");
	add(bounds, "192.0.2.10", 3, "192.0.2.10");
	add(bounds, "192.0.2.9", 2, "192.0.2.9");
	assert_ptr_equal(find(bounds, "192.0.2.10", 2, NULL), bound);
	assert_ptr_equal(find(bounds, "192.0.2.10", 2, "192.0.2.10"), bound);
	assert_null(find(bounds, "192.0.2.10", 4, NULL));
	assert_null(find(bounds, "192.0.2.11", 2, NULL));
	vg_bounds_remove(bounds, bound);
	assert_null(find(bounds, "192.0.2.10", 2, NULL));
	assert_int_equal(vg_bounds_size(bounds), 2);
}

static void tells_peers_apart(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_bound *first;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	first = add(bounds, "192.0.2.10", 2, "203.0.113.1");
	assert_null(find(bounds, "192.0.2.10", 2, "203.0.113.2"));
	add(bounds, "192.0.2.10", 2, "203.0.113.2");
	vg_bounds_remove(bounds, first);
	assert_null(find(bounds, "192.0.2.10", 2, "203.0.113.1"));
	assert_non_null(find(bounds, "192.0.2.10", 2, "203.0.113.2"));
}

static void finds_what_is_ahead(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_bound *second;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	add(bounds, "192.0.2.10", 2, "203.0.113.1");
	second = add(bounds, "192.0.2.10", 2, "203.0.113.2");
	assert_null(vg_bounds_find_ahead(bounds, &second->key));
	second->ahead = 1;
	assert_ptr_equal(vg_bounds_find_ahead(bounds, &second->key), second);
}

static void learns_a_peer_once(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_bound *bound;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	bound = add(bounds, "192.0.2.10", 2, NULL);
	assert_ptr_equal(find(bounds, "192.0.2.10", 2, "203.0.113.1"), bound);
	assert_true(bound->peer_known);
	assert_null(find(bounds, "192.0.2.10", 2, "203.0.113.2"));
	assert_ptr_equal(find(bounds, "192.0.2.10", 2, "203.0.113.1"), bound);
}

static void keeps_one_address_together(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	const struct vg_addr wanted = addr("192.0.2.10");
	size_t i;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	add(bounds, "192.0.2.11", 2, NULL);
	add(bounds, "192.0.2.10", 5, NULL);
	add(bounds, "2001:db8::10", 2, NULL);
	add(bounds, "192.0.2.10", 3, NULL);
	i = vg_bounds_place(bounds, &wanted);
	assert_int_equal(vg_addr_cmp(&vg_bounds_at(bounds, i)->key.addr, &wanted), 0);
	assert_int_equal(vg_addr_cmp(&vg_bounds_at(bounds, i + 1)->key.addr, &wanted), 0);
	assert_null(vg_bounds_at(bounds, 4));
}

static void knows_links_with_global_addresses(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	add(bounds, "fe80::1", 2, NULL);
	add(bounds, "127.0.0.1", 1, NULL);
	add(bounds, "198.51.100.1", 3, NULL);
	assert_false(vg_bounds_has_global(bounds, 1));
	assert_false(vg_bounds_has_global(bounds, 2));
	assert_true(vg_bounds_has_global(bounds, 3));
}

static void is_bounded(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_fact fact = bind_of("192.0.2.10", 0);
	struct vg_bound *bound;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	/* behind the others, which are sorted by their bytes: all these need not be moved */
	for (uint32_t i = 0; i < VG_BOUNDS_MAX; i++) {
		const uint32_t number = htonl(i);

		memcpy(fact.addr.bytes, &number, sizeof(number));
		assert_int_equal(vg_bounds_add(bounds, &fact, NULL, &bound), 0);
	}
	fact.ifindex = 1;
	assert_int_equal(vg_bounds_add(bounds, &fact, NULL, &bound), -ENOSPC);
}

static void knows_peers_that_are_addresses(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	const struct vg_addr vip = addr("192.0.2.10");

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	add(bounds, "192.0.2.10", 2, "192.0.2.10");
	assert_false(vg_bounds_names_peer(bounds, 2, &vip));
	add(bounds, "198.51.100.1", 3, "192.0.2.10");
	assert_false(vg_bounds_names_peer(bounds, 2, &vip));
	add(bounds, "198.51.100.1", 2, "192.0.2.10");
	assert_true(vg_bounds_names_peer(bounds, 2, &vip));
}

static void follows_names_and_dumps(void **state)
{
	VG_CLEANUP(vg_bounds_freep) struct vg_bounds *bounds = NULL;
	struct vg_bound *one, *other;

	(void)state;
	assert_int_equal(vg_bounds_new(&bounds), 0);
	one = add(bounds, "192.0.2.10", 2, NULL);
	other = add(bounds, "192.0.2.11", 3, NULL);
	one->ahead = other->ahead = 2;
	one->present = other->present = true;
	vg_bounds_rename(bounds, 2, "kube-ipvs0");
	assert_string_equal(one->fact.ifname, "kube-ipvs0");
	assert_string_equal(other->fact.ifname, "");
	vg_bounds_mark_absent(bounds);
	assert_false(one->present || other->present);
	vg_bounds_forget_ahead(bounds);
	assert_int_equal(one->ahead + other->ahead, 0);
}

static struct vg_pending pending_of(const char *text, uint64_t deadline_ns)
{
	return (struct vg_pending){ .fact = bind_of(text, 2), .peer = addr(text), .deadline_ns = deadline_ns };
}

static void pending_binds_are_taken_or_expire(void **state)
{
	struct vg_pending first = pending_of("192.0.2.10", 100), second = pending_of("192.0.2.11", 200), taken;
	struct vg_bind_key key = vg_bind_key_of(&second.fact);
	const struct vg_addr other = addr("203.0.113.1");
	struct vg_pendings pendings = { .n = 0 };

	(void)state;
	assert_int_equal(vg_pendings_next_ns(&pendings), 0);
	assert_true(vg_pendings_add(&pendings, &first));
	assert_true(vg_pendings_add(&pendings, &second));
	assert_int_equal(vg_pendings_next_ns(&pendings), 100);
	assert_false(vg_pendings_expire(&pendings, 99, &taken));
	assert_false(vg_pendings_take(&pendings, &key, &other, &taken));
	assert_true(vg_pendings_take(&pendings, &key, NULL, &taken));
	assert_int_equal(taken.deadline_ns, 200);
	assert_false(vg_pendings_take(&pendings, &key, NULL, &taken));
	assert_true(vg_pendings_expire(&pendings, 100, &taken));
	assert_int_equal(taken.deadline_ns, 100);
	assert_int_equal(pendings.n, 0);
}

static void pending_binds_are_bounded(void **state)
{
	struct vg_pending pending = pending_of("192.0.2.10", 100);
	struct vg_pendings pendings = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < VG_PENDING_MAX; i++)
		assert_true(vg_pendings_add(&pendings, &pending));
	assert_false(vg_pendings_add(&pendings, &pending));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_link_address_and_prefix),
		cmocka_unit_test(tells_peers_apart),
		cmocka_unit_test(finds_what_is_ahead),
		cmocka_unit_test(learns_a_peer_once),
		cmocka_unit_test(keeps_one_address_together),
		cmocka_unit_test(knows_links_with_global_addresses),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(knows_peers_that_are_addresses),
		cmocka_unit_test(follows_names_and_dumps),
		cmocka_unit_test(pending_binds_are_taken_or_expire),
		cmocka_unit_test(pending_binds_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
