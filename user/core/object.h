/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes objects reduced to what the judge needs. Seven shapes serve all kinds; a table of fields for each shape drives
 * copying, comparing and printing, so that there is one place where a field is named. Pure.
 *
 * An object handed to somebody is a view: its strings and lists are borrowed. vg_object_copy() packs everything into one block.
 * Text fields are never NULL: what is not there is "". Wall-clock times are ns since 1970, 0: not there.
 */
#ifndef CORE_OBJECT_H
#define CORE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* enumerator, kind in the API, shape */
#define VG_KIND_LIST(X) \
	X(VG_KIND_SERVICE, "Service", VG_SHAPE_SERVICE) \
	X(VG_KIND_NODE, "Node", VG_SHAPE_NODE) \
	X(VG_KIND_LEASE, "Lease", VG_SHAPE_LEASE) \
	X(VG_KIND_POD, "Pod", VG_SHAPE_POD) \
	X(VG_KIND_CONFIG_MAP, "ConfigMap", VG_SHAPE_CLAIMS) \
	X(VG_KIND_INFRASTRUCTURE, "Infrastructure", VG_SHAPE_CLAIMS) \
	X(VG_KIND_POOL, "IPAddressPool", VG_SHAPE_CLAIMS) \
	X(VG_KIND_L2_ADVERTISEMENT, "L2Advertisement", VG_SHAPE_ADVERTISEMENT) \
	X(VG_KIND_BGP_ADVERTISEMENT, "BGPAdvertisement", VG_SHAPE_ADVERTISEMENT) \
	X(VG_KIND_L2_STATUS, "ServiceL2Status", VG_SHAPE_PLACEMENT) \
	X(VG_KIND_BGP_STATUS, "ServiceBGPStatus", VG_SHAPE_PLACEMENT) \
	X(VG_KIND_CONFIGURATION_STATE, "ConfigurationState", VG_SHAPE_PLACEMENT) \
	X(VG_KIND_EVENT, "Event", VG_SHAPE_PLACEMENT) \
	X(VG_KIND_CILIUM_POLICY, "CiliumL2AnnouncementPolicy", VG_SHAPE_ADVERTISEMENT) \
	X(VG_KIND_CILIUM_POOL, "CiliumLoadBalancerIPPool", VG_SHAPE_CLAIMS) \
	X(VG_KIND_PURELB_GROUP, "ServiceGroup", VG_SHAPE_CLAIMS) \
	X(VG_KIND_PURELB_AGENT, "LBNodeAgent", VG_SHAPE_CLAIMS) \
	X(VG_KIND_OPENELB_EIP, "Eip", VG_SHAPE_CLAIMS) \
	X(VG_KIND_EGRESS_IP, "EgressIP", VG_SHAPE_CLAIMS)

#define X(name, text, shape) name,
enum vg_kind { VG_KIND_LIST(X) VG_KIND_MAX };
#undef X

enum vg_shape_id {
	VG_SHAPE_SERVICE,
	VG_SHAPE_NODE,
	VG_SHAPE_LEASE,
	VG_SHAPE_POD,
	VG_SHAPE_CLAIMS, /* an object that names addresses or ranges */
	VG_SHAPE_ADVERTISEMENT, /* one that selects pools and Services */
	VG_SHAPE_PLACEMENT, /* one that says where a Service is held */
	VG_SHAPE_MAX
};

struct vg_texts {
	const char *const *list;
	uint32_t n;
};

struct vg_addrs {
	const struct vg_addr *list;
	uint32_t n;
};

struct vg_range {
	struct vg_addr first, last;
};

struct vg_ranges {
	const struct vg_range *list;
	uint32_t n;
};

struct vg_label {
	const char *key, *value;
};

struct vg_labels {
	const struct vg_label *list; /* sorted by key, unique */
	uint32_t n;
};

enum vg_operator { VG_OP_IN, VG_OP_NOT_IN, VG_OP_EXISTS, VG_OP_DOES_NOT_EXIST, VG_OP_INVALID /* matches nothing */ };

struct vg_requirement {
	const char *key;
	enum vg_operator op;
	struct vg_texts values;
};

/* All requirements hold (matchLabels become VG_OP_IN with one value); n 0 matches everything (LabelSelector of apimachinery). */
struct vg_selector {
	const struct vg_requirement *list;
	uint32_t n;
};

struct vg_selectors {
	const struct vg_selector *list; /* any of them */
	uint32_t n; /* 0: none was given */
};

enum vg_carried_from {
	VG_FROM_STATUS, /* status.loadBalancer.ingress[].ip */
	VG_FROM_SPEC, /* spec.loadBalancerIP: a wish */
	VG_FROM_ANNOTATION, /* a loadBalancerIPs annotation: a wish */
	VG_FROM_EXTERNAL, /* spec.externalIPs */
};

struct vg_carried {
	struct vg_addr addr;
	uint32_t from; /* enum vg_carried_from */
};

struct vg_carrieds {
	const struct vg_carried *list; /* unique by addr: the first of the order above wins */
	uint32_t n;
};

/* "node,interface,address" of purelb.io/announcing-IPv4 and -IPv6. */
struct vg_held {
	struct vg_addr addr;
	const char *node;
};

struct vg_helds {
	const struct vg_held *list;
	uint32_t n;
};

/* ---- the objects; each begins with this */

struct vg_object {
	uint8_t kind; /* enum vg_kind */
	uint8_t namespace_len; /* 0: cluster-scoped */
	uint16_t reflectors; /* the cluster's: who listed it (bit numbers are the source's, apart for each kind) */
	uint16_t confirmed; /* the cluster's: who did since his list began */
	const char *key; /* "namespace/name", or "name" */
	const char *version; /* metadata.resourceVersion: opaque */
	uint64_t created_ns; /* metadata.creationTimestamp */
	uint64_t heard_ns; /* the cluster's: CLOCK_BOOTTIME at which this version was put */
	struct vg_labels labels; /* kept for Services and pools only */
};

enum vg_service_flag {
	VG_SERVICE_LOAD_BALANCER = 1 << 0, /* spec.type */
	VG_SERVICE_KUBE_VIP_ADDRESSES = 1 << 1, /* annotation kube-vip.io/loadbalancerIPs: a claim */
	VG_SERVICE_KUBE_VIP_LABEL = 1 << 2, /* label implementation=kube-vip: a claim */
	VG_SERVICE_KUBE_VIP_WISH = 1 << 3, /* egress*, serviceVLAN, serviceInterface, leaseName, ...: claims */
	VG_SERVICE_KUBE_VIP_IGNORE = 1 << 4, /* kube-vip.io/ignore=true cancels all claims */
	VG_SERVICE_KUBE_VIP_TRACE = 1 << 5, /* vipHost, hwaddr, requestedIP, active-endpoint: no claims */
	VG_SERVICE_PURELB = 1 << 6, /* purelb.io/allocated-by */
	VG_SERVICE_PURELB_REMOTE = 1 << 7, /* purelb.io/pool-type=remote */
	VG_SERVICE_OPENELB = 1 << 8, /* lb.kubesphere.io/v1alpha1=openelb, or an eip.openelb… annotation */
	VG_SERVICE_ANTREA = 1 << 9, /* service.antrea.io/external-ip-pool */
	VG_SERVICE_SERVICELB = 1 << 10, /* k3s: finalizer service.kubernetes.io/load-balancer-cleanup and nothing of another's */
	VG_SERVICE_PROXY_MODE = 1 << 11, /* an ingress has ipMode Proxy */
	VG_SERVICE_ODD = 1 << 12, /* an address in it was none; the rest counts */
	VG_SERVICE_INGRESS_PORTS = 1 << 13, /* kube-vip wrote the status last */
};

struct vg_service {
	struct vg_object object;
	uint64_t uid; /* hash of metadata.uid; 0: none */
	const char *class; /* spec.loadBalancerClass */
	const char *metallb_pool; /* metallb.io/ip-allocated-from-pool, or the older metallb.universe.tf/ key */
	const char *kube_vip_lease; /* kube-vip.io/leaseName as it stands */
	const char *vip_host; /* kube-vip.io/vipHost */
	struct vg_carrieds carried;
	struct vg_helds held; /* PureLB */
	uint32_t flags;
};

enum vg_node_flag {
	VG_NODE_EXCLUDED = 1 << 0, /* label node.kubernetes.io/exclude-from-external-load-balancers */
};

struct vg_node {
	struct vg_object object;
	const char *hostname; /* label kubernetes.io/hostname */
	struct vg_addrs internal; /* status.addresses InternalIP */
	struct vg_addrs external; /* ExternalIP */
	struct vg_addrs provided; /* annotations provided-node-ip, k3s.io/internal-ip, rke2.io/internal-ip */
	uint32_t flags;
};

enum vg_lease_flag {
	VG_LEASE_TRANSITIONS_KNOWN = 1 << 0,
};

struct vg_lease {
	struct vg_object object;
	const char *holder; /* "": released */
	uint64_t acquired_ns;
	uint64_t renewed_ns; /* a heartbeat: another value alone is no change */
	uint64_t duration_ns;
	uint64_t fresh_ns; /* the cluster's: until when it is fresh, by CLOCK_BOOTTIME; 0: it is not */
	uint32_t transitions;
	uint32_t flags;
};

enum vg_pod_flag {
	VG_POD_LIVE = 1 << 0, /* neither Succeeded nor Failed, not being deleted */
	VG_POD_METALLB_SPEAKER = 1 << 1,
	VG_POD_METALLB_CONTROLLER = 1 << 2,
	VG_POD_KUBE_VIP = 1 << 3,
	VG_POD_KV_SERVICES = 1 << 4, /* svc_enable */
	VG_POD_KV_CONTROL_PLANE = 1 << 5, /* cp_enable */
	VG_POD_KV_ARP = 1 << 6,
	VG_POD_KV_BGP = 1 << 7,
	VG_POD_KV_TABLE = 1 << 8, /* vip_routingtable */
	VG_POD_KV_ELECTION = 1 << 9, /* svc_election: a lease for each Service */
	VG_POD_KV_LEADER_ELECTION = 1 << 10, /* vip_leaderelection */
	VG_POD_KV_CLASS_ONLY = 1 << 11, /* lb_class_only, and it is effective */
	VG_POD_KV_CLASS_ONLY_IDLE = 1 << 12, /* set, but not read: svc_enable came by flag, not by environment */
	VG_POD_KV_CLASS_STRICT = 1 << 13, /* lb_class_legacy_handling=false */
	VG_POD_OTHER_BALANCER = 1 << 14, /* a speaker or controller of another balancer: recognised, so that it is never hurt */
	VG_POD_KV_HIDDEN = 1 << 15, /* which Services it serves, and how, comes from a file or from elsewhere, and is not seen */
	VG_POD_METALLB_ALL_NODES = 1 << 16, /* --ignore-exclude-lb: the label that excludes a node is passed over */
};

struct vg_pod {
	struct vg_object object;
	const char *node; /* spec.nodeName */
	const char *class; /* MetalLB --lb-class, kube-vip lb_class_name */
	const char *lease; /* kube-vip svc_leasename, default plndr-svcs-lock; may be "ns/name" */
	const char *lease_namespace; /* kube-vip: where its leases are */
	struct vg_addrs addresses; /* kube-vip's control-plane VIPs */
	struct vg_texts hosts; /* likewise, as names */
	const char *balancer; /* VG_POD_OTHER_BALANCER: which, by the name of its container or image */
	const char *uid; /* metadata.uid */
	const char *image; /* of a Pod that plays a part: the container's by which it is known, else that of its first */
	const char *controller; /* of a Pod that plays a part: "DaemonSet/kube-vip-ds", its metadata.ownerReferences; "": nobody's, or a static Pod */
	const char *config_hash; /* annotation kubernetes.io/config.hash: of a static Pod, the uid that its kubelet knows it by */
	uint32_t flags; /* 0: it plays no part, but it may be the one that does something */
};

enum vg_claims_flag {
	VG_CLAIMS_ODD = 1 << 0, /* something in it could not be read */
	VG_CLAIMS_CONTROL_PLANE = 1 << 1, /* addresses and hosts are the API server's */
	VG_CLAIMS_NO_AUTO_ASSIGN = 1 << 2,
	VG_CLAIMS_KUBE_VIP_POOL = 1 << 3, /* ConfigMap kubevip of kube-vip-cloud-provider */
};

struct vg_claims {
	struct vg_object object;
	struct vg_addrs addresses;
	struct vg_texts hosts;
	struct vg_ranges ranges;
	const char *link; /* LBNodeAgent: its dummy interface; Eip: its interface */
	const char *protocol; /* Eip */
	uint32_t flags;
};

struct vg_advertisement {
	struct vg_object object;
	struct vg_texts pools;
	struct vg_selectors pool_selectors;
	struct vg_selectors node_selectors;
	struct vg_selectors service_selectors;
	uint32_t flags; /* VG_CLAIMS_ODD */
};

enum vg_placement_flag {
	VG_PLACEMENT_LAYER2 = 1 << 0, /* Event: protocol "layer2" */
	VG_PLACEMENT_BGP = 1 << 1,
	VG_PLACEMENT_INVALID = 1 << 2, /* ConfigurationState: result Invalid */
};

struct vg_placement {
	struct vg_object object;
	const char *service; /* "namespace/name" */
	const char *node; /* label metallb.io/node (…/node-name), or the name in the Event's message */
	const char *status_node; /* status.node, which older releases leave stale */
	uint64_t uid; /* Event: hash of involvedObject.uid */
	uint64_t at_ns; /* Event: lastTimestamp, else eventTime */
	uint32_t flags;
};

/* ---- the table */

enum vg_field_type {
	VG_FIELD_TEXT,
	VG_FIELD_TEXTS,
	VG_FIELD_ADDRS,
	VG_FIELD_RANGES,
	VG_FIELD_LABELS,
	VG_FIELD_SELECTORS,
	VG_FIELD_CARRIED,
	VG_FIELD_HELD,
	VG_FIELD_FLAGS, /* uint32_t */
	VG_FIELD_COUNT, /* uint32_t */
	VG_FIELD_HASH, /* uint64_t */
	VG_FIELD_TIME, /* uint64_t, wall clock */
	VG_FIELD_DURATION, /* uint64_t, ns */
};

struct vg_field {
	const char *name; /* as the API or the contract calls it */
	enum vg_field_type type;
	size_t offset;
	bool heartbeat; /* another value alone is no change for the judge */
};

struct vg_shape {
	size_t size;
	const struct vg_field *fields; /* without those of struct vg_object */
	size_t n;
};

const struct vg_shape *vg_shape_of(enum vg_kind kind);
const char *vg_kind_to_str(enum vg_kind kind);
int vg_kind_from_str(const char *text, enum vg_kind *ret_kind); /* -EINVAL */

const char *vg_object_name(const struct vg_object *object);
bool vg_object_in(const struct vg_object *object, const char *namespace);
bool vg_object_same_namespace(const struct vg_object *a, const struct vg_object *b);

/* One block to free(). NULL: no memory. */
struct vg_object *vg_object_copy(const struct vg_object *object);
/* Of the same kind: key, labels and fields. Version and times of the head do not count; heartbeats only if asked for. */
bool vg_object_equal(const struct vg_object *a, const struct vg_object *b, bool heartbeats);

const char *vg_labels_get(const struct vg_labels *labels, const char *key); /* NULL: not there */
bool vg_selector_matches(const struct vg_selector *selector, const struct vg_labels *labels);
bool vg_selectors_match(const struct vg_selectors *selectors, const struct vg_labels *labels); /* any; false for none */

uint64_t vg_uid_hash(const char *uid); /* 0 for "" only */

#endif
