/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * The one list of verdicts, reasons, actions and ways: enumerator, name in every output, meaning.
 * abi.h makes the enums from it, core/verdict.c the names; a test holds docs/contract.md against it.
 * Order is ABI: append only.
 */
#ifndef VIPGUARD_REASONS_H
#define VIPGUARD_REASONS_H

#define VG_VERDICT_LIST(X) \
	X(VG_UNRELATED, "unrelated", "no Service, pool or assignment speaks of it") \
	X(VG_ALLOWED, "allowed", "this node may hold it") \
	X(VG_PROTECTED, "protected", "never touched, whatever else is true") \
	X(VG_UNKNOWN, "unknown", "who should hold it cannot be told; never touched") \
	X(VG_VIOLATION, "violation", "it must not be here; the only verdict acted on")

#define VG_REASON_LIST(X) \
	X(VG_NO_SERVICE, "no-service", VG_UNRELATED, "no Service, pool or assignment speaks of it") \
	X(VG_CONTROL_PLANE_VIP, "control-plane-vip", VG_PROTECTED, "the API server's own virtual address") \
	X(VG_NODE_ADDRESS, "node-address", VG_PROTECTED, "an address of this node itself") \
	X(VG_PROTECT_LIST, "protect-list", VG_PROTECTED, "listed by the operator") \
	X(VG_SERVICE_DUMMY, "service-dummy", VG_ALLOWED, "bound on a link that exists to hold service addresses") \
	X(VG_ASSIGNED_HERE, "assigned-here", VG_ALLOWED, "the assignment names this node") \
	X(VG_OWNER_EVERYWHERE, "owner-everywhere", VG_ALLOWED, "the owner puts it on every node by design") \
	X(VG_OTHER_NODE_ADDRESS, "other-node-address", VG_VIOLATION, "it is another node's InternalIP, and no proven owner holds it") \
	X(VG_OWNER_NEVER_BINDS, "owner-never-binds", VG_VIOLATION, "its owner never puts an address on a link") \
	X(VG_ASSIGNED_ELSEWHERE, "assigned-elsewhere", VG_VIOLATION, "the assignment, fresh, does not name this node") \
	X(VG_POOL_RESERVED, "pool-reserved", VG_VIOLATION, "inside a pool that a proven owner hands out, and no Service carries it") \
	X(VG_NOT_ANNOUNCED, "not-announced", VG_VIOLATION, "its owner never announces it by ARP or NDP") \
	X(VG_IPAM_ONLY, "ipam-only", VG_UNKNOWN, "allocated from a pool that no advertisement selects") \
	X(VG_OWNER_UNPROVEN, "owner-unproven", VG_UNKNOWN, "a Service carries it, but nothing proves who should hold it") \
	X(VG_OWNER_CONFLICT, "owner-conflict", VG_UNKNOWN, "two owners each have an explicit claim") \
	X(VG_HOLDER_UNKNOWN, "holder-unknown", VG_UNKNOWN, "the owner is known, the node that holds it is not") \
	X(VG_NODE_UNKNOWN, "node-unknown", VG_UNKNOWN, "which of the cluster's nodes this one is cannot be told") \
	X(VG_IN_TRANSITION, "in-transition", VG_UNKNOWN, "the assignment changed less than the grace period ago") \
	X(VG_STALE_SOURCE, "stale-source", VG_UNKNOWN, "the source has not been heard from, or never listed completely")

/* What was done about one fact. would-… is the audit twin of denied, removed, dropped. */
#define VG_ACTION_LIST(X) \
	X(VG_ACTION_NONE, "none") \
	X(VG_ACTION_LOGGED, "logged") \
	X(VG_ACTION_DENIED, "denied") \
	X(VG_ACTION_REMOVED, "removed") \
	X(VG_ACTION_DROPPED, "dropped") \
	X(VG_ACTION_HEALED, "healed") \
	X(VG_ACTION_WOULD_DENY, "would-deny") \
	X(VG_ACTION_WOULD_REMOVE, "would-remove") \
	X(VG_ACTION_WOULD_DROP, "would-drop")

/* The way an address came to be bound, or the form in which it was announced. */
#define VG_HOW_LIST(X) \
	X(VG_HOW_KERNEL, "kernel") \
	X(VG_HOW_NETLINK, "netlink") \
	X(VG_HOW_IOCTL, "ioctl") \
	X(VG_HOW_ROUTE, "route") \
	X(VG_HOW_PROXY, "proxy") \
	X(VG_HOW_ANYCAST, "anycast") \
	X(VG_HOW_PREEXISTING, "preexisting") \
	X(VG_HOW_ARP_REQUEST, "arp-request") \
	X(VG_HOW_ARP_REPLY, "arp-reply") \
	X(VG_HOW_NA, "na")

#endif
