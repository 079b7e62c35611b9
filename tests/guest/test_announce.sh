# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Floods of announcements: all on the wire in audit, counted exactly, folded. That none of any form is there in enforce: test_matrix.sh.

COUNT=1000

blast_form() {
	local vip=$VIP
	[[ $1 == na ]] && vip=$VIP6
	at cp1 blast --link eth0 --vip $vip --count $COUNT --form "$@" | grep '^SENT'
}

# arrive WANT MODE FORM...: with the guard in MODE, WANT frames of each form (with its options) arrive
arrive() {
	local want=$1 mode=$2 form frames
	shift 2
	guard_start "$mode" || return
	for form in "$@"; do
		# shellcheck disable=SC2086 # options
		frames=$(witness_count blast_form $form) || return
		equal "claims that reached the client, $form" "$frames" "$want" || return
		echo "$form: $frames of $COUNT"
	done
	guard_stop
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
test_case "requests, replies, NAs; plain, tagged, tagged twice: in audit all $COUNT of each arrive" arrive $COUNT audit "${FORMS[@]}"
test_case "a flood is few lines with an exact count, audit" counted audit would-drop arp-reply
test_case "a flood is few lines with an exact count, enforce" counted enforce dropped arp-request
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
