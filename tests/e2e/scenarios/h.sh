# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# h. Other shapes of the same: a dual-stack Service, an address that two Services share, a pool that is announced by BGP alone (a speaker without
# peers is enough). One world for the three.

BGP=192.0.2.221

shapes() {
	local since until shared
	cell_begin h dual-stack "$1"
	api_pool bgp $BGP/32 '.spec.autoAssign = false'
	api_bgpadvertisement bgp bgp
	step service_up dual '.spec.ipFamilyPolicy = "PreferDualStack"'
	step service_up shared-a '.metadata.annotations["metallb.io/allow-shared-ip"] = "a"'
	shared=$(address_of shared-a)
	step service_up shared-b '.metadata.annotations = {"metallb.io/allow-shared-ip": "a", "metallb.io/loadBalancerIPs": "'"$shared"'"} | .spec.ports[0].port = 81'
	service bgp '.metadata.annotations["metallb.io/address-pool"] = "bgp"'
	step await "an address" "[[ \$(address_of bgp) == $BGP ]]"
	right=$(announcer dual) right_shared=$(announcer shared-a)
	client_asks "$VIP" "$VIP6" "$shared" "$CP_VIP:6443"
	step await "the client at $right" "client_at $right 0 $VIP $VIP6"
	guard_up
	since=$(now)
	step guest kube_vip_start
	until_decided 4 "$since" "$VIP" "$VIP6" "$shared" # the first bind of IPv6 fails, and it is announced two rounds later
	until=$(now)
	measure "$since" "$until" "$right" "$VIP" "$VIP6"
	expect_control_plane
	shape_ends "$right"

	cell_next h shared-vip "$1"
	measure "$since" "$until" "${right_shared%%,*}" "$shared"
	shape_ends "${right_shared%%,*}"

	cell_next h bgp-only "$1"
	measure "$since" "$until" worker1 "$BGP" # nobody on this link is right
	F[reason]=$([[ $1 == without ]] || guest 'jq -rs "[.[] | select(.address == \"'$BGP'\" and .verdict == \"violation\") | .reason] | unique | join(\",\")" $EVENTS')
	[[ $1 == without ]] || expect reason == not-announced,owner-never-binds
	[[ $1 == enforce ]] && expect bound == 0 && expect frames == 0
	[[ $1 == enforce ]] || { expect bound == 1 && expect frames -ge 2; }
	api_delete BGPAdvertisement metallb-system/bgp
	api_delete IPAddressPool metallb-system/bgp
	cell_end
}

shape_ends() {
	if [[ ${cell[2]} == enforce ]]; then
		expect_cured "$1"
	else
		expect_taken
		expect at == cp1
	fi
	cell_end
}

for mode in without audit enforce; do
	shapes $mode
done
