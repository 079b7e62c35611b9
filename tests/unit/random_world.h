/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster drawn at random (random_cluster.h) put into a world (cluster_world.h), and two pictures compared. */
#ifndef UNIT_RANDOM_WORLD_H
#define UNIT_RANDOM_WORLD_H

#include "random_cluster.h"

struct random_world {
	struct world world;
	struct vg_snapshot *file;
};

/* ---- things become objects */

static inline void put_random_service(struct world *world, const struct thing *thing, const char *version)
{
	struct vg_carried carried[2] = { { addr_of(address_texts[thing->first]), thing->from },
					 { addr_of(address_texts[thing->second]), VG_FROM_STATUS } };
	struct vg_held held[2] = { { carried[0].addr, thing->d }, { carried[1].addr, thing->second % 2 ? thing->d : "cp1" } };
	static const struct vg_label label = { "expose", "l2" };
	struct vg_service service = { .object = head_of(VG_KIND_SERVICE, thing->key), .class = thing->a, .metallb_pool = thing->b };
	uint32_t n = thing->odd_one && thing->first != thing->second ? 2 : 1;

	service.object.version = version;
	service.object.labels = (struct vg_labels){ &label, thing->second % 2 };
	service.kube_vip_lease = thing->c;
	service.vip_host = "";
	service.uid = 1 + (uint64_t)strlen(thing->key);
	service.carried = (struct vg_carrieds){ carried, n };
	service.held = (struct vg_helds){ held, *thing->d ? n : 0 };
	service.flags = thing->flags | VG_SERVICE_LOAD_BALANCER;
	put(world, &service.object);
}

static inline void put_random_node(struct world *world, const struct thing *thing, const char *version)
{
	struct vg_addr first = addr_of(address_texts[thing->first]), second = addr_of(address_texts[thing->second]);
	struct vg_node node = { .object = head_of(VG_KIND_NODE, thing->key), .hostname = thing->a };

	node.object.version = version;
	node.internal = (struct vg_addrs){ &first, 1 };
	node.external = (struct vg_addrs){ &second, thing->odd_one ? 1 : 0 };
	put(world, &node.object);
}

static inline void put_random_pod(struct world *world, const struct thing *thing, const char *version)
{
	struct vg_addr first = addr_of(address_texts[thing->first]);
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, thing->key), .node = "cp1", .class = thing->a, .lease = thing->b };

	pod.object.version = version;
	pod.lease_namespace = thing->key[1] == 'v' ? "kv" : "kube-system";
	pod.balancer = "";
	pod.uid = "";
	pod.image = "";
	pod.config_hash = "";
	pod.controller = "";
	pod.addresses = (struct vg_addrs){ &first, thing->odd_one && (thing->flags & VG_POD_KUBE_VIP) ? 1 : 0 };
	pod.flags = thing->flags;
	put(world, &pod.object);
}

/* Whether it has expired is the key's matter: by renewals it would depend on what was seen before. */
static inline void put_random_lease(struct world *world, const struct thing *thing, uint64_t renewed_ns)
{
	struct vg_lease lease = { .object = head_of(VG_KIND_LEASE, thing->key), .holder = thing->a, .duration_ns = 15 * SECOND };

	lease.renewed_ns = renewed_ns ?: REAL0 - (strlen(thing->key) % 7 == 5 ? 600 : 1) * SECOND;
	lease.acquired_ns = REAL0 - (thing->first + 1) * 5 * SECOND;
	lease.flags = VG_LEASE_TRANSITIONS_KNOWN;
	lease.transitions = thing->second % 3;
	put(world, &lease.object);
}

static inline void put_random_placement(struct world *world, const struct thing *thing, const char *version)
{
	struct vg_placement placement = { .object = head_of(thing->kind, thing->key), .service = thing->a, .node = thing->b, .status_node = "" };

	placement.object.version = version;
	placement.flags = thing->flags;
	if (thing->kind == VG_KIND_EVENT) {
		placement.uid = 1 + (uint64_t)strlen(thing->a);
		placement.at_ns = REAL0 - thing->from * SECOND;
		placement.flags = VG_PLACEMENT_LAYER2;
	}
	put(world, &placement.object);
}

static inline void put_random_advertisement(struct world *world, const struct thing *thing, const char *version)
{
	const char *value = "l2";
	struct vg_requirement requirement = { .key = "expose", .op = VG_OP_IN, .values = { &value, 1 } };
	struct vg_selector selector = { &requirement, 1 };
	struct vg_advertisement advertisement = { .object = head_of(thing->kind, thing->key), .pools = { &thing->a, *thing->a ? 1 : 0 } };

	advertisement.object.version = version;
	advertisement.service_selectors = (struct vg_selectors){ &selector, thing->odd_one ? 1 : 0 };
	advertisement.flags = thing->flags;
	put(world, &advertisement.object);
}

static inline void put_random_claims(struct world *world, const struct thing *thing, const char *version)
{
	struct vg_addr first = addr_of(address_texts[thing->first]);
	struct vg_range range = { addr_of(ranges[thing->from][0]), addr_of(ranges[thing->from][1]) };
	struct vg_claims claims = { .object = head_of(thing->kind, thing->key), .link = "", .protocol = "", .flags = thing->flags };
	bool by_address = thing->kind == VG_KIND_EGRESS_IP || (thing->flags & VG_CLAIMS_CONTROL_PLANE);

	claims.object.version = version;
	claims.addresses = (struct vg_addrs){ &first, by_address ? 1 : 0 };
	claims.ranges = (struct vg_ranges){ &range, by_address ? 0 : 1 };
	put(world, &claims.object);
}

static inline void put_thing(struct world *world, const struct thing *thing, const char *version)
{
	switch (thing->kind) {
	case VG_KIND_SERVICE: put_random_service(world, thing, version); break;
	case VG_KIND_NODE: put_random_node(world, thing, version); break;
	case VG_KIND_POD: put_random_pod(world, thing, version); break;
	case VG_KIND_LEASE: put_random_lease(world, thing, 0); break;
	case VG_KIND_L2_STATUS:
	case VG_KIND_BGP_STATUS:
	case VG_KIND_CONFIGURATION_STATE:
	case VG_KIND_EVENT: put_random_placement(world, thing, version); break;
	case VG_KIND_L2_ADVERTISEMENT:
	case VG_KIND_BGP_ADVERTISEMENT: put_random_advertisement(world, thing, version); break;
	default: put_random_claims(world, thing, version); break;
	}
}

/* ---- the world */

static inline struct vg_prefix host_prefix(const char *text)
{
	return (struct vg_prefix){ .addr = addr_of(text), .len = 128 };
}

/* What does not come from the cluster. */
static inline void put_given(struct vg_snapshot *snapshot, const struct scenario *scenario, bool file_only)
{
	static const char *const holder[] = { "worker1" };
	struct vg_assignment host = { .prefix = host_prefix(address_texts[1]), .nodes = holder, .n_nodes = 1 };
	struct vg_assignment part = { .prefix = prefix_of("192.0.2.248/29"), .nodes = holder, .n_nodes = 1, .ranged = true };
	struct vg_prefix listed = host_prefix(address_texts[2]);

	if (scenario->with_file) {
		assert_int_equal(vg_snapshot_add(snapshot, &host, NULL), 0);
		assert_int_equal(vg_snapshot_add(snapshot, &part, NULL), 0);
	}
	if (scenario->with_list && !file_only)
		assert_int_equal(vg_snapshot_protect(snapshot, &listed, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
}

static inline struct vg_snapshot *new_snapshot(const struct scenario *scenario)
{
	struct vg_snapshot *snapshot;

	assert_int_equal(vg_snapshot_new("cp1", "kubernetes", &snapshot), 0);
	put_given(snapshot, scenario, false);
	return snapshot;
}

/* All knowledge, no objects yet. */
static inline void random_begin(struct random_world *random_world, const struct scenario *scenario)
{
	struct world *world = &random_world->world;

	*random_world = (struct random_world){ .world = { .config = { .grace_ns = 15 * SECOND }, .now = { REAL0, BOOT0 } } };
	assert_int_equal(vg_cluster_new("cp1", &world->cluster), 0);
	world->snapshot = new_snapshot(scenario);
	if (scenario->with_file) {
		assert_int_equal(vg_snapshot_new("cp1", "assignments", &random_world->file), 0);
		put_given(random_world->file, scenario, true);
		world->config.file = random_world->file;
	}
	for (int kind = 0; kind < VG_KIND_MAX; kind++)
		vg_cluster_set_knowledge(world->cluster, (enum vg_kind)kind, scenario->forbidden[kind] ? VG_KIND_FORBIDDEN : VG_KIND_LISTED);
	if (scenario->without_statuses && !scenario->forbidden[VG_KIND_L2_STATUS])
		vg_cluster_set_knowledge(world->cluster, VG_KIND_L2_STATUS, VG_KIND_ABSENT);
}

static inline void random_end(struct random_world *random_world)
{
	world_end(&random_world->world);
	vg_snapshot_free(random_world->file);
}

static inline void put_things(struct world *world, const struct scenario *scenario, const char *version)
{
	for (size_t i = 0; i < scenario->n; i++) {
		if (!scenario->forbidden[scenario->things[i].kind])
			put_thing(world, &scenario->things[i], version);
	}
}

/* Assessed once, from scratch. */
static inline void random_build(struct random_world *random_world, const struct scenario *scenario)
{
	random_begin(random_world, scenario);
	put_things(&random_world->world, scenario, "100");
	assess(&random_world->world);
}

/* ---- what is said */

static inline struct vg_answer answer_for(const struct world *world, const char *text, bool stale)
{
	struct vg_circumstances circumstances = { .now_ns = world->now.boot_ns, .grace_ns = world->config.grace_ns, .stale = stale };
	struct vg_addr addr = addr_of(text);

	return vg_judge(world->snapshot, &addr, NULL, &circumstances);
}

/* Without the grace after a change, which is time's matter. */
static inline struct vg_answer settled_answer(const struct world *world, const char *text)
{
	struct vg_circumstances circumstances = { .now_ns = world->now.boot_ns };
	struct vg_addr addr = addr_of(text);

	return vg_judge(world->snapshot, &addr, NULL, &circumstances);
}

static inline bool same_word(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static inline bool same_judged(const struct vg_assignment *a, const struct vg_assignment *b)
{
	bool same = a->bind_reason == b->bind_reason && a->announce_reason == b->announce_reason && a->ranged == b->ranged && a->bind == b->bind &&
		    a->durable == b->durable && same_word(a->service, b->service) && same_word(a->owner, b->owner) &&
		    same_word(a->source, b->source) && a->n_nodes == b->n_nodes;

	for (uint32_t i = 0; same && i < a->n_nodes; i++)
		same = !strcmp(a->nodes[i], b->nodes[i]);
	return same;
}

static inline const char *entry_difference(const struct vg_snapshot *a, const struct vg_snapshot *b)
{
	const struct vg_assignment *entry, *other;
	static char text[256];

	for (size_t i = 0; (entry = vg_snapshot_assignment(a, i)); i++) {
		char prefix[VG_TEXT_MAX];

		other = vg_snapshot_at(b, &entry->prefix);
		if (other && same_judged(entry, other))
			continue;
		vg_prefix_to_str(&entry->prefix, prefix);
		snprintf(text, sizeof(text), "%s: %s/%s against %s/%s", prefix, vg_reason_to_str(entry->bind_reason),
			 vg_reason_to_str(entry->announce_reason), other ? vg_reason_to_str(other->bind_reason) : "nothing",
			 other ? vg_reason_to_str(other->announce_reason) : "nothing");
		return text;
	}
	return vg_snapshot_size(a) == vg_snapshot_size(b) ? NULL : "more entries in one";
}

static inline const char *protection_difference(const struct vg_snapshot *a, const struct vg_snapshot *b)
{
	const struct vg_protection *one, *other;
	size_t n;

	for (n = 0; (one = vg_snapshot_protection(a, n)); n++) {
		other = vg_snapshot_protected(b, &one->prefix.addr);
		if (!other || other->reason != one->reason || vg_prefix_cmp(&other->prefix, &one->prefix))
			return "protections differ";
	}
	return vg_snapshot_protection(b, n) ? "more protections in one" : NULL;
}

static inline const char *picture_difference(const struct vg_snapshot *a, const struct vg_snapshot *b)
{
	const char *difference = entry_difference(a, b);

	return difference ? difference : protection_difference(a, b);
}

#endif
