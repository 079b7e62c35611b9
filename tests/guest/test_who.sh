# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# Who it was: container and Pod by the cgroup, of the living and the dead, never of another one with the same pid; and nobody where it is not sure.

POD_A=a5c1f8d5-1919-434d-add7-4afaafdaef89
POD_B=0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0 # a static one's
BOX_A=5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c
BOX_B=3350ade4226f0adcd9e4e9545d7c2a16a5aa362d12315f2a88e2024cea1246cf

# of_pod UID CONTAINER: what an event says of a process there
of_pod() {
	echo ".pod_uid == \"$1\" and .container == \"$2\" and (.cgroup | test(\"^/kubepods.slice/.*/cri-containerd-$2.scope$\")) and (has(\"pod\") | not)"
}

# Bound and announced by a process that goes on.
living() {
	local pid whose
	pod_cgroup $POD_A $BOX_A || return
	rogue_wrap=("${in_pod[@]}")
	rogue_start || return
	rogue_wrap=()
	pid=$(pgrep -x kube-vip)
	whose=".pid == $pid and .comm == \"kube-vip\" and .exe == \"/usr/bin/rogue\" and $(of_pod $POD_A $BOX_A)"
	await_event ".event == \"bind\" and .address == \"$VIP\" and $whose" || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and (has(\"sender_netns\") | not) and $whose" || return
	await "the VIP to be said to be its" "vipguard explain $VIP -o json | jq -e '.[0].bound_by.pod_uid == \"$POD_A\"' >/dev/null" || return
	vipguard explain $VIP -o json | jq -e '.[0].remedies[0] | .kind == "seen-binding" and (.text | contains("'$POD_A'"))' || return
	rogue_stop
	cp1_reset
}

# bind_and_end ADDRESS: a process of POD_B binds it and has ended; its pid in $dead
bind_and_end() {
	spawn cp1 "${in_pod[@]}" ip addr add "$1/32" dev eth0
	dead=$spawned
	wait "$dead"
}

# The guard looks when they are gone: the cgroup is known, the executable is not; the pid is somebody else's by then, of another Pod.
dead_and_followed() {
	local dead other
	pod_cgroup $POD_B $BOX_B || return
	kill -STOP "$guard"
	bind_and_end 203.0.113.8 || return
	bind_and_end 203.0.113.9 || return
	pod_cgroup $POD_A $BOX_A || return
	for _ in {1..20}; do
		echo $((dead - 1)) >/proc/sys/kernel/ns_last_pid || return
		spawn cp1 "${in_pod[@]}" tail -f /dev/null
		other=$spawned
		((other != dead)) || break
		kill "$other"
	done
	kill -CONT "$guard"
	equal "the pid of another process" "$other" "$dead" || return
	for address in 203.0.113.8 203.0.113.9; do
		await_event ".event == \"bind\" and .address == \"$address\" and .comm == \"ip\" and (has(\"exe\") | not) and $(of_pod $POD_B $BOX_B)" || return
	done
	await_event ".event == \"bind\" and .address == \"203.0.113.9\" and .pid == $other" || return
	kill "$other"
}

# A link of another namespace on top of eth0, which says by itself that it has the VIP, while kube-vip has it here.
child_says() {
	ip netns add pod
	at cp1 ip link add c0 link eth0 type "$1" mode "$2" && at cp1 ip link set c0 netns pod || return
	at pod sysctl -qw net.ipv4.conf.c0.arp_notify=1
	at pod ip addr add $VIP/32 dev c0 && at pod ip link set c0 up
}
child_ends() {
	at pod ip link del c0
	ip netns del pod
}

of_children() {
	local pod
	rogue_start --bind-once --no-announce || return
	await "the VIP to be bound" "is_bound $VIP" || return
	: >$EVENTS
	child_says macvlan bridge || return
	pod=$(at pod stat -Lc %i /proc/self/ns/net)
	await_event ".event == \"announce\" and .address == \"$VIP\" and .sender_netns == $pod and (has(\"pid\") | not)" || return
	child_ends
	child_says ipvlan l2 || return
	# it has eth0's own hardware address, and nothing tells where it comes from: less than that is not said
	await_event ".event == \"announce\" and .address == \"$VIP\" and .mac == \"$CP1_MAC\" and ([has(\"sender_netns\", \"pid\")] | any | not)" || return
	child_ends
	equal "announcements laid at kube-vip's door" "$(events '.event == "announce" and .pid' | wc -l)" 0 || return
	# but what this node's kernel says is its
	at client arping -c 3 -w 3 -I eth0 $VIP >/dev/null
	await_event ".event == \"announce\" and .address == \"$VIP\" and .how == \"arp-reply\" and .pid == $(pgrep -x kube-vip)" || return
	rogue_stop
	cp1_reset
}

# In by a bridge's port: that is named, and the hardware address.
of_port() {
	ip netns add pod
	at cp1 ip link add vbr0 type bridge
	at cp1 ip link set eth0 master vbr0
	at cp1 ip link set vbr0 up
	at cp1 ip link add vpod master vbr0 up type veth peer name c0 netns pod address 02:00:00:00:00:99
	at pod ip link set c0 up
	: >$EVENTS
	at pod blast --link c0 --vip 192.0.2.250 --count 500 --form arp-reply >/dev/null
	await_event '.event == "announce" and .address == "192.0.2.250" and .interface == "eth0" and .in_interface == "vpod" and
		.mac == "02:00:00:00:00:99" and (has("pid") | not)' || return
	at cp1 ip link del vpod
	at cp1 ip link set eth0 nomaster
	at cp1 ip link del vbr0
	ip netns del pod
}

whose() {
	guard_start audit --period 1s || return
	living || return
	dead_and_followed || return
	of_children || return
	of_port || return
	guard_stop
}
test_case "container and Pod of the living and the dead; nobody where it is not sure" whose
