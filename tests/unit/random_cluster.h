/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters drawn at random: few names and few addresses, so that objects meet. A cluster is a list of things, each of which can be put, put as
 * another version of itself, deleted and printed, and left out, so that a failure can be made small. This node is cp1.
 */
#ifndef UNIT_RANDOM_CLUSTER_H
#define UNIT_RANDOM_CLUSTER_H

#include "cluster_world.h"

#include <stdlib.h>

#define THINGS_MAX 64
#define N_ADDRESSES ARRAY_SIZE(address_texts)

struct thing {
	enum vg_kind kind;
	const char *key;
	const char *a, *b, *c, *d; /* what they mean is the kind's matter */
	uint32_t flags;
	uint32_t from; /* enum vg_carried_from; an Event's age in seconds */
	unsigned first, second; /* numbers of addresses */
	bool odd_one; /* expired, selecting, without a second address: the kind's matter */
};

struct scenario {
	uint64_t random; /* state of the generator that the properties draw from */
	struct thing things[THINGS_MAX];
	size_t n;
	bool without_statuses; /* no such kind as ServiceL2Status */
	bool with_file; /* the assignments file says something of two addresses */
	bool with_list; /* the operator protects one */
	bool forbidden[VG_KIND_MAX]; /* may not be read: nothing of it is put */
	bool lost[VG_KIND_MAX]; /* what a property let be forbidden, to be printed */
};

/* In and at the edges of pools, of nodes (11: this one's), of nobody, link-local, IPv6. */
static const char *const address_texts[] = {
	VIP,	     "192.0.2.241",  "192.0.2.243",  "192.0.2.248", "192.0.2.11",  "192.0.2.12",  "192.0.2.21",
	"192.0.2.5", "198.51.100.1", "198.51.100.2", "169.254.7.7", "2001:db8::5", "203.0.113.1", "192.0.2.255"
};
static const char *const nodes_of_it[] = { "cp1", "cp2", "worker1" };
static const char *const holders[] = { "cp1", "cp1", "cp2", "worker1", "worker1", "gone", "" };
static const char *const services[] = { "default/web", "default/dns", "infra/web", "default/a-b", "default-a/b" };
static const char *const classes[] = { "kube-vip.io/kube-vip-class", "metallb.io/edge", "io.cilium/l2-announcer", "purelb.io/purelb",
				       "example.org/lb" };
static const char *const leases[] = { "default/kubevip-web",
				      "default/kubevip-dns",
				      "infra/kubevip-web",
				      "default/shared",
				      "infra/shared",
				      "kube-system/plndr-svcs-lock",
				      "kv/svcs",
				      "kube-system/cilium-l2announce-default-web",
				      "cilium/cilium-l2announce-infra-web",
				      "cilium/cilium-l2announce-default-a-b" };
static const char *const pods[] = {
	"metallb-system/speaker-a", "metallb-system/speaker-b", "other/speaker", "kube-system/kube-vip-cp1", "kv/kube-vip-a", "infra/plain"
};
static const char *const pools[] = { "metallb-system/public", "metallb-system/edge", "other/public" };
static const char *const advertisements[] = { "metallb-system/all", "metallb-system/some", "other/all" };
static const char *const statuses[] = { "metallb-system/s1", "metallb-system/s2", "metallb-system/s3", "default/s4", "other/s5" };
static const char *const ranges[][2] = { { VIP, "192.0.2.243" },
					 { VIP, "192.0.2.255" },
					 { "192.0.2.0", "192.0.2.255" },
					 { "192.0.2.243", "192.0.2.243" },
					 { "169.254.7.0", "169.254.7.255" },
					 { "2001:db8::", "2001:db8::ff" },
					 { "198.51.100.0", "198.51.100.3" } };

/* ---- chance */

static inline uint32_t draw(uint64_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)((*random * 0x9e3779b97f4a7c15ULL) >> 32) % below;
}

static inline bool chance(uint64_t *random, unsigned percent)
{
	return draw(random, 100) < percent;
}

#define PICK(random, list) ((list)[draw(random, ARRAY_SIZE(list))])

static inline uint32_t draw_flags(uint64_t *random, const uint32_t *flags, size_t n, unsigned percent)
{
	uint32_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= chance(random, percent) ? flags[i] : 0;
	return all;
}

/* ---- one thing: a version of what has this kind and key */

static inline void draw_service(uint64_t *random, struct thing *thing)
{
	static const uint32_t marks[] = { VG_SERVICE_KUBE_VIP_ADDRESSES, VG_SERVICE_KUBE_VIP_LABEL, VG_SERVICE_KUBE_VIP_WISH,
					  VG_SERVICE_KUBE_VIP_IGNORE,	 VG_SERVICE_KUBE_VIP_TRACE, VG_SERVICE_PURELB,
					  VG_SERVICE_PURELB_REMOTE,	 VG_SERVICE_OPENELB,	    VG_SERVICE_ANTREA,
					  VG_SERVICE_SERVICELB };
	static const char *const names[] = { "public", "public", "edge", "gone", "", "", "", "" };
	static const char *const wishes[] = { "shared", "infra/shared", "", "", "", "", "", "" };

	thing->a = chance(random, 20) ? PICK(random, classes) : "";
	thing->b = PICK(random, names);
	thing->c = PICK(random, wishes);
	thing->flags = draw_flags(random, marks, ARRAY_SIZE(marks), 8) | (*thing->c ? VG_SERVICE_KUBE_VIP_WISH : 0);
	thing->d = thing->flags & VG_SERVICE_PURELB ? PICK(random, holders) : "";
	thing->from = chance(random, 80) ? VG_FROM_STATUS : draw(random, 4);
	thing->odd_one = chance(random, 30);
	if (chance(random, 50))
		thing->first = draw(random, 3); /* those that meet */
}

static inline void draw_pod(uint64_t *random, struct thing *thing)
{
	static const uint32_t modes[] = { VG_POD_KV_CONTROL_PLANE, VG_POD_KV_BGP, VG_POD_KV_ELECTION, VG_POD_KV_CLASS_ONLY, VG_POD_KV_CLASS_STRICT };
	static const char *const names[] = { "", "", "", "", "svcs", "kv/svcs" };

	thing->a = chance(random, 15) ? "metallb.io/edge" : "";
	thing->b = PICK(random, names);
	thing->flags = chance(random, 90) ? VG_POD_LIVE : 0;
	thing->odd_one = chance(random, 20); /* has a control-plane VIP */
	if (strstr(thing->key, "speaker"))
		thing->flags |= VG_POD_METALLB_SPEAKER;
	else if (strstr(thing->key, "kube-vip"))
		thing->flags |= VG_POD_KUBE_VIP | VG_POD_KV_ARP | draw_flags(random, modes, ARRAY_SIZE(modes), 12) |
				(chance(random, 80) ? VG_POD_KV_SERVICES : 0);
}

static inline uint32_t draw_claim_flags(uint64_t *random, const struct thing *thing)
{
	if (thing->kind == VG_KIND_INFRASTRUCTURE)
		return VG_CLAIMS_CONTROL_PLANE;
	if (thing->kind == VG_KIND_CONFIG_MAP)
		return strstr(thing->key, "kubevip") ? VG_CLAIMS_KUBE_VIP_POOL : VG_CLAIMS_CONTROL_PLANE;
	return thing->kind == VG_KIND_POOL && chance(random, 5) ? VG_CLAIMS_ODD : 0;
}

static inline void draw_advertisement(uint64_t *random, struct thing *thing)
{
	static const char *const names[] = { "", "", "public", "edge" };

	thing->a = PICK(random, names);
	thing->odd_one = chance(random, 20); /* selects Services */
	thing->flags = chance(random, 8) ? VG_CLAIMS_ODD : 0;
}

static inline void draw_version(uint64_t *random, struct thing *thing)
{
	thing->a = thing->b = thing->c = thing->d = "";
	thing->first = draw(random, N_ADDRESSES);
	thing->second = draw(random, N_ADDRESSES);
	thing->odd_one = chance(random, 15);
	switch (thing->kind) {
	case VG_KIND_SERVICE: draw_service(random, thing); break;
	case VG_KIND_POD: draw_pod(random, thing); break;
	case VG_KIND_NODE: thing->a = chance(random, 85) ? thing->key : PICK(random, nodes_of_it); break;
	case VG_KIND_LEASE: thing->a = PICK(random, holders); break;
	case VG_KIND_L2_ADVERTISEMENT:
	case VG_KIND_BGP_ADVERTISEMENT: draw_advertisement(random, thing); break;
	case VG_KIND_CONFIGURATION_STATE: thing->flags = chance(random, 50) ? VG_PLACEMENT_INVALID : 0; break;
	case VG_KIND_L2_STATUS:
	case VG_KIND_BGP_STATUS:
	case VG_KIND_EVENT:
		thing->a = PICK(random, services);
		thing->b = PICK(random, holders);
		thing->from = draw(random, 40);
		break;
	default:
		thing->from = draw(random, ARRAY_SIZE(ranges));
		thing->flags = draw_claim_flags(random, thing);
		break;
	}
}

/* ---- a cluster */

static inline void add_thing(struct scenario *scenario, enum vg_kind kind, const char *key)
{
	struct thing *thing = &scenario->things[scenario->n++];

	*thing = (struct thing){ .kind = kind, .key = key };
	draw_version(&scenario->random, thing);
	/* mostly its own address, or the kubelet took another's for its own */
	if (kind == VG_KIND_NODE && chance(&scenario->random, 80))
		thing->first = !strcmp(key, "cp1") ? 4 : !strcmp(key, "cp2") ? 5 : 6;
}

static inline void add_some(struct scenario *scenario, enum vg_kind kind, const char *const *keys, size_t n, unsigned percent)
{
	for (size_t i = 0; i < n; i++) {
		if (chance(&scenario->random, percent))
			add_thing(scenario, kind, keys[i]);
	}
}

#define ADD_SOME(scenario, kind, keys, percent) add_some(scenario, kind, keys, ARRAY_SIZE(keys), percent)

static inline void add_others(struct scenario *scenario)
{
	static const char *const maps[] = { "kube-system/kubeadm-config", "kube-system/kubevip" }, *const one[] = { "one" }, *const two[] = { "two" };
	static const char *const states[] = { "metallb-system/controller" };

	ADD_SOME(scenario, VG_KIND_CONFIG_MAP, maps, 15);
	ADD_SOME(scenario, VG_KIND_INFRASTRUCTURE, one, 5);
	ADD_SOME(scenario, VG_KIND_CONFIGURATION_STATE, states, 20);
	ADD_SOME(scenario, VG_KIND_CILIUM_POOL, one, 10);
	ADD_SOME(scenario, VG_KIND_CILIUM_POOL, two, 10);
	ADD_SOME(scenario, VG_KIND_PURELB_GROUP, one, 10);
	ADD_SOME(scenario, VG_KIND_OPENELB_EIP, one, 10);
	ADD_SOME(scenario, VG_KIND_EGRESS_IP, one, 15);
}

static inline void draw_scenario(uint64_t seed, struct scenario *ret)
{
	unsigned metallb = 0, kube_vip = 0;
	uint64_t *random = &ret->random;

	*ret = (struct scenario){ .random = seed * 0x9e3779b97f4a7c15ULL + 1 };
	for (int i = 0; i < 4; i++)
		draw(random, 2);
	metallb = chance(random, 65) ? 70 : 15;
	kube_vip = chance(random, 50) ? 70 : 15;
	ADD_SOME(ret, VG_KIND_NODE, nodes_of_it, 92);
	ADD_SOME(ret, VG_KIND_SERVICE, services, 55);
	add_some(ret, VG_KIND_POD, pods, 3, metallb);
	add_some(ret, VG_KIND_POD, pods + 3, 3, kube_vip);
	ADD_SOME(ret, VG_KIND_POOL, pools, metallb);
	ADD_SOME(ret, VG_KIND_L2_ADVERTISEMENT, advertisements, metallb / 2);
	ADD_SOME(ret, VG_KIND_BGP_ADVERTISEMENT, advertisements, metallb / 4);
	ADD_SOME(ret, VG_KIND_LEASE, leases, 35);
	ret->without_statuses = chance(random, 25);
	ADD_SOME(ret, VG_KIND_L2_STATUS, statuses, ret->without_statuses ? 0 : metallb / 2);
	ADD_SOME(ret, VG_KIND_BGP_STATUS, statuses, 8);
	ADD_SOME(ret, VG_KIND_EVENT, statuses, ret->without_statuses ? 40 : 10);
	add_others(ret);
	ret->with_file = chance(random, 15);
	ret->with_list = chance(random, 15);
}

/* ---- printing */

static inline void print_scenario(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n; i++) {
		const struct thing *thing = &scenario->things[i];

		print_error("    %s %s \"%s\" \"%s\" \"%s\" \"%s\" flags 0x%x from %u %s %s%s\n", vg_kind_to_str(thing->kind), thing->key, thing->a,
			    thing->b, thing->c, thing->d, thing->flags, thing->from, address_texts[thing->first], address_texts[thing->second],
			    thing->odd_one ? " odd" : "");
	}
	for (int kind = 0; kind < VG_KIND_MAX; kind++) {
		if (scenario->lost[kind])
			print_error("    %s: may not be read\n", vg_kind_to_str((enum vg_kind)kind));
	}
	print_error("    ServiceL2Status: %s; file: %s; list: %s\n", scenario->without_statuses ? "no such kind" : "there",
		    scenario->with_file ? "yes" : "no", scenario->with_list ? "yes" : "no");
}

#endif
