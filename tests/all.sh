#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `make test`: unit tests plain, with clang and under sanitizers, the judgement corpus, mutants of the judge, fuzzers, the Kubernetes source against a
# bad server and a real one, the double of kube-vip beside recordings, namespaces on this host, the BPF objects and the guard in guests of all
# kernels, one of them with a real API server, the demo. Closes with "N passed, M failed" over everything.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# count NAME RC FILE: adds up the closing line of a part's output; a part without one, or that failed without saying so, is one failure
count() {
	local name=$1 rc=$2 line
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$3" | tail -n 1)
	if [[ -z $line ]] || { ((rc != 0)) && [[ $line == *' 0 failed' ]]; }; then
		failed=$((failed + 1))
		echo "not ok $name (exit $rc)"
	fi
	[[ -z $line ]] && return
	passed=$((passed + ${line%% *}))
	line=${line#*, }
	failed=$((failed + ${line%% *}))
}

# part NAME COMMAND...: runs it and shows its output as it comes
part() {
	local name=$1 began=$SECONDS rc=0
	shift
	echo "== $name"
	"$@" 2>&1 | tee "$log/part" || rc=$?
	count "$name" $rc "$log/part"
	echo "-- $name: $((SECONDS - began)) s"
}

# Runs the guests of some kernels one after the other, their output into files: one emulated machine keeps one core busy, so two
# such rows run side by side.
row() {
	local label rc
	for label in "$@"; do
		tests/bpf/run.sh "$label" >"$log/bpf-$label" 2>&1
		echo $? >"$log/bpf-$label.rc"
		tests/guest/run.sh "$label" >"$log/guest-$label" 2>&1
		rc=$?
		echo $rc >"$log/guest-$label.rc"
		echo "guest $label is done: $(tail -n 1 "$log/guest-$label")"
	done
}

# The guard in a guest, with a real API server on the host.
api_guest() {
	tests/api/guest/run.sh 6.1 >"$log/api-6.1" 2>&1
	echo $? >"$log/api-6.1.rc"
	echo "guest with an API server is done: $(tail -n 1 "$log/api-6.1")"
}

guests() {
	local label
	echo "== guests 5.10, 6.1, 6.12, newest; each is shown when all are done"
	row 5.10 6.12 &
	{
		row 6.1 newest
		api_guest
	} &
	wait
	echo "== the guard with a real API server, 6.1"
	cat "$log/api-6.1"
	count "the guard with a real API server" "$(cat "$log/api-6.1.rc")" "$log/api-6.1"
	for label in 5.10 6.1 6.12 newest; do
		for kind in bpf guest; do
			echo "== $kind $label"
			cat "$log/$kind-$label"
			count "$kind $label" "$(cat "$log/$kind-$label.rc")" "$log/$kind-$label"
		done
	done
}

make_quiet() { make --no-print-directory -j2 "$@"; }

part "check" make_quiet check
part "check, clang" make_quiet CC=clang O=build/clang check
part "check, sanitizers" make_quiet SAN=1 check
part "the judgement corpus" tests/judgement/run.py --vipguard build/vipguard
part "mutants of the judge" tests/mutation/run.sh
part "fuzzers" make_quiet fuzz T="${VG_FUZZ_SECONDS:-20}"
make_quiet SAN=1 build/san/tools/kubewatch
part "a bad API server, sanitizers" tests/api/fault/run.sh build/san/tools/kubewatch
tests/api/build.sh || failed=$((failed + 1))
part "a real API server" tests/api/live/run.sh
part "the rig of it" tests/api/smoke.sh
part "the double of kube-vip" tests/e2e/kube-vip/compare.sh
part "namespaces on this host" tests/netns/run.sh
tests/vm/kernels.sh || failed=$((failed + 1))
began=$SECONDS
guests
echo "-- guests: $((SECONDS - began)) s"
part "the demo" tests/demo/counted.sh
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
