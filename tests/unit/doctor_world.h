/* SPDX-License-Identifier: Apache-2.0 */
/* Small clusters that are well, and ones that are not. */
#ifndef UNIT_DOCTOR_WORLD_H
#define UNIT_DOCTOR_WORLD_H

#include "inventory_world.h"

/* ---- parts of worlds */

static inline void put_image(struct world *world, const char *key, const char *image, uint32_t flags)
{
	struct vg_pod pod = { .object = head_of(VG_KIND_POD, key), .node = "cp1", .class = "", .lease = "", .lease_namespace = "" };

	pod.balancer = pod.uid = pod.config_hash = pod.controller = "";
	pod.image = image;
	pod.flags = flags | VG_POD_LIVE;
	put(world, &pod.object);
}

static inline void put_excluded(struct world *world, const char *name, const char *address)
{
	struct vg_addr addr = addr_of(address);
	struct vg_node node = { .object = head_of(VG_KIND_NODE, name), .hostname = name, .internal = { &addr, 1 }, .flags = VG_NODE_EXCLUDED };

	put(world, &node.object);
}

static inline void kube_vip(struct world *world, uint32_t flags)
{
	put_pod(world, &(struct pod){ .key = "kube-system/kube-vip-cp1",
				      .lease_namespace = "kube-system",
				      .address = "192.0.2.2",
				      .flags = VG_POD_KUBE_VIP | VG_POD_KV_ARP | flags });
}

#define CP VG_POD_KV_CONTROL_PLANE
#define SERVICES VG_POD_KV_SERVICES

/* ---- worlds that are well */

static inline void nothing(struct world *world)
{
	(void)world;
}

static inline void control_plane_only(struct world *world)
{
	usual(world);
	kube_vip(world, CP);
}

static inline void kube_vip_alone(struct world *world)
{
	kube_vip(world, CP | SERVICES);
	put_service(world, &(struct svc){ .key = "default/own", .address = VIP, .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1", .renewed = 1 });
}

static inline void servicelb_alone(struct world *world)
{
	put_pod(world, &(struct pod){ .key = "kube-system/svclb-web-1", .balancer = "servicelb", .flags = VG_POD_OTHER_BALANCER });
	put_service(world, &(struct svc){ .key = "default/web", .address = "192.0.2.21", .flags = VG_SERVICE_SERVICELB });
}

static inline void cilium_alone(struct world *world)
{
	put_claims(world, VG_KIND_CILIUM_POOL, "blue", "198.51.100.8", "198.51.100.15", 0);
	put_service(world, &(struct svc){ .key = "default/web", .address = "198.51.100.9" });
	put_lease(world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker1", .renewed = 1 });
}

/* MetalLB allocates, kube-vip announces. */
static inline void shared_work(struct world *world)
{
	put_metallb(world);
	kube_vip(world, CP | SERVICES);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
}

static inline void apart(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES | VG_POD_KV_CLASS_ONLY);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.200", "192.0.2.209", VG_CLAIMS_KUBE_VIP_POOL);
}

/* ---- kube-vip */

static inline void taken(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES);
}

static inline void taken_without_control_plane(struct world *world)
{
	usual(world);
	kube_vip(world, SERVICES);
}

static inline void taken_beside_own(struct world *world)
{
	taken(world);
	put_service(world, &(struct svc){ .key = "default/own", .address = "198.51.100.9", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
	put_lease(world, &(struct lease){ .key = "kube-system/plndr-svcs-lock", .holder = "cp1", .renewed = 1 });
}

static inline void ignored(struct world *world)
{
	taken(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_IGNORE });
}

static inline void trapped(struct world *world)
{
	usual(world);
	kube_vip(world, CP | SERVICES | VG_POD_KV_CLASS_ONLY_IDLE);
}

static inline void takes_nodes(struct world *world)
{
	servicelb_alone(world);
	kube_vip(world, CP | SERVICES);
}

static inline void leaves_nodes(struct world *world)
{
	servicelb_alone(world);
	kube_vip(world, CP);
}

static inline void hidden(struct world *world)
{
	kube_vip(world, CP | VG_POD_KV_HIDDEN);
}

static inline void named(struct world *world)
{
	const char *host = "api.example.com";
	struct vg_pod pod = {
		.object = head_of(VG_KIND_POD, "kube-system/kube-vip-cp1"), .node = "cp1", .class = "", .lease = "", .lease_namespace = ""
	};

	pod.balancer = pod.uid = pod.config_hash = pod.controller = pod.image = "";
	pod.hosts = (struct vg_texts){ &host, 1 };
	pod.flags = VG_POD_LIVE | VG_POD_KUBE_VIP | CP;
	put(world, &pod.object);
}

static inline void old_kube_vip(struct world *world)
{
	put_image(world, "kube-system/kube-vip-cp1", "registry.example.com:5000/kube-vip/kube-vip:v1.0.4@sha256:00", VG_POD_KUBE_VIP | SERVICES);
}

static inline void old_kube_vip_without_services(struct world *world)
{
	put_image(world, "kube-system/kube-vip-cp1", "kube-vip/kube-vip:v1.0.4", VG_POD_KUBE_VIP | CP);
}

static inline void old_metallb(struct world *world)
{
	put_image(world, "metallb-system/speaker-a", "metallb/speaker:v0.15.3", VG_POD_METALLB_SPEAKER);
	put_image(world, "metallb-system/controller", "metallb/controller:v0.15.3", VG_POD_METALLB_CONTROLLER);
}

static inline void new_metallb(struct world *world)
{
	put_image(world, "metallb-system/speaker-a", "metallb/speaker:v0.16.1", VG_POD_METALLB_SPEAKER);
}

/* ---- several balancers */

static inline void both_idle(struct world *world)
{
	put_metallb(world);
	advertise(world);
	kube_vip(world, CP | SERVICES);
}

static inline void second_metallb(struct world *world, const char *class)
{
	usual(world);
	put_pod(world, &(struct pod){ .key = "other-metallb/speaker-b", .class = class, .flags = VG_POD_METALLB_SPEAKER });
	put_claims(world, VG_KIND_POOL, "other-metallb/more", "198.51.100.0", "198.51.100.7", 0);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "other-metallb/all", NULL, NULL, NULL, 0);
}

static inline void two_metallbs(struct world *world)
{
	second_metallb(world, "");
}

static inline void two_metallbs_apart(struct world *world)
{
	second_metallb(world, "example.com/other");
}

/* ---- the owner table's conflicts */

static inline void overlap(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.250", "192.0.2.253", VG_CLAIMS_KUBE_VIP_POOL);
}

static inline void egress_in_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_EGRESS_IP, "out", "192.0.2.245", 0);
}

static inline void node_in_pool(struct world *world)
{
	usual(world);
	put_node(world, "worker9", "worker9", "192.0.2.249", NULL);
}

static inline void api_in_pool(struct world *world)
{
	usual(world);
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", "192.0.2.249", VG_CLAIMS_CONTROL_PLANE);
}

static inline void lost_pool(struct world *world)
{
	usual(world);
	put_claims(world, VG_KIND_POOL, "other/lost", "198.51.100.0", "198.51.100.7", 0);
}

static inline void silent_pool(struct world *world)
{
	put_metallb(world);
}

static inline void rivals(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public", .flags = VG_SERVICE_KUBE_VIP_ADDRESSES });
}

static inline void outside(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/far", .address = "198.51.100.9", .pool = "public" });
}

static inline void no_pool(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/far", .address = "198.51.100.9", .pool = "gone" });
}

static inline void asked_in_vain(struct world *world)
{
	usual(world);
	put_service(world, &(struct svc){ .key = "default/wish", .address = "192.0.2.250", .from = VG_FROM_SPEC });
}

static inline void carries_node(struct world *world)
{
	put_service(world, &(struct svc){ .key = "default/web", .address = "192.0.2.21" });
}

static inline void carries_api(struct world *world)
{
	put_address_claim(world, VG_KIND_INFRASTRUCTURE, "cluster", VIP, VG_CLAIMS_CONTROL_PLANE);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP });
}

/* ---- MetalLB */

static inline void speakers_excluded(struct world *world)
{
	usual(world);
	put_excluded(world, "cp1", "192.0.2.11");
}

static inline void speaker_ignores(struct world *world)
{
	speakers_excluded(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-a", .flags = VG_POD_METALLB_SPEAKER | VG_POD_METALLB_ALL_NODES });
}

static inline void speaker_elsewhere(struct world *world)
{
	speakers_excluded(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/speaker-b", .node = "worker1", .flags = VG_POD_METALLB_SPEAKER });
}

static inline void status_of_excluded(struct world *world)
{
	usual(world);
	put_excluded(world, "worker1", "192.0.2.21");
}

static inline void mixed(struct world *world)
{
	usual(world);
	put_pod(world, &(struct pod){ .key = "metallb-system/controller", .class = "example.com/other", .flags = VG_POD_METALLB_CONTROLLER });
}

static inline void invalid(struct world *world)
{
	struct vg_placement state = { .object = head_of(VG_KIND_CONFIGURATION_STATE, "metallb-system/speaker-cp1"), .service = "", .node = "" };

	usual(world);
	state.status_node = "";
	state.flags = VG_PLACEMENT_INVALID;
	put(world, &state.object);
}

static inline void nameless(struct world *world)
{
	usual(world);
	drop(world, VG_KIND_NODE, "cp1");
}

#endif
