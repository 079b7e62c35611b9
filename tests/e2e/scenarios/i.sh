# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# i. kube-proxy in IPVS mode without strictARP, played by its effect: every VIP on kube-ipvs0 of every node, and the kernel answers ARP for it. The bind
# is right and stays, the answer is dropped.

ipvs() {
	local since until
	cell_begin i ipvs "$1"
	step service_up web
	guard_up
	step guest "ip link add kube-ipvs0 type dummy && ip addr add $VIP/32 dev kube-ipvs0 && ip -o addr show dev kube-ipvs0 | grep -q $VIP"
	since=$(now)
	client_asks "$VIP"
	step await "20 answers, some after asking the link again" "client_forgets $VIP; ((\$(client_count $since $VIP) >= 20))"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	expect bound == 1
	expect harmed == 0
	if [[ $1 == enforce ]]; then
		expect frames == 0
		expect wrong == 0
		expect lost == 0
		expect at == worker1
		expect events -ge 1
	else
		expect frames -ge 1
		expect acted == 0
	fi
	cell_end
}

for mode in without audit enforce; do
	ipvs $mode
done
