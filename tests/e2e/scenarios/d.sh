# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# d. Those who announce change, rightly: MetalLB's speaker fails over from worker1 to worker2; the guarded node becomes the announcer (its exclude label
# goes) and stops being it. No legitimate frame is dropped beyond what the grace explains.

exclude=node.kubernetes.io/exclude-from-external-load-balancers

failover() {
	local since until
	cell_begin d failover "$1"
	step service_up web
	client_asks "$VIP"
	step await "the client at worker1" "client_at worker1 0 $VIP"
	guard_up
	since=$(now)
	metallb_kill worker1
	step await "worker2 to announce" '[[ $(announcer web) == *worker2* ]]'
	step await "the client at worker2" "client_at worker2 $since $VIP"
	until=$(now)
	measure "$since" "$until" worker2 "$VIP"
	expect bound == 0
	expect frames == 0
	expect acted == 0
	expect at == worker2
	speaker_start worker1
	step await "worker1 to announce again" '[[ $(announcer web) == worker1 ]]'
	cell_end
}

MOVING=192.0.2.103 # among cp1, worker1 and worker2 the election prefers cp1

announcer_here() {
	local since until
	cell_begin d becomes-announcer "$1"
	cp1_node exclude
	api_pod metallb-system/speaker-cp1 cp1 192.0.2.11 '.metadata.labels = {app: "metallb", component: "speaker"}'
	step guest speaker_start
	step service_up moving '.metadata.annotations["metallb.io/loadBalancerIPs"] = "'$MOVING'"'
	step await "worker2 to announce" '[[ $(announcer moving) == worker2 ]]'
	client_asks "$MOVING"
	step await "the client at worker2" "client_at worker2 0 $MOVING"
	guard_up --grace 5s
	since=$(now)
	cp1_node
	step await "cp1 to announce" '[[ $(announcer moving) == cp1 ]]'
	step await "the client at cp1" "client_at cp1 $since $MOVING"
	step await "three rounds" "((\$(claims $MOVING $since) >= 6))"
	until=$(now)
	measure "$since" "$until" cp1 "$MOVING"
	expect bound == 0
	expect rightful -ge 6
	expect frames == 0
	expect at == cp1
	# the speaker shouts before it says so in the API: its first round may meet the old assignment
	expect acted -le 2
	cell_end

	cell_next d stops-announcing "$1"
	since=$(now)
	cp1_node exclude
	step await "worker2 to announce" '[[ $(announcer moving) == worker2 ]]'
	step await "the client at worker2" "client_at worker2 $since $MOVING"
	until=$(now)
	measure "$since" "$until" worker2 "$MOVING"
	expect bound == 0
	expect at == worker2
	expect harmed == 0
	guest 'pkill -KILL -x speaker; await "the speaker to end" "! pgrep -x speaker >/dev/null"'
	api DELETE "$(api_path Pod metallb-system/speaker-cp1)?gracePeriodSeconds=0" >/dev/null
	cp1_node
	cell_end
}

# cp1_node [exclude]: with that label or without
cp1_node() {
	api_node cp1 192.0.2.11,2001:db8::11 '.metadata.labels["node-role.kubernetes.io/control-plane"] = "" |
		if "'"${1:-}"'" == "exclude" then .metadata.labels["'$exclude'"] = "" else . end'
}

for mode in without audit enforce; do
	failover $mode
	announcer_here $mode
done
