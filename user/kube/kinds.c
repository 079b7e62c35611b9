/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kinds.h"

#include "base/cleanup.h"

#define METALLB "metallb.io", "v1beta1"
#define CILIUM "cilium.io", "v2alpha1"
#define PURELB "purelb.io", "v1"

/*
 * Bit 0 is the first reflector of its kind. Not here: the Pods of namespaces that hold IPAddressPools, which come and go with the
 * pools (kube/source_wants.c).
 * Services of all types: one that is no LoadBalancer carries its externalIPs, which no field selector finds. And not in two parts by
 * spec.type: a Service whose type changes would leave one of two watches, which nothing orders, before it is in the other, and for so
 * long nobody would carry its address: in a pool that is a violation.
 */
static const struct vg_kind_info kinds[] = {
	{ VG_KIND_SERVICE, 0, "", "v1", "services", NULL, NULL, NULL, true, true, "nothing is known of any VIP" },
	{ VG_KIND_NODE, 0, "", "v1", "nodes", NULL, NULL, NULL, true, true, "which node this is and which addresses are other nodes' is not known" },
	/* without the kubelets' heartbeats: one a node and ten seconds, and nobody's holder */
	{ VG_KIND_LEASE, 0, "coordination.k8s.io", "v1", "leases", NULL, "metadata.namespace!=kube-node-lease", NULL, true, true,
	  "who holds an address of kube-vip or Cilium is not known" },
	{ VG_KIND_POD, 0, "", "v1", "pods", NULL, "spec.nodeName=%s", NULL, true, true,
	  "kube-vip's settings and control-plane address here are not known" },
	{ VG_KIND_CONFIG_MAP, 0, "", "v1", "configmaps", "kube-system", "metadata.name=kubeadm-config", NULL, false, true,
	  "kubeadm's control-plane address is not protected by it" },
	{ VG_KIND_CONFIG_MAP, 1, "", "v1", "configmaps", "kube-public", "metadata.name=cluster-info", NULL, false, true,
	  "the control-plane address that nodes join by is not protected by it" },
	{ VG_KIND_CONFIG_MAP, 2, "", "v1", "configmaps", "kube-system", "metadata.name=kubevip", NULL, false, true,
	  "kube-vip-cloud-provider's ranges are not known" },
	{ VG_KIND_INFRASTRUCTURE, 0, "config.openshift.io", "v1", "infrastructures", NULL, NULL, NULL, false, false,
	  "OpenShift's API and ingress addresses are not protected by it" },
	{ VG_KIND_POOL, 0, METALLB, "ipaddresspools", NULL, NULL, NULL, false, false, "MetalLB is not proven to own anything" },
	{ VG_KIND_L2_ADVERTISEMENT, 0, METALLB, "l2advertisements", NULL, NULL, NULL, false, false,
	  "whether MetalLB announces a pool by ARP and NDP is not known" },
	{ VG_KIND_BGP_ADVERTISEMENT, 0, METALLB, "bgpadvertisements", NULL, NULL, NULL, false, false,
	  "whether MetalLB announces a pool by BGP is not known" },
	{ VG_KIND_L2_STATUS, 0, METALLB, "servicel2statuses", NULL, NULL, NULL, false, false, "which node MetalLB announces from is not known" },
	{ VG_KIND_BGP_STATUS, 0, METALLB, "servicebgpstatuses", NULL, NULL, NULL, false, false,
	  "which nodes MetalLB announces from by BGP is not known" },
	{ VG_KIND_CONFIGURATION_STATE, 0, METALLB, "configurationstates", NULL, NULL, NULL, false, false,
	  "whether a MetalLB speaker runs with an older configuration is not known" },
	/* only where MetalLB is, and is too old for ServiceL2Status */
	{ VG_KIND_EVENT, 0, "", "v1", "events", NULL, "reason=nodeAssigned,involvedObject.kind=Service", NULL, false, true,
	  "which node an older MetalLB announces from is not known" },
	{ VG_KIND_CILIUM_POLICY, 0, CILIUM, "ciliuml2announcementpolicies", NULL, NULL, NULL, false, false, "whether Cilium announces is not known" },
	{ VG_KIND_CILIUM_POOL, 0, CILIUM, "ciliumloadbalancerippools", NULL, NULL, NULL, false, false, "Cilium's pools are not known" },
	{ VG_KIND_PURELB_GROUP, 0, PURELB, "servicegroups", NULL, NULL, NULL, false, false, "PureLB's pools are not known" },
	{ VG_KIND_PURELB_AGENT, 0, PURELB, "lbnodeagents", NULL, NULL, NULL, false, false, "the link that PureLB binds on is not known" },
	{ VG_KIND_OPENELB_EIP, 0, "network.kubesphere.io", "v1alpha2", "eips", NULL, NULL, NULL, false, false, "OpenELB's pools are not known" },
	{ VG_KIND_EGRESS_IP, 0, "k8s.ovn.org", "v1", "egressips", NULL, NULL, NULL, false, false, "OVN-Kubernetes' egress addresses are not known" },
};

const struct vg_kind_info *vg_kind_info_at(size_t i)
{
	return i < ARRAY_SIZE(kinds) ? &kinds[i] : NULL;
}
