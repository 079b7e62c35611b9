# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# k. The cures without a guard: svc_enable=false; ranges that are apart, each with a class; one of the two alone. `vipguard check` finds a fault before,
# and none after each.

# check STATUS: of the cluster as it is and of what is bound on cp1 now; no guard is asked
check() {
	cluster_dump >"$dir/seen/cluster.json"
	guest 'ip -json address show' >"$dir/seen/addresses.json"
	"${BUILD:-build}/vipguard" check --node cp1 --objects "$dir/seen/cluster.json" --addresses "$dir/seen/addresses.json" >"$dir/seen/check" 2>&1
	F[check]=$?
	(($1 == F[check])) || sed 's/^/    check: /' "$dir/seen/check"
	expect check -eq "$1"
}

ill() {
	local since until
	cell_begin k ill without
	step service_up web
	client_asks "$VIP" "$CP_VIP:6443"
	since=$(now)
	step guest kube_vip_start
	until_decided 3 "$since" "$VIP"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	expect_taken
	check 1
	cell_end
}

# cure VARIANT VIP NODE [NAME=VALUE...]: kube-vip with these settings, and who shall have the VIP
cure() {
	local since until variant=$1 vip=$2 node=$3
	shift 3
	cell_next k "$variant" without
	step guest kube_vip_stop
	kube_vip_pod "$@"
	client_asks "$vip" "$CP_VIP:6443"
	client_forgets "$vip"
	since=$(now)
	step guest "kube_vip_start $*"
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" "$node" "$vip"
	expect frames == 0
	expect cp_bound == 1
	expect at == "$node"
	check 0
	cell_end
}

ill
cure svc_enable=false "$VIP" worker1 svc_enable=false
service own '.spec.loadBalancerClass = "kube-vip.io/kube-vip-class" | .metadata.annotations["kube-vip.io/loadbalancerIPs"] = "192.0.2.210"'
cure separate-ranges 192.0.2.210 cp1 svc_election=true lb_class_only=true

# MetalLB is gone, with what it left on the Service
metallb_kill controller worker1 worker2
for pod in controller-0 speaker-worker1 speaker-worker2; do
	api DELETE "$(api_path Pod metallb-system/$pod)?gracePeriodSeconds=0" >/dev/null
done
api_delete L2Advertisement metallb-system/l2
api_delete IPAddressPool metallb-system/pool-a
api DELETE /apis/metallb.io/v1beta1/namespaces/metallb-system/servicel2statuses >/dev/null
api_delete Service shop/web
service alone '.metadata.annotations["kube-vip.io/loadbalancerIPs"] = "'"$VIP"'"'
cure kube-vip-alone "$VIP" cp1
cluster_objects
metallb_start
