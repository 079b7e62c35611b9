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
	until_decided 2 "$since" "$VIP"
	[[ $1 != enforce ]] || step await "the client at cp1" "decided $VIP && client_at cp1 $since $VIP"
	step guest kube_vip_kill
	guard_up
	[[ $1 != enforce ]] || step await "the orphan to be gone" "[[ \$(guest 'bound_of $VIP') == 0 ]]" 10
	since=$(now)
	step await "40 answers" "((\$(client_count $since $VIP) >= 40))"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	F[cp_lease]=- F[svc_lease]=- # nobody is there to hold them
	expect harmed == 0
	if [[ $1 == enforce ]]; then
		step guest 'await_event ".event == \"bind\" and .how == \"preexisting\" and .address == \"'"$VIP"'\" and .action == \"removed\"" >/dev/null'
		expect bound == 0
		expect frames == 0
		expect rightful -ge 1
		expect_healed
	else
		expect bound == 1
		expect at == cp1
	fi
	cell_end

	cell_next e restarted "$1"
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
