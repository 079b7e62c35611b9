# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of guard.sh and lib.sh
# Binds that are no address: local routes, proxy neighbours, anycast memberships; there before the guard, and while it runs.

# What answers for a VIP, and what looks like it and must stay.
wrong_answers() {
	at cp1 ip route add local $VIP/32 dev lo && at cp1 ip route add local $VIP/32 dev lo table main proto 248 &&
		at cp1 ip -6 route add local $VIP6/128 dev lo && at cp1 ip neigh add proxy $VIP dev eth0 && at cp1 ip -6 neigh add proxy $VIP6 dev eth0
}
# A thousand of the other routes, since a node may have very many.
right_answers() {
	at cp1 ip route add local 192.0.2.77/32 dev lo && at cp1 ip route add local 192.0.2.240/28 dev lo && at cp1 ip route add local $VIP/32 dev lo table 100 &&
		at cp1 ip -6 route add local 2001:db8::77/128 dev lo && at cp1 ip neigh add proxy 192.0.2.77 dev eth0 &&
		at cp1 ip link add kube-ipvs0 type bridge && at cp1 ip link set kube-ipvs0 up && at cp1 ip addr add 192.0.2.250/32 dev kube-ipvs0 &&
		seq -f 'route add 203.0.113.%.0f/32 via 192.0.2.21 table 200' 1 250 | at cp1 ip -batch - &&
		seq -f 'route add 198.51.100.%.0f/32 via 192.0.2.21' 100 250 | at cp1 ip -batch -
}
count_answers() {
	at cp1 sh -c 'ip -4 route show table local type local; ip -4 route show table main type local; ip -6 route show table local type local
		ip -4 neigh show proxy; ip -6 neigh show proxy' | grep -cE "^(local )?($VIP|$VIP6) "
}
count_right() {
	at cp1 sh -c 'ip -4 route show table all; ip -6 route show table all; ip -4 neigh show proxy; ip -6 neigh show proxy' |
		grep -cE '^(local )?(192\.0\.2\.77|192\.0\.2\.240/28|192\.0\.2\.240 dev lo table 100|2001:db8::77|192\.0\.2\.250|192\.0\.2\.11|203\.0\.113\.|198\.51\.100\.)'
}
no_answers() { (($(count_answers) == 0)); }

# answers_removed HOW: each kind is said and gone, and nothing else is
answers_removed() {
	local address as key=how
	[[ $1 == preexisting ]] && key=as
	for address in $VIP $VIP6; do
		for as in route proxy; do
			await_event ".event == \"bind\" and .address == \"$address\" and .$key == \"$as\" and .action == \"removed\" and .reason == \"owner-never-binds\"" \
				>/dev/null || return
		done
	done
	await "nothing to answer for the VIPs" no_answers
}

answers() {
	local right
	wrong_answers && right_answers || return
	right=$(count_right)
	equal "answers at first" "$(count_answers)" 5 || return
	at_least "routes beside" "$right" 400 || return
	guard_start audit "${BLIND[@]}" --period 500ms || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .how == \"preexisting\" and .as == \"route\" and .action == \"would-remove\"" >/dev/null || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"preexisting\" and .as == \"proxy\" and .action == \"would-remove\"" >/dev/null || return
	equal "facts of one route" "$(events ".event == \"bind\" and .address == \"$VIP\" and .as == \"route\"" | wc -l)" 1 || return
	equal "answers under audit" "$(count_answers)" 5 || return
	vipguard mode enforce >/dev/null || return
	answers_removed preexisting || return
	: >$EVENTS
	wrong_answers || return
	answers_removed now || return
	equal "what is right" "$(count_right)" "$right" || return
	equal "binds said of what is nobody's, or the kernel's own" "$(events '.event == "bind" and (.address == "192.0.2.77" or .address == "192.0.2.250" or .address == "192.0.2.11")' | wc -l)" 0 || return
	anycast_said || return
	guard_stop || return
	# the test would notice: without the guard they stay
	wrong_answers && equal "answers without the guard" "$(count_answers)" 5
	clean_answers
}

# It is a socket's, and cannot be taken from it.
anycast_said() {
	local joiner rc=0
	spawn cp1 python3 -c 'import signal, socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, 27, socket.inet_pton(socket.AF_INET6, sys.argv[1]) + struct.pack("I", socket.if_nametoindex("eth0")))
signal.pause()' $VIP6
	joiner=$spawned
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"anycast\" and .action == \"logged\"" >/dev/null || rc=1
	kill $joiner
	await_event ".event == \"unbind\" and .address == \"$VIP6\" and .how == \"anycast\"" >/dev/null || rc=1
	return $rc
}

clean_answers() {
	at cp1 sh -c "ip route del local $VIP dev lo; ip route del local $VIP dev lo table main; ip -6 route del local $VIP6 dev lo; ip neigh del proxy $VIP dev eth0
		ip -6 neigh del proxy $VIP6 dev eth0; ip route del local 192.0.2.77 dev lo; ip route del local 192.0.2.240/28 dev lo; ip route flush table 100
		ip -6 route del local 2001:db8::77 dev lo; ip neigh del proxy 192.0.2.77 dev eth0; ip link del kube-ipvs0; ip route flush table 200
		ip route flush via 192.0.2.21"
}
test_case "routes, proxies and anycast: preexisting and new ones are removed, others are not" answers
