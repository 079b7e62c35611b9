#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD]: each rule of the judge broken once, on purpose (mutants.txt), in a copy of its file; the unit tests must see it. Built are the
# broken file and the tests, against BUILD/libvipguard.a (build by default), which must be made. VG_ONLY=WORD: mutants whose line contains it.
# VG_JOBS: so many side by side (2).
# A mutant that changes nothing, or more than one place, or does not compile, is an error like one that survives.
# Closes with "N passed, M failed"; exits 1 if any failed or none ran.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
flags=(-std=gnu11 -D_GNU_SOURCE -O1 -w -I"$root/include" -I"$root/user" -I"$root/tests/unit")
libs=(-lcmocka -ljansson)

# one LIB WORK NUMBER LINE: what became of one mutant, as a line in WORK/NUMBER
one() {
	local lib=$1 work=$2 number=$3 rest=$4 part=() folder file test rc places name
	for _ in 1 2 3 4; do
		part+=("${rest%% | *}")
		rest=${rest#* | }
	done
	folder=$work/mutant-$number
	file=$root/user/core/${part[2]}
	mkdir "$folder"
	tell() { printf '%s\t%s | %s | %s\n' "$1" "${part[0]}" "${part[1]}" "$2" >"$work/$number"; }
	sed "$rest" "$file" >"$folder/${part[2]}" || { tell error "sed does not take it" && return; }
	places=$(diff "$file" "$folder/${part[2]}" | grep -cE '^[0-9]') || true
	((places == 1)) || { tell error "changes $places places of ${part[2]}" && return; }
	gcc "${flags[@]}" -c "$folder/${part[2]}" -o "$folder/mutant.o" 2>"$folder/log" || { tell error "does not compile" && return; }
	for test in ${part[3]}; do
		gcc "$work/$test.o" "$folder/mutant.o" "$lib" -o "$folder/test" "${libs[@]}" 2>>"$folder/log" || { tell error "does not link" && return; }
		rc=0
		timeout 60 "$folder/test" >"$folder/out" 2>&1 || rc=$?
		((rc == 0)) || break
	done
	if ((rc == 0)); then
		tell survives "nobody (${part[3]})"
	else
		name=$(sed -n 's/^\[  FAILED  \] \([^ ]*\)$/\1/p' "$folder/out" | head -n 1)
		tell killed "$test: ${name:-exit $rc}"
	fi
	rm -r "$folder"
}

if [[ ${1-} == --one ]]; then
	one "$2" "$3" "$4" "$(sed -n "$4p" "$3/list")"
	exit
fi

build=$(realpath "${1:-$root/build}")
[[ -f $build/libvipguard.a ]] || { echo "$build/libvipguard.a is not there: make it first" >&2 && exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -vE '^(#|$)' "$here/mutants.txt" | grep -F -- "${VG_ONLY-}" >"$work/list"
# reproducible, and few rounds: a rule that only thousands of clusters show wants a test of its own
export VG_SEED=1 VG_ROUNDS=${VG_ROUNDS:-400}
awk -F ' [|] ' '{ print $4 }' "$work/list" | tr ' ' '\n' | sort -u |
	xargs -P "${VG_JOBS:-2}" -I '{}' gcc "${flags[@]}" -c "$root/tests/unit/test_{}.c" -o "$work/{}.o"
# what is killed without a mutant proves nothing
while read -r test; do
	gcc "$work/$test.o" "$build/libvipguard.a" -o "$work/test" "${libs[@]}"
	timeout 60 "$work/test" >"$work/out" 2>&1 || { cat "$work/out" && echo "$test fails without a mutant" && exit 1; }
done < <(cd "$work" && printf '%s\n' *.o | sed 's/\.o$//')

seq "$(wc -l <"$work/list")" | xargs -P "${VG_JOBS:-2}" -n 1 "$here/run.sh" --one "$build/libvipguard.a" "$work"
passed=0 failed=0
echo "rule | mutant | killed by"
for number in $(seq "$(wc -l <"$work/list")"); do
	IFS=$'\t' read -r what text <"$work/$number" || { what=error && text="mutant $number came to nothing"; }
	if [[ $what == killed ]]; then
		passed=$((passed + 1))
		echo "$text"
	else
		failed=$((failed + 1))
		echo "not ok $text: $what"
	fi
done
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
