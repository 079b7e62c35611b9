# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2120 # dir is run.sh's
#
# The link that all nodes share: a bridge in the namespace of this shell, where the API server is too; worker1, worker2 and client in
# namespaces of their own, cp1's end a tap device.
#
#   192.0.2.5 API server   .11 cp1 (the guest)   .21 worker1   .22 worker2   .50 client; IPv6 2001:db8::<the same>
#   192.0.2.10 the control plane's VIP   192.0.2.100-199, 2001:db8::100-1ff MetalLB's pool

CP_VIP=192.0.2.10
mac_of() {
	case $1 in
	cp1) echo 00:00:5e:00:53:11 ;;
	worker1) echo 00:00:5e:00:53:21 ;;
	worker2) echo 00:00:5e:00:53:22 ;;
	client) echo 00:00:5e:00:53:50 ;;
	esac
}

say() {
	printf 'e2e: %5.1f %s\n' "$((SECONDS))" "$*" >&2
}

# await WHAT CONDITION [SECONDS]: until CONDITION (shell) holds; there is nothing that tells when
await() {
	local end=$((SECONDS + ${3:-60}))
	until eval "$2"; do
		((SECONDS < end)) || {
			say "timed out waiting for: $1"
			return 1
		}
		read -rt 0.05 <>"$dir/never" || true
	done
}

# on NODE COMMAND...: not `ip netns exec`, which would hide /sys behind a new one
on() {
	local node=$1
	shift
	nsenter --net="/run/netns/$node" -- "$@"
}

net_node() {
	local node=$1 number=$2
	ip netns add "$node" &&
		ip link add "p-$node" type veth peer name eth0 address "$(mac_of "$node")" netns "$node" &&
		ip link set "p-$node" master br0 up &&
		on "$node" ip link set lo up &&
		on "$node" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.accept_ra=0 net.ipv6.conf.eth0.dad_transmits=0 &&
		on "$node" ip addr add "192.0.2.$number/24" dev eth0 &&
		on "$node" ip addr add "2001:db8::$number/64" dev eth0 nodad &&
		on "$node" ip link set eth0 up
}

# kube-proxy's part: whatever reaches the node for port 80 is answered, with the node's name, whether the node has the address or not.
proxy_rules='table inet proxy {
	chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080; }
}'
net_proxy() {
	on "$1" nft -f - <<<"$proxy_rules" || return
	on "$1" "$tools/tcphello" serve --address 0.0.0.0 --port 8080 --say "$1" </dev/null >/dev/null 2>&1 &
	on "$1" "$tools/tcphello" serve --address :: --port 8080 --say "$1" </dev/null >/dev/null 2>&1 &
}

net_up() {
	tools=${BUILD:-build}/tools
	mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip link set lo up &&
		ip link add br0 type bridge forward_delay 0 mcast_snooping 0 &&
		sysctl -qw net.ipv6.conf.br0.accept_ra=0 &&
		ip addr add 192.0.2.5/24 dev br0 && ip link set br0 up &&
		ip tuntap add cp1 mode tap && ip link set cp1 master br0 up || return
	net_node worker1 21 && net_node worker2 22 && net_node client 50 && net_proxy worker1 && net_proxy worker2
}

# ---- those who watch, outside of the guest

# What the guest sends that claims an address is in $dir/seen/claims, what reaches the client's end of the link from anybody in link, what the client
# meets in client.
watchers_up() {
	: >"$dir/seen/claims"
	: >"$dir/seen/link"
	python3 tests/e2e/witness.py cp1 in "$dir/seen/cp1.pcap" "$dir/seen/claims" </dev/null 2>"$dir/witness.err" &
	python3 tests/e2e/witness.py p-client out "$dir/seen/link.pcap" "$dir/seen/link" </dev/null 2>"$dir/link.err" &
	mkfifo "$dir/client.in"
	exec {client_in}<>"$dir/client.in"
	: >"$dir/seen/client"
	on client python3 tests/e2e/client.py <"$dir/client.in" >>"$dir/seen/client" 2>"$dir/client.err" {client_in}>&- &
	await "the witnesses" "grep -q listening $dir/witness.err && grep -q listening $dir/link.err" && await "the client" "grep -q ready $dir/seen/client"
}

# client_asks WORD...: from now on these, and nothing else: ADDRESS (port 80), or ADDRESS:PORT that only has to be alive
client_asks() {
	echo "ask $*" >&"$client_in"
}

# The first words of the last answer about ADDRESS: a node's name, or -
client_last() {
	awk -v vip="$1" '$1 == "answer" && $4 == vip { last = $5 } END { print last == "" ? "none" : last }' "$dir/seen/client"
}

# client_at NODE SINCE ADDRESS...: each of them was answered by it after that time
client_at() {
	local node=$1 since=$2 vip
	shift 2
	for vip; do
		awk -v vip="$vip" -v since="$since" -v node="$node" '$1 == "answer" && $2 >= since && $4 == vip { last = $5 } END { exit last != node }' \
			"$dir/seen/client" || return
	done
}

# ticks ADDRESS SINCE: how many rounds of claims there were that nobody had asked for
ticks() {
	awk -v vip="$1" -v since="$2" '$1 >= since && $2 == vip && $7 == vip { if ($1 - last > 1) n++; last = $1 } END { print n + 0 }' "$dir/seen/claims"
}

# decided ADDRESS: cp1's last claim is later than the last of any other node by more than a round of MetalLB's, which contests it for 5 s after
# each write to the Service
decided() {
	awk -v vip="$1" -v cp1="$(mac_of cp1)" '$2 == vip && $7 == vip { if ($4 == cp1) ours = $1; else theirs = $1 } END { exit !(ours > theirs + 2) }' "$dir/seen/link"
}

# claims ADDRESS SINCE: how many there were
claims() {
	awk -v vip="$1" -v since="$2" '$1 >= since && $2 == vip { n++ } END { print n + 0 }' "$dir/seen/claims"
}

# client_forgets ADDRESS...: it asks the link again who has them
client_forgets() {
	local vip
	for vip; do
		on client ip neigh flush to "$vip" dev eth0
	done
}

# client_count SINCE ADDRESS: how many answers it got
client_count() {
	awk -v vip="$2" -v since="$1" '$1 == "answer" && $2 >= since && $4 == vip && $5 != "-" { n++ } END { print n + 0 }' "$dir/seen/client"
}
