/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences themselves. All enumerated: a name without a sentence is found by the unit test. {words} are filled in by words.c. What bound
 * an address is not known from the objects: a remedy says what a Pod is set to do, never that it did it.
 */
#include "base/cleanup.h"
#include "report/words.h"

static const char *const clues[] = {
	[VG_CLUE_NODE_OWN] = "says that it is this node's own address",
	[VG_CLUE_API_ADDRESS] = "says that it is the API server's address",
	[VG_CLUE_DUMMY] = "names this link as the one that holds service addresses",
	[VG_CLUE_LEASE_HOLDS] = "names the holder",
	[VG_CLUE_LEASE_EXPIRED] = "has expired, so names nobody",
	[VG_CLUE_LEASE_RELEASED] = "was released, so names nobody",
	[VG_CLUE_LEASE_NO_NODE] = "is the name of no Node",
	[VG_CLUE_STATUS_HOLDS] = "names the announcer",
	[VG_CLUE_STATUS_NO_NODE] = "is the name of no Node",
	[VG_CLUE_EVENT_HOLDS] = "names the announcer",
	[VG_CLUE_HELD] = "names the holder",
	[VG_CLUE_HELD_NO_NODE] = "is the name of no Node",
	[VG_CLUE_EVERYWHERE] = "kube-vip puts it on every node",
	[VG_CLUE_REMOTE_POOL] = "PureLB puts it on the dummy link of every node",
	[VG_CLUE_OTHER_NODE] = "has it as its own address",
	[VG_CLUE_OTHER_NODE_MAYBE] = "reports it as its own address, which it may do of a VIP that was bound on it",
	[VG_CLUE_RESERVED_OTHER] = "speaks of the address, too",
	[VG_CLUE_RESERVED_POOL] = "contains the address, which no Service carries",
	[VG_CLUE_EVENT_BEFORE] = "names the announcer before",
	[VG_CLUE_CLASS] = "decides who may be the owner",
	[VG_CLUE_CLASS_OF_TWO] = "is served by MetalLB and by kube-vip",
	[VG_CLUE_CLASS_FOREIGN] = "is of no owner that publishes a holder",
	[VG_CLUE_ALLOCATED] = "says that MetalLB allocated it",
	[VG_CLUE_POOL_CONTAINS] = "contains the address",
	[VG_CLUE_ADVERTISED] = "selects the pool: proves the owner metallb",
	[VG_CLUE_ADVERTISED_ALL] = "names no pool, so selects all of its namespace: proves the owner metallb",
	[VG_CLUE_ADVERTISED_NODES] = "lets these nodes announce, no others",
	[VG_CLUE_ALIVE] = "shows that MetalLB is alive",
	[VG_CLUE_INVALID] = "MetalLB works on an older configuration than the one seen here",
	[VG_CLUE_MARK_OUTSIDE] = "is the pool that the mark names, and does not contain the address",
	[VG_CLUE_MARK_CLASS] = "this MetalLB serves another class than the Service's",
	[VG_CLUE_MARK_MIXED] = "the Pods of this MetalLB disagree about its class",
	[VG_CLUE_MARK_UNREAD] = "contains the address, but which advertisements select it cannot be read in full",
	[VG_CLUE_MARK_INVALID] = "MetalLB works on an older configuration, and no status of it speaks of the Service",
	[VG_CLUE_MARK] = "is MetalLB's mark, but no live MetalLB with such a pool proves it",
	[VG_CLUE_CLAIM] = "claims it for kube-vip",
	[VG_CLUE_KV_HIDDEN] = "is a kube-vip whose settings are not seen here (a file, envFrom, valueFrom): it may serve the Service in another way",
	[VG_CLUE_IGNORED] = "keeps kube-vip away",
	[VG_CLUE_UNCLAIMED] = "kube-vip takes Services, and nobody else is recognised",
	[VG_CLUE_CILIUM_POOL] = "contains the address",
	[VG_CLUE_PURELB] = "says that PureLB allocated it",
	[VG_CLUE_BALANCER_PROVES] = "shows that this balancer is there",
	[VG_CLUE_AGENT_HERE] = "is PureLB's agent on this node, which binds before it writes the annotation",
	[VG_CLUE_SERVICELB] = "is ServiceLB's mark: it publishes the nodes' own addresses",
	[VG_CLUE_OTHER_MARK] = "is that owner's mark, which names no holder",
	[VG_CLUE_CARRIES] = "carries the address",
	[VG_CLUE_EXTERNAL] = "carries the address, and names no owner",
	[VG_CLUE_WISH] = "asks for the address, which is not in its status",
	[VG_CLUE_CROWDED] = "more than 256 Services carry the address: they are not looked at",
	[VG_CLUE_LEASE_NONE] = "no fresh Lease of {about} (nor a global one of kube-vip) names a Node as the holder",
	[VG_CLUE_STATUS_NONE] = "no ServiceL2Status names an announcer of {about}",
	[VG_CLUE_HELD_NONE] = "{about} has no annotation purelb.io/announcing-IPv4 or -IPv6 that names a Node for the address",
	[VG_CLUE_NO_ADVERTISEMENT] = "no L2Advertisement or BGPAdvertisement of namespace {about-namespace} selects pool {name} for the Service",
	[VG_CLUE_NO_L2] = "no L2Advertisement of namespace {about-namespace} selects pool {name} for the Service",
	[VG_CLUE_MARK_NO_POOL] = "no IPAddressPool is called {value}, as the mark of {about} has it",
	[VG_CLUE_MARK_DEAD] = "no live speaker or controller Pod of MetalLB is in namespace {about-namespace} of pool {name}",
	[VG_CLUE_BALANCER_GONE] =
		"nothing of the balancer that left its mark on {about} is there: no {kind}, no other object of its kinds, no live Pod",
	[VG_CLUE_NO_NODE] = "no Node bears this node's name, {value}",
	[VG_CLUE_UNTOLD] = "objects of kind {kind} cannot be read here, so what they say is not known",
	[VG_CLUE_POOL_IDLE] = "contains the address, but reserves nothing: what would prove it is missing",
	[VG_CLUE_OVERLAP] = "hands out {range}, as {about} does",
	[VG_CLUE_PROTECTED_IN_POOL] = "contains the address, and could hand it out",
	[VG_CLUE_PROTECTED_CARRIED] = "carries the protected address",
	[VG_CLUE_KV_TAKES] = "this kube-vip runs on this node and is set to take such Services",
	[VG_CLUE_KV_IDLE] = "is set, but kube-vip does not read it: svc_enable is not set by environment",
	[VG_CLUE_KV_AWAY] = "this kube-vip, on another node, is set to take such Services",
	[VG_CLUE_SELECTS] = "selects the pool",
	[VG_CLUE_HANDS_OUT] = "hands out the range",
	[VG_CLUE_SPEAKS] = "speaks of the address",
	[VG_CLUE_BALANCER] = "is a balancer that publishes no holder: it may be the one that holds the address",
};

static const char *const rules[] = {
	[VG_RULE_NO_SERVICE] = "no Service carries it, no advertised pool reserves it and no assignment names it",
	[VG_RULE_NO_VIP] = "an address of this sort (loopback, link-local, multicast, unspecified) is nobody's VIP",
	[VG_RULE_POOL_IDLE] = "no Service carries it, and the pool around it reserves nothing: no advertisement for all Services selects it, or "
			      "MetalLB is not proven",
	[VG_RULE_API_OBJECT] = "whatever else is true: {object} has it as the API server's address",
	[VG_RULE_API_CONFIG] =
		"whatever else is true: the guard's own configuration (kubeconfig, static manifests) has it as the API server's address",
	[VG_RULE_OWN_OBJECT] = "whatever else is true: {object}, this node's, has it",
	[VG_RULE_OWN_LINK] = "whatever else is true: this node had it before any Service carried it, or has it as a node's own is had (its network's "
			     "mask, a finite lifetime)",
	[VG_RULE_LISTED] = "whatever else is true: the operator lists it",
	[VG_RULE_DUMMY_NAME] = "link {link} exists to hold service addresses, whoever owns them",
	[VG_RULE_DUMMY_AGENT] = "{object} names link {link} as the one that holds service addresses",
	[VG_RULE_HERE_FILE] = "the assignments file names this node for {entry}",
	[VG_RULE_HERE_STATUS] = "MetalLB is the proven owner, and a ServiceL2Status names this node as the announcer",
	[VG_RULE_HERE_EVENT] = "MetalLB is the proven owner, and its newest Event names this node as the announcer",
	[VG_RULE_HERE_LEASE] = "{owner} is the owner, and a fresh Lease names this node as the holder",
	[VG_RULE_HERE_ANNOTATION] = "PureLB is the owner, and its annotation names this node as the holder",
	[VG_RULE_EVERYWHERE_BGP] = "kube-vip in BGP mode without election puts it on every node by design",
	[VG_RULE_EVERYWHERE_REMOTE] = "PureLB puts an address of a remote pool on every node by design",
	[VG_RULE_OTHER_NODE] = "{object} has it as InternalIP, and no proven owner holds it",
	[VG_RULE_NEVER_FILE] = "the assignments file says of {entry} that nobody binds it",
	[VG_RULE_NEVER_METALLB] = "MetalLB is the proven owner, and it never puts an address on a link",
	[VG_RULE_NEVER_CILIUM] = "Cilium is the proven owner, and it never puts an address on a link",
	[VG_RULE_ELSEWHERE_FILE] = "the assignments file names {nodes} for {entry}, and not this node",
	[VG_RULE_ELSEWHERE_STATUS] = "MetalLB is the proven owner, and its ServiceL2Status names {nodes} as the announcer, not this node",
	[VG_RULE_ELSEWHERE_EVENT] = "MetalLB is the proven owner, and its newest Event names {nodes} as the announcer, not this node",
	[VG_RULE_ELSEWHERE_LEASE] = "{owner} is the owner, and a fresh Lease names {nodes} as the holder, not this node",
	[VG_RULE_ELSEWHERE_ANNOTATION] = "PureLB is the owner, and its annotation names {nodes} as the holder, not this node",
	[VG_RULE_RESERVED] = "it lies in an advertised pool of a live MetalLB, and no Service carries it: nobody may hold it",
	[VG_RULE_BGP_ONLY] = "MetalLB is the proven owner and no L2Advertisement selects pool {name}: it is announced by BGP, never by ARP or NDP",
	[VG_RULE_IPAM_ONLY] =
		"MetalLB allocated it and no advertisement selects pool {name}: somebody else is meant to announce it, and who is not said",
	[VG_RULE_UNPROVEN] = "a Service carries it, and no mark, class or Lease of a known owner speaks of it",
	[VG_RULE_UNPROVEN_WISH] = "a Service only asks for it; it is not in its status",
	[VG_RULE_UNPROVEN_EXTERNAL] = "it is an externalIP, which an administrator routes by himself",
	[VG_RULE_UNPROVEN_CROWD] = "more Services carry it than are looked at",
	[VG_RULE_UNPROVEN_EGRESS] = "an EgressIP speaks of an address in a pool, and does not say which node holds it",
	[VG_RULE_UNPROVEN_MARK] = "MetalLB's mark is there and nothing proves it: a mark alone is no owner",
	[VG_RULE_UNPROVEN_UNREAD] = "what would prove or rule out an owner cannot be read here, and what cannot be read is not taken for empty",
	[VG_RULE_UNPROVEN_IGNORED] = "kube-vip is told to ignore the Service, and nobody else is recognised",
	[VG_RULE_UNPROVEN_CILIUM] = "it lies in a pool of Cilium, which may only allocate it: no Lease says that Cilium announces it",
	[VG_RULE_UNPROVEN_SERVICELB] = "ServiceLB publishes nodes' addresses and proves none",
	[VG_RULE_UNPROVEN_NODE] = "{object} reports it as InternalIP, but it may be a VIP that was bound there and has moved: kube-vip may serve the "
				  "Service, or an administrator routes it by himself",
	[VG_RULE_UNPROVEN_BALANCER] = "a balancer's mark is there and nothing else of that balancer: a mark outlives whoever left it",
	[VG_RULE_CONFLICT_CLAIMS] = "two owners each have an explicit claim on the Service",
	[VG_RULE_CONFLICT_CLASS] = "MetalLB and kube-vip both serve the Service's class",
	[VG_RULE_CONFLICT] = "more than one owner has proof or a mark of its own, and nothing says which of them is meant",
	[VG_RULE_CONFLICT_RANGES] = "two balancers hand out this range",
	[VG_RULE_HOLDER_LEASE] = "the owner is known, and the Lease that would name the holder has expired or was released",
	[VG_RULE_HOLDER_NO_LEASE] = "the owner is kube-vip, and no fresh Lease names a holder",
	[VG_RULE_HOLDER_NO_NODE] = "the owner is known, and what names the holder is no Node's name",
	[VG_RULE_HOLDER_NO_STATUS] = "the owner is MetalLB, and no ServiceL2Status says which node announces it",
	[VG_RULE_HOLDER_NO_ANNOTATION] = "the owner is PureLB, and no annotation names a Node for this address",
	[VG_RULE_HOLDER_HIDDEN] = "the owner is kube-vip, and {object} is set up by what is not seen here: others may hold it, too",
	[VG_RULE_HOLDER_AGENT] = "PureLB's annotation names {nodes}, and its agent on this node may be taking over: it binds before it says so",
	[VG_RULE_HOLDER_REMOTE] = "PureLB routes an address of a remote pool: which node answers for it by ARP or NDP is not said",
	[VG_RULE_HOLDER_UNPUBLISHED] = "the owner is known by its mark, and publishes no holder",
	[VG_RULE_HOLDER_CLASS] = "the Service's class is another controller's, which publishes no holder",
	[VG_RULE_HOLDER_OPEN] = "there may be more holders than the ones that are named",
	[VG_RULE_NODE_UNKNOWN] = "no Node bears this node's name, so which of them this one is cannot be told",
	[VG_RULE_TRANSITION] = "the holder became another one at {since}, less than the grace period ago",
	[VG_RULE_STALE] = "it would be a violation, but the source has not been heard from lately, and old news is no ground to act on",
	[VG_RULE_INCOMPLETE] = "the source was never listed completely, so nothing is known of it yet",
};

static const char *const changes[] = {
	[VG_CHANGE_NONE] = "",
	[VG_CHANGE_CARRIED] = "a Service with it in status.loadBalancer.ingress, an advertised pool around it, or an assignment",
	[VG_CHANGE_ADVERTISED] = "an L2Advertisement or BGPAdvertisement of its namespace that selects pool {name}",
	[VG_CHANGE_OBJECT_LETS_GO] = "{object} no longer having it",
	[VG_CHANGE_CONFIG_LETS_GO] = "this node no longer having it when the guard starts",
	[VG_CHANGE_UNLISTED] = "taking it off --protect and `protect:`",
	[VG_CHANGE_REAL_LINK] = "a bind on a real link",
	[VG_CHANGE_FILE_OTHER] = "the assignment of {entry} no longer naming {node}",
	[VG_CHANGE_FILE_HERE] = "the assignment of {entry} naming {node}",
	[VG_CHANGE_FILE_BIND] = "`bind: holder` and {node} in the assignment of {entry}",
	[VG_CHANGE_STATUS_OTHER] = "a ServiceL2Status for {service} naming other nodes and not {node}",
	[VG_CHANGE_STATUS_HERE] = "a ServiceL2Status for {service} naming {node}",
	[VG_CHANGE_EVENT_OTHER] = "a newer Event nodeAssigned for {service} naming another node",
	[VG_CHANGE_EVENT_HERE] = "a newer Event nodeAssigned for {service} naming {node}",
	[VG_CHANGE_LEASE_OTHER] = "Lease {lease} held by another node than {node}, or expired",
	[VG_CHANGE_LEASE_HERE] = "a fresh Lease {lease} held by {node}",
	[VG_CHANGE_LEASE_FRESH] = "a fresh Lease {lease} held by a Node",
	[VG_CHANGE_LEASE_MADE] = "a fresh Lease {lease} held by a Node, or a fresh global Lease of kube-vip (plndr-svcs-lock)",
	[VG_CHANGE_HOLDER_NODE] = "{object} naming a Node by its name or its label kubernetes.io/hostname, or a Node of that name",
	[VG_CHANGE_ANNOTATION_OTHER] = "the annotation purelb.io/announcing-IPv4 or -IPv6 of {service} naming another node",
	[VG_CHANGE_ANNOTATION_HERE] = "the annotation purelb.io/announcing-IPv4 or -IPv6 of {service} naming {node}",
	[VG_CHANGE_ELECTION] = "kube-vip with svc_election=true, whose Lease then names one holder",
	[VG_CHANGE_LOCAL_POOL] = "the Service allocated from a local pool, whose annotation then names one holder",
	[VG_CHANGE_PROVEN] =
		"a proven owner: MetalLB's mark, pool and advertisement, a claim for kube-vip with its Lease, Cilium's Lease, or an assignment",
	[VG_CHANGE_OTHER_OWNER] =
		"another owner for {service}: a loadBalancerClass of one that binds, or no advertisement of {owner} for it any more",
	[VG_CHANGE_POOL_SHRINKS] = "a Service that carries it (then its owner decides), or {object} without it",
	[VG_CHANGE_L2] = "an L2Advertisement selecting pool {name}, and a ServiceL2Status for {service} naming {node}",
	[VG_CHANGE_STATUS_HAS] = "the address in status.loadBalancer.ingress of {service}",
	[VG_CHANGE_FEWER] = "at most 256 Services on the address",
	[VG_CHANGE_POOL_PROVES] = "a live MetalLB of the Service's class, with an advertised IPAddressPool of that name that contains {address}",
	[VG_CHANGE_READABLE] = "being allowed to read {kind}",
	[VG_CHANGE_NOT_IGNORED] = "no kube-vip.io/ignore on {service}, or another owner's mark",
	[VG_CHANGE_CILIUM_LEASE] = "a fresh Lease cilium-l2announce-{service-namespace}-{service-name}",
	[VG_CHANGE_BALANCER_SEEN] = "an object or a live Pod of the balancer whose mark {service} bears, or no such mark",
	[VG_CHANGE_ONE_CLAIM] = "one claim less on {service}",
	[VG_CHANGE_ONE_OWNER] = "all but one of the owners that the evidence names letting go of {address}",
	[VG_CHANGE_APART] = "{object} no longer speaking of {address}",
	[VG_CHANGE_SETTINGS_SEEN] = "{object} with its settings as plain environment or arguments: svc_enable, svc_election, bgp_enable, lb_class_*",
	[VG_CHANGE_HOLDER_LISTED] = "an assignment of {address} in the assignments file",
	[VG_CHANGE_NODE_REGISTERED] = "a Node called {node}, or --node with the name that the cluster knows",
	[VG_CHANGE_WAIT] = "wait {seconds} s: in transition since {since}",
	[VG_CHANGE_HEARD] = "the API being heard from again",
	[VG_CHANGE_LISTED] = "the first complete list of the API",
};

static const char *const remedies[] = {
	[VG_REMEDY_KV_SERVICES_OFF] =
		"{object} is set to take such Services: let it keep the control plane only. In its static manifest (usually "
		"/etc/kubernetes/manifests/kube-vip.yaml on {pod-node}; "
		"its DaemonSet otherwise) set env `- name: svc_enable` / `value: \"false\"`, and drop the argument --services if there is one",
	[VG_REMEDY_KV_CLASS_ONLY] = "or let {object} take only its own class: env `- name: lb_class_only` / `value: \"true\"`. It is read only where "
				    "svc_enable is set by environment, not by the "
				    "argument --services",
	[VG_REMEDY_KV_CLASS_IDLE] =
		"{object} has lb_class_only, but does not read it: svc_enable came by the argument --services. Set env `- name: svc_enable` / "
		"`value: \"true\"` in its place (usually /etc/kubernetes/manifests/kube-vip.yaml on {pod-node})",
	[VG_REMEDY_KV_LEFT_OVER] = "the Lease of kube-vip names {nodes}: what {object} left here is to go. Restart it; if the address stays: ip "
				   "address del {address}/{bits} dev LINK",
	[VG_REMEDY_FIND_BINDER] =
		"what binds or announces it here is not known from the objects: `vipguard watch` names the process. Stop it; what is left goes with "
		"ip address del {address}/{bits} dev LINK",
	[VG_REMEDY_STRICT_ARP] =
		"the bind on {link} is right; the kernel answers ARP for it on other links. With kube-proxy in IPVS mode set `ipvs: strictARP: true` "
		"in ConfigMap "
		"kube-system/kube-proxy (key config.conf) and restart its Pods; else sysctl net.ipv4.conf.all.arp_ignore=1 and arp_announce=2",
	[VG_REMEDY_SERVICELB_OFF] = "ServiceLB puts nodes' addresses in {object}, and kube-vip binds what stands there: run k3s with --disable "
				    "servicelb, or give the Service a "
				    "loadBalancerClass that only one of them serves",
	[VG_REMEDY_FILE_NAME] = "or, if it is right here, name {node} in the assignment of {entry}",
	[VG_REMEDY_RANGES] = "{object} and {about} both hand out {range}: give them separate ranges",
	[VG_REMEDY_POOL_WITHOUT] = "take {address} out of {object}: it is this cluster's own, and the pool could hand it to a Service",
	[VG_REMEDY_NODE_IP] = "{object} carries this node's address: if the kubelet took a VIP for its own, give it --node-ip with the right one and "
			      "remove the VIP",
	[VG_REMEDY_ADVERTISE] =
		"if MetalLB is to announce it, create an L2Advertisement in namespace {about-namespace} with spec.ipAddressPools: [{name}]",
	[VG_REMEDY_KV_ANNOUNCES] = "if kube-vip is to announce it ({object}), say so: annotation kube-vip.io/loadbalancerIPs: \"{address}\" on "
				   "{service} and svc_election=true, so that "
				   "a Lease names the holder; disable_service_updates=true keeps both from rewriting the status in turn",
	[VG_REMEDY_ONE_CLAIM] = "let one owner have {object}: take {field} off it (annotation kube-vip.io/ignore: \"true\" keeps kube-vip away), or "
				"set a loadBalancerClass that only one "
				"serves",
	[VG_REMEDY_ONE_OWNER] = "let one owner have {service}: set a loadBalancerClass that only one serves, or stop the others from taking it",
	[VG_REMEDY_CLASS_APART] = "let one controller serve class {value}: MetalLB's --lb-class and kube-vip's lb_class_name must differ",
	[VG_REMEDY_KV_LEASE] = "see why kube-vip does not hold Lease {lease}: its Pod's log, its right to update leases; with svc_election=false the "
			       "global Lease plndr-svcs-lock "
			       "does it",
	[VG_REMEDY_HOLDER_NAME] = "{object} names {value}, which no Node is called: give kube-vip the Node's name (env vip_nodename), or name it in "
				  "the assignments file",
	[VG_REMEDY_SPEAKERS] =
		"see why no speaker announces {service}: it needs a ready endpoint, a speaker Pod on an eligible node (the label "
		"node.kubernetes.io/exclude-from-external-load-balancers excludes one), and nodeSelectors of the advertisement that fit a node",
	[VG_REMEDY_LIST_HOLDER] = "where no owner can be proven, say who holds {address} yourself: an entry in the assignments file (--assignments)",
	[VG_REMEDY_MARK] = "make the mark true or take it off: annotation metallb.io/ip-allocated-from-pool of {service} must name an IPAddressPool "
			   "that contains {address}, of a "
			   "MetalLB that serves its class",
	[VG_REMEDY_METALLB] = "start MetalLB in namespace {about-namespace}, or take its mark metallb.io/ip-allocated-from-pool off {service}",
	[VG_REMEDY_MARK_OFF] = "take the annotations of the balancer that is gone off {service}",
	[VG_REMEDY_ROLE] = "let vipguard list and watch {kind}: see its ClusterRole",
	[VG_REMEDY_NODE_NAME] = "give this node's name as the cluster knows it: --node",
	[VG_REMEDY_SOURCE] = "see why the source cannot be read: `vipguard status`",
};

_Static_assert(ARRAY_SIZE(clues) == VG_CLUE_MAX, "each clue has its words");
_Static_assert(ARRAY_SIZE(rules) == VG_RULE_MAX, "each rule has its words");
_Static_assert(ARRAY_SIZE(changes) == VG_CHANGE_MAX, "each change has its words");
_Static_assert(ARRAY_SIZE(remedies) == VG_REMEDY_MAX, "each remedy has its words");

char *vg_words_clue(const struct vg_subject *subject)
{
	return vg_words_fill(subject, clues[subject->evidence->clue]);
}

char *vg_words_rule(const struct vg_subject *subject, enum vg_rule rule)
{
	return vg_words_fill(subject, rules[rule]);
}

char *vg_words_change(const struct vg_subject *subject, enum vg_change change)
{
	return vg_words_fill(subject, changes[change]);
}

char *vg_words_remedy(const struct vg_subject *subject, enum vg_remedy remedy)
{
	return vg_words_fill(subject, remedies[remedy]);
}
