# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of guard.sh and lib.sh
# What holds a guard back: the breaker, and a pause.

# write_vips NODE: 192.0.2.240 to .251 as one range that this node holds, 203.0.113.0/24 another's
write_vips() {
	cat >$RUN/assignments.new <<-YAML
		version: 1
		assignments:
		  - {address: 192.0.2.240-192.0.2.251, service: default/many, nodes: [$1]}
		  - {address: 203.0.113.0/24, nodes: [worker1]}
	YAML
	mv $RUN/assignments.new $RUN/assignments.yaml
}

# bind_vips FIRST LAST: until the guard knows the last
bind_vips() {
	seq -f 'addr add 192.0.2.%.0f/32 dev eth0' "$1" "$2" | at cp1 ip -batch - || return
	await_event ".event == \"bind\" and .address == \"192.0.2.$2\"" >/dev/null
}
count_bound() { at cp1 ip -4 -o addr show to 192.0.2.240/28 | wc -l; }
frames_of() { witness_count at cp1 blast --link eth0 --vip "$1" --count 10 --form arp-reply; }
held() { vipguard status -o json | jq .breaker.held; }

breaker() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	equal "held, at first" "$(held)" 0 || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker" and .count == 11 and (.addresses | length) == 10 and (.cure | contains("vipguard resume"))' >/dev/null || return
	await_event '.event == "bind" and .address == "192.0.2.251" and .reason == "assigned-elsewhere" and .action == "logged" and (.why | test("^breaker: 11 addresses"))' >/dev/null || return
	await "all to be looked at" "synced 2" || return
	equal "bound" "$(count_bound)" 11 || return
	equal "a held one's frames" "$(frames_of 192.0.2.250)" 10 || return
	equal "frames of one that is not bound" "$(frames_of $VIP)" 0 || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "a new bind to go" "! is_bound $VIP" || return
	at cp1 ip addr change 192.0.2.244/32 dev eth0 valid_lft forever preferred_lft 0 || return
	equal "bound, with one changed" "$(count_bound)" 11 || return
	vipguard status -o json | jq -e '.breaker == {limit: 10, held: 11, addresses: [range(241; 252) | "192.0.2.\(.)"]}' >/dev/null || fail "$(vipguard status -o json | jq -c .breaker)" || return
	vipguard status | grep -q '^breaker .*holds 11 addresses.*192.0.2.241' || fail "$(vipguard status)" || return
	# one that goes and comes is new
	at cp1 ip addr del 192.0.2.245/32 dev eth0 || return
	at cp1 ip addr add 192.0.2.245/32 dev eth0
	await "it to go" "! is_bound 192.0.2.245" || return
	await "its hold to end" "[[ \$(held) == 10 ]]" || return
	equal "times it was said" "$(events '.event == "degraded" and .what == "breaker"' | wc -l)" 1 || return
	exits resume 0 vipguard resume -o json || return
	equal "the answer" "$(jq -Sc . $RUN/said)" '{"held":10,"paused":false}' || return
	await "all to go" "[[ \$(count_bound) == 0 ]]" || return
	await_event '.event == "recovered" and .what == "breaker" and .why == "resume"' >/dev/null || return
	equal "frames afterwards" "$(frames_of 192.0.2.250)" 0 || return
	equal "held, afterwards" "$(held)" 0 || return
	exits "resume of nothing" 0 vipguard resume || return
	grep -q 'nothing to resume' $RUN/said || return
	guard_stop
}
test_case "breaker: eleven at once wait for resume, a new bind does not" breaker

as_many_as_allowed() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	bind_vips 241 250 || return
	write_vips worker1
	await "all ten to go" "[[ \$(count_bound) == 0 ]]" || return
	equal "said" "$(events '.event == "degraded" and .what == "breaker"' | wc -l)" 0 || return
	guard_stop
}
test_case "breaker: ten at once are removed" as_many_as_allowed

# --breaker N HELD LEFT: of three that flip
limit() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s --breaker "$1" || return
	bind_vips 241 243 || return
	write_vips worker1
	await "the reload" "synced 2" || return
	equal "held" "$(held)" "$2" || return
	await "the others to go" "[[ \$(count_bound) == $2 ]]" || return
	guard_stop
}
test_case "breaker: 2" limit 2 3
test_case "breaker: 0 holds every one" limit 0 3
test_case "breaker: none holds none" limit none 0

undone() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker"' >/dev/null || return
	write_vips cp1
	await_event '.event == "recovered" and .what == "breaker"' >/dev/null || return
	equal "held" "$(held)" 0 || return
	equal "bound" "$(count_bound)" 11 || return
	equal "left in vg_held" "$(bpftool -j map dump pinned $PINS/vg_held | jq length)" 0 || return
	equal "frames" "$(frames_of 192.0.2.250)" 10 || return
	guard_stop
}
test_case "breaker: what turns back is let go" undone

# By time alone: the grace of all of them ends at once.
by_grace() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 1s || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "bind" and .address == "192.0.2.251" and .reason == "in-transition"' >/dev/null || return
	await_event '.event == "degraded" and .what == "breaker" and .count == 11' >/dev/null || return
	await_event '.event == "bind" and .address == "192.0.2.251" and .reason == "assigned-elsewhere" and .action == "logged"' >/dev/null || return
	equal "bound" "$(count_bound)" 11 || return
	guard_stop
}
test_case "breaker: the end of a grace is part of the change" by_grace

# A restart is a first picture, but what was held is held on.
held_over_a_restart() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker"' >/dev/null || return
	kill -KILL $guard
	wait $guard
	at cp1 ip addr del 192.0.2.241/32 dev eth0
	at cp1 ip addr add 203.0.113.1/32 dev eth0
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	await_event '.event == "degraded" and .what == "breaker" and .count == 10 and (.why | contains("before"))' >/dev/null || return
	await "what was not held to go" "! is_bound 203.0.113.1" || return
	equal "bound" "$(count_bound)" 10 || return
	equal "frames" "$(frames_of 192.0.2.250)" 10 || return
	equal "in vg_held" "$(bpftool -j map dump pinned $PINS/vg_held | jq length)" 10 || return
	exits resume 0 vipguard resume || return
	grep -q 'lets go of 10 addresses' $RUN/said || return
	await "all to go" "[[ \$(count_bound) == 0 ]]" || return
	guard_stop
}
test_case "breaker: what it holds is held over a restart" held_over_a_restart

burst() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" || return
	seq -f 'addr add 203.0.113.%.0f/32 dev eth0' 1 200 | at cp1 ip -batch - || return
	await_event '.event == "bind" and .address == "203.0.113.200" and .action == "removed"' >/dev/null || return
	await "all to go" "[[ -z \$(at cp1 ip -4 -o addr show to 203.0.113.0/24) ]]" || return
	equal "removed" "$(counter bind_removed)" 200 || return
	equal "held" "$(held)" 0 || return
	guard_stop
}
test_case "breaker: 200 new binds in a burst are all removed" burst

breaker_in_audit() {
	write_vips cp1
	guard_start audit "${BLIND[@]}" --grace 0s || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker"' >/dev/null || return
	await "the reload" "synced 2" || return
	equal "actions" "$(events '.event == "bind" and .reason == "assigned-elsewhere"' | jq -r .action | sort -u)" logged || return
	at cp1 ip addr add 203.0.113.1/32 dev eth0
	await_event '.event == "bind" and .address == "203.0.113.1"' >/dev/null || return
	exits "mode enforce" 0 vipguard mode enforce || return
	await "what is not held to go" "! is_bound 203.0.113.1" || return
	equal "bound" "$(count_bound)" 11 || return
	guard_stop
}
test_case "breaker: audit holds too, and a mode switch does not resume" breaker_in_audit

# ---- pause
pause() {
	guard_start enforce "${BLIND[@]}" --period 100ms || return
	equal "pause of status" "$(vipguard status -o json | jq .paused)" null || return
	exits pause 0 vipguard pause --for 10m || return
	grep -q '^paused for 600 s, until 20.*vipguard resume' $RUN/said || fail "$(<$RUN/said)" || return
	await_event '.event == "paused" and (.until | test("^20")) and .uid == 0 and .pid > 0 and .remaining_seconds > 0' >/dev/null || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"would-remove\"" >/dev/null || return
	equal "frames while paused" "$(frames_of 192.0.2.250)" 10 || return
	await_event '.event == "announce" and .address == "192.0.2.250" and .action == "would-drop"' >/dev/null || return
	bound $VIP || return
	vipguard status -o json | jq -e '.paused.remaining_seconds > 0 and .paused.remaining_seconds <= 600 and .mode == "enforce"' >/dev/null || return
	vipguard status | grep -q '^paused .*for [0-9]* s more' || return
	# the second one replaces the first, and ends by itself
	exits "a second pause" 0 vipguard pause --for 1s -o json || return
	jq -e '.remaining_seconds <= 1 and (.until | test("^20"))' $RUN/said >/dev/null || return
	await_event '.event == "recovered" and .what == "pause" and .why == "its time is over"' >/dev/null || return
	await "what was bound meanwhile to go" "! is_bound $VIP" || return
	equal "frames afterwards" "$(frames_of 192.0.2.250)" 0 || return
	equal "pause of status" "$(vipguard status -o json | jq .paused)" null || return
	guard_stop
}
test_case "pause: says and does nothing more, and ends by itself" pause

resume() {
	guard_start enforce "${BLIND[@]}" || return
	exits pause 0 vipguard pause --for 24h || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\"" >/dev/null || return
	exits resume 0 vipguard resume || return
	grep -q 'the pause is over' $RUN/said || return
	await_event '.event == "recovered" and .what == "pause" and .why == "resume" and .uid == 0' >/dev/null || return
	await "the VIP to go" "! is_bound $VIP" || return
	equal frames "$(frames_of 192.0.2.250)" 0 || return
	guard_stop
}
test_case "resume ends a pause" resume

pause_over_a_restart() {
	guard_start enforce "${BLIND[@]}" || return
	exits pause 0 vipguard pause --for 10m || return
	kill -KILL $guard
	wait $guard
	guard_start enforce "${BLIND[@]}" || return
	await_event '.event == "paused" and (.why | contains("before")) and .remaining_seconds < 600' >/dev/null || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"would-remove\"" >/dev/null || return
	equal "frames while paused" "$(frames_of 192.0.2.250)" 10 || return
	# one that was not shortened by the restart, and ends by itself all the same
	exits "a shorter one" 0 vipguard pause --for 2s || return
	kill -KILL $guard
	wait $guard
	guard_start enforce "${BLIND[@]}" || return
	await "the VIP to go" "! is_bound $VIP" || return
	guard_stop
}
test_case "pause: a restart keeps it, no longer than it was" pause_over_a_restart

# The guard is as good as dead while the pause ends: the kernel needs none for it.
drops() { [[ $(frames_of 192.0.2.250) == 0 ]]; }
pause_without_a_guard() {
	guard_start enforce "${BLIND[@]}" --dead-man 10m || return
	exits "a long pause" 0 vipguard pause --for 10m || return
	equal "frames while paused" "$(frames_of 192.0.2.250)" 10 || return
	exits "a short one" 0 vipguard pause --for 8s || return
	kill -STOP $guard
	equal "ends that the guard itself saw" "$(events '.event == "recovered"' | wc -l)" 0 || return
	await "the kernel to drop again" drops || return
	at cp1 ip addr add $VIP/32 dev eth0
	kill -CONT $guard
	await_event '.event == "recovered" and .what == "pause"' >/dev/null || return
	await "the VIP to go" "! is_bound $VIP" || return
	guard_stop
}
test_case "pause: ends in the kernel without the guard" pause_without_a_guard

both() {
	write_vips cp1
	guard_start enforce "${BLIND[@]}" --grace 0s || return
	bind_vips 241 251 || return
	exits pause 0 vipguard pause --for 10m || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker"' >/dev/null || return
	exits "a short pause" 0 vipguard pause --for 1s || return
	await_event '.event == "recovered" and .what == "pause"' >/dev/null || return
	equal "bound after the pause" "$(count_bound)" 11 || return
	exits pause 0 vipguard pause --for 10m || return
	exits resume 0 vipguard resume -o json || return
	equal "the answer" "$(jq -Sc . $RUN/said)" '{"held":11,"paused":true}' || return
	await "all to go" "[[ \$(count_bound) == 0 ]]" || return
	guard_stop
}
test_case "resume ends both" both
