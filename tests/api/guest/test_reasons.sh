# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# Every reason of docs/contract.md, from objects in a real API to what is done and how it is explained: a row each, or more.

# row RUN REASON WHAT LINK ADDRESS EVIDENCE [ORDER...] [-- ORDER...]
#	RUN	the guard that judges it (below)
#	WHAT	bind: ADDRESS is bound on LINK; announce: frames that announce it leave LINK; both
#	EVIDENCE "KIND [NAME [VALUE]]" that explain must show, several with commas between; nothing: none that speaks of an address
#	ORDER	how the objects are written (orders.sh); behind the dashes: when the guard is ready
ROWS=()
row() {
	ROWS+=("${*@Q}")
}

POOL=metallb.io/ip-allocated-from-pool CLAIM=kube-vip.io/loadbalancerIPs LEASE=kube-vip.io/leaseName

row sure control-plane-vip both eth0 $CP_VIP "Pod kube-system/kube-vip-cp1"
row sure node-address both eth0 192.0.2.225 "Node cp1" "own_address 192.0.2.225"
row sure protect-list both eth0 192.0.2.226 "Protection 192.0.2.226"
row sure service-dummy bind kube-ipvs0 192.0.2.227 "IPAddressPool metallb-system/p"
row sure assigned-here announce eth0 192.0.2.228 "ServiceL2Status metallb-system/l2-default-here-cp1 cp1" \
	"service here 192.0.2.228" "announcer here cp1"
row sure assigned-here both eth0 203.0.113.1 "Lease default/kubevip-held cp1" "marked_service held 203.0.113.1 $CLAIM=203.0.113.1" "lease held cp1"
row sure owner-everywhere both eth0 203.0.113.5 "Pod kube-system/kube-vip-bgp true" \
	"kube_vip_bgp kube-vip-bgp example.com/bgp" "marked_service bgp 203.0.113.5 class=example.com/bgp"
row sure other-node-address both eth0 192.0.2.22 "Node worker2" "node worker2 192.0.2.22" \
	"marked_service taken 192.0.2.22 kube-vip.io/ignore=true"
row sure owner-never-binds bind eth0 192.0.2.229 "L2Advertisement metallb-system/p" "service away 192.0.2.229" "announcer away worker1"
row sure assigned-elsewhere announce eth0 192.0.2.229 "ServiceL2Status metallb-system/l2-default-away-worker1 worker1"
row sure assigned-elsewhere both eth0 203.0.113.2 "Lease default/kubevip-leased worker1" \
	"marked_service leased 203.0.113.2 $CLAIM=203.0.113.2" "lease leased worker1"
row sure pool-reserved both eth0 192.0.2.230 "IPAddressPool metallb-system/p"
row sure pool-reserved both eth0 2001:db8::230 "IPAddressPool metallb-system/p"
row sure not-announced announce eth0 192.0.2.129 "BGPAdvertisement metallb-system/routed" \
	"bgp_pool routed 192.0.2.128/28" "marked_service routed 192.0.2.129 $POOL=routed"
row sure ipam-only both eth0 192.0.2.145 "L2Advertisement" "silent_pool silent 192.0.2.144/28" "marked_service silent 192.0.2.145 $POOL=silent"
row sure owner-unproven both eth0 203.0.113.6 "Service default/bare" "marked_service bare 203.0.113.6"
row sure owner-conflict both eth0 192.0.2.231 "Service default/rivals,L2Advertisement metallb-system/p" \
	"marked_service rivals 192.0.2.231 $POOL=p $CLAIM=192.0.2.231"
row sure holder-unknown both eth0 203.0.113.3 "Lease default/kubevip-lost worker1" \
	"marked_service lost 203.0.113.3 $LEASE=kubevip-lost" "lease lost worker1 7200 15"
row sure holder-unknown announce eth0 192.0.2.232 "ServiceL2Status" "service unheld 192.0.2.232"
row sure in-transition both eth0 203.0.113.4 "Lease default/kubevip-moving worker1" \
	"marked_service moving 203.0.113.4 $CLAIM=203.0.113.4" "lease moving cp1" -- "lease moving worker1"
row sure no-service both eth0 203.0.113.99 ""
row nobody node-unknown both eth0 203.0.113.2 "Node" "marked_service leased 203.0.113.2 $CLAIM=203.0.113.2" "lease leased worker1"
row nobody node-unknown both eth0 192.0.2.230 "IPAddressPool metallb-system/p"
row away stale-source both eth0 192.0.2.129 "BGPAdvertisement metallb-system/routed" \
	"bgp_pool routed 192.0.2.128/28" "marked_service routed 192.0.2.129 $POOL=routed" -- kill

# each_row RUN FUNCTION: with the row's words, its orders in $before and $after
each_row() {
	local row words before after word late
	for row in "${ROWS[@]}"; do
		eval "words=($row)"
		[[ ${words[0]} == "$1" ]] || continue
		before=() after=() late=''
		for word in "${words[@]:6}"; do
			if [[ $word == -- ]]; then
				late=yes
			elif [[ $late ]]; then
				after+=("$word")
			else
				before+=("$word")
			fi
		done
		"$2" "${words[@]:1:5}" || fail "in row: ${words[*]:0:5}" || return
	done
}

# "REASON VERDICT" of each, as the contract has them
contract_reasons() {
	awk -F '[|`]' '/^## /{ on = /^## 2\./ } on && NF > 5 { gsub(/ /, "", $2); print $4, $2 }' contract.md
}

declare -A VERDICT
while read -r reason verdict; do
	VERDICT[$reason]=$verdict
done < <(contract_reasons)

PROVEN=$RUN/reasons
: >$PROVEN

# ---- the steps, each a function for each_row: REASON WHAT LINK ADDRESS EVIDENCE

write_before() {
	((${#before[@]} == 0)) || order each "${before[@]}"
}
write_after() {
	((${#after[@]} == 0)) || order each "${after[@]}"
}
write_gone() {
	((${#before[@]} == 0)) || order each_gone "${before[@]}"
}

explains() {
	vipguard explain "$4" --link "$3" -o json >$RUN/explained && jq -e --arg what "$2" --arg reason "$1" --arg verdict "${VERDICT[$1]}" '.[0] |
		[if $what == "both" then .bind, .announce else .[$what] end] | all(.[]; . == {verdict: $verdict, reason: $reason})' $RUN/explained >/dev/null
}

SPEAKERS='["Service", "IPAddressPool", "Assignment", "Protection"]' # the kinds without which nobody speaks of an address

# evident "KIND [NAME [VALUE]]"
evident() {
	local kind name value
	read -r kind name value <<<"$1"
	jq -e --argjson speakers "$SPEAKERS" --arg kind "$kind" --arg name "$name" --arg value "$value" '.[0].evidence | if $kind == "" then
		all(.[]; .kind | IN($speakers[]) | not)
		else any(.[]; .kind == $kind and ($name == "" or .name == $name) and ($value == "" or .value == $value)) end' $RUN/explained >/dev/null ||
		fail "no evidence '$1' in: $(jq -c '.[0].evidence' $RUN/explained)"
}

# What the guard says of it, and what by. Before anything is tried: what the guard knows, the kernel knows.
explained() {
	local list one
	await "explain to say $1 of $4" "explains ${*:1:4}" || {
		cat $RUN/explained
		return 1
	}
	IFS=, read -ra list <<<"${5:-,}"
	for one in "${list[@]}"; do
		evident "$one" || return
	done
}

FRAMES=3

# Whether it is refused is for the other steps to say.
try() {
	local bits=32 form=arp-reply nodad=''
	[[ $4 != *:* ]] || bits=128 form=na nodad=nodad
	[[ $3 == eth0 ]] || at cp1 ip link add "$3" type dummy || return
	[[ $2 == announce ]] || at cp1 ip addr add "$4/$bits" dev "$3" $nodad
	[[ $2 == bind ]] || at cp1 blast --link "$3" --vip "$4" --form $form --count $FRAMES >/dev/null
	return 0
}
try_violation() {
	[[ ${VERDICT[$1]} != violation ]] || try "$@"
}
witness_row() {
	witness_more+=("$4")
}

bound_on() {
	[[ -n $(at cp1 ip -o addr show dev "$1" to "$2") ]]
}

# It is there, and its frames came through.
happened() {
	[[ $2 == announce ]] || bound_on "$3" "$4" || fail "$4 is not bound on $3" || return
	[[ $2 == bind ]] || at_least "frames for $4" "$(seen "$4")" $FRAMES
}
violation_happened() {
	[[ ${VERDICT[$1]} != violation ]] || happened "$@"
}

# It is not, or not any more.
prevented() {
	[[ $2 == announce ]] || await "$4 to be gone from $3" "! bound_on $3 $4" || return
	[[ $2 == bind ]] || equal "frames for $4" "$(seen "$4")" 0
}

# said EVENT REASON LINK ADDRESS ACTION...: the first that is said of it, after the action, which is one of these
said() {
	local line
	line=$(await_event ".event == \"$1\" and .address == \"$4\" and .interface == \"$3\"") || return
	jq -er --arg reason "$2" --arg verdict "${VERDICT[$2]}" 'select(.reason == $reason and .verdict == $verdict and (.action | IN($ARGS.positional[])) and
		.assigned_nodes != []) | "\(.reason) \(.event) \(.verdict) \(.action) \(.address)"' --args "${@:5}" <<<"$line" >>$PROVEN ||
		fail "not $2 with ${*:5}: $line"
}

# Frames that are protected, or nobody's, are never spoken of.
acted() {
	local on_bind=none on_announce='' outcome=happened
	case ${VERDICT[$1]} in
	violation) on_bind='denied removed' on_announce=dropped outcome=prevented ;;
	unknown) on_bind=logged on_announce=logged ;;
	allowed) on_announce=none ;;
	esac
	# shellcheck disable=SC2086 # words
	[[ $2 == announce ]] || said bind "$1" "$3" "$4" $on_bind || return
	[[ $2 == bind || -z $on_announce ]] || said announce "$1" "$3" "$4" $on_announce || return
	$outcome "$@"
}

# Nothing else was said of what the rows were proven with.
no_second_word() {
	local other
	other=$(jq -nc --rawfile proven $PROVEN '[$proven | split("\n")[] | split(" ") | select(length == 5) | {event: .[1], address: .[4]}] as $tried |
		[inputs | select(.reason) | {event, address, interface, reason}] | unique | group_by({event, address, interface})[] | select(length > 1) |
		select(.[0] | {event, address} | IN($tried[]))' $EVENTS)
	equal "addresses with a second reason" "$other" ""
}

# ---- the runs

unguarded() {
	witness_more=()
	each_row sure witness_row
	witnessed each_row sure try_violation && each_row sure violation_happened
}
test_case "without the guard what is a violation is bound, and announced" unguarded

# judge RUN: by the guard that runs
judge() {
	witness_more=()
	each_row "$1" witness_row
	each_row "$1" write_after && each_row "$1" explained && witnessed each_row "$1" try && each_row "$1" acted && no_second_word
}

# with_objects RUN... -- COMMAND...: the objects of the runs are there as long as it takes
with_objects() {
	local run runs=() rc=0 WAIT=60
	while [[ $1 != -- ]]; do
		runs+=("$1")
		shift
	done
	for run in "${runs[@]}"; do
		each_row "$run" write_before || rc=1
	done
	((rc)) || "${@:2}" || rc=1
	order start >/dev/null || rc=1
	for run in "${runs[@]}"; do
		each_row "$run" write_gone || rc=1
	done
	return $rc
}

sure() {
	kube_start enforce --grace 10m --protect 192.0.2.226 && judge sure && guard_stop
}
test_case "objects, verdict, action and evidence of each reason" with_objects sure -- sure

# Neither is acted on, so that a machine that is slow may well be late for the server.
unsure() {
	kube_start enforce --node nobody --max-age 2s && judge nobody && judge away && guard_stop
}
test_case "a node that the cluster does not know, and no word of the API" with_objects nobody away -- unsure

sed 's/^/# /' $PROVEN

all_proven() {
	local reason missing=()
	for reason in "${!VERDICT[@]}"; do
		grep -q "^$reason " $PROVEN || missing+=("$reason")
	done
	at_least "reasons of the contract" ${#VERDICT[@]} 19 || return
	equal "reasons of the contract that no row brought about" "${missing[*]}" ""
}
test_case "no reason is left out" all_proven
