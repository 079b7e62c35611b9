# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Writes to the API are followed: pools, Services and announcers come, move and go.

reserved() {
	local address=192.0.2.241
	kube_start enforce || return
	in_map vg_ranges 192.0.2.224/27 VG_POOL_RESERVED || fail "the pool is not in the map" || return
	refused $address pool-reserved || return
	at cp1 ip addr add 192.0.2.223/32 dev eth0 || fail "an address beside the pool was refused" || return
	order service new '' && order service new $address && await_judged $address VG_OWNER_NEVER_BINDS VG_HOLDER_UNKNOWN || return
	refused $address owner-never-binds || return
	order announcer new worker1 && await_judged $address VG_OWNER_NEVER_BINDS VG_ASSIGNED_ELSEWHERE || return
	order service_gone new && order announcer_gone new worker1 && await_judged $address - - || return
	refused $address pool-reserved || return
	guard_stop
}
test_case "an address of a pool is reserved before and after its Service" reserved

# A pool comes over what is bound already; everything goes on without a Service.
pool() {
	at cp1 ip addr add 203.0.113.10/32 dev eth0 || return
	kube_start enforce || return
	at cp1 ip addr add 203.0.113.9/32 dev eth0 || fail "an address that nobody speaks of was refused" || return
	order pool late 203.0.113.8/29 || return
	await_event '.event == "bind" and .address == "203.0.113.9" and .reason == "pool-reserved" and .action == "removed"' || return
	not_bound 203.0.113.9 && refused 203.0.113.9 pool-reserved || return
	order pool_gone late || return
	await "the range to go" "! in_map vg_ranges 203.0.113.8/29 VG_POOL_RESERVED" || return
	at cp1 ip addr add 203.0.113.9/32 dev eth0 || fail "it is still refused" || return
	guard_stop
}
test_case "a pool comes and goes" pool

# await_verdict ADDRESS REASON TIMES-OF-HOST WHAT: prints how long after the write it was in the map. Maps are loaded before an event is written.
await_verdict() {
	local line began answered times
	line=$(await_event ".event == \"bind\" and .address == \"$1\" and .reason == \"$2\" and .how == \"preexisting\"") || return
	read -r began answered <<<"$3"
	times="$(microseconds_since "$began" "$line") $(microseconds_since "$answered" "$line")"
	echo "$4 $times" >>$RUN/times
}

# In audit, where an address can be bound: that it is judged otherwise is said with the time.
timed() {
	local i address times
	: >$RUN/times
	clock_offset >$RUN/offset
	kube_start audit --period 100ms || return # what comes again is said again
	for i in 1 2 3 4 5; do
		order service "timed-$i" '' || return
		at cp1 ip addr add 192.0.2.24$i/32 dev eth0
		await_event ".event == \"bind\" and .address == \"192.0.2.24$i\" and .reason == \"pool-reserved\" and .action == \"would-deny\"" >/dev/null || return
		times=$(order timed_address "timed-$i" 192.0.2.24$i) || fail "$times" || return
		await_verdict 192.0.2.24$i owner-never-binds "$times" address || return
		times=$(order timed_gone "timed-$i") || fail "$times" || return
		await_verdict 192.0.2.24$i pool-reserved "$times" gone || return
	done
	guard_stop
}
test_case "verdicts follow writes" timed
# in the guest's clock, from the write's beginning and from its answer
jq -Rnr '[inputs | split(" ") | {what: .[0], began: (.[1] | tonumber), answered: (.[2] | tonumber)}] | group_by(.what)[] |
	"# api write to map (\(.[0].what), \(length) times): \(map(.began) | sort | .[length / 2 | floor] / 1000 | round) ms, at most \(map(.began) | max / 1000 | round) ms" +
	"; from its answer \(map(.answered) | sort | .[length / 2 | floor] / 1000 | round) ms, at most \(map(.answered) | max / 1000 | round) ms"' $RUN/times

# A speaker's own work: cp1 announces and never binds; then the VIP moves, and cp1 goes on.
announcer() {
	local moved dropped address=192.0.2.251
	order service mine $address && order announcer mine cp1 || return
	kube_start enforce --grace 3s || return
	await_judged $address VG_OWNER_NEVER_BINDS VG_ASSIGNED_HERE || return
	refused $address owner-never-binds || return
	speaker_start() {
		spawn cp1 rogue --link eth0 --vip $address --no-bind --announce-now --rate 100 >$RUN/rogue
		speaker_rounds
	}
	speaker_rounds() {
		local before
		before=$(announced $address)
		await "announcements" "(( \$(announced $address) >= $before + 5 ))"
	}
	witnessed speaker_start || return
	at_least "frames of the announcer" "$(seen $address)" 4 || return
	await_event ".event == \"announce\" and .address == \"$address\" and .verdict == \"allowed\" and .reason == \"assigned-here\" and .owner == \"metallb\"" || return
	# as speakers do it: first there, then no more here
	order announcer mine worker1 && order announcer_gone mine cp1 || return
	moved=$(await_event ".event == \"announce\" and .address == \"$address\" and .verdict == \"unknown\" and .reason == \"in-transition\"") || return
	dropped=$(await_event ".event == \"announce\" and .address == \"$address\" and .reason == \"assigned-elsewhere\" and .action == \"dropped\" and
		.assigned_nodes == [\"worker1\"]") || return
	at_least "milliseconds in transition" $((($(date -d "$(jq -r .time <<<"$dropped")" +%s%6N) - $(date -d "$(jq -r .time <<<"$moved")" +%s%6N)) / 1000)) 2000 || return
	witnessed speaker_rounds || return
	equal "frames after the grace" "$(seen $address)" 0 || return
	order service_gone mine && order announcer_gone mine worker1 || return
	guard_stop
}
test_case "the announcer announces, does not bind, and stops after the grace" announcer
