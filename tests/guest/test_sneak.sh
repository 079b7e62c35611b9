# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Every way of asking the kernel to answer for an address, one by one: each works without the guard, none with it, and not for a moment;
# and each goes on working for an address that is nobody's VIP.

OTHER=192.0.2.77 # nobody's
OTHER6=2001:db8::77
bind_ways="plain first second last many long repeated flagged replace write sendmmsg uring unshared passed ioctl"
other_ways="route proxy"

# sneak_result WAY ADDRESS: "ok" or an errno's name
sneak_result() {
	at cp1 sneak eth0 "$2" "$1" </dev/null | sed -n "s/^SNEAK $1 $2 //p"
}

# Where the kernel keeps what WAY made of ADDRESS: nothing if it answers for it by no such thing
trace_of() {
	local family=-4 length=32
	[[ $2 == *:* ]] && family=-6 length=128
	case $1 in
	route) at cp1 ip $family route show table local type local | grep "^local $2 " ;;
	proxy | sarp) at cp1 ip $family neigh show proxy | grep "^$2 " ;;
	*) at cp1 ip -o addr show to "$2/$length" | grep . ;;
	esac
}

undo() {
	case $1 in
	route) at cp1 ip route del local "$2" dev lo table local ;;
	proxy | sarp) at cp1 ip neigh del proxy "$2" dev eth0 ;;
	*) at cp1 ip addr del "$2/$([[ $2 == *:* ]] && echo 128 || echo 32)" dev eth0 ;;
	esac
}

# each FUNCTION ADDRESS ADDRESS6: FUNCTION WAY ADDRESS for all ways there are
each() {
	local way address
	for way in $bind_ways $other_ways; do
		for address in "$2" "$3"; do
			"$1" "$way" "$address" || return
		done
	done
	"$1" sarp "$2"
}

works() {
	equal "$1 of $2" "$(sneak_result "$1" "$2")" ok || return
	trace_of "$1" "$2" >/dev/null || fail "$1 left no trace of $2" || return
	undo "$1" "$2"
}

refused() {
	equal "$1 of $2" "$(sneak_result "$1" "$2")" EPERM || return
	! trace_of "$1" "$2" || fail "$1 of $2 was refused, and left this"
}

# monitored COMMAND...: fails if the kernel tells of any address or route of the VIPs meanwhile
monitored() {
	local monitor rc=0
	spawn cp1 ip -o monitor address route >$RUN/monitor
	monitor=$spawned
	# it listens once it tells of this
	await "the monitor" "at cp1 ip addr replace 203.0.113.99/32 dev lo; grep -q 203.0.113.99 $RUN/monitor" || return
	"$@" || rc=$?
	at cp1 ip addr del 203.0.113.99/32 dev lo
	await "the monitor to be through" "grep -q '^Deleted.*203.0.113.99' $RUN/monitor" || rc=1
	kill $monitor
	! grep -E "[ /]($VIP|$VIP6)[/ ]" $RUN/monitor || rc=1
	return $rc
}

without_guard() {
	each works $VIP $VIP6
}
test_case "each way works without the guard" without_guard

with_guard_none() {
	local how
	guard_start enforce || return
	monitored each refused $VIP $VIP6 || return
	for how in netlink ioctl route proxy; do
		await_event ".event == \"bind\" and .address == \"$VIP\" and .how == \"$how\" and .action == \"denied\" and .comm == \"sneak\"" || return
	done
	for how in netlink ioctl route proxy; do
		await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"$how\" and .action == \"denied\"" || return
	done
	equal "removals" "$(events '.action == "removed"' | wc -l)" 0 || return
	guard_stop
}
test_case "none with it, not for a moment" with_guard_none

innocent_ways() {
	guard_start enforce || return
	each works $OTHER $OTHER6 || return
	equal "events with an action" "$(events '.action == "denied" or .action == "removed" or .action == "dropped"' | wc -l)" 0 || return
	guard_stop
}
test_case "each way works for an address that is nobody's" innocent_ways

# Audit says what enforce would refuse, also where no insert hook looks.
audit_ways() {
	local how
	guard_start audit || return
	each works $VIP $VIP6 || return
	for how in netlink ioctl route proxy; do
		await_event ".event == \"bind\" and .address == \"$VIP\" and .how == \"$how\" and .action == \"would-deny\"" || return
		await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"$how\" and .action == \"would-deny\"" || return
	done
	equal "events with an action" "$(events '.action == "denied" or .action == "removed" or .action == "dropped"' | wc -l)" 0 || return
	guard_stop
}
test_case "audit lets each pass and says so" audit_ways

# An address that is there already: neither renewed nor given another life.
renewal() {
	at cp1 ip addr add $VIP/32 dev eth0 valid_lft 500 preferred_lft 400
	guard_start enforce --act deny || return
	refused_renewal || return
	at cp1 ip -o addr show to $VIP/32 | grep -q 'preferred_lft [34]..sec' || fail "the VIP has another life" || return
	guard_stop
}
refused_renewal() {
	equal "renewal" "$(sneak_result replace $VIP)" EPERM
}
test_case "an address that is there is not renewed" renewal

# The membership ends with its socket, so it is looked at meanwhile.
join() {
	local want=$1 address=$2 hex fd
	hex=$(sed 's/.*:://' <<<"$address")
	: >$RUN/join
	mkfifo $RUN/join.in
	exec {fd}<>$RUN/join.in
	spawn cp1 sneak eth0 "$address" anycast <$RUN/join.in {fd}>&- >$RUN/join
	rm $RUN/join.in
	await "the join" "grep -q ^SNEAK $RUN/join" || return
	equal "join of $address" "$(sed 's/.* //' $RUN/join)" "$want" || return
	equal "memberships" "$(at cp1 grep -c "0$hex " /proc/net/anycast6 || true)" "$([[ $want == ok ]] && echo 1 || echo 0)" || return
	exec {fd}>&-
	wait $spawned || [[ $want != ok ]]
}

anycast() {
	join ok $VIP6 || return
	guard_start enforce || return
	join EPERM $VIP6 || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"anycast\" and .action == \"denied\"" || return
	join ok $OTHER6 || return
	guard_stop
}
test_case "an IPv6 anycast join" anycast

# What makes a local route for another reason is left alone: TPROXY's, a load balancer's network, tables of their own.
routes() {
	guard_start enforce || return
	at cp1 ip route add local 0.0.0.0/0 dev lo table 100 || fail "TPROXY's route was refused" || return
	at cp1 ip route add local 192.0.2.240/28 dev lo || fail "a wider local route was refused" || return
	at cp1 ip route add local $VIP/32 dev lo table 100 || fail "a route in its own table was refused" || return
	at cp1 ip -6 route add local ::/0 dev lo table 100 || fail "TPROXY's IPv6 route was refused" || return
	at cp1 ip route del local 192.0.2.240/28 dev lo || return
	at cp1 ip route flush table 100
	at cp1 ip -6 route flush table 100
	guard_stop
}
test_case "other local routes are left alone" routes

# Links made this moment: a wrong bind is refused there at once, a service dummy's never.
new_links() {
	guard_start enforce || return
	kill -STOP $guard # it cannot read of them
	at cp1 ip link add vgnew type dummy || return
	at cp1 ip link add kube-ipvs0 type dummy || return
	! at cp1 ip addr add $VIP/32 dev vgnew 2>/dev/null || fail "bound on a new link" || return
	at cp1 ip addr add $VIP/32 dev kube-ipvs0 || fail "a new service dummy's address was refused" || return
	at cp1 ip link set vgnew name llb-rule-7 || return
	at cp1 ip addr add $VIP/32 dev llb-rule-7 || fail "a renamed service dummy's address was refused" || return
	at cp1 ip link set kube-ipvs0 name vgold || return
	! at cp1 ip addr add $VIP6/128 dev vgold 2>/dev/null || fail "bound on a link that is no service dummy any more" || return
	kill -CONT $guard
	await_event ".event == \"bind\" and .address == \"$VIP\" and .interface == \"vgnew\" and .action == \"denied\"" || return
	guard_stop
}
test_case "links younger than what was read of them" new_links
