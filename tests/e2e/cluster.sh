# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2120 # dir and others are run.sh's
#
# The cluster: etcd and kube-apiserver of tests/api, MetalLB as it was released, and by hand what nobody here does: Nodes, Pods, EndpointSlices.

POOL=192.0.2.100-192.0.2.199,2001:db8::100-2001:db8::1ff
VIP=192.0.2.100 VIP6=2001:db8::100 # what the first class-less Service is given

metallb_words() {
	echo "MetalLB $(api_version metallb-speaker)"
}

kube_vip_words() {
	[[ -z $KUBE_VIP_IS ]] && echo "kube-vip's double" || echo "kube-vip: $KUBE_VIP_BINARY"
}

# kube_vip_pod [NAME=VALUE...]: the mirror of its static Pod, with the settings that it runs with
kube_vip_pod() {
	local env
	env=$(printf '%s\n' vip_arp=true cp_enable=true address=$CP_VIP port=6443 vip_interface=eth0 vip_leaderelection=true svc_enable=true "$@" |
		jq -Rnc '[inputs | split("=") | {(.[0]): (.[1:] | join("="))}] | add | to_entries | map({name: .key, value: .value})')
	api DELETE "$(api_path Pod kube-system/kube-vip-cp1)?gracePeriodSeconds=0" >/dev/null 2>&1
	api_pod kube-system/kube-vip-cp1 cp1 192.0.2.11 '.metadata.annotations = {"kubernetes.io/config.mirror": "0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0",
		"kubernetes.io/config.hash": "0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0"} | .spec.hostNetwork = true |
		.spec.containers = [{name: "kube-vip", image: "ghcr.io/kube-vip/kube-vip:v1.2.3", args: ["manager"], env: '"$env"'}]'
}

cluster_objects() {
	local node number=20
	api_apply deploy/rbac.yaml "$(api_metallb_crds)"/*.yaml && api_namespace shop && api_namespace metallb-system || return
	api_node cp1 192.0.2.11,2001:db8::11 '.metadata.labels["node-role.kubernetes.io/control-plane"] = ""' || return
	for node in worker1 worker2; do
		number=$((number + 1))
		api_node $node 192.0.2.$number,2001:db8::$number &&
			api_pod metallb-system/speaker-$node $node 192.0.2.$number '.metadata.labels = {app: "metallb", component: "speaker"}' || return
	done
	api_pod metallb-system/controller-0 worker1 198.51.100.9 '.metadata.labels = {app: "metallb", component: "controller"}' &&
		api_configmap kube-system/kubeadm-config "ClusterConfiguration=controlPlaneEndpoint: $CP_VIP:6443" &&
		api_pool pool-a "$POOL" && api_l2advertisement l2 pool-a && kube_vip_pod
}

# ---- MetalLB

declare -A metallb_pid

# speaker NODE: there, with memberlist
speaker_start() {
	local node=$1 ip
	ip=$(on "$node" ip -json -4 addr show dev eth0 scope global | jq -r '.[0].addr_info[0].local')
	METALLB_ML_BIND_ADDR=$ip METALLB_ML_BIND_PORT=7946 METALLB_ML_LABELS=app=metallb,component=speaker \
		nsenter --net="/run/netns/$node" -- "$(api_binary metallb-speaker)" --kubeconfig "$dir/admin.kubeconfig" --namespace metallb-system \
		--node-name "$node" --pod-name "speaker-$node" </dev/null >>"$dir/seen/speaker-$node" 2>&1 &
	metallb_pid[$node]=$!
}

controller_start() {
	"$(api_binary metallb-controller)" --kubeconfig "$dir/admin.kubeconfig" --namespace metallb-system --pod-name controller-0 --webhook-mode disabled \
		--port 9121 --health-probe-port 17473 </dev/null >>"$dir/seen/controller" 2>&1 &
	metallb_pid[controller]=$!
}

# metallb_kill NAME...
metallb_kill() {
	local name
	for name; do
		{ kill -KILL "${metallb_pid[$name]}" && wait "${metallb_pid[$name]}"; } 2>/dev/null
		unset "metallb_pid[$name]"
	done
}

metallb_start() {
	controller_start
	speaker_start worker1
	speaker_start worker2
}

cluster_up() {
	export API_HOST=192.0.2.5 API_BIND=:: API_AUDIT=no
	api_up "$dir/api" || return
	api_port=$(<"$api_dir/ports")
	cluster_objects || return
	api_kubeconfig token "$(api_token kube-system vipguard 86400)" >"$dir/vipguard.kubeconfig" &&
		api_kubeconfig admin >"$dir/admin.kubeconfig" && metallb_start
}

# ---- Services

# service NAME [JQ]: class-less, two families if the filter says so; with an endpoint on worker1
service() {
	api_make EndpointSlice "shop/$1-1" '{metadata: {labels: {"kubernetes.io/service-name": $service}}, addressType: "IPv4", ports: [{name: "http", port: 8080}],
		endpoints: [{addresses: ["198.51.100.7"], conditions: {ready: true}, nodeName: "worker1"}]}' '' --arg service "$1" &&
		api_make Service "shop/$1" '{spec: {type: "LoadBalancer", allocateLoadBalancerNodePorts: false, selector: {app: "web"},
			ports: [{name: "http", port: 80, protocol: "TCP", targetPort: 8080}]}}' "${2:-}"
}

# address_of NAME [N]: what its status says
address_of() {
	api_get Service "shop/$1" | jq -r ".status.loadBalancer.ingress[${2:-0}].ip // empty"
}

# announcer NAME: the node that says it announces it
announcer() {
	api_get ServiceL2Status | jq -r --arg name "$1" '[.items[] | select(.metadata.labels["metallb.io/service-name"] == $name) | .metadata.labels["metallb.io/node"]] | join(",")'
}

# service_up NAME [JQ]: until it has its address and an announcer
service_up() {
	service "$@" && await "an address for $1" "[[ -n \$(address_of $1) ]]" && await "an announcer of $1" "[[ -n \$(announcer $1) ]]"
}

services_gone() {
	local names
	names=$(api GET /api/v1/namespaces/shop/services | jq -r '[.items[].metadata.name] | join(",")')
	[[ -z $names ]] || api DELETE "/api/v1/namespaces/shop/services/{$names}" >/dev/null # curl makes one request for each
	api DELETE /apis/coordination.k8s.io/v1/namespaces/kube-system/leases >/dev/null
	api DELETE /apis/coordination.k8s.io/v1/namespaces/shop/leases >/dev/null
	api DELETE /api/v1/namespaces/shop/events >/dev/null
	await "no Service announced" '[[ $(api_get ServiceL2Status | jq ".items | length") == 0 ]]'
}

# services_up N: web1 to webN, each with an address and an announcer; their addresses in $vips
services_up() {
	local i pids=()
	for ((i = 1; i <= $1; i++)); do
		service "web$i" &
		pids+=($!)
		((i % 4)) || wait "${pids[@]: -4}"
	done
	wait "${pids[@]}"
	await "announcers of $1 Services" "[[ \$(api_get ServiceL2Status | jq '.items | length') == $1 ]]" || return
	mapfile -t vips < <(api GET /api/v1/namespaces/shop/services | jq -r '.items[].status.loadBalancer.ingress[0].ip')
	((${#vips[@]} == $1))
}

# lease_holder NAME SINCE: who holds it, renewed after that time
lease_holder() {
	api_get Lease "kube-system/$1" 2>/dev/null | jq -r --argjson since "$2" \
		'if .spec == null then "none" elif (.spec.renewTime[:19] + "Z" | fromdate) >= ($since | floor) then .spec.holderIdentity else "stale" end'
}

# cluster_dump: everything, as `kubectl get -o json` prints it
cluster_dump() {
	local kind version items
	while read -r kind version _; do
		[[ -n $kind ]] && items=$(api_get "$kind" 2>/dev/null) || continue
		jq -c --arg kind "$kind" --arg version "$version" '.items[] | .kind = $kind | .apiVersion = $version' <<<"$items"
	done <<<"${api_kinds:1}" | jq -s '{apiVersion: "v1", kind: "List", items: .}'
}

# services_watch FILE: every change of a Service from now on, with the time that it came; until services_unwatch
services_watch() {
	{ api_curl '/api/v1/namespaces/shop/services?watch=1' "${api_admin[@]}" -N & echo $! >"$dir/watch.pid"; wait $!; } 2>/dev/null |
		while read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done >"$1" &
	await "the watch" "[[ -s $1 ]]"
}
services_unwatch() {
	kill "$(<"$dir/watch.pid")"
}

# conflict_objects: those that the recording of the conflict has, in its form
conflict_objects() {
	{
		api GET /api/v1/namespaces/shop/services | jq -c '.items[] | {kind: "Service", metadata: {name: .metadata.name, annotations: .metadata.annotations},
			spec: {type: .spec.type, ipFamilies: .spec.ipFamilies}, status}'
		api_get ServiceL2Status | jq -c '.items[] | {kind: "ServiceL2Status", metadata: {labels: .metadata.labels}, status: (.status | del(.interfaces))}'
		api GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases |
			jq -c '.items[] | select(.metadata.name | startswith("plndr-")) | {kind: "Lease", metadata: {name: .metadata.name}, spec: (.spec | del(.acquireTime, .renewTime, .leaseDurationSeconds))}'
		# the server has controllers of its own that say something now and then, in the newer form, without a source
		api GET /api/v1/namespaces/shop/events | jq -c '.items[] | select(.source.component) | {kind: "Event", reason, message, count, source}'
	} | jq -s '{items: .}'
}
