/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `doctor`: what is wrong with a cluster, a node or a kernel before any address is bound wrongly, and which cure fits. One table of ailments; each
 * finding is one of them with what it was found at. What contradicts itself in the cluster is asked of core/inventory.h, who owns what of
 * core/owner.h. Pure; the words are report/doctor_words.c's.
 */
#ifndef CORE_DOCTOR_H
#define CORE_DOCTOR_H

#include "core/cascade.h"
#include "core/explain.h"
#include "core/inventory.h"

enum vg_part { VG_PART_KERNEL, VG_PART_NODE, VG_PART_CLUSTER, VG_PART_MAX };
/* Fault: something goes wrong, or the guard cannot do its work. Risk: it will under a condition that is common. Note: good to know. */
enum vg_severity { VG_SEVERITY_FAULT, VG_SEVERITY_RISK, VG_SEVERITY_NOTE, VG_SEVERITY_MAX };
/* The three ways out of two balancers in one cluster. */
enum vg_cure { VG_CURE_NONE, VG_CURE_SERVICES_OFF, VG_CURE_SEPARATE_RANGES, VG_CURE_ONE_SOLUTION, VG_CURE_MAX };

/* enumerator, id, part, severity. Ids are stable: docs/doctor.md has an entry for each. Those of the kernel are "kernel-" and a feature's name. */
#define VG_AILMENT_LIST(X) \
	X(VG_AIL_BTF, "kernel-btf", KERNEL, RISK) \
	X(VG_AIL_MAPS, "kernel-maps", KERNEL, FAULT) \
	X(VG_AIL_PINS, "kernel-pins", KERNEL, RISK) \
	X(VG_AIL_TRACING, "kernel-tracing", KERNEL, RISK) \
	X(VG_AIL_KPROBE, "kernel-kprobe", KERNEL, NOTE) \
	X(VG_AIL_DENY, "kernel-deny", KERNEL, RISK) \
	X(VG_AIL_DENY_IOCTL, "kernel-deny-ioctl", KERNEL, RISK) \
	X(VG_AIL_QDISC_BYPASS, "kernel-qdisc-bypass", KERNEL, RISK) \
	X(VG_AIL_PAST, "kernel-past", KERNEL, NOTE) \
	X(VG_AIL_AF_XDP, "kernel-af-xdp", KERNEL, NOTE) \
	X(VG_AIL_SENDER, "kernel-sender", KERNEL, NOTE) \
	X(VG_AIL_TCX, "kernel-tcx", KERNEL, NOTE) \
	X(VG_AIL_CLSACT, "kernel-clsact", KERNEL, FAULT) \
	X(VG_AIL_ORDER, "kernel-order", KERNEL, RISK) \
	X(VG_AIL_LINKS, "kernel-links", KERNEL, FAULT) \
	X(VG_AIL_RTNETLINK, "kernel-rtnetlink", KERNEL, FAULT) \
	X(VG_AIL_PRIVILEGES, "kernel-privileges", KERNEL, NOTE) \
	X(VG_AIL_STRICT_ARP, "strict-arp", NODE, RISK) \
	X(VG_AIL_PROMOTE_SECONDARIES, "promote-secondaries", NODE, RISK) \
	X(VG_AIL_PROXY_ARP, "proxy-arp", NODE, RISK) \
	X(VG_AIL_ARP_NOTIFY, "arp-notify", NODE, NOTE) \
	X(VG_AIL_OTHER_TC, "other-tc", NODE, NOTE) \
	X(VG_AIL_INGRESS_QDISC, "ingress-qdisc", NODE, RISK) \
	X(VG_AIL_NO_GUARD, "no-guard", NODE, NOTE) \
	X(VG_AIL_GUARD_SILENT, "guard-silent", NODE, RISK) \
	X(VG_AIL_GUARD_ELSEWHERE, "guard-elsewhere", NODE, RISK) \
	X(VG_AIL_WRONG_BIND, "wrong-bind", CLUSTER, FAULT) \
	X(VG_AIL_KUBE_VIP_TAKES, "kube-vip-takes-services", CLUSTER, FAULT) \
	X(VG_AIL_KUBE_VIP_NODES, "kube-vip-takes-node-addresses", CLUSTER, FAULT) \
	X(VG_AIL_CLASS_TRAP, "kube-vip-class-trap", CLUSTER, FAULT) \
	X(VG_AIL_KUBE_VIP_HIDDEN, "kube-vip-settings-hidden", CLUSTER, NOTE) \
	X(VG_AIL_KUBE_VIP_NAME, "kube-vip-address-by-name", CLUSTER, NOTE) \
	X(VG_AIL_KUBE_VIP_VERSION, "kube-vip-version", CLUSTER, NOTE) \
	X(VG_AIL_METALLB_VERSION, "metallb-version", CLUSTER, NOTE) \
	X(VG_AIL_TWO_BALANCERS, "two-balancers", CLUSTER, RISK) \
	X(VG_AIL_POOLS_OVERLAP, "pools-overlap", CLUSTER, FAULT) \
	X(VG_AIL_EGRESS_IP_IN_POOL, "egress-ip-in-pool", CLUSTER, RISK) \
	X(VG_AIL_NODE_ADDRESS_IN_POOL, "node-address-in-pool", CLUSTER, RISK) \
	X(VG_AIL_CONTROL_PLANE_VIP_IN_POOL, "control-plane-vip-in-pool", CLUSTER, FAULT) \
	X(VG_AIL_NO_INSTANCE, "no-instance", CLUSTER, RISK) \
	X(VG_AIL_NOT_ADVERTISED, "not-advertised", CLUSTER, RISK) \
	X(VG_AIL_TWO_OWNERS, "two-owners", CLUSTER, FAULT) \
	X(VG_AIL_OUTSIDE_POOL, "outside-pool", CLUSTER, NOTE) \
	X(VG_AIL_NO_SUCH_POOL, "no-such-pool", CLUSTER, NOTE) \
	X(VG_AIL_PENDING, "pending", CLUSTER, NOTE) \
	X(VG_AIL_NODE_ADDRESS_CARRIED, "node-address-carried", CLUSTER, FAULT) \
	X(VG_AIL_CONTROL_PLANE_VIP_CARRIED, "control-plane-vip-carried", CLUSTER, FAULT) \
	X(VG_AIL_NO_SPEAKER, "no-eligible-speaker", CLUSTER, FAULT) \
	X(VG_AIL_EXCLUDED_STATUS, "excluded-node-announces", CLUSTER, RISK) \
	X(VG_AIL_MIXED, "metallb-class-mixed", CLUSTER, RISK) \
	X(VG_AIL_INVALID, "metallb-configuration-invalid", CLUSTER, RISK) \
	X(VG_AIL_NODE_UNKNOWN, "node-unknown", CLUSTER, RISK) \
	X(VG_AIL_NOT_READABLE, "not-readable", CLUSTER, RISK)

#define X(name, text, part, severity) name,
enum vg_ailment { VG_AILMENT_LIST(X) VG_AIL_MAX };
#undef X

#define VG_DIAGNOSES_MAX 512 /* more are counted */
#define VG_DIAGNOSES_ALIKE 16 /* of one ailment; more are counted */

struct vg_known_fault {
	const char *text; /* what a release does */
	const char *cure; /* what to take in its place */
};

struct vg_diagnosis {
	enum vg_ailment ailment;
	enum vg_cure cure;
	struct vg_evidence evidence; /* what a sentence speaks of: object, about, field, value, range; borrows from the cluster */
	struct vg_conflict conflict; /* of what core/inventory.h found; all zeros otherwise */
	struct vg_addr addr; /* likewise, where it begins */
	size_t count; /* Services that are affected, Pods that are set up alike; 0: not counted */
	const struct vg_known_fault *fault; /* of a release, or NULL */
	/* of a node: */
	char link[VG_IFNAME_MAX]; /* "": all of it */
	char value[96]; /* what was found there; evidence.value points to it */
};

struct vg_diagnoses {
	struct vg_diagnosis *list; /* on the heap: evidence points into it */
	size_t n;
	size_t left_out;
	size_t alike[VG_AIL_MAX];
};

const char *vg_ailment_to_str(enum vg_ailment ailment);
int vg_ailment_from_str(const char *text, enum vg_ailment *ret_ailment); /* -EINVAL */
enum vg_part vg_ailment_part(enum vg_ailment ailment);
enum vg_severity vg_ailment_severity(enum vg_ailment ailment);
const char *vg_part_to_str(enum vg_part part);
const char *vg_severity_to_str(enum vg_severity severity);
const char *vg_cure_to_str(enum vg_cure cure); /* "services-off"; "" for none */

int vg_diagnoses_init(struct vg_diagnoses *diagnoses); /* -ENOMEM */
void vg_diagnoses_deinit(struct vg_diagnoses *diagnoses); /* an all-zero one is fine */
/* The next place, cleared, or NULL if there is no room for one of that ailment (counted). */
struct vg_diagnosis *vg_diagnose(struct vg_diagnoses *diagnoses, enum vg_ailment ailment);

/* ---- the cluster (doctor_cluster.c) */

/* is_here: that no Node is called like this node is a finding (the name is not that of whoever reads a dump). 0, -ENOMEM. */
int vg_doctor_cluster(const struct vg_inventory *inventory, bool is_here, struct vg_diagnoses *diagnoses);
/* Static Pods alone, where nothing else of the cluster is known. */
void vg_doctor_manifests(const struct vg_cluster *cluster, struct vg_diagnoses *diagnoses);

/* doctor_version.c: what is known to be wrong with the release that this image is of; NULL: nothing. */
const struct vg_known_fault *vg_kube_vip_fault(const char *image);
const struct vg_known_fault *vg_metallb_fault(const char *image);
/* Whether MetalLB of this image passes over nodes with the exclude label (since 0.14.2). An image that says nothing does. */
bool vg_metallb_honours_exclusion(const char *image);

/* ---- the node (doctor_node.c) */

/* Settings of one link as the kernel has them in effect: those of "all" and its own together, as include/linux/inetdevice.h joins them. */
struct vg_link_settings {
	char name[VG_IFNAME_MAX];
	bool dummy; /* it exists to hold service addresses */
	bool ipvs; /* it is kube-proxy's */
	bool outward; /* hardware, or a tower on it, with a global address: neighbours ask on it */
	bool secondary; /* an IPv4 address on it is another one's secondary */
	int arp_ignore; /* -1: cannot be read; so are the others */
	int arp_announce;
	int promote_secondaries;
	int proxy_arp;
	int arp_notify;
	int ndisc_notify;
	int filters; /* of others on the egress hook of clsact; -1: not known */
	bool ingress; /* an ingress qdisc is where clsact would be */
};

struct vg_node_facts {
	const struct vg_link_settings *links;
	size_t n_links;
	bool tcx; /* the kernel has it: nothing else can be in its way for good */
	bool guard_answers;
	bool guard_named; /* somebody holds the guard's name in this network namespace */
	bool guard_elsewhere; /* it answers, and guards another network namespace */
	const char *socket; /* where it was asked */
};

void vg_doctor_node(const struct vg_node_facts *facts, struct vg_diagnoses *diagnoses);

#endif
