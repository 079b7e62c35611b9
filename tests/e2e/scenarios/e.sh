# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# e. kube-vip killed with SIGKILL leaves the VIP behind, then the guard comes: the orphan is removed. kube-vip comes again: it is stopped again.

orphan() {
	local since until
	cell_begin e orphan "$1"
	step service_up web
	client_asks "$VIP"
	since=$(now)
	step guest kube_vip_start
	until_ticks 1 "$since"
	step guest kube_vip_kill
	F[orphan]=$(guest "bound_of $VIP")
	expect orphan == 1
	guard_up
	if [[ $1 == enforce ]]; then
		step await "the orphan to be gone" "[[ \$(guest 'bound_of $VIP') == 0 ]]" 10
		step guest 'await_event ".event == \"bind\" and .how == \"preexisting\" and .address == \"'"$VIP"'\" and .action == \"removed\"" >/dev/null'
	fi
	client_asks "$VIP" "$CP_VIP:6443"
	since=$(now)
	step guest kube_vip_start
	until_decided 3 "$since" "$VIP"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	expect_control_plane
	expect svc_lease == cp1
	if [[ $1 == enforce ]]; then
		expect bound == 0
		expect frames == 0
		expect tries -ge 2
		expect at == worker1
	else
		expect_taken
		expect at == cp1
	fi
	cell_end
}

for mode in without audit enforce; do
	orphan $mode
done
