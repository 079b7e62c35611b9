# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Binds: refused where the kernel lets us, removed where not, and what must stay stays. Every way in, one by one: test_matrix.sh.

# bind_once OPTION...: one bind of both VIPs, no announcement
bind_once() {
	rogue_start --bind-once --no-announce "$@"
	await "both binds" "rogue_said 1 '^BIND $VIP ' && rogue_said 1 '^BIND $VIP6 '" || cat $RUN/rogue
}

removed() {
	guard_start enforce --act remove "$@" || return
	bind_once || return
	await "the VIPs to go" "! is_bound $VIP && ! is_bound $VIP6" || return
	for address in $VIP $VIP6; do
		await_event ".event == \"bind\" and .address == \"$address\" and .action == \"removed\" and .verdict == \"violation\" and .prefix >= 32" || return
	done
	guard_stop
}
test_case "removed when it is not to be refused" removed

by_ioctl() {
	guard_start enforce --without deny-ioctl || return
	bind_once --how ioctl || return
	await "the VIPs to go" "! is_bound $VIP && ! is_bound $VIP6" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .how == \"ioctl\" and .action == \"removed\" and .comm == \"kube-vip\"" || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"ioctl\" and .action == \"removed\" and .comm == \"kube-vip\"" || return
	guard_stop
}
test_case "binds by ioctl are removed" by_ioctl

unbind_is_seen() {
	guard_start audit || return
	bind_once || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"would-deny\"" || return
	at cp1 ip addr del $VIP/32 dev eth0 || return
	await_event ".event == \"unbind\" and .address == \"$VIP\" and .interface == \"eth0\"" || return
	guard_stop
}
test_case "a removal by others is seen" unbind_is_seen

# The VIP comes first and becomes primary of 192.0.2.192/26; an innocent address of that network would go with it.
cascade() {
	at cp1 sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.eth0.promote_secondaries=0
	at cp1 ip addr add $VIP/26 dev eth0
	at cp1 ip addr add 192.0.2.200/26 dev eth0
	guard_start enforce || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .verdict == \"violation\" and .action == \"none\" and (.why | contains(\"192.0.2.200\"))" || return
	bound $VIP && bound 192.0.2.200 || return
	guard_stop || return
	at cp1 ip addr del 192.0.2.200/26 dev eth0
	at cp1 ip addr del $VIP/26 dev eth0
}
test_case "a removal that would cascade is refused and said" cascade

ranges() {
	guard_start enforce || return
	! at cp1 ip addr add 198.51.100.9/32 dev eth0 2>/dev/null || fail "an address of a reserved range could be bound" || return
	at cp1 ip addr add 198.51.100.16/32 dev eth0 || fail "one beyond the range was refused" || return
	await_event '.event == "bind" and .address == "198.51.100.9" and .action == "denied" and .reason == "assigned-elsewhere"' || return
	guard_stop
}
test_case "ranges hold for each of their addresses" ranges

# A guard that takes over stands beside what the one before it left for as long as the kernel takes to let go: a bind is one fact all the same.
told_times() {
	events '.event == "bind" and .how == "netlink" and (.address | startswith("10."))' | jq -s "group_by(.address) | map(map(.count // 1) | add) | map(select($1)) | length"
}
told_once() {
	guard_start audit --dead-man 10m || return
	kill -KILL $guard
	wait $guard || true
	at cp1 bash -c 'for ((i = 0; ; i++)); do
		echo "addr add 10.0.$((i >> 8 & 255)).$((i & 255))/32 dev lo"
		echo "addr del 10.0.$((i >> 8 & 255)).$((i & 255))/32 dev lo"
		read -rt 0.02 <>/run/vg/never
	done | ip -batch - 2>/dev/null' &
	guard_start audit || return
	await "binds to be told" "((\$(told_times '. >= 1') > 100))" || return
	pkill -x ip
	guard_stop || return
	equal "addresses told of more than once" "$(told_times '. > 1')" 0
}
test_case "a bind while a guard takes over is told once" told_once
