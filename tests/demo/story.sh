#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The story, told in the guest. Every claim that it prints is checked; the first that does not hold ends it with exit 1.
set -u
cd /vg-tests || exit 1
# shellcheck source=../guest/lib.sh
source ./lib.sh

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }
say() { printf '  %s\n' "$*"; }
die() {
	printf '\n\033[1mThe guard did not do its job: %s\033[0m\n' "$*"
	tail -n 20 $EVENTS $RUN/guard.err $RUN/rogue 2>/dev/null
	exit 1
}
name_of_mac() {
	case $1 in
	"$CP1_MAC") echo "$1 (cp1)" ;;
	"$WORKER1_MAC") echo "$1 (worker1)" ;;
	*) echo "$1" ;;
	esac
}

rogue_rounds() {
	rogue_start --rate 3000
	await "two rounds" "rogue_said 2 '^ANNOUNCE $VIP ' && rogue_said 1 '^ANNOUNCE $VIP6 na '"
}

# play WHAT: the rogue's doing, seen from the client; sets frames, mac, reached
play() {
	client_reaches worker1 || die "the client does not reach worker1 at first"
	say "starting the rogue on cp1: binds $VIP/32 and $VIP6/128, announces every 3 s"
	frames=$(witness_count rogue_rounds) || die "the rogue or the witness failed"
	mac=$(client_mac)
	reached=$(client_asks)
	say "bound on cp1:            $(at cp1 ip -br addr show dev eth0 | tr -s ' ' | cut -d' ' -f3-)"
	say "announcements on wire:   $frames that claim a VIP for cp1"
	say "client's neighbour:      $VIP is at $(name_of_mac "$mac")"
	say "client reaches:          $reached"
}

show_events() {
	say "what the guard said:"
	jq -r 'select(.event == "bind" or .event == "announce") | select(.verdict == "violation") |
		"    \(.event) \(.address) \(.verdict)/\(.reason) action=\(.action) pid=\(.pid) comm=\(.comm) how=\(.how)"' $EVENTS | head -n 8
}

mkdir -p $RUN && mkfifo $RUN/never
bold "Setting up: cp1, worker1 and client on one bridge; kernel $(uname -r)"
lan_up || die "the LAN did not come up"
write_assignments
say "assignments: $VIP and $VIP6 (default/web) belong to worker1, which announces without binding"
say "client reaches $VIP at: $(client_asks), neighbour entry $(name_of_mac "$(client_mac)")"

without_guard() {
	bold "1. Without the guard"
	play
	[[ $frames -gt 0 && $mac == "$CP1_MAC" && $reached == cp1 ]] || die "the fault itself did not show, so nothing would be proved"
	say "=> the rogue has taken the client's traffic"
	rogue_stop
	cp1_reset
}

in_audit() {
	bold "2. vipguard run --mode audit"
	guard_start audit || die "it did not start"
	play
	await_event ".event == \"bind\" and .address == \"$VIP\" and .reason == \"owner-never-binds\" and .pid and .comm == \"kube-vip\"" >/dev/null || die "the bind was not named"
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"would-drop\"" >/dev/null || die "the announcement was not named"
	show_events
	is_bound $VIP && [[ $frames -gt 0 ]] || die "audit touched something"
	say "=> named, and left alone"
	rogue_stop
	guard_stop || die "it did not stop"
	cp1_reset
}

# with a guard that acts on nothing only the last part is of interest: it must fail
if [[ $(cat act) != none ]]; then
	without_guard
	in_audit
fi

bold "3. vipguard run --mode enforce"
guard_start enforce --act "$(cat act)" || die "it did not start"
play
await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"denied\" and .comm == \"kube-vip\"" >/dev/null || die "the bind was not refused"
await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\"" >/dev/null || die "nothing was dropped"
show_events
say "what the rogue saw:      $(grep -m1 EPERM $RUN/rogue)"
say "bpftool map dump pinned $PINS/vg_vips (of $VIP):"
bpftool -j map dump pinned $PINS/vg_vips | jq --arg vip $VIP '.[].formatted.value | select(.address == $vip)' | sed 's/^/    /'
[[ $frames -eq 0 ]] || die "$frames announcements left cp1"
! is_bound $VIP && ! is_bound $VIP6 || die "a VIP is bound on cp1"
[[ $mac == "$WORKER1_MAC" && $reached == worker1 ]] || die "the client lost worker1"
say "=> nothing bound, not one frame, the client still talks to worker1"
rogue_stop
guard_stop || die "it did not stop"
bold "The guard did its job."
