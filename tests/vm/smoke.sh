#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Guest side: proves that what the guest tests build on is there.
# Run as: tests/vm/run.sh -k LABEL tests/vm/smoke.sh
set -euo pipefail
trap 'echo "FAILED in line $LINENO: $BASH_COMMAND"' ERR

has() {
	grep -q "$1" <<<"$2"
}

echo "kernel $(uname -r), up $(cut -d' ' -f1 /proc/uptime) s"
[[ -s /sys/kernel/btf/vmlinux ]]
[[ $(</proc/sys/net/ipv4/ip_forward) == 0 ]]
[[ $(stat -f -c %T /sys/fs/bpf) == bpf_fs && $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]
echo "BTF, bpffs, cgroup2 ok"

# Two namespaces on a bridge.
ip link add br0 type bridge
ip link set br0 up
for host in 1 2; do
	ip netns add "h$host"
	ip link add "p$host" type veth peer name eth0 netns "h$host"
	ip link set "p$host" master br0 up
	ip -n "h$host" addr add "192.0.2.$host/24" dev eth0
	ip -n "h$host" addr add "2001:db8::$host/64" dev eth0 nodad
	ip -n "h$host" link set eth0 up
done
ip netns exec h1 ping -c 1 -W 5 192.0.2.2 >/dev/null
ip netns exec h1 ping -c 1 -W 5 2001:db8::2 >/dev/null
has 'dst 192.0.2.2\|192.0.2.2.*lladdr' "$(ip -n h1 neigh)"
echo "bridge, veth, namespaces ok"

for kind in dummy ipvlan macvlan vlan; do
	case $kind in
	dummy) ip link add d0 type dummy ;;
	vlan) ip link add link p1 name v0 type vlan id 7 ;;
	*) ip -n h2 link add link eth0 name "$kind" type "$kind" && ip -n h2 link del "$kind" ;;
	esac
done
echo "dummy, ipvlan, macvlan, vlan ok"

tc qdisc add dev p1 clsact
has clsact "$(tc qdisc show dev p1)"
tc filter add dev p1 egress protocol arp pref 1 matchall action drop
has matchall "$(tc filter show dev p1 egress)"
echo "clsact ok"

bpftool map create /sys/fs/bpf/m type hash key 4 value 4 entries 8 name smoke
bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 2 0 0 0
has '02 00 00 00' "$(bpftool map lookup pinned /sys/fs/bpf/m key 1 0 0 0)"
bpftool btf dump file /sys/kernel/btf/vmlinux format raw >/tmp/btf
has "'inet_rtm_newaddr'" "$(</tmp/btf)"
echo "bpftool ok"

nft 'table netdev t { chain c { type filter hook ingress device "p2" priority 0; ether type arp counter drop; }; }'
has 'hook ingress' "$(nft list ruleset)"
nft 'table ip n { chain c { type nat hook output priority -100; ip daddr 192.0.2.9 tcp dport 80 redirect to :8080; }; }'
echo "nft netdev and nat ok"

echo "handed back by $(uname -r)" >/out/smoke
