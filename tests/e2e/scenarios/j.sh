# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# j. In the midst of a: the API server is away for longer than --max-age, and comes back; the guard is killed and started again.

outage() {
	local since until back early
	cell_begin j api-outage "$1"
	step service_up web
	client_asks "$VIP" "$CP_VIP:6443"
	step await "the client at worker1" "client_at worker1 0 $VIP"
	guard_up --max-age 5s
	since=$(now)
	step guest "kube_vip_start vip_leaseduration=5 vip_renewdeadline=3 vip_retryperiod=1" # it gives up sooner
	until_ticks 1 "$since"
	api_kill
	# it gives its VIPs up and ends, as it does without a guard; then the guard knows nothing any more
	step guest 'await "kube-vip to give up" "(( \$(kube_vip_ended) >= 1 ))"'
	[[ $1 == without ]] || step guest 'await_source degraded'
	back=$(now)
	step api_start
	# as long as the guard has not heard from it, it acts on nothing, and kube-vip may be faster
	[[ $1 == without ]] || step guest 'await_source recovered'
	since=$(now)
	early=$(claims "$VIP" "$back")
	until_ticks 3 "$since"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	say "j: $early claims of the VIP before the guard had heard from the API again"
	expect cp_bound == 1
	expect cp_lease == cp1
	expect harmed == 0
	if [[ $1 == enforce ]]; then
		expect bound == 0
		expect frames == 0
		expect_healed
	else
		expect bound == 1
		expect frames -ge 2
	fi
	metallb_kill controller worker1 worker2 # else their next list comes about a minute later
	metallb_start
	cell_end
}

restart() {
	local since until
	cell_begin j guard-restart "$1"
	step service_up web
	client_asks "$VIP" "$CP_VIP:6443"
	step await "the client at worker1" "client_at worker1 0 $VIP"
	guard_up
	since=$(now)
	step guest kube_vip_start
	until_ticks 1 "$since"
	guest 'kill -KILL $guard; wait $guard 2>/dev/null; guard=""'
	guard_up
	until_decided 3 "$since" "$VIP"
	until=$(now)
	measure "$since" "$until" worker1 "$VIP"
	expect_control_plane
	if [[ $1 == enforce ]]; then
		expect_cured worker1
	else
		expect_taken
	fi
	cell_end
}

for mode in without audit enforce; do
	outage $mode
done
for mode in audit enforce; do
	restart $mode
done
