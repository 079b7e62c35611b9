/* SPDX-License-Identifier: Apache-2.0 */
/* The picture as it changes: what a change touches, grace after a move, Leases that expire, pools under Services, the file, evidence. */
#include "cluster_world.h"

static void l2(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
}

static void web(struct world *world, const char *address)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = address, .pool = "public", .uid = 7 });
}

static void status(struct world *world, const char *node)
{
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", node);
}

static bool touched(const struct world *world, const char *text)
{
	struct vg_prefix prefix = prefix_of(text);

	for (size_t i = 0; i < world->changes.n; i++) {
		if (!vg_prefix_cmp(&world->changes.prefixes[i], &prefix))
			return true;
	}
	return false;
}

static const struct vg_assignment *entry_at(struct world *world, const char *text)
{
	struct vg_prefix prefix = prefix_of(text);

	return vg_snapshot_at(world->snapshot, &prefix);
}

static void first_assignment_is_no_change(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	l2(&world);
	web(&world, VIP);
	assess(&world);
	assert_true(world.changes.all && world.changes.protections);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	status(&world, "worker1");
	assess(&world);
	assert_false(world.changes.all);
	assert_int_equal(world.changes.n, 1);
	assert_true(touched(&world, VIP));
	assert_false(world.changes.protections);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE);
	world_end(&world);
}

static void a_move_has_its_grace(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	l2(&world);
	web(&world, VIP);
	status(&world, "cp1");
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE);
	pass(&world, 100);
	status(&world, "worker1");
	assess(&world);
	assert_int_equal(entry_at(&world, VIP)->changed_ns, world.now.boot_ns);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_IN_TRANSITION);
	pass(&world, 15);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_ELSEWHERE);
	status(&world, "cp1");
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE);
	world_end(&world);
}

/* The old status goes before the new one comes. */
static void a_gap_is_part_of_a_move(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	l2(&world);
	web(&world, VIP);
	status(&world, "cp1");
	assess(&world);
	drop(&world, VG_KIND_L2_STATUS, "metallb-system/l2-1");
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	pass(&world, 100);
	status(&world, "worker1");
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_IN_TRANSITION);
	world_end(&world);
}

static void one_change_touches_its_addresses(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	l2(&world);
	web(&world, VIP);
	put_service(&world, &(struct svc){ .key = "default/other", .address = "198.51.100.1" });
	assess(&world);
	web(&world, "192.0.2.241");
	assess(&world);
	assert_int_equal(world.changes.n, 2);
	assert_true(touched(&world, VIP) && touched(&world, "192.0.2.241"));
	assert_false(world.changes.all);
	web(&world, "192.0.2.241");
	assert_false(vg_cluster_is_dirty(world.cluster));
	drop(&world, VG_KIND_SERVICE, "default/other");
	assess(&world);
	assert_true(touched(&world, "198.51.100.1"));
	assert_null(entry_at(&world, "198.51.100.1"));
	assert_says(&world, "198.51.100.1", VG_NO_SERVICE, VG_NO_SERVICE);
	world_end(&world);
}

/* .240/28 has .255 as part of one prefix; of .240-.244 the last is a host prefix that a Service may carry. */
static void the_pool_comes_back(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	l2(&world);
	put_claims(&world, VG_KIND_POOL, "metallb-system/public", VIP, "192.0.2.244", 0);
	assess(&world);
	assert_true(entry_at(&world, "192.0.2.244")->ranged);
	assert_string_equal(entry_at(&world, "192.0.2.240/30")->owner, "metallb");
	assert_string_equal(entry_at(&world, "192.0.2.240/30")->source, "IPAddressPool");
	web(&world, "192.0.2.244");
	assess(&world);
	assert_false(entry_at(&world, "192.0.2.244")->ranged);
	assert_says(&world, "192.0.2.244", VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	/* everything is assessed while it is carried */
	put_pod(&world, &(struct pod){ .key = "metallb-system/speaker-b", .flags = VG_POD_METALLB_SPEAKER });
	assess(&world);
	assert_false(entry_at(&world, "192.0.2.244")->ranged);
	drop(&world, VG_KIND_SERVICE, "default/web");
	assess(&world);
	assert_true(entry_at(&world, "192.0.2.244")->ranged);
	assert_int_equal(entry_at(&world, "192.0.2.244")->changed_ns, 0);
	assert_says(&world, "192.0.2.244", VG_POOL_RESERVED, VG_POOL_RESERVED);
	drop(&world, VG_KIND_POOL, "metallb-system/public");
	assess(&world);
	assert_int_equal(vg_snapshot_size(world.snapshot), 0);
	assert_true(touched(&world, "192.0.2.244") && touched(&world, "192.0.2.240/30"));
	world_end(&world);
}

static void a_lease_expires_by_time(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_kube_vip(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	put_lease(&world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .renewed = 5 });
	assess(&world);
	assert_int_equal(world.changes.next_ns, world.now.boot_ns + 10 * SECOND);
	/* renewed: by our own clock from now on, and nothing to assess */
	pass(&world, 9);
	put_lease(&world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .acquired = 3609 });
	assert_false(vg_cluster_is_dirty(world.cluster));
	pass(&world, 14);
	assess(&world);
	assert_int_equal(world.changes.n, 0);
	assert_int_equal(world.changes.next_ns, world.now.boot_ns + SECOND);
	assert_says(&world, VIP, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE);
	pass(&world, 1);
	assess(&world);
	assert_true(touched(&world, VIP));
	assert_int_equal(world.changes.next_ns, 0);
	assert_says(&world, VIP, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN);
	/* a renewal of what had expired is a change */
	put_lease(&world, &(struct lease){ .key = "default/kubevip-web", .holder = "cp2", .acquired = 3624 });
	assert_true(vg_cluster_is_dirty(world.cluster));
	assess(&world);
	assert_says(&world, VIP, VG_IN_TRANSITION, VG_IN_TRANSITION);
	pass(&world, 14);
	assert_int_equal(entry_at(&world, VIP)->n_nodes, 1);
	world_end(&world);
}

/* Its clock is an hour ahead of ours, then an hour behind: what counts is that it renews. */
static void a_wrong_clock_is_no_harm(void **state)
{
	struct vg_lease lease = { .object = head_of(VG_KIND_LEASE, "default/kubevip-web"), .holder = "cp2", .duration_ns = 15 * SECOND };
	struct world world;

	(void)state;
	world_begin(&world);
	put_kube_vip(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	lease.renewed_ns = world.now.real_ns - 3600 * SECOND;
	put(&world, &lease.object);
	assess(&world);
	assert_says(&world, VIP, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN);
	pass(&world, 2);
	lease.renewed_ns += 2 * SECOND;
	put(&world, &lease.object);
	assess(&world);
	assert_says(&world, VIP, VG_ASSIGNED_ELSEWHERE, VG_ASSIGNED_ELSEWHERE);
	/* told again without having been renewed */
	pass(&world, 14);
	lease.object.version = "200";
	put(&world, &lease.object);
	pass(&world, 1);
	assess(&world);
	assert_says(&world, VIP, VG_HOLDER_UNKNOWN, VG_HOLDER_UNKNOWN);
	world_end(&world);
}

static void leases_touch_their_services(void **state)
{
	static const char *const leases[] = { "default/kubevip-web", "infra/shared", "any/cilium-l2announce-default-web" };
	struct world world;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(leases); i++) {
		world_begin(&world);
		put_service(&world, &(struct svc){ .key = "default/web",
						   .address = VIP,
						   .lease = i == 1 ? "infra/shared" : NULL,
						   .flags = i == 2 ? 0 : VG_SERVICE_KUBE_VIP_WISH });
		put_service(&world, &(struct svc){ .key = "default/other", .address = "198.51.100.1" });
		assess(&world);
		put_lease(&world, &(struct lease){ .key = leases[i], .holder = "cp2" });
		assess(&world);
		assert_int_equal(world.changes.n, 1);
		assert_int_equal(judge(&world, VIP).announce.reason, VG_ASSIGNED_ELSEWHERE);
		put_lease(&world, &(struct lease){ .key = "unrelated/lease", .holder = "cp2" });
		assert_false(vg_cluster_is_dirty(world.cluster));
		drop(&world, VG_KIND_LEASE, leases[i]);
		assess(&world);
		assert_int_equal(world.changes.n, 1);
		world_end(&world);
	}
}

static void hyphens_in_both_names(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "a-b/c-d", .address = VIP });
	put_service(&world, &(struct svc){ .key = "a/b-c-d", .address = "192.0.2.241" });
	assess(&world);
	put_lease(&world, &(struct lease){ .key = "kube-system/cilium-l2announce-a-b-c-d", .holder = "cp1" });
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE);
	assert_says(&world, "192.0.2.241", VG_OWNER_NEVER_BINDS, VG_ASSIGNED_HERE);
	world_end(&world);
}

static void the_file_is_its_own(void **state)
{
	static const char *const nodes[] = { "cp1" };
	struct vg_assignment host = { .prefix = prefix_of(VIP), .nodes = nodes, .n_nodes = 1 };
	struct vg_assignment part = { .prefix = prefix_of("192.0.2.248/29"), .nodes = nodes, .n_nodes = 1 };
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *file = NULL;
	struct world world;

	(void)state;
	world_begin(&world);
	assert_int_equal(vg_snapshot_new("cp1", "assignments", &file), 0);
	assert_int_equal(vg_snapshot_add(file, &host, NULL), 0);
	assert_int_equal(vg_snapshot_add(file, &part, NULL), 0);
	assert_int_equal(vg_snapshot_add(world.snapshot, &host, NULL), 0);
	assert_int_equal(vg_snapshot_add(world.snapshot, &part, NULL), 0);
	world.config.file = file;
	l2(&world);
	put_claims(&world, VG_KIND_POOL, "metallb-system/public", VIP, "192.0.2.251", 0);
	web(&world, VIP);
	put_service(&world, &(struct svc){ .key = "default/dns", .address = "192.0.2.249", .pool = "public" });
	assess(&world);
	assert_says(&world, VIP, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE);
	assert_says(&world, "192.0.2.249", VG_ASSIGNED_HERE, VG_ASSIGNED_HERE);
	assert_says(&world, "192.0.2.250", VG_ASSIGNED_HERE, VG_ASSIGNED_HERE);
	assert_says(&world, "192.0.2.243", VG_POOL_RESERVED, VG_POOL_RESERVED);
	/* nothing of it is swept away when the cluster changes */
	drop(&world, VG_KIND_POOL, "metallb-system/public");
	drop(&world, VG_KIND_SERVICE, "default/web");
	drop(&world, VG_KIND_SERVICE, "default/dns");
	assess(&world);
	assert_int_equal(vg_snapshot_size(world.snapshot), 2);
	assert_says(&world, VIP, VG_ASSIGNED_HERE, VG_ASSIGNED_HERE);
	world_end(&world);
}

static void protections_follow(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_address_claim(&world, VG_KIND_CONFIG_MAP, "kube-system/kubeadm-config", "192.0.2.5", VG_CLAIMS_CONTROL_PLANE);
	assess(&world);
	assert_says(&world, "192.0.2.5", VG_CONTROL_PLANE_VIP, VG_CONTROL_PLANE_VIP);
	assert_says(&world, "192.0.2.11", VG_NODE_ADDRESS, VG_NODE_ADDRESS);
	assert_says(&world, "192.0.2.12", VG_NO_SERVICE, VG_NO_SERVICE);
	/* the kubelet takes the VIP for its own */
	put_node(&world, "cp1", "cp1", "192.0.2.5", NULL);
	assess(&world);
	assert_true(world.changes.protections);
	assert_says(&world, "192.0.2.5", VG_NODE_ADDRESS, VG_NODE_ADDRESS);
	assert_says(&world, "192.0.2.11", VG_NO_SERVICE, VG_NO_SERVICE);
	put_node(&world, "cp1", "cp1", "192.0.2.11", "203.0.113.1");
	drop(&world, VG_KIND_CONFIG_MAP, "kube-system/kubeadm-config");
	assess(&world);
	assert_says(&world, "192.0.2.5", VG_NO_SERVICE, VG_NO_SERVICE);
	assert_says(&world, "203.0.113.1", VG_NODE_ADDRESS, VG_NODE_ADDRESS);
	/* a change elsewhere changes no protection */
	put_node(&world, "worker3", "worker3", "192.0.2.23", NULL);
	assess(&world);
	assert_false(world.changes.protections);
	world_end(&world);
}

static void loopback_is_no_vip(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "kube-system/traefik", .address = "127.0.0.1", .flags = VG_SERVICE_SERVICELB });
	assess(&world);
	assert_says(&world, "127.0.0.1", VG_NO_SERVICE, VG_NO_SERVICE);
	world_end(&world);
}

/* The snapshot borrows the Service's name: it must still be there when the object was replaced by one that says the same of it. */
static void names_outlive_their_object(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	web(&world, VIP);
	assess(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .label = { "a", "b" }, .uid = 7 });
	assess(&world);
	assert_int_equal(world.changes.n, 0);
	assert_ptr_equal(entry_at(&world, VIP)->service, vg_cluster_get(world.cluster, VG_KIND_SERVICE, "default/web")->key);
	put_service(&world, &(struct svc){ .key = "aaa/first", .address = VIP });
	assess(&world);
	assert_string_equal(entry_at(&world, VIP)->service, "aaa/first");
	world_end(&world);
}

/* ---- evidence */

struct told {
	size_t n;
	enum vg_kind first;
	unsigned kinds; /* bits */
	bool names_worker1;
};

static void listen(struct told *told, const struct vg_evidence *evidence)
{
	if (!told->n++)
		told->first = evidence->kind;
	told->kinds |= 1U << evidence->kind;
	assert_true(!evidence->object || evidence->object->kind == evidence->kind);
	told->names_worker1 = told->names_worker1 || (evidence->value && !strcmp(evidence->value, "worker1"));
}

static struct vg_explanation explained(const struct world *world, const struct vg_addr *addr)
{
	const struct vg_circumstances circumstances = { .now_ns = world->now.boot_ns, .grace_ns = VG_GRACE_NS_DEFAULT };
	const struct vg_answer answer = vg_judge(world->snapshot, addr, NULL, &circumstances);
	const struct vg_question question = { world->cluster, &world->config, &world->now, addr, NULL, &answer };
	struct vg_explanation explanation;

	assert_int_equal(vg_explain(&question, &explanation), 0);
	return explanation;
}

static struct told explain(struct world *world, const char *address)
{
	struct vg_addr addr = addr_of(address);
	struct vg_explanation explanation = explained(world, &addr);
	struct told told = { 0 };

	for (size_t i = 0; i < explanation.n_evidence; i++)
		listen(&told, &explanation.evidence[i]);
	vg_explanation_deinit(&explanation);
	return told;
}

#define KIND(kind) (1U << (kind))

static void evidence_of_metallb(void **state)
{
	unsigned all = KIND(VG_KIND_L2_STATUS) | KIND(VG_KIND_SERVICE) | KIND(VG_KIND_POOL) | KIND(VG_KIND_L2_ADVERTISEMENT) | KIND(VG_KIND_POD);
	struct world world;
	struct told told;

	(void)state;
	world_begin(&world);
	l2(&world);
	web(&world, VIP);
	status(&world, "worker1");
	/* before and after it was assessed */
	for (int i = 0; i < 2; i++) {
		told = explain(&world, VIP);
		assert_int_equal(told.first, VG_KIND_L2_STATUS);
		assert_int_equal(told.kinds & all, all);
		assert_true(told.names_worker1);
		assess(&world);
	}
	told = explain(&world, "192.0.2.250");
	assert_int_equal(told.first, VG_KIND_POOL);
	assert_int_equal(told.kinds, KIND(VG_KIND_POOL) | KIND(VG_KIND_L2_ADVERTISEMENT) | KIND(VG_KIND_POD));
	told = explain(&world, "192.0.2.11");
	assert_int_equal(told.first, VG_KIND_NODE);
	told = explain(&world, "198.51.100.77");
	assert_int_equal(told.n, 0);
	world_end(&world);
}

static void evidence_of_what_is_missing(void **state)
{
	struct world world;
	struct told told;

	(void)state;
	world_begin(&world);
	put_metallb(&world);
	web(&world, VIP);
	told = explain(&world, VIP);
	assert_true(told.kinds & KIND(VG_KIND_L2_ADVERTISEMENT));
	put_service(&world, &(struct svc){ .key = "default/kv", .address = "198.51.100.1", .flags = VG_SERVICE_KUBE_VIP_LABEL });
	told = explain(&world, "198.51.100.1");
	assert_true(told.kinds & KIND(VG_KIND_LEASE));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_assignment_is_no_change),
		cmocka_unit_test(a_move_has_its_grace),
		cmocka_unit_test(a_gap_is_part_of_a_move),
		cmocka_unit_test(one_change_touches_its_addresses),
		cmocka_unit_test(the_pool_comes_back),
		cmocka_unit_test(a_lease_expires_by_time),
		cmocka_unit_test(a_wrong_clock_is_no_harm),
		cmocka_unit_test(leases_touch_their_services),
		cmocka_unit_test(hyphens_in_both_names),
		cmocka_unit_test(the_file_is_its_own),
		cmocka_unit_test(protections_follow),
		cmocka_unit_test(loopback_is_no_vip),
		cmocka_unit_test(names_outlive_their_object),
		cmocka_unit_test(evidence_of_metallb),
		cmocka_unit_test(evidence_of_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
