# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# g. MetalLB hands addresses out and announces none of that pool, kube-vip announces (disable_service_updates): never touched.

IPAM=192.0.2.220

ipam_only() {
	local since until
	cell_begin g ipam-only "$1"
	api_pool ipam $IPAM/32 '.spec.autoAssign = false'
	kube_vip_pod disable_service_updates=true
	service ipam '.metadata.annotations["metallb.io/address-pool"] = "ipam"'
	step await "an address" "[[ \$(address_of ipam) == $IPAM ]]"
	client_asks "$IPAM" "$CP_VIP:6443"
	guard_up
	step guest "kube_vip_start disable_service_updates=true"
	step await "the client at cp1" "client_at cp1 0 $IPAM"
	since=$(now)
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" cp1 "$IPAM"
	expect_control_plane
	expect_spared
	api_delete IPAddressPool metallb-system/ipam
	kube_vip_pod
	cell_end
}

for mode in without audit enforce; do
	ipam_only $mode
done
