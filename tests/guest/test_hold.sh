# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# What holds the guard back, where the kernel refuses too: the breaker, and a pause that ends in the kernel itself.

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

bind_vips() {
	seq -f 'addr add 192.0.2.%.0f/32 dev eth0' "$1" "$2" | at cp1 ip -batch - || return
	await_event ".event == \"bind\" and .address == \"192.0.2.$2\"" >/dev/null
}
count_bound() { at cp1 ip -4 -o addr show to 192.0.2.240/28 | wc -l; }
frames_of() { witness_count at cp1 blast --link eth0 --vip "$1" --count 10 --form arp-reply; }
refused() { ! at cp1 ip addr add "$1" dev eth0 2>/dev/null || fail "$1 was not refused"; }

breaker() {
	write_vips cp1
	guard_start enforce --grace 0s || return
	bind_vips 241 251 || return
	write_vips worker1
	await_event '.event == "degraded" and .what == "breaker" and .count == 11' >/dev/null || return
	await_event '.event == "bind" and .address == "192.0.2.251" and .action == "logged" and (.why | test("^breaker: 11 addresses"))' >/dev/null || return
	equal "bound" "$(count_bound)" 11 || return
	equal "a held one's frames" "$(frames_of 192.0.2.250)" 10 || return
	equal "frames of one that is not bound" "$(frames_of $VIP)" 0 || return
	refused $VIP/32 || return
	refused 203.0.113.1/32 || return
	# what is there may be renewed, as kube-vip does
	at cp1 ip addr replace 192.0.2.250/32 dev eth0 || fail "a held one cannot be replaced" || return
	# one that goes loses its hold, and is refused
	at cp1 ip addr del 192.0.2.245/32 dev eth0 || return
	await "its hold to end" "[[ \$(vipguard status -o json | jq .breaker.held) == 10 ]]" || return
	refused 192.0.2.245/32 || return
	vipguard resume || return
	await "all to go" "[[ \$(count_bound) == 0 ]]" || return
	refused 192.0.2.250/32 || return
	equal "frames afterwards" "$(frames_of 192.0.2.250)" 0 || return
	guard_stop
}
test_case "breaker: eleven at once stay, others are refused, until resume" breaker

ten() {
	write_vips cp1
	guard_start enforce --grace 0s || return
	bind_vips 241 250 || return
	write_vips worker1
	await "all to go" "[[ \$(count_bound) == 0 ]]" || return
	equal "said" "$(events '.event == "degraded" and .what == "breaker"' | wc -l)" 0 || return
	guard_stop
}
test_case "breaker: ten at once are removed" ten

burst() {
	local stats
	guard_start enforce || return
	seq -f 'addr add 198.51.100.%.0f/32 dev eth0' 0 15 | at cp1 ip -force -batch - 2>/dev/null
	equal "bound" "$(at cp1 ip -4 -o addr show to 198.51.100.0/28)" "" || return
	stats=$(vipguard status -o json)
	equal "refused" "$(jq .counters.bind_denied <<<"$stats")" 16 || return
	equal "held" "$(jq .breaker.held <<<"$stats")" 0 || return
	guard_stop
}
test_case "breaker: a burst of new binds is refused in full" burst

# ---- pause
pause() {
	guard_start enforce || return
	vipguard pause --for 10m || return
	at cp1 ip addr add $VIP/32 dev eth0 || fail "refused while paused" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"would-deny\"" >/dev/null || return
	equal "frames while paused" "$(frames_of 192.0.2.250)" 10 || return
	await_event '.event == "announce" and .address == "192.0.2.250" and .action == "would-drop"' >/dev/null || return
	bound $VIP || return
	vipguard resume || return
	await "the VIP to go" "! is_bound $VIP" || return
	refused $VIP/32 || return
	equal "frames afterwards" "$(frames_of 192.0.2.250)" 0 || return
	guard_stop
}
test_case "pause: nothing is refused, dropped or removed, until resume" pause

# What the kernel does by itself once the pause is over
refuses() {
	at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || return 0
	at cp1 ip addr del $VIP/32 dev eth0
	return 1
}
stopped() {
	guard_start enforce --dead-man 10m || return
	vipguard pause --for 10s || return
	kill -STOP $guard
	equal "ends that the guard itself saw" "$(events '.event == "recovered"' | wc -l)" 0 || return
	await "the kernel to refuse again" refuses || return
	equal "frames" "$(frames_of 192.0.2.250)" 0 || return
	kill -CONT $guard
	await_event '.event == "recovered" and .what == "pause"' >/dev/null || return
	guard_stop
}
test_case "pause: ends in the kernel while the guard is stopped" stopped

# Killed: its filter of clsact stays, and acts when the pause is over, until the dead-man lets go.
drops() { [[ $(frames_of 192.0.2.250) == 0 ]]; }
killed() {
	guard_start enforce --dead-man 10m --without tcx || return
	vipguard pause --for 10s || return
	kill -KILL $guard
	wait $guard || true
	equal "ends that the guard itself saw" "$(events '.event == "recovered"' | wc -l)" 0 || return
	await "the kernel to drop again" drops || return
	# the next one goes on with what is left of a pause, which is nothing
	guard_start enforce || return
	refused $VIP/32 || return
	equal "pauses said" "$(events '.event == "paused"' | wc -l)" 0 || return
	guard_stop
}
test_case "pause: ends in the kernel after the guard was killed" killed

# The dead-man is not put off by a pause.
dead() {
	guard_start enforce --dead-man 2s --without tcx || return
	vipguard pause --for 1s || return
	kill -KILL $guard
	wait $guard || true
	await "the dead-man to let go" "[[ \$(frames_of 192.0.2.250) == 10 ]]" || return
	await "both to be over" "((\$(vg_now) > \$(bpftool -j map dump pinned $PINS/vg_config | jq '.[0] | (.formatted // .).value | [.deadline_ns, .paused_until_ns] | max')))" || return
	equal "frames" "$(frames_of 192.0.2.250)" 10 || return
}
vg_now() { awk '{ printf "%.0f\n", $1 * 1000000000 }' /proc/uptime; }
test_case "pause: the dead-man counts on meanwhile" dead

over_a_restart() {
	guard_start enforce || return
	vipguard pause --for 10m || return
	kill -KILL $guard
	wait $guard || true
	guard_start enforce || return
	await_event '.event == "paused" and (.why | contains("before"))' >/dev/null || return
	at cp1 ip addr add $VIP/32 dev eth0 || fail "refused though paused" || return
	bound $VIP || return
	vipguard resume || return
	await "the VIP to go" "! is_bound $VIP" || return
	guard_stop
}
test_case "pause: a restart keeps it" over_a_restart
