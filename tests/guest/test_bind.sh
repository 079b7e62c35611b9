# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Binds: refused where the kernel lets us, removed where not, by every way in; and what must stay stays.

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

innocent() {
	local mode=$1 frames
	at cp1 ip link add kube-ipvs0 type dummy || return
	at cp1 ip link set kube-ipvs0 up
	guard_start "$mode" || return
	# ours by assignment, protected, nobody's, and the VIP where a proxy keeps it
	at cp1 ip addr add 192.0.2.251/32 dev eth0 || fail "the node's own VIP was refused" || return
	at cp1 ip addr add 192.0.2.2/32 dev eth0 || fail "a protected address was refused" || return
	at cp1 ip addr add 203.0.113.7/32 dev eth0 || fail "an unrelated address was refused" || return
	at cp1 ip addr add 2001:db8::2/128 dev eth0 nodad || fail "a protected address was refused" || return
	at cp1 ip addr add $VIP/32 dev kube-ipvs0 || fail "a service dummy's address was refused" || return
	await_event '.event == "bind" and .address == "192.0.2.251" and .verdict == "allowed" and .reason == "assigned-here"' || return
	await_event '.event == "bind" and .address == "192.0.2.2" and .verdict == "protected" and .reason == "protect-list"' || return
	await_event '.event == "bind" and .address == "203.0.113.7" and .verdict == "unrelated" and .reason == "no-service"' || return
	await_event '.event == "bind" and .address == "2001:db8::2" and .verdict == "protected"' || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .interface == \"kube-ipvs0\" and .reason == \"service-dummy\"" || return
	await_event '.event == "bind" and .address == "192.0.2.11" and .how == "preexisting" and .reason == "node-address"' || return
	frames=$(witness_count at cp1 blast --link eth0 --vip 192.0.2.2 --count 10 --form arp-reply) || return
	equal "a protected address's announcements" "$frames" 10 || return
	frames=$(witness_count at cp1 blast --link eth0 --vip 192.0.2.251 --count 10 --form arp-reply) || return
	equal "an assigned address's announcements" "$frames" 10 || return
	guard_stop || return
	for address in 192.0.2.251 192.0.2.2 203.0.113.7 2001:db8::2 $VIP 192.0.2.11 2001:db8::11; do
		bound $address || return
	done
	equal "events with an action" "$(events '.action == "denied" or .action == "removed" or .action == "dropped"' | wc -l)" 0
}
test_case "what is right is never touched (enforce)" innocent enforce
test_case "what is right is never touched (audit)" innocent audit

ranges() {
	guard_start enforce || return
	! at cp1 ip addr add 198.51.100.9/32 dev eth0 2>/dev/null || fail "an address of a reserved range could be bound" || return
	at cp1 ip addr add 198.51.100.16/32 dev eth0 || fail "one beyond the range was refused" || return
	await_event '.event == "bind" and .address == "198.51.100.9" and .action == "denied" and .reason == "assigned-elsewhere"' || return
	guard_stop
}
test_case "ranges hold for each of their addresses" ranges

# A guard that takes over stands beside what the one before it left, for as long as the kernel takes to let go: a bind is one fact all the same.
binds_without_end() {
	at cp1 bash -c 'for ((i = 0; ; i++)); do
		echo "addr add 10.$((i >> 16)).$((i >> 8 & 255)).$((i & 255))/32 dev lo"
		echo "addr del 10.$((i >> 16)).$((i >> 8 & 255)).$((i & 255))/32 dev lo"
	done | ip -batch - 2>/dev/null' &
	binder=$!
}
told_times() { events '.event == "bind" and .how == "netlink" and (.address | startswith("10."))' | jq -s "group_by(.address) | map(map(.count // 1) | add) | map(select($1)) | length"; }
told_once() {
	local binder
	guard_start audit --dead-man 10m || return
	kill -KILL $guard
	wait $guard || true
	binds_without_end
	guard_start audit || return
	await "binds to be told" "((\$(told_times '. >= 1') > 100))" || return
	pkill -x ip
	wait $binder || true
	guard_stop || return
	equal "addresses that were told of more than once" "$(told_times '. > 1')" 0
}
test_case "a bind while a guard takes over is told once" told_once
