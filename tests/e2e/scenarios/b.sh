# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# b. The control plane's VIP, held by the same kube-vip process all the while, here inside a pool of MetalLB's: reachable, never touched.

control_plane_in_pool() {
	local since until
	cell_begin b cp-in-pool "$1"
	api_pool wide 192.0.2.8/29 '.spec.autoAssign = false'
	api_l2advertisement wide wide
	step service_up web
	client_asks "$CP_VIP:6443"
	step guest kube_vip_start
	step await "the control plane's VIP" "awk '\$1 == \"alive\" && \$5 == \"yes\" { found = 1 } END { exit !found }' $dir/seen/client"
	since=$(now)
	guard_up
	until_ticks 3 "$since"
	until=$(now)
	measure "$since" "$until" cp1 $CP_VIP
	expect_control_plane
	expect bound == 1
	expect cp_lost -le 1 # adding clsact stops the link for a moment (docs/kernels.md)
	expect frames == 0
	expect rightful -ge 3
	# what it shares the process with is stopped in the same time
	F[web]=$(guest "bound_of $VIP")
	if [[ $1 == enforce ]]; then
		expect web == 0
		expect acted -ge 1
	else
		expect web == 1
		expect acted == 0
	fi
	api_delete L2Advertisement metallb-system/wide
	api_delete IPAddressPool metallb-system/wide
	cell_end
}

for mode in without audit enforce; do
	control_plane_in_pool $mode
done
