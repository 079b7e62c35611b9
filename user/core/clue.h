/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an explanation is made of, by name: clues (what a piece of evidence says), rules (which case of a reason decided), changes (what would
 * make the verdict another one) and remedies. The names are stable, for programs; the words for people are report/words.c's.
 */
#ifndef CORE_CLUE_H
#define CORE_CLUE_H

/* How much a clue decided: evidence is told in this order. */
enum vg_rank { VG_RANK_DECIDES, VG_RANK_PROVES, VG_RANK_CARRIES, VG_RANK_MISSING, VG_RANK_CONTEXT };

/* enumerator, name, rank */
#define VG_CLUE_LIST(X) \
	X(VG_CLUE_NODE_OWN, "own-address", VG_RANK_DECIDES) \
	X(VG_CLUE_API_ADDRESS, "api-address", VG_RANK_DECIDES) \
	X(VG_CLUE_DUMMY, "dummy-link", VG_RANK_DECIDES) \
	X(VG_CLUE_LEASE_HOLDS, "lease-holder", VG_RANK_DECIDES) \
	X(VG_CLUE_LEASE_EXPIRED, "lease-expired", VG_RANK_DECIDES) \
	X(VG_CLUE_LEASE_RELEASED, "lease-released", VG_RANK_DECIDES) \
	X(VG_CLUE_LEASE_NO_NODE, "lease-of-no-node", VG_RANK_DECIDES) \
	X(VG_CLUE_STATUS_HOLDS, "status-announcer", VG_RANK_DECIDES) \
	X(VG_CLUE_STATUS_NO_NODE, "status-of-no-node", VG_RANK_DECIDES) \
	X(VG_CLUE_EVENT_HOLDS, "event-announcer", VG_RANK_DECIDES) \
	X(VG_CLUE_HELD, "annotation-holder", VG_RANK_DECIDES) \
	X(VG_CLUE_HELD_NO_NODE, "annotation-of-no-node", VG_RANK_DECIDES) \
	X(VG_CLUE_EVERYWHERE, "on-every-node", VG_RANK_DECIDES) \
	X(VG_CLUE_REMOTE_POOL, "remote-pool", VG_RANK_DECIDES) \
	X(VG_CLUE_OTHER_NODE, "other-node", VG_RANK_DECIDES) \
	X(VG_CLUE_OTHER_NODE_MAYBE, "other-node-maybe", VG_RANK_DECIDES) \
	X(VG_CLUE_RESERVED_OTHER, "other-claim-on-range", VG_RANK_DECIDES) \
	X(VG_CLUE_RESERVED_POOL, "pool-reserves", VG_RANK_DECIDES) \
	X(VG_CLUE_EVENT_BEFORE, "event-before", VG_RANK_PROVES) \
	X(VG_CLUE_CLASS, "class", VG_RANK_PROVES) \
	X(VG_CLUE_CLASS_OF_TWO, "class-of-two-owners", VG_RANK_PROVES) \
	X(VG_CLUE_CLASS_FOREIGN, "class-of-no-known-owner", VG_RANK_PROVES) \
	X(VG_CLUE_ALLOCATED, "allocated", VG_RANK_PROVES) \
	X(VG_CLUE_POOL_CONTAINS, "pool-contains", VG_RANK_PROVES) \
	X(VG_CLUE_ADVERTISED, "advertised", VG_RANK_PROVES) \
	X(VG_CLUE_ADVERTISED_ALL, "advertised-with-all", VG_RANK_PROVES) \
	X(VG_CLUE_ADVERTISED_NODES, "advertised-from-nodes", VG_RANK_PROVES) \
	X(VG_CLUE_ALIVE, "alive", VG_RANK_PROVES) \
	X(VG_CLUE_INVALID, "configuration-invalid", VG_RANK_PROVES) \
	X(VG_CLUE_MARK_OUTSIDE, "mark-outside-its-pool", VG_RANK_PROVES) \
	X(VG_CLUE_MARK_CLASS, "mark-of-another-class", VG_RANK_PROVES) \
	X(VG_CLUE_MARK_MIXED, "mark-of-mixed-instance", VG_RANK_PROVES) \
	X(VG_CLUE_MARK_UNREAD, "mark-unread-advertisements", VG_RANK_PROVES) \
	X(VG_CLUE_MARK_INVALID, "mark-of-invalid-configuration", VG_RANK_PROVES) \
	X(VG_CLUE_MARK, "mark-unproven", VG_RANK_PROVES) \
	X(VG_CLUE_CLAIM, "kube-vip-claim", VG_RANK_PROVES) \
	X(VG_CLUE_IGNORED, "kube-vip-ignore", VG_RANK_PROVES) \
	X(VG_CLUE_KV_HIDDEN, "kube-vip-settings-not-seen", VG_RANK_PROVES) \
	X(VG_CLUE_UNCLAIMED, "kube-vip-unclaimed", VG_RANK_PROVES) \
	X(VG_CLUE_CILIUM_POOL, "cilium-pool", VG_RANK_PROVES) \
	X(VG_CLUE_PURELB, "purelb-mark", VG_RANK_PROVES) \
	X(VG_CLUE_BALANCER_PROVES, "balancer-proves", VG_RANK_PROVES) \
	X(VG_CLUE_AGENT_HERE, "agent-here", VG_RANK_PROVES) \
	X(VG_CLUE_SERVICELB, "servicelb-mark", VG_RANK_PROVES) \
	X(VG_CLUE_OTHER_MARK, "mark-without-holder", VG_RANK_PROVES) \
	X(VG_CLUE_CARRIES, "carries", VG_RANK_CARRIES) \
	X(VG_CLUE_EXTERNAL, "external-ip", VG_RANK_CARRIES) \
	X(VG_CLUE_WISH, "wish", VG_RANK_CARRIES) \
	X(VG_CLUE_CROWDED, "crowded", VG_RANK_MISSING) \
	X(VG_CLUE_LEASE_NONE, "no-lease", VG_RANK_MISSING) \
	X(VG_CLUE_STATUS_NONE, "no-status", VG_RANK_MISSING) \
	X(VG_CLUE_HELD_NONE, "no-annotation", VG_RANK_MISSING) \
	X(VG_CLUE_NO_ADVERTISEMENT, "no-advertisement", VG_RANK_MISSING) \
	X(VG_CLUE_NO_L2, "no-l2-advertisement", VG_RANK_MISSING) \
	X(VG_CLUE_MARK_NO_POOL, "mark-without-pool", VG_RANK_MISSING) \
	X(VG_CLUE_MARK_DEAD, "mark-without-metallb", VG_RANK_MISSING) \
	X(VG_CLUE_BALANCER_GONE, "mark-without-balancer", VG_RANK_MISSING) \
	X(VG_CLUE_NO_NODE, "no-node", VG_RANK_MISSING) \
	X(VG_CLUE_UNTOLD, "not-readable", VG_RANK_MISSING) \
	X(VG_CLUE_POOL_IDLE, "pool-reserves-nothing", VG_RANK_CONTEXT) \
	X(VG_CLUE_OVERLAP, "ranges-overlap", VG_RANK_CONTEXT) \
	X(VG_CLUE_PROTECTED_IN_POOL, "protected-in-pool", VG_RANK_CONTEXT) \
	X(VG_CLUE_PROTECTED_CARRIED, "protected-in-service", VG_RANK_CONTEXT) \
	X(VG_CLUE_KV_TAKES, "kube-vip-here", VG_RANK_CONTEXT) \
	X(VG_CLUE_KV_IDLE, "kube-vip-class-only-not-read", VG_RANK_CONTEXT) \
	X(VG_CLUE_KV_AWAY, "kube-vip-elsewhere", VG_RANK_CONTEXT) \
	X(VG_CLUE_BALANCER, "other-balancer", VG_RANK_CONTEXT) \
	X(VG_CLUE_SELECTS, "selects-pool", VG_RANK_CONTEXT) \
	X(VG_CLUE_HANDS_OUT, "hands-out", VG_RANK_CONTEXT) \
	X(VG_CLUE_SPEAKS, "speaks-of-address", VG_RANK_CONTEXT)

/* enumerator, name */
#define VG_RULE_LIST(X) \
	X(VG_RULE_NO_SERVICE, "no-service") \
	X(VG_RULE_NO_VIP, "no-vip") \
	X(VG_RULE_POOL_IDLE, "pool-reserves-nothing") \
	X(VG_RULE_API_OBJECT, "api-address-by-object") \
	X(VG_RULE_API_CONFIG, "api-address-by-configuration") \
	X(VG_RULE_OWN_OBJECT, "own-address-by-node") \
	X(VG_RULE_OWN_LINK, "own-address-by-link") \
	X(VG_RULE_LISTED, "listed") \
	X(VG_RULE_DUMMY_NAME, "dummy-by-name") \
	X(VG_RULE_DUMMY_AGENT, "dummy-by-agent") \
	X(VG_RULE_HERE_FILE, "here-by-file") \
	X(VG_RULE_HERE_STATUS, "here-by-status") \
	X(VG_RULE_HERE_EVENT, "here-by-event") \
	X(VG_RULE_HERE_LEASE, "here-by-lease") \
	X(VG_RULE_HERE_ANNOTATION, "here-by-annotation") \
	X(VG_RULE_EVERYWHERE_BGP, "everywhere-by-bgp") \
	X(VG_RULE_EVERYWHERE_REMOTE, "everywhere-by-remote-pool") \
	X(VG_RULE_OTHER_NODE, "other-node") \
	X(VG_RULE_NEVER_FILE, "never-binds-by-file") \
	X(VG_RULE_NEVER_METALLB, "never-binds-metallb") \
	X(VG_RULE_NEVER_CILIUM, "never-binds-cilium") \
	X(VG_RULE_ELSEWHERE_FILE, "elsewhere-by-file") \
	X(VG_RULE_ELSEWHERE_STATUS, "elsewhere-by-status") \
	X(VG_RULE_ELSEWHERE_EVENT, "elsewhere-by-event") \
	X(VG_RULE_ELSEWHERE_LEASE, "elsewhere-by-lease") \
	X(VG_RULE_ELSEWHERE_ANNOTATION, "elsewhere-by-annotation") \
	X(VG_RULE_RESERVED, "reserved") \
	X(VG_RULE_BGP_ONLY, "bgp-only") \
	X(VG_RULE_IPAM_ONLY, "ipam-only") \
	X(VG_RULE_UNPROVEN, "unproven") \
	X(VG_RULE_UNPROVEN_WISH, "unproven-wish") \
	X(VG_RULE_UNPROVEN_EXTERNAL, "unproven-external-ip") \
	X(VG_RULE_UNPROVEN_CROWD, "unproven-crowd") \
	X(VG_RULE_UNPROVEN_EGRESS, "unproven-egress-ip") \
	X(VG_RULE_UNPROVEN_MARK, "unproven-mark") \
	X(VG_RULE_UNPROVEN_UNREAD, "unproven-not-readable") \
	X(VG_RULE_UNPROVEN_IGNORED, "unproven-ignored") \
	X(VG_RULE_UNPROVEN_CILIUM, "unproven-cilium-pool") \
	X(VG_RULE_UNPROVEN_SERVICELB, "unproven-servicelb") \
	X(VG_RULE_UNPROVEN_NODE, "unproven-other-node") \
	X(VG_RULE_UNPROVEN_BALANCER, "unproven-balancer") \
	X(VG_RULE_CONFLICT_CLAIMS, "conflict-of-claims") \
	X(VG_RULE_CONFLICT_CLASS, "conflict-of-class") \
	X(VG_RULE_CONFLICT, "conflict") \
	X(VG_RULE_CONFLICT_RANGES, "conflict-of-ranges") \
	X(VG_RULE_HOLDER_LEASE, "holder-lease-not-fresh") \
	X(VG_RULE_HOLDER_NO_LEASE, "holder-no-lease") \
	X(VG_RULE_HOLDER_NO_NODE, "holder-no-node") \
	X(VG_RULE_HOLDER_NO_STATUS, "holder-no-status") \
	X(VG_RULE_HOLDER_NO_ANNOTATION, "holder-no-annotation") \
	X(VG_RULE_HOLDER_HIDDEN, "holder-settings-not-seen") \
	X(VG_RULE_HOLDER_AGENT, "holder-agent-here") \
	X(VG_RULE_HOLDER_REMOTE, "holder-remote-pool") \
	X(VG_RULE_HOLDER_UNPUBLISHED, "holder-unpublished") \
	X(VG_RULE_HOLDER_CLASS, "holder-foreign-class") \
	X(VG_RULE_HOLDER_OPEN, "holder-maybe-more") \
	X(VG_RULE_NODE_UNKNOWN, "node-unknown") \
	X(VG_RULE_TRANSITION, "transition") \
	X(VG_RULE_STALE, "stale") \
	X(VG_RULE_INCOMPLETE, "incomplete")

#define VG_CHANGE_LIST(X) \
	X(VG_CHANGE_NONE, "none") \
	X(VG_CHANGE_CARRIED, "service-carries") \
	X(VG_CHANGE_ADVERTISED, "pool-advertised") \
	X(VG_CHANGE_OBJECT_LETS_GO, "object-lets-go") \
	X(VG_CHANGE_CONFIG_LETS_GO, "configuration-lets-go") \
	X(VG_CHANGE_UNLISTED, "unlisted") \
	X(VG_CHANGE_REAL_LINK, "real-link") \
	X(VG_CHANGE_FILE_OTHER, "file-names-others") \
	X(VG_CHANGE_FILE_HERE, "file-names-node") \
	X(VG_CHANGE_FILE_BIND, "file-lets-bind") \
	X(VG_CHANGE_STATUS_OTHER, "status-names-others") \
	X(VG_CHANGE_STATUS_HERE, "status-names-node") \
	X(VG_CHANGE_EVENT_OTHER, "event-names-others") \
	X(VG_CHANGE_EVENT_HERE, "event-names-node") \
	X(VG_CHANGE_LEASE_OTHER, "lease-moves-away") \
	X(VG_CHANGE_LEASE_HERE, "lease-moves-here") \
	X(VG_CHANGE_LEASE_FRESH, "lease-fresh") \
	X(VG_CHANGE_LEASE_MADE, "lease-made") \
	X(VG_CHANGE_HOLDER_NODE, "holder-is-node") \
	X(VG_CHANGE_ANNOTATION_OTHER, "annotation-names-others") \
	X(VG_CHANGE_ANNOTATION_HERE, "annotation-names-node") \
	X(VG_CHANGE_ELECTION, "election") \
	X(VG_CHANGE_LOCAL_POOL, "local-pool") \
	X(VG_CHANGE_PROVEN, "owner-proven") \
	X(VG_CHANGE_OTHER_OWNER, "other-owner") \
	X(VG_CHANGE_POOL_SHRINKS, "pool-lets-go") \
	X(VG_CHANGE_L2, "l2-advertised") \
	X(VG_CHANGE_STATUS_HAS, "status-has-address") \
	X(VG_CHANGE_FEWER, "fewer-services") \
	X(VG_CHANGE_POOL_PROVES, "pool-proves") \
	X(VG_CHANGE_READABLE, "readable") \
	X(VG_CHANGE_NOT_IGNORED, "not-ignored") \
	X(VG_CHANGE_CILIUM_LEASE, "cilium-lease") \
	X(VG_CHANGE_BALANCER_SEEN, "balancer-seen") \
	X(VG_CHANGE_ONE_CLAIM, "one-claim") \
	X(VG_CHANGE_ONE_OWNER, "one-owner") \
	X(VG_CHANGE_APART, "ranges-apart") \
	X(VG_CHANGE_SETTINGS_SEEN, "settings-seen") \
	X(VG_CHANGE_HOLDER_LISTED, "holder-listed") \
	X(VG_CHANGE_NODE_REGISTERED, "node-registered") \
	X(VG_CHANGE_WAIT, "wait") \
	X(VG_CHANGE_HEARD, "api-heard") \
	X(VG_CHANGE_LISTED, "api-listed")

#define VG_REMEDY_LIST(X) \
	X(VG_REMEDY_KV_SERVICES_OFF, "kube-vip-services-off") \
	X(VG_REMEDY_KV_CLASS_ONLY, "kube-vip-class-only") \
	X(VG_REMEDY_KV_CLASS_IDLE, "kube-vip-class-only-not-read") \
	X(VG_REMEDY_KV_LEFT_OVER, "kube-vip-left-over") \
	X(VG_REMEDY_FIND_BINDER, "find-binder") \
	X(VG_REMEDY_STRICT_ARP, "strict-arp") \
	X(VG_REMEDY_SERVICELB_OFF, "servicelb-off") \
	X(VG_REMEDY_FILE_NAME, "name-node-in-file") \
	X(VG_REMEDY_RANGES, "ranges-apart") \
	X(VG_REMEDY_POOL_WITHOUT, "pool-without-address") \
	X(VG_REMEDY_NODE_IP, "kubelet-node-ip") \
	X(VG_REMEDY_ADVERTISE, "advertise-pool") \
	X(VG_REMEDY_KV_ANNOUNCES, "kube-vip-announces") \
	X(VG_REMEDY_ONE_CLAIM, "drop-a-claim") \
	X(VG_REMEDY_ONE_OWNER, "one-owner") \
	X(VG_REMEDY_CLASS_APART, "classes-apart") \
	X(VG_REMEDY_KV_LEASE, "kube-vip-lease") \
	X(VG_REMEDY_HOLDER_NAME, "holder-name") \
	X(VG_REMEDY_SPEAKERS, "see-speakers") \
	X(VG_REMEDY_LIST_HOLDER, "list-holder") \
	X(VG_REMEDY_MARK, "mend-mark") \
	X(VG_REMEDY_METALLB, "start-metallb") \
	X(VG_REMEDY_MARK_OFF, "take-mark-off") \
	X(VG_REMEDY_ROLE, "widen-role") \
	X(VG_REMEDY_NODE_NAME, "node-name") \
	X(VG_REMEDY_SOURCE, "see-source")

#define X(name, ...) name,
enum vg_clue { VG_CLUE_LIST(X) VG_CLUE_MAX };
enum vg_rule { VG_RULE_LIST(X) VG_RULE_MAX };
enum vg_change { VG_CHANGE_LIST(X) VG_CHANGE_MAX };
enum vg_remedy { VG_REMEDY_LIST(X) VG_REMEDY_MAX };
#undef X

enum vg_rank vg_clue_rank(enum vg_clue clue);
/* The stable names. */
const char *vg_clue_to_str(enum vg_clue clue);
const char *vg_rule_to_str(enum vg_rule rule);
const char *vg_change_to_str(enum vg_change change);
const char *vg_remedy_to_str(enum vg_remedy remedy);

#endif
