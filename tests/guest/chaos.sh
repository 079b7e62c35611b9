# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh and vectors.sh
# Chaos: the vectors at random beside an unbroken stream of announcements, while the guard is killed, stopped, ended and started again at random,
# always within the dead-man. Watched at the far end of the wire over the whole time, on the link, and in the kernel's lists before and after.
#
# VG_CHAOS_SECONDS (60), VG_CHAOS_SEED (random, printed). Left out: what is done to the guard's own things (29, 30), since they say themselves
# what passes meanwhile; what needs a living guard to be seen (27: the NIC comes back as a new link); what needs a VIP that stays (16, 17).

T=${VG_CHAOS_SECONDS:-60}
SEED=${VG_CHAOS_SEED:-$((EPOCHSECONDS % 100000))}
WAIT=180 # a start is slow where everything else is busy with attacking
DEAD_MAN=600s
REMOVAL_BOUND=5 # seconds in which a guard lives and an address is bound nevertheless; milliseconds on a machine that has nothing else to do
CHAOS_ROWS=(1 2 3 4 5 6 7 8 10 11 12 13 14 15 20 21 22 23 24 25 26 28)
[[ ${vector_with[18]} != dropped ]] || CHAOS_ROWS+=(18)
witness_more=("$AUTO6")

now() { echo "$EPOCHREALTIME"; }

# ---- what is in the kernel

kernel_lists() {
	local kind
	for kind in prog map link; do
		bpftool -j $kind show | jq -r '.[] | [.type, .name // ""] | join(" ")' | sed "s/^/$kind /"
	done | sort
	at cp1 tc qdisc show
}
as_before() { kernel_lists | diff $RUN/kernel.before - >$RUN/kernel.diff; }

# ---- the guard's life: lines "time up" and "time down" in $RUN/life

ready_count() { grep -c '"event":"ready"' $EVENTS; }

# chaos_start [OPTION...]: its lines go behind the earlier ones'
chaos_start() {
	local before
	before=$(ready_count)
	VIPGUARD_DETACH_ON_EXIT=false spawn cp1 vipguard run --mode enforce --node cp1 --assignments $RUN/assignments.yaml --log-format json \
		--dead-man $DEAD_MAN "$@" >>$EVENTS 2>>$RUN/guard.err
	guard=$spawned
	await "the guard to be ready" "((\$(ready_count) > $before))" || {
		cat /proc/$guard/{status,stack}
		tail -n 5 $EVENTS
		return 1
	}
	echo "$(now) up" >>$RUN/life
}
chaos_end() {
	echo "$(now) down" >>$RUN/life
	kill "-$1" "$guard"
	wait "$guard"
	guard=''
}

# A pause of so many milliseconds: what there is to do here is to let time go by.
let_pass() { read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <>$RUN/never; }

stop_and_go() {
	echo "$(now) down" >>$RUN/life
	kill -STOP "$guard"
	let_pass $((RANDOM % 3000))
	kill -CONT "$guard"
	echo "$(now) up" >>$RUN/life
}

second_guard() {
	local rc=0
	timeout $WAIT nsenter --net=/run/netns/cp1 -- vipguard run --mode audit --node cp1 --assignments $RUN/assignments.yaml \
		--socket $RUN/second.sock >/dev/null 2>$RUN/second || rc=$?
	equal "exit of a second guard" $rc 3
}

disturb() {
	case $((RANDOM % 6)) in
	0) chaos_end KILL && let_pass $((RANDOM % 2000)) ;;
	1) chaos_end TERM && let_pass $((RANDOM % 2000)) ;;
	2 | 3) stop_and_go && return ;;
	4) second_guard && return ;;
	5) kill -HUP "$guard" && return ;;
	esac
	[[ -z $guard ]] || return # a second guard came through
	# an upgrade may judge frames in another way
	if ((RANDOM % 3)); then
		chaos_start
	else
		chaos_start --without tcx
	fi
}

# ---- the attack

# The kernel binds by itself; nobody waits for what becomes of it.
router_shouts() {
	at client blast --link eth0 --form ra --vip 2001:db8:5:: >/dev/null
}

# The vectors in a subshell of their own, each to its end, while the file is there. "act N rc" for each, "is" and "due" as they say.
attack() {
	local row
	RANDOM=$SEED
	: >$RUN/row
	while [[ -e $RUN/attacking ]]; do
		row=${CHAOS_ROWS[RANDOM % ${#CHAOS_ROWS[@]}]}
		((RANDOM % 4)) || router_shouts
		"vector_$row" >$RUN/row.said 2>&1 || { echo "vector $row:" && cat $RUN/row.said; }
		echo "act $row" >>$RUN/row
	done
}

stream_start() {
	spawn cp1 blast --link eth0 --vip $VIP --count 100000000 --gap-us 5000 --form arp-reply >$RUN/stream
	streams=("$spawned")
	spawn cp1 blast --link eth0 --vip $VIP6 --count 100000000 --gap-us 10000 --form na >>$RUN/stream
	streams+=("$spawned")
}

# run_chaos SECONDS DISTURB: the whole of it, for the witness
run_chaos() {
	local end=$((SECONDS + $1)) attacker rc=0
	touch $RUN/attacking
	stream_start
	attack >$RUN/attack.said 2>&1 &
	attacker=$!
	while ((SECONDS < end)); do
		"$2" || {
			rc=1
			break
		}
		let_pass $((RANDOM % 2000))
	done
	rm $RUN/attacking
	wait $attacker
	kill "${streams[@]}"
	return $rc
}

# ---- the judgement

# The longest time in seconds that a VIP was bound on cp1 (not on kube-proxy's dummy) while a guard lived.
longest_bound() {
	{
		awk '{ print $1, $2 }' $RUN/life
		sed -nE "/kube-ipvs0|lo /d; s/^\[[^T]*T([0-9]+):([0-9]+):([0-9.]+)\] .*(Deleted)?.*inet6? ($VIP|$VIP6|$AUTO6)\/.*/\1 \2 \3 & /p" $RUN/monitor |
			awk -v day="$(((EPOCHSECONDS / 86400) * 86400))" '{ printf "%.6f %s %s\n", day + $1 * 3600 + $2 * 60 + $3, ($0 ~ /Deleted/ ? "gone" : "bound"), "x" }'
	} | sort -n | awk '
		$2 == "up" { up = 1; if (bound) from = $1 }
		$2 == "down" { if (up && bound) sum += $1 - from; up = 0 }
		$2 == "bound" { if (!bound) { sum = 0; from = $1 } bound = 1 }
		$2 == "gone" { if (bound && up) sum += $1 - from; if (sum > longest) longest = sum; bound = 0 }
		END { if (bound && up) { sum += $1 - from; if (sum > longest) longest = sum } printf "%d\n", longest * 1000 }'
}

sum_of() { awk -v what="$1" '$1 == what { n += $2 } END { print n + 0 }' $RUN/row; }

chaos_judge() {
	local denied due
	cat $RUN/attack.said
	equal "vectors that went wrong" "$(grep -c '^vector' $RUN/attack.said)" 0 || return
	denied=$(grep -c '^is denied' $RUN/row) due=$(sum_of due)
	echo "$(grep -c ^act $RUN/row) vectors, $denied binds refused, $due frames of theirs, $(grep -c up $RUN/life) times up, $(counter announce_dropped) frames dropped," \
		"$(grep -c "Deleted.*$AUTO6" $RUN/monitor) binds by the kernel, bound for $(longest_bound) ms at most while a guard lived" >>$RUN/chaos.sum
	equal "binds removed that can be refused" "$(grep -c '^is removed' $RUN/row)" 0 || return
	at_least "binds refused, by the kernel's count" "$(counter bind_denied)" "$denied" || return
	at_least "frames dropped, by the kernel's count" "$(counter announce_dropped)" "$due" || return
	equal "let pass since the guard seemed dead" "$(counter inactive)" 0 || return
	(($(longest_bound) < REMOVAL_BOUND * 1000)) || fail "a VIP was bound for $(longest_bound) ms while a guard lived"
}

without_guard() {
	local frames
	witness_count run_chaos 5 true >$RUN/frames || return
	frames=$(<$RUN/frames)
	at_least "frames that reached the client" "$frames" 100
}

with_guard() {
	local frames monitor
	echo "seed $SEED"
	vectors_assignments
	: >$EVENTS
	: >$RUN/life
	: >$RUN/chaos.sum
	kernel_lists >$RUN/kernel.before
	spawn cp1 ip -o -ts monitor address >$RUN/monitor
	monitor=$spawned
	chaos_start || return
	RANDOM=$((SEED + 1))
	# not in a subshell: it leaves a guard behind
	witness_count run_chaos "$T" disturb >$RUN/frames || return
	frames=$(<$RUN/frames)
	kill "$monitor"
	equal "frames that reached the client" "$frames" 0 || return
	equal "frames that the witness had no room for" "$(grep '^{' $RUN/witness | jq .kernel_drops)" 0 || return
	[[ -n $guard ]] || chaos_start || return
	await "all VIPs to be gone" "! is_bound $VIP && ! is_bound $VIP6 && ! is_bound $AUTO6" || return
	chaos_judge || return
	chaos_end KILL
	at cp1 vipguard detach || return
	[[ ! -e $PINS ]] || fail "left in bpffs: $(find $PINS)" || return
	await "programs, maps and links to be as before" as_before || cat $RUN/kernel.diff
}

test_case "chaos without the guard: frames on the wire" without_guard
test_case "chaos for $T s: not one frame, nothing unaccounted, nothing left" with_guard
sed 's/^/    /' $RUN/chaos.sum
