# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Announcements of every form: all on the wire without the guard and in audit, none in enforce; counted exactly, folded.

COUNT=1000

blast_form() {
	local vip=$VIP
	[[ $1 == na ]] && vip=$VIP6
	at cp1 blast --link eth0 --vip $vip --count $COUNT --form "$@" | grep '^SENT'
}

# arrive WANT MODE FORM...: with the guard in MODE (or none), WANT frames of each form (with its options) arrive
arrive() {
	local want=$1 mode=$2 form frames
	shift 2
	[[ $mode == none ]] || guard_start "$mode" || return
	for form in "$@"; do
		# shellcheck disable=SC2086 # options
		frames=$(witness_count blast_form $form) || return
		equal "claims that reached the client, $form" "$frames" "$want" || return
		echo "$form: $frames of $COUNT"
	done
	[[ $mode == none ]] || guard_stop
}

# one_event MODE ACTION FORM [OPTION...]: besides, the events sum up to what was sent, and are few
counted() {
	local mode=$1 action=$2 sum lines
	shift 2
	guard_start "$mode" --period 2s || return
	blast_form "$@" >/dev/null
	await "all $COUNT counted" "(( \$(announced $action) == COUNT ))" || {
		announced "$action"
		tail -n 5 $EVENTS
		return 1
	}
	guard_stop || return
	sum=$(announced "$action")
	equal "frames that the events speak of" "$sum" $COUNT || return
	lines=$(events '.event == "announce"' | wc -l)
	((lines <= 10)) || fail "$lines lines for one flood"
	equal "lines that name the sender" "$(events '.event == "announce" and .pid and .comm == "blast"' | wc -l)" "$lines"
}

announced() {
	events ".event == \"announce\" and .action == \"$1\"" | jq -s 'map(.count // 1) | add // 0'
}

FORMS=()
for form in arp-request arp-reply na; do
	for tag in '' ' --vlan 100' ' --qinq 200,100'; do
		FORMS+=("$form$tag")
	done
done
test_case "requests, replies, NAs; plain, tagged, tagged twice: without the guard all $COUNT of each arrive" arrive $COUNT none "${FORMS[@]}"
test_case "the same in audit: all arrive" arrive $COUNT audit "${FORMS[@]}"
test_case "the same in enforce: none arrives" arrive 0 enforce "${FORMS[@]}"
test_case "a flood is few lines with an exact count, audit" counted audit would-drop arp-reply
test_case "a flood is few lines with an exact count, enforce" counted enforce dropped arp-request
test_case "a false protocol number helps nobody, extension headers hide nothing" arrive 0 enforce \
	"arp-reply --raw --false-protocol 0x0800" "na --ext-headers 2"

# Noise: nothing is reported of it, nothing breaks, and the guard judges on.
junk() {
	guard_start enforce || return
	at cp1 blast --link eth0 --vip 203.0.113.99 --form arp-reply --count $COUNT --junk 7 >/dev/null || return
	at cp1 blast --link eth0 --count 20 --form na --vip $VIP6 --truncate 10 >/dev/null
	at cp1 blast --link eth0 --count 20 --form arp-reply --raw --vip $VIP --truncate 20 >/dev/null
	equal "frames after the noise" "$(witness_count blast_form arp-reply)" 0 || return
	guard_stop
}
test_case "odd frames do no harm" junk

# The kernel answers ARP for an address that was bound where it must not be: those frames belong to the one who bound it.
kernel_reply() {
	local pid
	guard_start enforce --act drop || return
	rogue_start --no-announce
	await "the VIP to be bound" "is_bound $VIP" || return
	pid=$(pgrep -x kube-vip)
	equal "answers to the client" "$(witness_count at client arping -c 3 -w 3 -I eth0 $VIP)" 0 || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\" and .how == \"arp-reply\" and .pid == $pid" || return
	guard_stop
}
test_case "the kernel's own answers are dropped and named" kernel_reply

# Links that others build on eth0, in a pod's namespace too: their frames leave by eth0 all the same.
child_up() {
	child_at=cp1
	case $1 in
	vlan) at cp1 ip link add c0 link eth0 type vlan id 100 || return ;;
	*)
		child_at=pod
		ip netns add pod
		at cp1 ip link add c0 link eth0 type "$1" mode "$2" || return
		at cp1 ip link set c0 netns pod || return
		;;
	esac
	at $child_at ip link set c0 up
}
child_down() {
	at $child_at ip link del c0
	[[ $child_at == cp1 ]] || ip netns del pod
}
blast_child() { at $child_at blast --link c0 --vip $VIP --count $COUNT --form arp-reply | grep '^SENT'; }

# from_child WANT MODE KIND [MODE OF THE LINK]
from_child() {
	local want=$1 mode=$2
	shift 2
	[[ $mode == none ]] || guard_start "$mode" || return
	child_up "$@" || fail "no $1" || return
	equal "claims that reached the client" "$(witness_count blast_child)" "$want" || return
	child_down || return
	[[ $mode == none ]] || guard_stop
}
for kind in vlan 'macvlan bridge' 'ipvlan l2'; do
	# shellcheck disable=SC2086 # kind and mode
	test_case "a $kind on the link, without the guard: all arrive" from_child $COUNT none $kind
	# shellcheck disable=SC2086
	test_case "the same in enforce: none arrives" from_child 0 enforce $kind
done

# What is done to the link itself, while it is attacked.
blast_through_changes() {
	at cp1 blast --link "$1" --vip $VIP --count $COUNT --form arp-reply >/dev/null
	at cp1 ip link set "$1" down
	at cp1 ip link set "$1" name wan0
	at cp1 ip link set wan0 up
	at cp1 blast --link wan0 --vip $VIP --count $COUNT --form arp-reply >/dev/null
	at cp1 ip link add vbr0 type bridge
	at cp1 ip link set wan0 master vbr0
	at cp1 blast --link wan0 --vip $VIP --count $COUNT --form arp-reply | grep '^SENT'
}
changes() {
	local want=$1 mode=$2 frames
	[[ $mode == none ]] || guard_start "$mode" || return
	frames=$(witness_count blast_through_changes eth0)
	at cp1 ip link del vbr0
	at cp1 ip link set wan0 down
	at cp1 ip link set wan0 name eth0
	at cp1 ip link set eth0 up
	equal "claims that reached the client" "$frames" "$want" || return
	[[ $mode == none ]] || guard_stop
}
test_case "renamed and enslaved, without the guard: all arrive" changes $((3 * COUNT)) none
test_case "the same in enforce: none arrives" changes 0 enforce
