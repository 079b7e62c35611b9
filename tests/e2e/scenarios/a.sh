# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# a. Classic: a class-less Service that MetalLB announces from worker1, and kube-vip on cp1 with svc_enable=true, which takes it.

# classic VARIANT MODE [NAME=VALUE...]: the settings are kube-vip's
classic() {
	local since until variant=$1 mode=$2
	shift 2
	cell_begin a "$variant" "$mode"
	step service_up web
	client_asks "$VIP" "$CP_VIP:6443"
	step await "the client at worker1" "client_at worker1 0 $VIP"
	guard_up
	step services_watch "$dir/seen/service"
	since=$(now)
	step guest "kube_vip_start $*"
	until_decided 3 "$since" "$VIP"
	until=$(now)
	services_unwatch
	measure "$since" "$until" worker1 "$VIP"
	expect_control_plane
	expect svc_lease == cp1
	if [[ $mode == enforce ]]; then
		expect_cured worker1
		expect outage -lt "$(soon)"
		expect tries -ge 2
		expect events -ge 2
		expect acted -ge 4
	else
		expect_taken
		expect at == cp1
	fi
	[[ $variant != classic || $mode != without || -n $KUBE_VIP_IS ]] || as_recorded "$since" "$until"
	cell_end
}

# as_recorded SINCE UNTIL: the rig shows what the real peers were seen to do
as_recorded() {
	local wrong
	conflict_objects >"$dir/seen/objects"
	wrong=$(PYTHONDONTWRITEBYTECODE=1 python3 tests/e2e/conflict.py tests/data/conflict 1.2.3 "$dir/seen" "$1" "$2" "$dir/seen/objects") || {
		echo "$wrong" | sed 's/^/    recorded: /'
		fault "not as recorded"
	}
}

for mode in without audit enforce; do
	classic classic $mode
done
if [[ -z $KUBE_VIP_IS ]]; then
	for mode in without enforce; do
		for release in 1.0.4 0.8.10; do
			classic "kube-vip-$release" $mode KUBE_VIP_DOUBLE=$release
		done
	done
fi
