#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# matrix.sh [--from DIR]: `make matrix`, the vectors of docs/threat-model.md on every kernel, and on two under lockdown=confidentiality: runs
# test_matrix.sh in a guest of each and prints what was measured. K=6.1 (or 6.1-lockdown) picks one. With --from the logs are there already
# (guest-COLUMN, as tests/all.sh keeps them) and only the table is made. Exit 1 if a vector did not work without the guard, or came out
# otherwise than it should with it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=vectors.sh
source "$here/vectors.sh"
read -ra columns <<<"${K:-5.10 6.1 6.12 newest 6.1-lockdown newest-lockdown}"

run_columns() {
	local column
	for column in "$@"; do
		VG_GUEST_CMDLINE=$([[ $column != *-lockdown ]] || echo lockdown=confidentiality) \
			"$here/run.sh" "${column%-lockdown}" test_matrix.sh >"$dir/guest-$column" 2>&1
		echo $? >"$dir/guest-$column.rc"
		echo "$column is done: $(tail -n 1 "$dir/guest-$column")" >&2
	done
}

# Two side by side: an emulated machine keeps one core busy.
run_all() {
	local half=$(((${#columns[@]} + 1) / 2))
	run_columns "${columns[@]:0:half}" &
	run_columns "${columns[@]:half}"
	wait
}

cell() {
	local said
	said=$(sed -n "s/^CELL $1|//p" "$dir/guest-$2" | tail -n 1)
	[[ $said != - ]] || said="see there"
	echo "${said:-not measured}"
}

table() {
	local number column line
	printf '| # | vector |%s\n' "$(printf ' %s |' "${columns[@]}")"
	printf '| --- | --- |%s\n' "$(printf ' --- |%.0s' "${columns[@]}")"
	for number in $(printf '%s\n' "${!vector_name[@]}" | sort -n); do
		line="| $number | ${vector_name[$number]} |"
		for column in "${columns[@]}"; do
			line+=" $(cell "$number" "$column") |"
		done
		echo "$line"
	done
}

wrong() {
	local column rc=1
	for column in "${columns[@]}"; do
		[[ $(<"$dir/guest-$column.rc") != 0 ]] || continue
		echo "== $column"
		cat "$dir/guest-$column"
		rc=0
	done
	return $rc
}

if [[ ${1-} == --from ]]; then
	dir=$2
	table
	exit
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
run_all
table
! wrong
