# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the guest's tests have in common: one LAN with three nodes, the guard on cp1, a rogue there, a witness at the client.
#
#   cp1 192.0.2.11   worker1 192.0.2.21 (holds the VIPs, never binds one on its NIC)   client 192.0.2.100
#   all on one bridge; frames are judged at the client's end of the wire.
#
# Nothing sleeps: every wait is for an event, with a bound.

VIP=192.0.2.240
VIP6=2001:db8::240
CP1_MAC=02:00:00:00:00:0b
WORKER1_MAC=02:00:00:00:00:15
CLIENT_MAC=02:00:00:00:00:64
RUN=/run/vg
EVENTS=$RUN/events
PINS=/sys/fs/bpf/vipguard
export VIPGUARD_SOCKET=$RUN/guard.sock
WAIT=60 # seconds at most for anything; emulated machines are slow

passed=0 failed=0

# In a node's network namespace. Not `ip netns exec`: that would hide bpffs behind a new /sys.
at() {
	local node=$1
	shift
	nsenter --net="/run/netns/$node" -- "$@"
}

# The same in the background, its pid in $spawned: nsenter(1) becomes the program, while a function put in the background would
# stay a shell that a signal does not get through.
spawned=''
spawn() {
	local node=$1
	shift
	nsenter --net="/run/netns/$node" -- "$@" <&0 & # without <&0 the shell gives it /dev/null
	spawned=$!
}

# ---- the LAN

add_node() {
	local node=$1 mac=$2 v4=$3 v6=$4
	ip netns add "$node"
	ip link add "p-$node" type veth peer name eth0 netns "$node" address "$mac"
	ip link set "p-$node" master br0 up
	at "$node" ip link set lo up
	at "$node" sysctl -qw net.ipv6.conf.eth0.dad_transmits=1
	at "$node" ip addr add "$v4/24" dev eth0
	at "$node" ip addr add "$v6/64" dev eth0 nodad
	at "$node" ip link set eth0 up
}

# A link-local address is tentative for a second or two; NDP needs it.
await_link_local() {
	local node
	for node in cp1 worker1 client; do
		await "link-local address of $node" "[[ -n \$(at $node ip -6 addr show dev eth0 scope link -tentative) ]]"
	done
}

lan_up() {
	mkdir -p $RUN
	ip link add br0 type bridge mcast_snooping 0
	ip link set br0 up
	add_node cp1 $CP1_MAC 192.0.2.11 2001:db8::11
	add_node worker1 $WORKER1_MAC 192.0.2.21 2001:db8::21
	add_node client $CLIENT_MAC 192.0.2.100 2001:db8::100
	# worker1 serves the VIPs without having them on its NIC: the holder answers ARP and NDP, as a speaker does
	at worker1 sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
	at worker1 ip addr add $VIP/32 dev lo
	at worker1 ip addr add $VIP6/128 dev lo nodad
	local node
	for node in cp1 worker1; do
		spawn $node tcphello serve --address 0.0.0.0 --port 8080 --say $node >$RUN/hello-$node
		spawn $node tcphello serve --address :: --port 8080 --say $node >$RUN/hello6-$node
	done
	await_link_local
	spawn worker1 holder --link eth0 --vip $VIP --vip $VIP6 >$RUN/holder
	await "worker1 to answer" "client_reaches worker1"
}

# Which node answers the client at the VIP: prints its name, or "nobody".
client_asks() {
	at client tcphello ask --address "${1:-$VIP}" --port 8080 --timeout 3000 2>/dev/null || echo nobody
}

client_reaches() {
	[[ $(client_asks $VIP) == "$1" ]]
}

client_mac() {
	at client ip -json neigh show "${1:-$VIP}" dev eth0 | jq -r '.[0].lladdr // "none"'
}

# Everything on cp1 back to where it was, and the client's mind emptied. After every test, and a process takes a guest tens of milliseconds.
cp1_reset() {
	local link address
	at cp1 ip -o addr show dev eth0 scope global | while read -r _ _ _ address _; do
		[[ $address != */32 && $address != */128 ]] || echo "addr del $address dev eth0"
	done >$RUN/reset
	at cp1 ip -o link show type dummy | while read -r _ link _; do
		echo "link del ${link%:}"
	done >>$RUN/reset
	[[ ! -s $RUN/reset ]] || at cp1 ip -force -batch $RUN/reset || true
	at cp1 ip addr replace 2001:db8::11/64 dev eth0 nodad # a link that was down has lost it
	at client ip neigh flush dev eth0
}

# ---- waiting

# await WHAT CONDITION: until CONDITION (shell) holds; tried again after each of the kernel's or the guard's events would be
# best, but a condition can be anything, so it is tried every 50 ms.
await() {
	local what=$1 condition=$2 end=$((SECONDS + WAIT))
	until eval "$condition"; do
		((SECONDS < end)) || {
			echo "timed out waiting for: $what"
			return 1
		}
		read -rt 0.05 <>$RUN/never || true
	done
}

# await_event FILTER [FILE]: the first event line (from the start of the file) that the jq filter selects, on standard output.
await_event() {
	local filter=$1 file=${2:-$EVENTS} fd tail rc=0
	exec {fd}< <(exec tail -n +1 -f "$file" 2>/dev/null)
	tail=$!
	timeout $WAIT jq -nec --unbuffered "first(inputs | select($filter))" <&"$fd" || rc=$?
	exec {fd}<&-
	kill $tail 2>/dev/null || true
	((rc == 0)) || {
		echo "no event came for: $filter; these did:" >&2
		tail -n 20 "$file" >&2
	}
	return $rc
}

events() {
	jq -c "select($1)" "$EVENTS"
}

# ---- the guard

write_assignments() {
	cat >$RUN/assignments.yaml <<-YAML
		version: 1
		assignments:
		  - {address: $VIP, service: default/web, nodes: [worker1], bind: nobody}
		  - {address: "$VIP6", service: default/web, nodes: [worker1], bind: nobody}
		  - {address: 192.0.2.250, service: default/held, nodes: [worker1]}
		  - {address: 192.0.2.251, service: default/mine, nodes: [cp1]}
		  - {address: 198.51.100.0/28, service: pool/range, nodes: []}
		protect: [192.0.2.2, "2001:db8::2"]
	YAML
}

# A test leaves a clean kernel behind; those of what a guard leaves take this away.
export VIPGUARD_DETACH_ON_EXIT=true
guard=''
guard_wrap=() # a command that runs the guard, with less privilege say
# guard_start MODE [OPTION...]: until it is ready. Its events are in $EVENTS.
guard_start() {
	local mode=$1
	shift
	: >$EVENTS
	spawn cp1 "${guard_wrap[@]}" vipguard run --mode "$mode" --node cp1 --assignments $RUN/assignments.yaml --log-format json --period 60s "$@" \
		>>$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "ready"' >/dev/null || {
		cat $RUN/guard.err
		return 1
	}
}

# Ends it, and fails if it did not end well.
guard_stop() {
	local rc=0
	[[ -n $guard ]] || return 0
	kill -TERM "$guard" 2>/dev/null
	wait "$guard" || rc=$?
	guard=''
	((rc == 0)) || {
		echo "the guard ended with $rc:"
		cat $RUN/guard.err
	}
	return $rc
}

# with_guard MODE [OPTION...] -- FUNCTION [ARG...]; MODE none: without it
with_guard() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	if [[ ${options[0]} == none ]]; then
		"$@"
	else
		guard_start "${options[@]}" && "$@" && guard_stop
	fi
}

# ---- tampering

# tampered EVENT WHAT PATTERN: the guard has said so
tampered() { (($(events ".event == \"$1\" and .what == \"$2\" and (.why // \"\" | test(\"$3\"))" | wc -l) >= 1)); }

# Audit, in the kernel's own words: the mode is the second of vg_config's four-byte fields, and becomes zero.
edit_mode() {
	local config
	read -ra config < <(bpftool -j map dump pinned $PINS/vg_config | jq -r '.[0].value | join(" ")')
	((${#config[@]} > 8)) || fail "bpftool shows no bytes" || return
	config[4]=0x00
	bpftool map update pinned $PINS/vg_config key hex 00 00 00 00 value hex "${config[@]#0x}"
}

# ---- the rogue

rogue_wrap=() # a command that runs it, in a Pod's cgroup say
# rogue_start [OPTION...]: kube-vip's double on cp1 with both VIPs
rogue_start() {
	: >$RUN/rogue
	spawn cp1 "${rogue_wrap[@]}" rogue --link eth0 --vip $VIP --vip $VIP6 --rate 500 "$@" >>$RUN/rogue 2>&1
	await "the rogue" "grep -q ^READY $RUN/rogue"
}

# By name: it may have been started in a subshell.
rogue_stop() {
	pkill -TERM -x kube-vip
	await "the rogue to end" "! pgrep -x kube-vip >/dev/null"
}

# rogue_said N PATTERN: at least N lines match
rogue_said() {
	(($(grep -cE "$2" $RUN/rogue || true) >= $1))
}

# ---- cgroups, as a kubelet names them

CGROUPS=/sys/fs/cgroup

# pod_cgroup UID CONTAINER: makes the systemd driver's, and puts the command that runs another one in it into $in_pod
in_pod=()
pod_cgroup() {
	local folder=$CGROUPS/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${1//-/_}.slice/cri-containerd-$2.scope
	mkdir -p "$folder" || return
	# shellcheck disable=SC2016,SC2034 # for the other shell; for others
	in_pod=(bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$folder")
}

# ---- the witness

witness_more=() # VIPs that it looks for besides
witness_mac=(--mac-not "$WORKER1_MAC") # whose claims

# witness_count COMMAND...: how many claims on the VIPs from elsewhere than worker1 reached the client while COMMAND ran. On
# standard output the number; what was seen is in $RUN/witness. Fails if COMMAND does.
witness_count() {
	local fd rc=0 pid
	: >$RUN/witness
	mkfifo $RUN/witness.in
	# read and write: to open one end alone would wait for the other
	exec {fd}<>$RUN/witness.in
	spawn client witness --link eth0 --vip $VIP --vip $VIP6 --vip 192.0.2.250 --vip 192.0.2.251 --vip 192.0.2.2 "${witness_more[@]/#/--vip=}" \
		"${witness_mac[@]}" --until-stdin-eof <$RUN/witness.in {fd}>&- >$RUN/witness 2>&1
	pid=$spawned
	rm $RUN/witness.in
	await "the witness" "grep -q 'WITNESS READY' $RUN/witness" >&2 || rc=1
	"$@" {fd}>&- >&2 || rc=$?
	exec {fd}>&-
	wait $pid || rc=1
	grep '^{' $RUN/witness | jq '[.claims[].count] | add // 0'
	return $rc
}

# ---- asserting

fail() {
	echo "$*"
	return 1
}

# equal WHAT GOT WANTED
equal() {
	[[ $2 == "$3" ]] || fail "$1: expected $3, got $2"
}

at_least() {
	(($2 >= $3)) || fail "$1: expected at least $3, got $2"
}

is_bound() {
	[[ -n $(at cp1 ip -o addr show to "$1") ]]
}

bound() {
	is_bound "$1" || fail "$1 is not bound on cp1"
}

not_bound() {
	! is_bound "$1" || fail "$1 is bound on cp1"
}

# test_case NAME FUNCTION [ARG...]
test_case() {
	local name=$1 began=$SECONDS
	shift
	if ("$@") >$RUN/output 2>&1; then
		passed=$((passed + 1))
		echo "ok $name ($((SECONDS - began)) s)"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/    /' $RUN/output
		[[ ! -s $RUN/guard.err ]] || sed 's/^/    guard: /' $RUN/guard.err
	fi
	clean_up
}

# A test runs in a subshell; what it left running is ended here, by name of the programs under test.
clean_up() {
	pkill -KILL -x 'vipguard|kube-vip|rogue|blast|roads|early|witness' 2>/dev/null || true # it warns of a long pattern
	rm -rf $PINS
	rm -f $RUN/witness.in
	at cp1 tc qdisc del dev eth0 clsact 2>/dev/null || true
	cp1_reset
	write_assignments
}

summary() {
	echo "$passed passed, $failed failed"
	((passed > 0 && failed == 0))
}
