/* SPDX-License-Identifier: Apache-2.0 */
/* A small cluster for the tests of core/cluster and core/assess: this node is cp1, everything is listed, clocks are handed in. */
#ifndef UNIT_CLUSTER_WORLD_H
#define UNIT_CLUSTER_WORLD_H

#include "unit.h"

#include "base/time.h"
#include "core/assess.h"
#include "core/explain.h"
#include "core/judge.h"
#include "core/verdict.h"

#define SECOND VG_NS_PER_SEC
#define REAL0 (1000000 * SECOND)
#define BOOT0 (5000 * SECOND)

struct world {
	struct vg_cluster *cluster;
	struct vg_snapshot *snapshot;
	struct vg_assess_config config;
	struct vg_moment now;
	struct vg_changes changes; /* of the last assessment */
	bool assessed;
};

static inline struct vg_object head_of(enum vg_kind kind, const char *key)
{
	const char *slash = strchr(key, '/');

	return (struct vg_object){ .kind = (uint8_t)kind, .namespace_len = slash ? (uint8_t)(slash - key) : 0, .key = key, .version = "100" };
}

static inline void put(struct world *world, const struct vg_object *object)
{
	assert_int_equal(vg_cluster_put(world->cluster, 0, object, &world->now), 0);
}

static inline void drop(struct world *world, enum vg_kind kind, const char *key)
{
	vg_cluster_delete(world->cluster, 0, kind, key);
}

static inline void put_node(struct world *world, const char *name, const char *hostname, const char *internal, const char *external)
{
	struct vg_addr in = internal ? addr_of(internal) : addr_of("::"), out = external ? addr_of(external) : addr_of("::");
	struct vg_node node = { .object = head_of(VG_KIND_NODE, name), .hostname = hostname };

	node.internal = (struct vg_addrs){ &in, internal ? 1 : 0 };
	node.external = (struct vg_addrs){ &out, external ? 1 : 0 };
	put(world, &node.object);
}

struct pod {
	const char *key, *class, *lease, *lease_namespace, *address, *balancer, *node;
	uint32_t flags;
};

static inline void put_pod(struct world *world, const struct pod *pod)
{
	struct vg_addr addr = pod->address ? addr_of(pod->address) : addr_of("::");
	struct vg_pod one = { .object = head_of(VG_KIND_POD, pod->key), .node = "cp1", .class = pod->class ?: "", .lease = pod->lease ?: "" };

	one.lease_namespace = pod->lease_namespace ?: "";
	one.balancer = pod->balancer ?: "";
	one.uid = "";
	one.image = "";
	one.config_hash = "";
	one.controller = "";
	one.node = pod->node ?: "cp1";
	one.addresses = (struct vg_addrs){ &addr, pod->address ? 1 : 0 };
	one.flags = pod->flags | VG_POD_LIVE;
	put(world, &one.object);
}

static inline void put_claims(struct world *world, enum vg_kind kind, const char *key, const char *first, const char *last, uint32_t flags)
{
	struct vg_range range = { addr_of(first), addr_of(last) };
	struct vg_claims claims = { .object = head_of(kind, key), .ranges = { &range, 1 }, .link = "", .protocol = "", .flags = flags };

	put(world, &claims.object);
}

static inline void put_address_claim(struct world *world, enum vg_kind kind, const char *key, const char *address, uint32_t flags)
{
	struct vg_addr addr = addr_of(address);
	struct vg_claims claims = { .object = head_of(kind, key), .addresses = { &addr, 1 }, .link = "", .protocol = "", .flags = flags };

	put(world, &claims.object);
}

/* pool NULL: all; key and value of a service selector, or NULL */
static inline void put_advertisement(struct world *world, enum vg_kind kind, const char *name, const char *pool, const char *key, const char *value,
				     uint32_t flags)
{
	struct vg_requirement requirement = { .key = key, .op = VG_OP_IN, .values = { &value, 1 } };
	struct vg_selector selector = { &requirement, 1 };
	struct vg_advertisement advertisement = { .object = head_of(kind, name), .pools = { &pool, pool ? 1 : 0 }, .flags = flags };

	advertisement.service_selectors = (struct vg_selectors){ &selector, key ? 1 : 0 };
	put(world, &advertisement.object);
}

struct svc {
	const char *key, *address, *pool, *class, *lease, *held;
	struct vg_label label;
	uint32_t flags;
	enum vg_carried_from from;
	uint64_t uid;
};

static inline void put_service(struct world *world, const struct svc *svc)
{
	struct vg_carried carried = { addr_of(svc->address), svc->from };
	struct vg_held held = { carried.addr, svc->held };
	struct vg_service service = { .object = head_of(VG_KIND_SERVICE, svc->key), .uid = svc->uid, .vip_host = "" };

	service.object.labels = (struct vg_labels){ &svc->label, svc->label.key ? 1 : 0 };
	service.class = svc->class ?: "";
	service.metallb_pool = svc->pool ?: "";
	service.kube_vip_lease = svc->lease ?: "";
	service.carried = (struct vg_carrieds){ &carried, 1 };
	service.held = (struct vg_helds){ &held, svc->held ? 1 : 0 };
	service.flags = svc->flags | VG_SERVICE_LOAD_BALANCER;
	put(world, &service.object);
}

static inline void put_status(struct world *world, enum vg_kind kind, const char *key, const char *service, const char *node)
{
	struct vg_placement status = { .object = head_of(kind, key), .service = service, .node = node, .status_node = "" };

	put(world, &status.object);
}

/* ago: seconds before now */
static inline void put_event(struct world *world, const char *key, const char *service, const char *node, uint64_t uid, uint64_t ago)
{
	struct vg_placement event = { .object = head_of(VG_KIND_EVENT, key), .service = service, .node = node, .status_node = "", .uid = uid };

	event.at_ns = world->now.real_ns - ago * SECOND;
	event.flags = VG_PLACEMENT_LAYER2;
	put(world, &event.object);
}

struct lease {
	const char *key, *holder;
	uint64_t renewed; /* seconds ago */
	uint64_t acquired; /* seconds ago; 0: an hour */
	uint64_t duration; /* 0: 15 */
	bool first; /* known never to have changed hands */
};

static inline void put_lease(struct world *world, const struct lease *lease)
{
	struct vg_lease one = { .object = head_of(VG_KIND_LEASE, lease->key), .holder = lease->holder };

	one.renewed_ns = world->now.real_ns - lease->renewed * SECOND;
	one.acquired_ns = world->now.real_ns - (lease->acquired ?: 3600) * SECOND;
	one.duration_ns = (lease->duration ?: 15) * SECOND;
	one.flags = VG_LEASE_TRANSITIONS_KNOWN;
	one.transitions = lease->first ? 0 : 3;
	put(world, &one.object);
}

#define KUBE_VIP_ARP (VG_POD_KUBE_VIP | VG_POD_KV_SERVICES | VG_POD_KV_ARP)

static inline void put_metallb(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-a", .flags = VG_POD_METALLB_SPEAKER });
	put_claims(world, VG_KIND_POOL, "metallb-system/public", "192.0.2.240", "192.0.2.255", 0);
}

/* What proves that PureLB and OpenELB are there. */
static inline void put_purelb(struct world *world)
{
	put_claims(world, VG_KIND_PURELB_GROUP, "purelb/lan", "198.51.100.64", "198.51.100.79", 0);
}

static inline void put_openelb(struct world *world)
{
	put_claims(world, VG_KIND_OPENELB_EIP, "eip", "198.51.100.80", "198.51.100.95", 0);
}

static inline void put_kube_vip(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .lease_namespace = "kube-system", .flags = KUBE_VIP_ARP });
}

static inline void world_begin(struct world *world)
{
	static const char *const nodes[][2] = {
		{ "cp1", "192.0.2.11" }, { "cp2", "192.0.2.12" }, { "worker1", "192.0.2.21" }, { "worker2", "192.0.2.22" }
	};

	*world = (struct world){ .config = { .grace_ns = 15 * SECOND }, .now = { REAL0, BOOT0 } };
	assert_int_equal(vg_cluster_new("cp1", &world->cluster), 0);
	assert_int_equal(vg_snapshot_new("cp1", "kubernetes", &world->snapshot), 0);
	for (int kind = 0; kind < VG_KIND_MAX; kind++)
		vg_cluster_set_knowledge(world->cluster, (enum vg_kind)kind, VG_KIND_LISTED);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		put_node(world, nodes[i][0], nodes[i][0], nodes[i][1], NULL);
}

static inline void world_end(struct world *world)
{
	vg_changes_deinit(&world->changes);
	vg_cluster_free(world->cluster);
	vg_snapshot_free(world->snapshot);
}

static inline void assess(struct world *world)
{
	vg_changes_deinit(&world->changes);
	assert_int_equal(vg_assess(world->cluster, world->snapshot, &world->config, &world->now, !world->assessed, &world->changes), 0);
	world->assessed = true;
	assert_false(vg_cluster_is_dirty(world->cluster));
}

static inline void pass(struct world *world, uint64_t seconds)
{
	world->now.real_ns += seconds * SECOND;
	world->now.boot_ns += seconds * SECOND;
}

static inline struct vg_answer judge(struct world *world, const char *address)
{
	struct vg_circumstances circumstances = { .now_ns = world->now.boot_ns, .grace_ns = world->config.grace_ns };
	struct vg_addr addr = addr_of(address);

	return vg_judge(world->snapshot, &addr, NULL, &circumstances);
}

#define assert_says(world, address, bind_reason, announce_reason) \
	do { \
		struct vg_answer answer_ = judge(world, address); \
		if (answer_.bind.reason != (bind_reason) || answer_.announce.reason != (announce_reason)) \
			fail_msg("%s: bind %s, announce %s", address, vg_reason_to_str(answer_.bind.reason), \
				 vg_reason_to_str(answer_.announce.reason)); \
	} while (0)

/* A cluster from `build`, assessed from scratch, and what is said of 192.0.2.240. */
struct rule {
	const char *name;
	void (*build)(struct world *world);
	enum vg_reason bind;
	enum vg_reason announce;
};

#define VIP "192.0.2.240"

static inline void check_rules(const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct vg_answer answer;
		struct world world;

		world_begin(&world);
		rules[i].build(&world);
		assess(&world);
		answer = judge(&world, VIP);
		if (answer.bind.reason != rules[i].bind || answer.announce.reason != rules[i].announce)
			fail_msg("case \"%s\": bind %s, announce %s", rules[i].name, vg_reason_to_str(answer.bind.reason),
				 vg_reason_to_str(answer.announce.reason));
		world_end(&world);
	}
}

#endif
