#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# record.sh: makes this folder anew, from a real kube-apiserver: lists of the same objects as JSON and as protobuf, of each kind that
# has both; a watch; a watch from a version that is too old; a refusal. The tests of kube/proto.h say what must be in them.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
# shellcheck source=../../../api/lib.sh
source tests/api/lib.sh
out=tests/data/kube/proto
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PROTO=application/vnd.kubernetes.protobuf
# shellcheck disable=SC2034 # of lib.sh
API_FLAGS=(--service-cluster-ip-range 198.51.100.0/24)
api_up "$dir/api"
api_namespace shop
api_namespace kube-public

# Every field that is read, and beside it what stands next to it.
api_service shop/full 192.0.2.10,192.0.2.11 '.metadata.labels = {implementation: "kube-vip", app: "web"}
	| .metadata.annotations = {"metallb.io/ip-allocated-from-pool": "p", "kube-vip.io/loadbalancerIPs": "192.0.2.10", "kube-vip.io/vipHost": "cp1",
		"metallb.io/loadBalancerIPs": "192.0.2.11,2001:db8::11", empty: "", umlaut: "Zürich"}
	| .metadata.finalizers = ["service.kubernetes.io/load-balancer-cleanup"]
	| .spec.loadBalancerIP = "192.0.2.12" | .spec.loadBalancerClass = "example.com/vip" | .spec.externalIPs = ["192.0.2.13", "192.0.2.14"]
	| .spec.selector = {app: "web"}
	| .status.loadBalancer.ingress = [{ip: "192.0.2.10", ipMode: "Proxy"}, {ip: "192.0.2.11", ports: [{port: 80, protocol: "TCP"}]},
		{hostname: "web.example.com"}]'
api_service shop/k3s 192.0.2.15 '.metadata.finalizers = ["service.kubernetes.io/load-balancer-cleanup"]'
api_service shop/purelb 192.0.2.16 '.metadata.annotations = {"purelb.io/allocated-by": "PureLB", "purelb.io/announcing-IPv4": "cp1,eth0,192.0.2.16"}'
api_service shop/pending ''
api_node cp1 192.0.2.1,2001:db8::1 '.metadata.labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
	| .metadata.annotations = {"alpha.kubernetes.io/provided-node-ip": "192.0.2.2"}
	| .status.addresses += [{type: "ExternalIP", address: "198.51.100.1"}] | .status.capacity = {cpu: "4"}'
api_node worker1 192.0.2.3
api_lease shop/plndr-svcs-lock cp1
api_make Lease shop/bare '{spec: {}}' ''
api_pod kube-system/kube-vip-cp1 cp1 192.0.2.1 '.metadata.annotations = {"kubernetes.io/config.mirror": "x"}
	| .spec.containers = [{name: "kube-vip", image: "ghcr.io/kube-vip/kube-vip:v1.0.1", args: ["manager", "--services", ""], command: ["/kube-vip"],
		env: [{name: "vip_arp", value: "true"}, {name: "cp_enable", value: "true"}, {name: "address", value: "192.0.2.20"},
			{name: "svc_enable", value: "true"}, {name: "lb_class_name", value: ""},
			{name: "vip_nodename", valueFrom: {fieldRef: {fieldPath: "spec.nodeName"}}}]}] | .spec.tolerations = [{operator: "Exists"}]'
api_pod kube-system/speaker cp1 192.0.2.1 '.metadata.labels = {app: "metallb", component: "speaker"}
	| .metadata.ownerReferences = [{apiVersion: "apps/v1", kind: "DaemonSet", name: "speaker", uid: "0", controller: true}]
	| .spec.containers[0].args = ["--lb-class=example.com/metallb"] | .spec.containers[0].envFrom = [{configMapRef: {name: "x"}}]'
api_pod kube-system/ended cp1 192.0.2.1 '.metadata.labels = {app: "metallb", component: "speaker"} | .metadata.finalizers = ["example.com/stay"]
	| .status.phase = "Succeeded"'
api_delete Pod kube-system/ended
api_make ConfigMap kube-system/kubeadm-config '{data: {ClusterConfiguration: "controlPlaneEndpoint: 192.0.2.21:6443\n", empty: ""},
	binaryData: {b: "AAEC"}}' ''
api_make ConfigMap kube-system/kubevip '{data: {"cidr-global": "192.0.2.64/28", "range-shop": "192.0.2.100-192.0.2.110,192.0.2.120-192.0.2.121"}}' ''
api_node_assigned shop/full worker1
api_make Event shop/new.1 '{type: "Normal", reason: "nodeAssigned", message: "announcing from node \"worker1\" with protocol \"bgp\"", action: "Announce",
	involvedObject: {apiVersion: "v1", kind: "Service", namespace: "shop", name: "new"}, reportingComponent: "metallb-speaker",
	reportingInstance: "speaker-x", eventTime: "2026-01-02T03:04:05.678901Z"}' ''

# record NAME PATH
record() {
	api_curl "$2" "${api_admin[@]}" -H "Accept: application/json" >"$out/$1.json"
	api_curl "$2" "${api_admin[@]}" -H "Accept: $PROTO" >"$out/$1.pb"
}
record services '/api/v1/namespaces/shop/services?fieldSelector=spec.type%3DLoadBalancer'
record nodes /api/v1/nodes
record leases /apis/coordination.k8s.io/v1/namespaces/shop/leases
record pods /api/v1/namespaces/kube-system/pods
record configmaps '/api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name!=extension-apiserver-authentication,metadata.name!=kube-root-ca.crt,metadata.name!=kube-apiserver-legacy-service-account-token-tracking'
record events /api/v1/namespaces/shop/events
api_curl '/api/v1/namespaces/shop/services?limit=1' "${api_admin[@]}" -H "Accept: $PROTO" >"$out/page.pb"
api_curl /api/v1/nodes -H "Accept: $PROTO" >"$out/unauthorized.pb"

# What is there, its end mark, then a change of each sort; the server ends it.
watch='/api/v1/namespaces/shop/services?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=4'
api_curl "$watch" "${api_admin[@]}" -H "Accept: $PROTO" -N >"$out/watch.pb" &
api_await "the end mark" "grep -q initial-events-end $out/watch.pb"
api_service shop/late 192.0.2.30
api_service shop/late 192.0.2.31
api_delete Service shop/purelb
wait $!
version=$(api GET /api/v1/namespaces/shop/services | jq -r .metadata.resourceVersion)
api_expire
api_curl "/api/v1/namespaces/shop/services?watch=1&resourceVersion=$version" "${api_admin[@]}" -H "Accept: $PROTO" >"$out/expired.pb"
