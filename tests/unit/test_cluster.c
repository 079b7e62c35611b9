/* SPDX-License-Identifier: Apache-2.0 */
/* The store: keys, reflectors and their lists, every lookup against a plain model through many random changes, and its limits. */
#include "cluster_world.h"

#include <errno.h>
#include <stdlib.h>

#include "core/cluster_store.h"

static void put_by(struct world *world, unsigned reflector, const char *key)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, key),
			      .node = "",
			      .class = "",
			      .lease = "",
			      .lease_namespace = "",
			      .balancer = "",
			      .uid = "",
			      .image = "",
			      .config_hash = "",
			      .controller = "" };

	assert_int_equal(vg_cluster_put(world->cluster, reflector, &pod.object, &world->now), 0);
}

static bool has_pod(const struct world *world, const char *key)
{
	return vg_cluster_get(world->cluster, VG_KIND_POD, key);
}

static void lists_replace_what_their_reflector_held(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_by(&world, 0, "a/one");
	put_by(&world, 0, "a/two");
	put_by(&world, 1, "a/two");
	put_by(&world, 1, "a/three");
	assert_int_equal(vg_cluster_count(world.cluster, VG_KIND_POD), 3);
	vg_cluster_list_begin(world.cluster, 0, VG_KIND_POD);
	put_by(&world, 0, "a/four");
	vg_cluster_list_end(world.cluster, 0, VG_KIND_POD);
	assert_false(has_pod(&world, "a/one"));
	assert_true(has_pod(&world, "a/two") && has_pod(&world, "a/three") && has_pod(&world, "a/four"));
	vg_cluster_delete(world.cluster, 0, VG_KIND_POD, "a/three");
	assert_true(has_pod(&world, "a/three"));
	vg_cluster_delete(world.cluster, 1, VG_KIND_POD, "a/three");
	assert_false(has_pod(&world, "a/three"));
	vg_cluster_delete(world.cluster, 1, VG_KIND_POD, "a/three");
	vg_cluster_drop(world.cluster, 1, VG_KIND_POD);
	assert_false(has_pod(&world, "a/two"));
	assert_int_equal(vg_cluster_count(world.cluster, VG_KIND_POD), 1);
	/* another kind of that name is another object */
	assert_null(vg_cluster_get(world.cluster, VG_KIND_LEASE, "a/four"));
	world_end(&world);
}

static void the_newest_version_counts(void **state)
{
	struct vg_lease lease = { .object = head_of(VG_KIND_LEASE, "a/lease"), .holder = "cp1" };
	const struct vg_lease *there;
	struct world world;

	(void)state;
	world_begin(&world);
	put(&world, &lease.object);
	there = (const struct vg_lease *)vg_cluster_get(world.cluster, VG_KIND_LEASE, "a/lease");
	lease.object.version = "101";
	lease.renewed_ns = 5;
	pass(&world, 3);
	put(&world, &lease.object);
	assert_ptr_equal(vg_cluster_get(world.cluster, VG_KIND_LEASE, "a/lease"), there);
	assert_string_equal(there->object.version, "101");
	assert_int_equal(there->renewed_ns, 5);
	assert_int_equal(there->object.heard_ns, world.now.boot_ns);
	lease.holder = "cp2";
	put(&world, &lease.object);
	there = (const struct vg_lease *)vg_cluster_get(world.cluster, VG_KIND_LEASE, "a/lease");
	assert_string_equal(there->holder, "cp2");
	assert_int_equal(vg_cluster_count(world.cluster, VG_KIND_LEASE), 1);
	world_end(&world);
}

static void knowledge_is_dirt(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	assess(&world);
	vg_cluster_set_knowledge(world.cluster, VG_KIND_POOL, VG_KIND_LISTED);
	assert_false(vg_cluster_is_dirty(world.cluster));
	vg_cluster_set_knowledge(world.cluster, VG_KIND_POOL, VG_KIND_FORBIDDEN);
	assert_true(vg_cluster_is_dirty(world.cluster));
	assert_int_equal(vg_cluster_knowledge(world.cluster, VG_KIND_POOL), VG_KIND_FORBIDDEN);
	world_end(&world);
}

static void nodes_by_name_and_address(void **state)
{
	struct vg_addr addr = addr_of("192.0.2.12"), none = addr_of("192.0.2.99");
	struct world world;

	(void)state;
	world_begin(&world);
	put_node(&world, "n1.example.org", "N1", "192.0.2.31", NULL);
	assert_string_equal(vg_cluster_find_node(world.cluster, "n1")->object.key, "n1.example.org");
	assert_string_equal(vg_cluster_find_node(world.cluster, "N1.EXAMPLE.org")->object.key, "n1.example.org");
	assert_null(vg_cluster_find_node(world.cluster, "n2"));
	assert_null(vg_cluster_find_node(world.cluster, ""));
	/* a name goes before a label */
	put_node(&world, "n1", "other", NULL, NULL);
	assert_string_equal(vg_cluster_find_node(world.cluster, "n1")->object.key, "n1");
	assert_string_equal(vg_cluster_node_of_address(world.cluster, &addr)->object.key, "cp2");
	assert_null(vg_cluster_node_of_address(world.cluster, &none));
	drop(&world, VG_KIND_NODE, "cp2");
	assert_null(vg_cluster_node_of_address(world.cluster, &addr));
	assert_null(vg_cluster_find_node(world.cluster, "cp2"));
	world_end(&world);
}

static void walks_know_their_place(void **state)
{
	struct vg_addr addr = addr_of(VIP);
	const struct vg_service *service = NULL;
	const struct vg_placement *status = NULL;
	const struct vg_lease *lease = NULL;
	struct world world;
	size_t n = 0;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "b/web", .address = VIP });
	put_service(&world, &(struct svc){ .key = "c/web", .address = "192.0.2.1" });
	put_service(&world, &(struct svc){ .key = "a/web", .address = "::ffff:192.0.2.240" });
	service = vg_cluster_carrier(world.cluster, &addr, NULL);
	assert_string_equal(service->object.key, "a/web");
	service = vg_cluster_carrier(world.cluster, &addr, service);
	assert_string_equal(service->object.key, "b/web");
	assert_null(vg_cluster_carrier(world.cluster, &addr, service));
	put_status(&world, VG_KIND_L2_STATUS, "m/l2-1", "b/web", "worker1");
	put_status(&world, VG_KIND_L2_STATUS, "m/l2-2", "b/web", "worker2");
	put_status(&world, VG_KIND_L2_STATUS, "m/l2-3", "c/web", "worker2");
	put_status(&world, VG_KIND_BGP_STATUS, "m/bgp-1", "b/web", "worker2");
	while ((status = vg_cluster_placement(world.cluster, VG_KIND_L2_STATUS, "b/web", status)))
		n += !strcmp(status->service, "b/web");
	assert_int_equal(n, 2);
	put_lease(&world, &(struct lease){ .key = "a/shared", .holder = "cp1" });
	put_lease(&world, &(struct lease){ .key = "b/shared", .holder = "cp1" });
	put_lease(&world, &(struct lease){ .key = "b/other", .holder = "cp1" });
	for (n = 0; (lease = vg_cluster_lease(world.cluster, "shared", lease)); n++)
		;
	assert_int_equal(n, 2);
	world_end(&world);
}

/* ---- against a model */

#define KEYS 300
#define STEPS 20000

struct model {
	bool there[KEYS];
	uint8_t address[KEYS];
};

static const char *key_of(unsigned i)
{
	static char key[32];

	snprintf(key, sizeof(key), "ns-%u/service-%u", i % 7, i);
	return key;
}

static const char *address_text(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "198.51.100.%u", i);
	return text;
}

static void step(struct world *world, struct model *model, unsigned *seed)
{
	unsigned i = (unsigned)rand_r(seed) % KEYS, address = (unsigned)rand_r(seed) % 60;

	if (rand_r(seed) % 3) {
		put_service(world, &(struct svc){ .key = key_of(i), .address = address_text(address) });
		model->there[i] = true;
		model->address[i] = (uint8_t)address;
	} else {
		drop(world, VG_KIND_SERVICE, key_of(i));
		model->there[i] = false;
	}
}

static void compare(struct world *world, const struct model *model)
{
	size_t n = 0, n_walked = 0, n_carried = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		n += model->there[i];
		assert_true(model->there[i] == !!vg_cluster_get(world->cluster, VG_KIND_SERVICE, key_of(i)));
	}
	for (const struct vg_object *at = NULL; (at = vg_cluster_next(world->cluster, VG_KIND_SERVICE, at));)
		n_walked++;
	for (unsigned a = 0; a < 60; a++) {
		struct vg_addr addr = addr_of(address_text(a));
		const struct vg_service *before = NULL;

		for (const struct vg_service *at = NULL; (at = vg_cluster_carrier(world->cluster, &addr, at)); before = at) {
			assert_int_equal(vg_addr_cmp(&at->carried.list[0].addr, &addr), 0);
			assert_true(!before || strcmp(before->object.key, at->object.key) < 0);
			n_carried++;
		}
	}
	assert_int_equal(n, vg_cluster_count(world->cluster, VG_KIND_SERVICE));
	assert_int_equal(n, n_walked);
	assert_int_equal(n, n_carried);
}

/* What is assessed change by change is what is assessed from scratch. */
static void compare_pictures(struct world *world)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *fresh = NULL;
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { 0 };
	const struct vg_assignment *entry;

	assess(world);
	assert_int_equal(vg_snapshot_new("cp1", "kubernetes", &fresh), 0);
	assert_int_equal(vg_assess(world->cluster, fresh, &world->config, &world->now, true, &changes), 0);
	assert_int_equal(vg_snapshot_size(fresh), vg_snapshot_size(world->snapshot));
	for (size_t i = 0; (entry = vg_snapshot_assignment(fresh, i)); i++) {
		const struct vg_assignment *other = vg_snapshot_at(world->snapshot, &entry->prefix);

		assert_non_null(other);
		assert_int_equal(other->bind_reason, entry->bind_reason);
		assert_string_equal(other->service, entry->service);
	}
}

static void as_a_plain_model(void **state)
{
	unsigned seed = 20261122;
	struct model model = { 0 };
	struct world world;

	(void)state;
	world_begin(&world);
	assess(&world);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&world, &model, &seed);
		if (i % 1000 == 0) {
			compare(&world, &model);
			compare_pictures(&world);
		}
	}
	compare(&world, &model);
	world_end(&world);
}

/* ---- Pods by what a cgroup calls them */

static void put_named(struct world *world, const char *key, const char *uid, const char *hash)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, key),
			      .node = "cp1",
			      .class = "",
			      .lease = "",
			      .lease_namespace = "",
			      .balancer = "",
			      .uid = uid,
			      .image = "",
			      .config_hash = hash,
			      .controller = "" };

	assert_int_equal(vg_cluster_put(world->cluster, 0, &pod.object, &world->now), 0);
}

static const char *pod_called(const struct world *world, const char *uid)
{
	const struct vg_pod *pod = vg_cluster_find_pod(world->cluster, uid);

	return pod ? pod->object.key : "";
}

static void pods_by_uid(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	assess(&world);
	put_named(&world, "a/plain", "u1", "");
	put_named(&world, "a/static", "u2", "h2");
	/* nothing is judged by them */
	assert_false(world.cluster->all);
	assert_int_equal(world.cluster->n_dirty, 0);
	assert_string_equal(pod_called(&world, "u1"), "a/plain");
	assert_string_equal(pod_called(&world, "h2"), "a/static");
	assert_string_equal(pod_called(&world, "u3"), "");
	assert_string_equal(pod_called(&world, ""), "");
	/* whoever writes another's uid into his annotations is not taken for it */
	put_named(&world, "a/liar", "u4", "u1");
	assert_string_equal(pod_called(&world, "u1"), "a/plain");
	put_named(&world, "a/liar", "u4", "h2");
	assert_string_equal(pod_called(&world, "h2"), "");
	world_end(&world);
}

/* ---- limits */

static void limits(void **state)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, "a/pod"),
			      .node = "",
			      .class = "",
			      .lease = "",
			      .lease_namespace = "",
			      .balancer = "",
			      .uid = "",
			      .image = "",
			      .config_hash = "",
			      .controller = "" };
	struct vg_index index = { 0 };
	struct world world;
	size_t n;

	(void)state;
	world_begin(&world);
	assess(&world);
	n = world.cluster->n_objects;
	world.cluster->n_objects = VG_CLUSTER_OBJECTS_MAX;
	assert_int_equal(vg_cluster_put(world.cluster, 0, &pod.object, &world.now), -E2BIG);
	assert_int_equal(vg_cluster_refused(world.cluster), 1);
	assert_true(vg_cluster_is_dirty(world.cluster));
	/* what is there is still brought up to date */
	put_node(&world, "cp1", "cp1", "192.0.2.99", NULL);
	world.cluster->n_objects = n;
	assert_int_equal(vg_cluster_put(world.cluster, 0, &pod.object, &world.now), 0);
	assert_int_equal(vg_index_reserve(&index, VG_INDEX_MAX + 1), -E2BIG);
	assert_int_equal(vg_index_reserve(&index, 1), 0);
	vg_index_deinit(&index);
	world_end(&world);
}

/* With a hole in what is known, nobody says that no Service carries an address of a pool. */
static void a_refused_object_frees_the_pool(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_metallb(&world);
	put_advertisement(&world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	assess(&world);
	assert_says(&world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	world.cluster->refused++;
	world.cluster->all = true;
	assess(&world);
	assert_says(&world, VIP, VG_NO_SERVICE, VG_NO_SERVICE);
	world_end(&world);
}

static void many_dirty_addresses_are_all(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP });
	assess(&world);
	for (unsigned i = 0; i < VG_CLUSTER_DIRTY_MAX; i++)
		put_service(&world, &(struct svc){ .key = "default/web", .address = i % 2 ? VIP : "192.0.2.241" });
	assert_true(world.cluster->all);
	assess(&world);
	assert_says(&world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	assert_says(&world, "192.0.2.241", VG_NO_SERVICE, VG_NO_SERVICE);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_replace_what_their_reflector_held),
		cmocka_unit_test(the_newest_version_counts),
		cmocka_unit_test(knowledge_is_dirt),
		cmocka_unit_test(nodes_by_name_and_address),
		cmocka_unit_test(walks_know_their_place),
		cmocka_unit_test(as_a_plain_model),
		cmocka_unit_test(pods_by_uid),
		cmocka_unit_test(limits),
		cmocka_unit_test(a_refused_object_frees_the_pool),
		cmocka_unit_test(many_dirty_addresses_are_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
