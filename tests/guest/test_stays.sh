# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Never off by accident: what a guard leaves when it ends, how the next one takes over, and what takes all of it off.
# The options in the array BLIND, if there is one, go to every guard; without deny in the kernel no bind is tried.

stays_start() {
	VIPGUARD_DETACH_ON_EXIT=${leaves:-false} guard_start enforce ${BLIND[@]+"${BLIND[@]}"} "$@"
}
has_tcx() { grep -qw tcx_prog_attach /proc/kallsyms; } # Linux 6.6
denies() { [[ -z ${BLIND[*]-} ]]; }
boot_ms() {
	local up
	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}
deadline_ms() {
	bpftool -j map dump pinned $PINS/vg_config | jq '.[0] | (.formatted // .).value.deadline_ns / 1000000 | floor'
}
may_bind() { at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null; }

# Frames and binds without a pause until so long after the boot, in milliseconds.
attack_until() {
	local end=$1 n=0
	until (($(boot_ms) >= end)); do
		at cp1 blast --link eth0 --vip $VIP --count 50 --form arp-reply >/dev/null || return
		! denies || ! may_bind || fail "a bind was not refused" || return
		n=$((n + 1))
	done
	at_least "rounds of the attack" $n 3
}

# The guard ends by a signal: all is stopped until the deadline, and nothing after it.
stays() {
	local signal=$1 status=$2 rc=0 deadline
	shift 2
	stays_start --dead-man 12s "$@" || return
	equal "frames while it runs" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	kill "-$signal" $guard
	wait $guard || rc=$?
	equal "exit after SIG$signal" $rc "$status" || return
	deadline=$(deadline_ms)
	at_least "its end and the dead-man's time, in ms after the boot" $(($(boot_ms) + 12000)) "$deadline" || return
	# what was sent must have arrived before it
	equal "frames before the deadline" "$(witness_count attack_until $((deadline - 4000)))" 0 || return
	(($(boot_ms) < deadline)) || fail "the machine is too slow for this test" || return
	spawn cp1 blast --link eth0 --vip $VIP --count 1000000 --gap-us 1000 --form arp-reply >/dev/null
	at client witness --link eth0 --vip $VIP --mac-not $WORKER1_MAC --expect 1 --within $((WAIT * 1000)) >$RUN/witness || fail "nothing passes after the deadline" || return
	# /proc/uptime tells hundredths of a second
	at_least "the first frame, in ms after the boot" $(($(boot_ms) + 10)) "$deadline" || return
	kill $spawned
	equal "frames after the deadline" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	may_bind || fail "a bind is refused after the deadline" || return
	guard=''
	exits_fine vipguard detach || return
	nothing_left
}
exits_fine() {
	at cp1 "$@" >$RUN/said 2>&1 || fail "$* exits with $?: $(<$RUN/said)"
}
# of ours in the kernel, by what bpftool and tc list
nothing_left() {
	[[ ! -e $PINS ]] || fail "left in bpffs: $(find $PINS)" || return
	[[ -z $(at cp1 tc qdisc show dev eth0 clsact) ]] || fail "a qdisc is left" || return
	[[ ${VG_INSIDE:-} != yes ]] || return 0 # the kernel is not ours alone
	# it takes its time to free what nothing refers to
	await "the programs to go" "[[ -z \$(ours prog) ]]" || return
	await "the maps to go" "[[ -z \$(ours map) ]]"
}
ours() { bpftool -j "$1" show | jq -r '.[].name // empty' | grep '^vg_'; }
test_case "SIGKILL: stopped until the deadline, and not after it" stays KILL 137
test_case "SIGTERM: the same" stays TERM 0
# without tcx clsact is what there is: these were that already
! has_tcx || test_case "SIGKILL, clsact" stays KILL 137 --without tcx
! has_tcx || test_case "SIGTERM, clsact" stays TERM 0 --without tcx

# Without a bpffs nothing is pinned; what stays is a filter.
stays_unpinned() {
	stays_start --dead-man 600s --without tcx --without pins || return
	kill "-$1" $guard
	wait $guard
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	guard=''
	exits_fine vipguard detach || return
	equal "frames once it is detached" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10
}
test_case "SIGTERM, clsact without pins: the same" stays_unpinned TERM

# Killed, stopped and started again while the attack goes on.
restarts() {
	local signal
	stays_start "$@" || return
	spawn cp1 blast --link eth0 --vip $VIP --count 10000000 --gap-us 200 --form arp-reply >/dev/null
	for signal in KILL TERM KILL KILL TERM; do
		kill "-$signal" $guard
		wait $guard
		! denies || ! may_bind || fail "a bind was not refused between two guards" || return
		stays_start "$@" || return
		! denies || ! may_bind || fail "a bind was not refused" || return
	done
	kill $spawned
}
restart_loop() {
	equal "frames over the restarts" "$(witness_count restarts --dead-man 10m "$@")" 0 || return
	pkill -KILL -x vipguard
	exits_fine vipguard detach && nothing_left
}
test_case "restarts under attack: not one frame, not one bind" restart_loop
! has_tcx || test_case "restarts under attack, clsact" restart_loop --without tcx

# The one that ends used the other way.
other_way() {
	stays_start || return
	kill -KILL $guard
	wait $guard
	stays_start --without tcx || return
	equal "frames, tcx to clsact" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	kill -KILL $guard
	wait $guard
	leaves=true stays_start || return
	equal "frames, clsact to whatever there is" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	guard_stop || return
	equal "frames afterwards" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	exits_fine vipguard detach && nothing_left
}
test_case "a guard takes over from one that judged frames in another way" other_way

# Told otherwise: all passes as soon as it ends.
detaches_on_exit() {
	leaves=true stays_start --dead-man 600s || return
	guard_stop || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	may_bind || fail "a bind is refused" || return
	equal "links in bpffs" "$(ls $PINS/links)" "" || return
	exits_fine vipguard detach && nothing_left
}
test_case "--detach-on-exit frees at once" detaches_on_exit

detach() {
	local rc=0
	exits_fine vipguard detach || return
	stays_start --dead-man 600s || return
	at cp1 vipguard detach >$RUN/said 2>&1 || rc=$?
	equal "exit of detach beside a guard" $rc 3 || return
	grep -q "another guard (pid $guard) .*stop it first" $RUN/said || fail "$(<$RUN/said)" || return
	equal "frames past it" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	kill -KILL $guard
	wait $guard
	exits_fine vipguard detach || return
	equal "frames at once" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	may_bind || fail "a bind is refused" || return
	nothing_left || return
	exits_fine vipguard detach
}
test_case "detach: everything, also of a dead guard, but not beside a living one" detach

# Wherever it keeps its pins, and only in its own network namespace.
elsewhere() {
	local rc=0
	stays_start || return
	timeout $WAIT nsenter --net=/run/netns/cp1 -- vipguard run --node cp1 --assignments $RUN/assignments.yaml --pin-dir /sys/fs/bpf/elsewhere \
		--socket $RUN/second.sock >/dev/null 2>$RUN/second || rc=$?
	equal "exit of the second guard" $rc 3 || return
	grep -q "another guard (pid $guard) runs in this network namespace" $RUN/second || fail "$(<$RUN/second)" || return
	[[ ! -e /sys/fs/bpf/elsewhere ]] || fail "it has made a folder"
}
test_case "a second guard with pins of its own is refused" elsewhere

# ---- tampering
config_edited() {
	stays_start --dead-man 3s || return
	edit_mode || return
	await "it to be noticed" "tampered degraded maps 'somebody wrote to vg_config: mode'" || return
	await "and repaired" "tampered recovered maps ''" || return
	equal "mode" "$(vipguard status -o json | jq -r .mode)" enforce || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0
}
test_case "an edited vg_config is put back, and is no order" config_edited

pins_taken() {
	stays_start --dead-man 6s || return
	rm -rf $PINS
	await "it to be noticed" "tampered degraded pins 'somebody took pins away'" || return
	await "and repaired" "tampered recovered pins ''" || return
	[[ -e $PINS/vg_vips && -n $(ls $PINS/links) ]] || fail "they are not back: $(find $PINS)" || return
	kill -KILL $guard
	wait $guard
	equal "frames of a dead guard's node" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0
}
test_case "pins that somebody took away are put back" pins_taken
