# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# What a person and a script can read: bpftool, status, check, explain, watch.

maps() {
	guard_start enforce || return
	at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null
	at cp1 ip addr add 203.0.113.7/32 dev eth0
	bpftool -j map dump pinned $PINS/vg_vips | jq -e --arg vip $VIP \
		'any(.[]; (.formatted // .).value | .address == $vip and .bind.verdict == "VG_VIOLATION" and .bind.reason == "VG_OWNER_NEVER_BINDS" and
			.announce.reason == "VG_ASSIGNED_ELSEWHERE" and .bind_hits == 1)' >/dev/null || {
		bpftool -p map dump pinned $PINS/vg_vips
		return 1
	}
	bpftool -j map dump pinned $PINS/vg_protect | jq -e 'any(.[]; (.formatted // .).value | .address == "192.0.2.11" and .reason == "VG_NODE_ADDRESS")' >/dev/null || return
	bpftool -j map dump pinned $PINS/vg_ranges | jq -e 'any(.[]; (.formatted // .).value.address == "198.51.100.0/28")' >/dev/null || return
	bpftool -j map dump pinned $PINS/vg_config | jq -e '.[0] | (.formatted // .).value | .mode == "VG_ENFORCE" and .node == "cp1"' >/dev/null || return
	await "the address in vg_binds" "bpftool -j map dump pinned $PINS/vg_binds | jq -e 'any(.[]; (.formatted // .).value | .address == \"203.0.113.7/32\" and .interface == \"eth0\" and .who.comm == \"ip\")' >/dev/null" || return
	bpftool -j map dump pinned $PINS/vg_stats | jq -e '.[0] | (.formatted // .).value | .bind_denied == 1 and .bind_seen >= 1' >/dev/null || return
	guard_stop
}
test_case "bpftool reads the maps" maps

commands() {
	local rc=0
	guard_start audit || return
	rogue_start
	await_event ".event == \"bind\" and .address == \"$VIP6\"" || return
	vipguard status -o json | jq -e '.mode == "audit" and .node == "cp1" and .hooks.tracing.ok and any(.links[]; .name == "eth0")' >/dev/null || return
	vipguard status | grep -q audit || return
	vipguard check -o json >$RUN/check || rc=$?
	equal "exit of check" $rc 1 || return
	jq -e --arg vip $VIP 'any(.findings[]; .address == $vip and .bind.verdict == "violation" and .interface == "eth0" and .comm == "kube-vip")' $RUN/check >/dev/null || return
	vipguard explain $VIP 192.0.2.11 -o json | jq -e '.[0].bind.reason == "owner-never-binds" and .[0].assigned_nodes == ["worker1"] and .[1].bind.reason == "node-address"' >/dev/null || return
	vipguard explain $VIP | grep -q owner-never-binds || return
	rogue_stop
	guard_stop || return
	rc=0
	vipguard status 2>$RUN/status.err || rc=$?
	equal "exit of status without a guard" $rc 3 || return
	# the same from files alone
	rc=0
	at cp1 vipguard check --node cp1 --assignments $RUN/assignments.yaml -o json >$RUN/check || rc=$?
	equal "exit of check, offline" $rc 1 || return
	jq -e --arg vip $VIP 'any(.findings[]; .address == $vip)' $RUN/check >/dev/null
}
test_case "status, check, explain" commands

watch() {
	guard_start audit || return
	spawn cp1 vipguard watch >$RUN/watch
	# the guard says whom it has: a watcher that is not there yet would miss what comes now
	await "the watcher to be there" "vipguard status -o json | jq -e '.watchers == 1' >/dev/null" || return
	at cp1 ip addr add 203.0.113.8/32 dev eth0
	at cp1 ip addr add 203.0.113.9/32 dev eth0
	await_event '.event == "bind" and (.address == "203.0.113.9" or .address == "203.0.113.8")' $RUN/watch || return
	guard_stop
}
test_case "watch shows what happens" watch

# An idle guard wakes for the dead-man alone: voluntary switches in ten seconds of nothing, at a dead-man of 10 s.
idle() {
	local before after
	guard_start enforce --dead-man 10s || return
	read -rt 2 <>$RUN/never || true
	before=$(awk '/^voluntary/ { print $2 }' /proc/$guard/status)
	read -rt 10 <>$RUN/never || true
	after=$(awk '/^voluntary/ { print $2 }' /proc/$guard/status)
	echo "woke $((after - before)) times in 10 s"
	((after - before <= 5)) || return
	guard_stop
}
test_case "an idle guard sleeps" idle

# The dead-man: a guard that is stopped lets everything pass after its deadline; one that goes on enforces again.
dead_man() {
	guard_start enforce --dead-man 2s || return
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "it does not enforce at first" || return
	kill -STOP $guard
	await "the deadline" "at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null" || return
	kill -CONT $guard
	await "the VIP to go" "! is_bound $VIP" || return
	guard_stop
}
test_case "a stuck guard lets everything pass after its deadline" dead_man
