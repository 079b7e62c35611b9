#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# orders.sh ORDER [ARGUMENT...]: what is done to the cluster, on order of the guest (orders.py), each a function of that name below.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=../lib.sh
source tests/api/lib.sh # api_dir is in the environment
API_WAIT=60

# shellcheck disable=SC2317,SC2329 # all of these are called by name
{
	# The cluster that every test starts with. worker1 announces default/web; the control plane's VIP lies within MetalLB's pool.
	order_world() {
		api_apply deploy/rbac.yaml tests/api/crds/metallb.yaml &&
			order_own_address_gone && api_node worker1 192.0.2.21,2001:db8::21 && api_metallb worker1 &&
			api_pod kube-system/kube-vip-cp1 cp1 192.0.2.11 '.metadata.annotations = ({"kubernetes.io/config.mirror": "0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0"} |
				."kubernetes.io/config.hash" = ."kubernetes.io/config.mirror") |
				.spec.hostNetwork = true | .spec.containers = [{name: "kube-vip", image: "ghcr.io/kube-vip/kube-vip:v1.2.3",
				args: ["manager"], env: [{name: "vip_arp", value: "true"}, {name: "cp_enable", value: "true"},
				{name: "svc_enable", value: "true"}, {name: "address", value: "192.0.2.250"}]}]' &&
			order_pool p 192.0.2.224/27,2001:db8::200/120 && order_service web 192.0.2.240,2001:db8::240 && order_announcer web worker1 &&
			order_limited
	}

	# events NAMESPACE: those that guards have written there, as a list
	order_events() {
		api GET "/apis/events.k8s.io/v1/namespaces/$1/events" | jq -c '[.items[] | select(.reportingController == "vipguard")]'
	}

	# An account that may read everything but what MetalLB has, and may write no Events.
	order_limited() {
		api_service_account kube-system/limited &&
			api GET /apis/rbac.authorization.k8s.io/v1/clusterroles/vipguard |
			jq '.metadata.name = "limited" | del(.rules[] | select(.apiGroups == ["metallb.io"] or .apiGroups == ["events.k8s.io"]))' | api_apply - &&
			api GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/vipguard |
			jq '.metadata.name = "limited" | .roleRef.name = "limited" | .subjects[0].name = "limited"' | api_apply -
	}

	# pool NAME RANGES: announced by ARP and NDP
	order_pool() {
		api_pool "$1" "$2" && api_l2advertisement "$1" "$1"
	}
	order_pool_gone() {
		api_delete L2Advertisement "metallb-system/$1" && api_delete IPAddressPool "metallb-system/$1"
	}

	# bgp_pool NAME RANGES: announced by BGP alone; silent_pool NAME RANGES: by nobody
	order_bgp_pool() {
		api_pool "$1" "$2" && api_bgpadvertisement "$1" "$1"
	}
	order_bgp_pool_gone() {
		api_delete BGPAdvertisement "metallb-system/$1" && api_delete IPAddressPool "metallb-system/$1"
	}
	order_silent_pool() {
		api_pool "$1" "$2"
	}
	order_silent_pool_gone() {
		api_delete IPAddressPool "metallb-system/$1"
	}

	# service NAME ADDRESSES: from pool p
	order_service() {
		order_marked_service "$1" "$2" metallb.io/ip-allocated-from-pool=p
	}
	order_service_gone() {
		api_delete Service "$1"
	}
	# marked_service NAME ADDRESSES [class=CLASS] [ANNOTATION=VALUE...]
	order_marked_service() {
		local mark filter=.
		for mark in "${@:3}"; do
			case $mark in
			class=*) filter+=" | .spec.loadBalancerClass = \"${mark#*=}\"" ;;
			*) filter+=" | .metadata.annotations[\"${mark%%=*}\"] = \"${mark#*=}\"" ;;
			esac
		done
		api_service "$1" "$2" "$filter"
	}
	order_marked_service_gone() {
		order_service_gone "$1"
	}

	# lease SERVICE HOLDER [AGE-SECONDS DURATION-SECONDS]: kube-vip's, for an hour
	order_lease() {
		api_lease "kubevip-$1" "$2" "${3:-0}" "${4:-3600}"
	}
	order_lease_gone() {
		api_delete Lease "kubevip-$1"
	}

	# kube_vip_bgp NAME CLASS: on cp1, for Services of that class, without election
	order_kube_vip_bgp() {
		api_pod "kube-system/$1" cp1 192.0.2.11 ".spec.hostNetwork = true | .spec.containers = [{name: \"kube-vip\", image: \"ghcr.io/kube-vip/kube-vip:v1.2.3\",
			args: [\"manager\"], env: [{name: \"bgp_enable\", value: \"true\"}, {name: \"svc_enable\", value: \"true\"},
			{name: \"lb_class_only\", value: \"true\"}, {name: \"lb_class_name\", value: \"$2\"}]}]"
	}
	# at once: there is no kubelet to confirm it
	order_kube_vip_bgp_gone() {
		api DELETE "$(api_path Pod "kube-system/$1")?gracePeriodSeconds=0" >/dev/null
	}

	# own_address ADDRESS: cp1's, too, as its kubelet reports it
	order_own_address() {
		api_node cp1 "192.0.2.11,2001:db8::11${1:+,$1}"
	}
	order_own_address_gone() {
		order_own_address ''
	}
	# node NAME ADDRESSES
	order_node() {
		api_node "$1" "$2"
	}
	order_node_gone() {
		api_delete Node "$1"
	}

	# announcer SERVICE NODE
	order_announcer() {
		api_l2status "$1" "$2"
	}
	order_announcer_gone() {
		api_l2status_gone "$1" "$2"
	}

	# each ORDER...: an order with its arguments is one word here; each_gone ORDER...: undoes them, from the last, as far as it can
	order_each() {
		local one words
		for one; do
			read -ra words <<<"$one"
			"order_${words[0]}" "${words[@]:1}" || return
		done
	}
	order_each_gone() {
		local i words rc=0
		for ((i = $#; i > 0; i--)); do
			read -ra words <<<"${!i}"
			"order_${words[0]}_gone" "${words[@]:1}" || rc=1
		done
		return $rc
	}

	order_kill() {
		api_kill
	}
	# start: unless it runs; prints when it was ready
	order_start() {
		api_lives kube-apiserver || api_start && echo "$EPOCHREALTIME"
	}

	# timed_address SERVICE ADDRESS, timed_gone SERVICE: one write; prints when it was begun and when it was answered
	order_timed_address() {
		local path began
		path=$(api_path Service "$1")/status || return
		began=$EPOCHREALTIME
		api PATCH "$path" - <<<"{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"$2\", \"ipMode\": \"VIP\"}]}}}" >/dev/null && echo "$began $EPOCHREALTIME"
	}
	order_timed_gone() {
		local path began
		path=$(api_path Service "$1") || return
		began=$EPOCHREALTIME
		api DELETE "$path" >/dev/null && echo "$began $EPOCHREALTIME"
	}
}

order=order_${1:-}
[[ $(type -t "$order") == function ]] || {
	echo "orders.sh: no order '${1:-}'"
	exit 2
}
"$order" "${@:2}"
