# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Roads on which frames leave past tc: PACKET_QDISC_BYPASS has no effect, and harms no other option; what had it before, AF_XDP and XDP are
# reported. Frames are counted at the far end of the wire. Under lockdown=confidentiality frames that leave past tc cannot be read: they are
# counted, and who sends them is known by the socket.

CGROUP=/sys/fs/cgroup/vgtest

bypassing() {
	at cp1 blast --link eth0 --vip $VIP --count 20 --form arp-reply --qdisc-bypass "$@" | grep -q '^SENT' # dropped ones are errors of the send
}

# frames WANT COMMAND...: so many claims reach the client
frames() {
	local want=$1 got
	shift
	got=$(witness_count "$@") || return
	equal "claims that reached the client by $*" "$got" "$want"
}

options() {
	at cp1 roads options </dev/null
}

option() {
	sed -n "s/^OPTION $1 //p" $RUN/options
}

# Also for what comes after: without the guard the option works, and frames leave by AF_XDP.
roads_open() {
	at cp1 sysctl -qw net.ipv4.igmp_max_msf=2000
	frames 20 bypassing || return
	frames 20 at cp1 roads xsk eth0 $VIP 20 </dev/null || return
	options >$RUN/options.before || return
	cat $RUN/options.before
	grep -qx 'OPTION bypass ok 1' $RUN/options.before && grep -qx 'OPTION sources ok' $RUN/options.before
}
test_case "without the guard frames leave past tc" roads_open

# bypass_event FILTER
bypass_event() {
	await_event ".event == \"bypass\" and $1"
}

# past_event FILTER: a frame that left past tc is reported, where it can be read
past_event() {
	lockdown || await_event ".event == \"announce\" and $1"
}

# How many frames are known to have left so.
past_frames() { counter "$(lockdown && echo past_unparsed || echo announce_past)"; }

swallowed() {
	early guard_start enforce --dead-man 30s || return
	frames 0 bypassing --comm bypasser || return
	bypass_event '.how == "qdisc-bypass" and .action == "denied" and .comm == "bypasser" and .pid' || return
	await_event ".event == \"announce\" and .action == \"dropped\" and .comm == \"bypasser\"" || return
	equal "option" "$(vipguard status -o json | jq '.counters.bypass_swallowed')" 1 || return
	# nothing else is another than before
	options >$RUN/options || return
	equal "the option itself" "$(option bypass)" "ok 0" || return
	diff <(grep -v '^OPTION bypass ' $RUN/options.before) <(grep -v '^OPTION bypass ' $RUN/options) || return
	elsewhere && nested || return
	af_xdp || return
	vipguard mode audit >/dev/null || return
	frames 20 bypassing --comm auditee || return
	bypass_event '.how == "qdisc-bypass" and .action == "would-deny" and .comm == "auditee"' || return
	past_event ".address == \"$VIP\" and .comm == \"auditee\" and .action == \"none\" and (.why | test(\"QDISC_BYPASS\"))" || return
	vipguard mode enforce >/dev/null || return
	outlives
}

# It stays when the guard dies, and goes with the rest.
outlives() {
	kill -KILL $guard
	wait $guard
	guard=''
	options >$RUN/options && equal "option without the guard" "$(option bypass)" "ok 0" || return
	at cp1 vipguard detach || return
	options >$RUN/options && equal "option after detach" "$(option bypass)" "ok 1"
}

# early COMMAND...: what had the option before COMMAND made a guard is reported, exactly
early() {
	local sender
	spawn cp1 blast --link eth0 --vip $VIP --count 1000000 --gap-us 20000 --form arp-reply --qdisc-bypass --comm early >/dev/null
	sender=$spawned
	"$@" || return
	past_event ".verdict == \"violation\" and .action == \"none\" and .comm == \"early\" and .pid == $sender and
		.interface == \"eth0\" and .how == \"arp-reply\" and (.why | test(\"QDISC_BYPASS\"))" || return
	await "its frames to be counted" "((\$(past_frames) > 0))" || return
	kill $sender
	await "it to end" "! pgrep -x early >/dev/null"
}

# Nothing stops these; they are said, all of them.
af_xdp() {
	local before
	before=$(past_frames)
	frames 20 at cp1 roads xsk eth0 $VIP 20 </dev/null || return
	equal "frames counted that left past tc" $(($(past_frames) - before)) 20 || return
	xdp || return
	bypass_event '.how == "af-xdp" and .interface == "eth0" and .action == "none" and .comm == "roads" and .why' || return
	past_event ".address == \"$VIP\" and .comm == \"roads\" and .action == \"none\" and (.why | test(\"AF_XDP\"))"
}

# By a bpf_link, which nothing tells of.
xdp() {
	local holder
	spawn cp1 roads xdp eth0 <>$RUN/never >$RUN/xdp
	holder=$spawned
	await "the XDP program" "grep -q ATTACHED $RUN/xdp" || return
	bypass_event '.how == "xdp" and .interface == "eth0" and .action == "none" and .program > 0' || return
	kill $holder
}

# Another network namespace has its option.
elsewhere() {
	equal "option elsewhere" "$(at worker1 roads options </dev/null | sed -n 's/^OPTION bypass //p')" "ok 1"
}

in_cgroup() {
	(
		echo $BASHPID >$CGROUP/cgroup.procs
		options
	) >$RUN/options
}

# Somebody else's program on a cgroup of its own: what it refuses stays refused, what it changes stays changed.
nested() {
	mkdir -p $CGROUP
	roads cgroup $CGROUP seven || return
	in_cgroup || return
	equal "priority by another program" "$(option priority)" "ok 7" || return
	roads cgroup $CGROUP deny || return
	in_cgroup || return
	equal "options refused by another program" "$(grep -c EPERM $RUN/options)" "$(grep -vc nothing $RUN/options.before)"
}
test_case "PACKET_QDISC_BYPASS has no effect in enforce, and no other option another one" swallowed

