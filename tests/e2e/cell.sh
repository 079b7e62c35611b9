# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of run.sh's, and for scenarios
#
# A cell of the table: a scenario's variant in one mode (without, audit, enforce). It begins with a clean world, measures what happened between two
# times, holds that against what is expected, and ends with a row.
#
#	cell_begin a classic enforce
#	...
#	measure $since $until worker1 $VIP	# figures.py's names in F, and what the guest knows
#	expect frames == 0
#	cell_end

passed=0 failed=0
declare -A F=()
faults=() # of the cell

now() {
	echo "$EPOCHREALTIME"
}

cell_begin() {
	cell_next "$@"
	client_asks
	guest cp1_reset
	services_gone || fault "the last one's Services stay"
	on client ip neigh flush dev eth0
	: >"$dir/seen/claims" # those who write append
	: >"$dir/seen/client"
	: >"$dir/seen/link"
}

# fault WORDS: the cell has failed, for this reason
fault() {
	faults+=("$*")
	return 1
}

# step COMMAND...: what has to work for the cell to mean anything
step() {
	"$@" || fault "could not: $*"
}

# guard_up [OPTION...]: in the cell's mode; none in "without"
guard_up() {
	[[ ${cell[2]} == without ]] || step guest "guard_begin ${cell[2]} $*"
}

# until_ticks N SINCE: the Nth round of the control plane's VIP has begun: that is kube-vip's own period, and nobody takes it away
until_ticks() {
	await "round $1 of kube-vip" "((\$(ticks $CP_VIP $2) >= $1))" || fault "kube-vip's rounds ended"
}

# until_decided N SINCE VIP...: the same, and where nobody keeps cp1 from it the VIPs have come to cp1, with the client
until_decided() {
	local vip rounds=$1 since=$2 moment
	until_ticks "$rounds" "$since"
	[[ ${cell[2]} != enforce ]] || return 0
	shift 2
	for vip; do
		await "$vip to come to cp1" "decided $vip" || fault "$vip never came to cp1"
	done
	moment=$(now)
	await "the client at cp1" "client_at cp1 $moment $*" || fault "the client never came to cp1"
}

# cell_next SCENARIO VARIANT MODE: another cell in the same world
cell_next() {
	cell=("$@")
	faults=() F=()
	cell_began=$SECONDS
}

# measure SINCE UNTIL RIGHTFUL-NODE[,NODE] VIP...: of several VIPs each may have another rightful node
measure() {
	local since=$1 until=$2 right=$3 line macs
	shift 3
	macs=$(for line in ${right//,/ }; do mac_of "$line"; done | paste -sd,)
	while read -r line; do
		F[${line%%=*}]=${line#*=}
	done < <(python3 tests/e2e/figures.py "$dir/seen" "$since" "$until" "$CP_VIP" "$right" "$macs" "$@")
	F[vips]=$#
	F[bound]=$(guest "bound_of $*")
	F[cp_bound]=$(guest "bound_of $CP_VIP")
	F[cp_rounds]=$(ticks "$CP_VIP" "$since")
	F[ended]=$(guest kube_vip_ended)
	F[cp_lease]=$(lease_holder plndr-cp-lock "$since")
	F[svc_lease]=$(lease_holder plndr-svcs-lock "$since")
	if [[ ${cell[2]} == without ]]; then
		F[tries]=- F[acted]=0 F[would]=0 F[harmed]=0
	else
		measure_events "$@"
	fi
}

# What the guard says it did, to these and to what is protected or allowed
measure_events() {
	local said name
	said=$(guest 'jq -sc "[.[] | {e: .event, a: .action, v: .verdict, n: (.count // 1), ip: .address}] | {
		tries: ([.[] | select(.e == \"bind\" and .v == \"violation\") | .n] | add // 0),
		events: ([.[] | select(.e == \"announce\" and .v == \"violation\") | .n] | add // 0),
		acted: ([.[] | select(.a == \"denied\" or .a == \"removed\" or .a == \"dropped\") | .n] | add // 0),
		would: ([.[] | select((.a // \"\") | startswith(\"would-\")) | .n] | add // 0),
		harmed: ([.[] | select((.a == \"denied\" or .a == \"removed\" or .a == \"dropped\") and .v != \"violation\") | .n] | add // 0)}" $EVENTS')
	for name in tries events acted would harmed; do
		F[$name]=$(jq ".$name" <<<"$said")
	done
}

# expect FIGURE OPERATOR VALUE: == and != of words, -eq -ne -lt -le -gt -ge of numbers
expect() {
	local got=${F[$1]:-nothing}
	case $2 in
	==) [[ $got == "$3" ]] ;;
	!=) [[ $got != "$3" ]] ;;
	*) [[ $got =~ ^-?[0-9]+$ ]] && test "$got" "$2" "$3" ;;
	esac || fault "$1 is $got, expected $2 $3"
}

# Whatever the mode, the control plane's VIP is kube-vip's and stays so.
expect_control_plane() {
	expect cp_bound == 1
	expect cp_lease == cp1
	expect cp_asked -gt 20
	expect cp_rounds -ge 2
	expect harmed == 0
	expect ended == 0
}

# The rightful node is the only one that the VIPs are claimed for, and the client never leaves it.
expect_cured() {
	expect bound == 0
	expect frames == 0
	expect wrong == 0
	expect flips == 0
	expect lost == 0
	expect at == "$1"
}

# A second, in ms; as much longer as this machine has more to do than it can: it emulates the node
soon() {
	awk -v cores="$(nproc)" '{ more = $1 / cores; printf "%d", 1000 * (more > 1 ? more : 1) }' /proc/loadavg
}

# The window began with the guard's act: a client that was at the wrong node is at the rightful one within a second, for neighbours are told the rightful
# MAC. Without that it stays where it is for as long as traffic confirms it.
expect_healed() {
	expect wrong -lt "$(soon)"
	expect at == "${1:-worker1}"
}

# The wrong node has them: what it is all about.
expect_taken() {
	expect bound == "${F[vips]}"
	expect frames -ge 2
	expect wrong -gt 0
	expect acted == 0
	[[ ${cell[2]} == without ]] || expect would -ge 2
}

# A rightful holder on cp1 is nobody's business, whatever the mode.
expect_spared() {
	expect bound == "${F[vips]}"
	expect rightful -ge 1
	expect frames == 0
	expect at == cp1
	expect lost == 0
	expect cp_lost == 0
	expect acted == 0
	expect would == 0
	expect harmed == 0
	expect ended == 0
}

cell_end() {
	local result=ok words=''
	if ((${#faults[@]})); then
		failed=$((failed + 1))
		result='NOT OK'
		words=$(printf '; %s' "${faults[@]}")
		echo "not ok ${cell[*]}: ${words:2}"
		cell_keep
	else
		passed=$((passed + 1))
	fi
	printf '%s\t' "${cell[@]}" "${F[bound]-}/${F[vips]-}" "${F[frames]-}" "${F[rightful]-}" "${F[wrong]-}" "${F[outage]-}" "${F[lost]-}/${F[asked]-}" "${F[at]-}" \
		"${F[svc_lease]-}" "${F[tries]-}" "${F[acted]-}" "${F[cp_lost]-}/${F[cp_asked]-}" >>"$dir/seen/table"
	printf '%s\n' "$result${words}" >>"$dir/seen/table"
	say "${cell[*]}: $result$words ($((SECONDS - cell_began)) s)"
}

# What was seen of a cell that failed
cell_keep() {
	local to="$dir/seen/failed-${cell[*]}"
	to=${to// /-}
	mkdir -p "$to"
	cp "$dir/seen/claims" "$dir/seen/client" "$dir/seen/link" "$dir/seen/service" "$to/" 2>/dev/null
	guest 'tar -C $RUN -czf - events kube-vip.log guard.err addresses 2>/dev/null | base64 -w0' | base64 -d | tar -C "$to" -xzf -
	for name in "${!F[@]}"; do
		echo "$name=${F[$name]}"
	done | sort >"$to/figures"
}

summary() {
	python3 tests/e2e/table.py "$dir/seen/table" "$K, $(kube_vip_words), $(metallb_words)"
	echo "$passed passed, $failed failed"
	((passed > 0 && failed == 0))
}
