# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Ways of asking the kernel to answer for an address that test_matrix.sh does not show: in audit, renewed, joined, on links just made.

bind_ways="plain first second last many long repeated flagged replace write sendmmsg uring unshared passed ioctl"
other_ways="route proxy"

# each FUNCTION ADDRESS ADDRESS6: FUNCTION WAY ADDRESS for all ways there are
each() {
	local way address
	for way in $bind_ways $other_ways; do
		for address in "$2" "$3"; do
			"$1" "$way" "$address" || return
		done
	done
	"$1" addrt "$3" && "$1" sarp "$2"
}

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
	named_alike || return
	guard_stop
}

# A name alone excuses nothing that leads somewhere, by whatever request; what is of the kind stays excused.
named_alike() {
	at cp1 ip link add kube-lb0 type veth peer name vgpeer || return
	await "the guard to have read of it" '[[ $(at cp1 sneak kube-lb0 $VIP plain </dev/null) == *EPERM ]]' || return
	equal "ioctl on a veth that is called as a service dummy" "$(at cp1 sneak kube-lb0 $VIP ioctl </dev/null)" "SNEAK ioctl $VIP EPERM" || return
	equal "ioctl on a service dummy" "$(at cp1 sneak llb-rule-7 $VIP ioctl </dev/null)" "SNEAK ioctl $VIP ok" || return
	at cp1 ip link del kube-lb0
}
test_case "links younger than what was read of them" new_links
