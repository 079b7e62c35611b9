/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `doctor`. Where `explain` has a remedy for the same thing, that is taken; a conflict is told in the words of `check`. */
#include <string.h>

#include "base/cleanup.h"
#include "report/doctor.h"
#include "report/inventory.h"
#include "report/words.h"

#define NO_REMEDY VG_REMEDY_MAX

struct words {
	const char *what; /* NULL: the conflict's sentence */
	const char *why;
	const char *change; /* NULL: the remedy's sentence */
	enum vg_remedy remedy;
};

static const struct words words[VG_AIL_MAX] = {
	[VG_AIL_PRIVILEGES] = { "this command runs without {value}", "a guard that is started like this cannot load, refuse or remove anything",
				"start the guard as root, or with these capabilities; what doctor says needs none of them", NO_REMEDY },
	[VG_AIL_STRICT_ARP] = { "{link}: {value}, and {field} is there: the kernel answers ARP for every address on it",
				"kube-proxy in IPVS mode binds each service address on a dummy of every node; with arp_ignore=0 each of them answers "
				"for each VIP, so that clients reach whoever is fastest",
				NULL, VG_REMEDY_STRICT_ARP },
	[VG_AIL_PROMOTE_SECONDARIES] = { "{link}: {value}, and an address on it is another one's secondary",
					 "when the primary address of a network is removed, by kube-vip, by the guard or by hand, the kernel removes "
					 "all secondary ones with it; the guard refuses such a removal",
					 "sysctl net.ipv4.conf.{link}.promote_secondaries=1, and a file in /etc/sysctl.d that says the same",
					 NO_REMEDY },
	[VG_AIL_PROXY_ARP] = { "{link}: {value}", "the kernel answers ARP there for whatever it would route elsewhere, VIPs of other nodes among it",
			       "sysctl net.ipv4.conf.{link}.proxy_arp=0 (and conf.all.proxy_arp=0), unless this node is meant to be a proxy there",
			       NO_REMEDY },
	[VG_AIL_ARP_NOTIFY] = { "{link}: {value}",
				"the kernel by itself announces every address of the link when that comes up: a VIP that is bound wrongly is heard "
				"of "
				"even if its controller is silent. The guard judges these frames, too",
				"sysctl net.ipv4.conf.{link}.arp_notify=0 net.ipv6.conf.{link}.ndisc_notify=0 (and those of conf.all), if nothing "
				"needs it",
				NO_REMEDY },
	[VG_AIL_OTHER_TC] = { "{link}: other tc filters: {value}",
			      "a filter in front of the guard's that lets a frame pass has the last word; the guard puts itself in front where it "
			      "can",
			      "nothing, if they only shape or count. With a guard running, `vipguard status` says whether it is first (order)",
			      NO_REMEDY },
	[VG_AIL_INGRESS_QDISC] = { "{link}: an ingress qdisc is in the place of clsact, and this kernel has no tcx",
				   "announcements that leave by this link cannot be judged",
				   "tc qdisc replace dev {link} clsact, and what hangs on it "
				   "there again under `ingress`; or kernel 6.6 or later",
				   NO_REMEDY },
	[VG_AIL_NO_GUARD] = { "no guard runs in this network namespace, or none answers at {value}", "nothing is judged, refused or dropped here",
			      "start one: `vipguard run --kubeconfig FILE` (or --assignments FILE), in audit at first", NO_REMEDY },
	[VG_AIL_GUARD_SILENT] = { "a guard runs in this network namespace, but does not answer at {value}",
				  "what it does and which hooks it has is not known here",
				  "ask it where it listens (--socket, as it was started), as the user that it runs as", NO_REMEDY },
	[VG_AIL_GUARD_ELSEWHERE] = { "the guard that answers at {value} guards another network namespace than this one",
				     "what is bound here is not judged; in a Pod without hostNetwork that is the Pod's own namespace",
				     "run the guard in the host's network namespace (hostNetwork: true), or doctor where the guard is", NO_REMEDY },
	[VG_AIL_KUBE_VIP_TAKES] = { "{object} on {pod-node} takes {count} addresses that another balancer holds, the first of {about}",
				    "kube-vip binds whatever stands in the status of a Service that it serves, and its leader, mostly a "
				    "control-plane "
				    "node, answers for it beside the rightful node",
				    NULL, VG_REMEDY_KV_SERVICES_OFF },
	[VG_AIL_KUBE_VIP_NODES] = { "{object} on {pod-node} takes {count} Services of ServiceLB, the first {about}",
				    "ServiceLB publishes the nodes' own addresses; kube-vip binds them on its leader, which cuts the other nodes off",
				    NULL, VG_REMEDY_KV_SERVICES_OFF },
	[VG_AIL_CLASS_TRAP] = { "{object} on {pod-node} has lb_class_only, and does not read it ({count} Pods alike)",
				"kube-vip reads lb_class_only, lb_class_name, svc_election and svc_namespace only where env svc_enable is set; it "
				"came by the argument --services, so every Service without a class is taken",
				NULL, VG_REMEDY_KV_CLASS_IDLE },
	[VG_AIL_KUBE_VIP_HIDDEN] = { "{object} on {pod-node} is set up by what is not seen here (config_file, envFrom or valueFrom)",
				     "which Services it takes is not known, so who holds their addresses is not either: they are never touched",
				     "set svc_enable, svc_election, bgp_enable and lb_class_* as plain environment", NO_REMEDY },
	[VG_AIL_KUBE_VIP_NAME] = { "{object} on {pod-node} has the control-plane address as a name: {value}",
				   "names are not resolved, so this address is not protected by kube-vip's settings",
				   "give the guard the address: --protect ADDR", NO_REMEDY },
	[VG_AIL_KUBE_VIP_VERSION] = { "{object} on {pod-node} runs {value}", "", "", NO_REMEDY },
	[VG_AIL_METALLB_VERSION] = { "{object} on {pod-node} runs {value}", "", "", NO_REMEDY },
	[VG_AIL_TWO_BALANCERS] = { "{field} ({object}) and {value} ({about}) both serve Services without a class",
				   "each gives such a Service an address, takes it, or writes its status: they undo each other's work, and both may "
				   "answer",
				   "keep one of them; or give each a class of its own (MetalLB --lb-class, kube-vip lb_class_only and lb_class_name) "
				   "and the "
				   "Services spec.loadBalancerClass, which only a new Service can be given",
				   NO_REMEDY },
	[VG_AIL_POOLS_OVERLAP] = { NULL, "both may hand out the same address, to different Services on different nodes", NULL, VG_REMEDY_RANGES },
	[VG_AIL_EGRESS_IP_IN_POOL] = { NULL, "the pool may give a Service an address that OVN-Kubernetes binds for what leaves the cluster", NULL,
				       VG_REMEDY_RANGES },
	[VG_AIL_NODE_ADDRESS_IN_POOL] = { NULL,
					  "the pool may give a Service a node's own address; that node is cut off when another one answers for it",
					  "take {range} out of {object}: it is a node's own, and the pool could hand it to a Service", NO_REMEDY },
	[VG_AIL_CONTROL_PLANE_VIP_IN_POOL] = { NULL, "the pool may give a Service the API server's address, and the cluster loses its API", NULL,
					       VG_REMEDY_POOL_WITHOUT },
	[VG_AIL_NO_INSTANCE] = { NULL, "nobody hands out or announces its addresses: what still carries one is answered for by nobody",
				 "delete {object}, or start MetalLB in namespace {namespace}", NO_REMEDY },
	[VG_AIL_NOT_ADVERTISED] = { NULL, "a Service gets an address from it that nobody outside ever hears of",
				    "create an L2Advertisement (or BGPAdvertisement) in namespace {namespace} with spec.ipAddressPools: [{name}], or "
				    "delete {object}",
				    NO_REMEDY },
	[VG_AIL_TWO_OWNERS] = { NULL, "each of them may bind or announce it, and nothing says who is right: it is never touched",
				"let one owner have {object}: a loadBalancerClass that only one serves, or annotation kube-vip.io/ignore: \"true\" "
				"and no "
				"claim for kube-vip on it",
				NO_REMEDY },
	[VG_AIL_OUTSIDE_POOL] = { NULL, "the mark proves nothing then, so its owner is not known: it is never touched", NULL, VG_REMEDY_MARK },
	[VG_AIL_NO_SUCH_POOL] = { NULL, "the mark proves nothing then, so its owner is not known: it is never touched", NULL, VG_REMEDY_MARK },
	[VG_AIL_PENDING] = { NULL, "no balancer gave it: the pool is full or of another class, or its controller does not run",
			     "kubectl describe the Service: its events say what is missing", NO_REMEDY },
	[VG_AIL_NODE_ADDRESS_CARRIED] = { NULL,
					  "either the pool gave a node's address away, or a kubelet took a VIP that was bound on its node for its "
					  "own",
					  "if the kubelet took a VIP for its own, give it --node-ip with the right one and remove the VIP; else give "
					  "{object} another address",
					  NO_REMEDY },
	[VG_AIL_CONTROL_PLANE_VIP_CARRIED] = { NULL, "whoever answers for the Service answers for the API server, too",
					       "give {object} another address, and take {address} out of the pool that it is from", NO_REMEDY },
	[VG_AIL_NO_SPEAKER] = { "every speaker of MetalLB in this namespace is on an excluded node ({object} on {value}), so {about} is announced by "
				"nobody",
				"since 0.14.2 MetalLB passes over nodes with the label node.kubernetes.io/exclude-from-external-load-balancers, "
				"which kubeadm "
				"puts on every control-plane node; no event says so",
				"kubectl label node {value} node.kubernetes.io/exclude-from-external-load-balancers- , or start the speakers with "
				"--ignore-exclude-lb",
				NO_REMEDY },
	[VG_AIL_EXCLUDED_STATUS] = { "{object} names {value}, a node that is excluded from load balancers",
				     "a speaker there announces nothing, so the object is left over, or the label came later; the guard goes by it",
				     "take the label node.kubernetes.io/exclude-from-external-load-balancers off {value}, or delete {object}: "
				     "MetalLB writes "
				     "it anew where it announces",
				     NO_REMEDY },
	[VG_AIL_MIXED] = { "MetalLB's Pods in the namespace of {object} have different --lb-class",
			   "which Services it serves is not known, so it proves nothing: its addresses are never touched",
			   "give controller and speakers the same --lb-class", NO_REMEDY },
	[VG_AIL_INVALID] = { "{object} says that a speaker runs with an older configuration",
			     "what the pools and advertisements say now is not what that speaker does",
			     "kubectl describe it: its status says what is invalid", NO_REMEDY },
	[VG_AIL_NODE_UNKNOWN] = { "no Node is called {value}",
				  "whether an address belongs here or elsewhere cannot be told, so most violations become node-unknown and pass",
				  NULL, VG_REMEDY_NODE_NAME },
	[VG_AIL_NOT_READABLE] = { "{value}",
				  "what may not be read is not taken for empty: owners that it would prove stay unproven, and are not acted on",
				  "grant it: deploy/rbac.yaml has every rule with its reason", NO_REMEDY },
};

static struct vg_subject subject_of(const struct vg_ground *ground, const struct vg_diagnosis *diagnosis)
{
	static const struct vg_answer none = { .assignment = NULL };

	return (struct vg_subject){ .ground = ground,
				    .addr = &diagnosis->addr,
				    .answer = &none,
				    .link = diagnosis->link[0] ? diagnosis->link : NULL,
				    .evidence = &diagnosis->evidence,
				    .count = diagnosis->count };
}

char *vg_doctor_what(const struct vg_ground *ground, const struct vg_diagnosis *diagnosis)
{
	const struct vg_subject subject = subject_of(ground, diagnosis);
	const char *what = words[diagnosis->ailment].what;

	return what ? vg_words_fill(&subject, what) : vg_conflict_text(&diagnosis->conflict);
}

/* The same finding has another change where another cure fits; NULL: the table's. */
static const char *change_for(const struct vg_diagnosis *diagnosis)
{
	if (diagnosis->cure != VG_CURE_ONE_SOLUTION)
		return NULL;
	if (diagnosis->ailment != VG_AIL_KUBE_VIP_TAKES && diagnosis->ailment != VG_AIL_KUBE_VIP_NODES)
		return NULL;
	return "no Service is kube-vip's own, and {object} has no control-plane address to keep: take it away (env `- name: svc_enable` / `value: "
	       "\"false\"` does as much), or the other balancer";
}

static enum vg_remedy remedy_of(const struct vg_diagnosis *diagnosis)
{
	if (diagnosis->ailment == VG_AIL_KUBE_VIP_TAKES && diagnosis->cure == VG_CURE_SEPARATE_RANGES)
		return VG_REMEDY_KV_CLASS_ONLY;
	return words[diagnosis->ailment].remedy;
}

/* It is the second one where `explain` has it: "or ...". */
static char *fill_remedy(const struct vg_subject *subject, enum vg_remedy remedy)
{
	char *text = vg_words_remedy(subject, remedy);

	if (text && !strncmp(text, "or ", 3))
		memmove(text, text + 3, strlen(text + 3) + 1);
	return text;
}

char *vg_doctor_change(const struct vg_ground *ground, const struct vg_diagnosis *diagnosis)
{
	const char *change = change_for(diagnosis) ?: words[diagnosis->ailment].change;
	struct vg_subject subject = subject_of(ground, diagnosis);
	const struct vg_known_fault *fault = diagnosis->fault;
	char *text = NULL;

	if (fault)
		return asprintf(&text, "take %s", fault->cure) < 0 ? NULL : text;
	if (diagnosis->ailment == VG_AIL_STRICT_ARP) /* the bind that is right is the dummy's */
		subject.link = diagnosis->evidence.field;
	return change ? vg_words_fill(&subject, change) : fill_remedy(&subject, remedy_of(diagnosis));
}

const char *vg_doctor_why(const struct vg_diagnosis *diagnosis)
{
	const struct vg_known_fault *fault = diagnosis->fault;

	return fault ? fault->text : words[diagnosis->ailment].why;
}

const char *vg_doctor_cure(enum vg_cure cure)
{
	static const char *const names[] = { [VG_CURE_NONE] = "",
					     [VG_CURE_SERVICES_OFF] = "services off in kube-vip, which keeps the control plane",
					     [VG_CURE_SEPARATE_RANGES] = "separate ranges, and a class each",
					     [VG_CURE_ONE_SOLUTION] = "one solution alone" };

	return names[cure];
}
