# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# f. kube-vip as the rightful holder: its own class, a Lease for each Service. Never touched; but when the Lease names another node and the address
# stays, because its holder hangs, that is cleared.

OWN=192.0.2.210

own_class() {
	local since until
	cell_begin f own-class "$1"
	kube_vip_pod svc_election=true lb_class_only=true
	service own '.spec.loadBalancerClass = "kube-vip.io/kube-vip-class" | .metadata.annotations["kube-vip.io/loadbalancerIPs"] = "'$OWN'"'
	client_asks "$OWN" "$CP_VIP:6443"
	guard_up --grace 2s
	step guest "kube_vip_start svc_election=true lb_class_only=true"
	step await "the client at cp1" "client_at cp1 0 $OWN"
	since=$(now)
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" cp1 "$OWN"
	expect_control_plane
	expect_spared
	cell_end

	# it hangs; worker2's kube-vip gets the Lease, binds the address and says so
	cell=(f stale-holder "$1") faults=() F=()
	step guest 'pkill -STOP -x kube-vip'
	on worker2 ip addr add $OWN/32 dev eth0
	api_lease shop/kubevip-own worker2 0 3600
	[[ $1 != enforce ]] || step await "the stale holder's address to go" "[[ \$(guest 'bound_of $OWN') == 0 ]]" 30
	[[ $1 != audit ]] || step guest 'await_event ".address == \"'$OWN'\" and .action == \"would-remove\"" >/dev/null'
	on worker2 arping -q -U -c 1 -I eth0 $OWN
	since=$(now)
	step await "30 answers, each after asking the link again: both may say that it is theirs" "client_forgets $OWN; ((\$(client_count $since $OWN) >= 30))"
	until=$(now)
	measure "$since" "$until" worker2 "$OWN"
	expect cp_bound == 1
	expect harmed == 0
	if [[ $1 == enforce ]]; then
		expect bound == 0
		expect frames == 0
		expect wrong == 0
		expect at == worker2
	else
		expect bound == 1
		expect frames -ge 1
		expect acted == 0
	fi
	on worker2 ip addr del $OWN/32 dev eth0
	guest 'pkill -CONT -x kube-vip'
	kube_vip_pod
	cell_end
}

for mode in without audit enforce; do
	own_class $mode
done
