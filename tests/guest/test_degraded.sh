# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh
# What is missing is said, and what is left works: each fallback by switching its first choice off.

runs_without() {
	rogue_start --rate 500
	await "announcements" "rogue_said 4 '^ANNOUNCE $VIP '"
}

# degraded FEATURES DENIES NAMED: enforce with FEATURES off; DENIES yes: binds are refused, else removed; NAMED yes: with pid
degraded() {
	local features=$1 denies=$2 named=$3 action=removed frames
	[[ $denies == yes ]] && action=denied
	# shellcheck disable=SC2086 # options
	guard_start enforce --without ${features//,/ --without } || return
	for feature in ${features//,/ }; do
		await_event ".event == \"degraded\" and .what == \"$feature\"" || return
	done
	frames=$(witness_count runs_without) || return
	equal "announcements on the wire" "$frames" 0 || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"$action\" and .reason == \"owner-never-binds\"" || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .action == \"$action\"" || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\"" || return
	if [[ $named == yes ]]; then
		await_event ".event == \"bind\" and .address == \"$VIP\" and .comm == \"kube-vip\" and .pid == $(pgrep -x kube-vip)" || return
		await_event ".event == \"bind\" and .address == \"$VIP6\" and .comm == \"kube-vip\"" || return
	fi
	rogue_stop
	await "both VIPs to be gone" "! is_bound $VIP && ! is_bound $VIP6" || return
	guard_stop
}
test_case "without deny: removed" degraded deny no yes
test_case "without tracing: kprobes see and name" degraded tracing,deny no yes
test_case "without tracing and kprobes: rtnetlink sees" degraded tracing,kprobe,deny no no
test_case "without tcx: clsact drops" degraded tcx yes yes
test_case "without sender hooks: dropped all the same" degraded sender yes yes

# A host with cgroup v1 alone, or a container that sees a part of cgroup2: what bypasses is said, frame by frame.
no_cgroup2() {
	local sent
	guard_wrap=(unshare --mount sh -c 'umount /sys/fs/cgroup && exec "$@"' sh)
	guard_start enforce --without af-xdp || return
	await_event '.event == "degraded" and .what == "qdisc-bypass" and (.why | test("cgroup2")) and .cure' || return
	await_event '.event == "degraded" and .what == "af-xdp"' || return
	sent=$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply --qdisc-bypass) || return
	equal "frames" "$sent" 10 || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"none\" and .comm == \"blast\" and .why" || return
	guard_stop
}
test_case "without the root cgroup: what bypasses tc is said" no_cgroup2

# Nothing can drop without BPF; what remains is to see and to remove, and that is said.
without_bpf() {
	guard_start enforce --without btf --without maps || return
	await_event '.event == "degraded" and .what == "maps" and .cure' || return
	rogue_start --no-announce --bind-once
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\"" || return
	await "both VIPs to be gone" "! is_bound $VIP && ! is_bound $VIP6" || return
	guard_stop
}
test_case "without BPF: rtnetlink sees, and removes" without_bpf

no_privilege() {
	local rc=0
	at cp1 setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups \
		vipguard run --mode enforce --node cp1 --assignments $RUN/assignments.yaml --socket $RUN/none.sock >$RUN/output2 2>&1 || rc=$?
	cat $RUN/output2
	equal "exit status without privilege" $rc 3
}
test_case "without privilege: exit 3" no_privilege

# What deploy/vipguard.service grants is enough for all of it.
unit_capabilities() {
	guard_wrap=(setpriv --no-new-privs --inh-caps -all
		--bounding-set "-all$(sed -n 's/^CapabilityBoundingSet=//p' vipguard.service | tr 'A-Z' 'a-z' | sed 's/cap_/,+/g; s/ //g')")
	guard_start enforce || return
	equal "what is missing" "$(events '.event == "degraded" and .what != "tcx"' | jq -sc 'map(.what)')" '[]' || return
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "the bind was not refused" || return
	at cp1 ip addr add 203.0.113.7/32 dev eth0 || return
	await_event '.event == "bind" and .address == "203.0.113.7" and .comm == "ip"' || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	guard_stop
}
test_case "the unit's capabilities are enough" unit_capabilities

second_guard() {
	local rc=0
	guard_start enforce || return
	timeout $WAIT nsenter --net=/run/netns/cp1 -- vipguard run --mode audit --node cp1 --assignments $RUN/assignments.yaml \
		--socket $RUN/second.sock >/dev/null 2>$RUN/second || rc=$?
	cat $RUN/second
	equal "exit status of the second guard" $rc 3 || return
	vipguard status -o json | jq -e '.mode == "enforce"' || return
	guard_stop
}
test_case "a second guard refuses" second_guard
