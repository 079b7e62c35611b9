#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `make test`: unit tests plain and under sanitizers, all of it built with clang too, the judgement corpus, mutants of the judge, fuzzers, the
# Kubernetes source against a bad server and a real one, what deploy/ installs, the image under a runtime, the package under systemd, alerts and the
# documents' commands, terminal and page, the double of kube-vip beside recordings, namespaces on this host, the BPF objects and the guard in guests
# of all kernels, one of them with a real API server, one with real MetalLB beside it, two of them under lockdown, one in chaos, the demo. Closes
# with every check that failed, and "N passed, M failed" over everything.
#
# Nearly every part keeps one core busy, an emulated machine too, so VG_LANES (2) of them run side by side: whoever is done takes the next one of the
# list below. A part's output is shown as a whole when it is done. VG_PART=WORD: only the jobs whose name contains it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# in_turn COMMAND...: what a lane says is not mixed with what another says
in_turn() {
	(
		exec 9>"$log/turn"
		flock 9
		"$@"
	)
}

show() {
	echo "== $1"
	cat "$3"
	echo "-- $1: $2 s"
}

# part NAME COMMAND...: runs it, and notes what became of it for the sum: seconds, exit status, file of the output, name
part() {
	local name=$1 began=$SECONDS rc=0 file
	shift
	file=$(mktemp "$log/part.XXXXXX")
	"$@" >"$file" 2>&1 </dev/null || rc=$?
	in_turn show "$name" $((SECONDS - began)) "$file"
	echo "$((SECONDS - began)) $rc $file $name" >>"$log/done"
}

make_quiet() { make --no-print-directory "$@"; }

# ---- jobs: one part, or some of which the later ones need what the earlier ones built

job_check() { part "check" make_quiet check; }
job_clang() { part "all of it, built with clang" built make_quiet CC=clang O=build/clang all unit tools; }
# the sources are the same, so they are not read for style again
job_check_sanitizers() {
	VG_LINT=no part "check, sanitizers" make_quiet SAN=1 check
	part "the Kubernetes source, built with sanitizers" built make_quiet SAN=1 build/san/tools/kubewatch
	part "a bad API server, sanitizers" tests/api/fault/run.sh build/san/tools/kubewatch
}
job_corpus() { part "the judgement corpus" tests/judgement/run.py --vipguard build/vipguard; }
job_mutants() { VG_JOBS=1 part "mutants of the judge" tests/mutation/run.sh; }
job_fuzz() { VG_JOBS=1 part "fuzzers" make_quiet fuzz T="${VG_FUZZ_SECONDS:-6}"; }
job_api_live() { part "a real API server" tests/api/live/run.sh; }
job_api_rig() {
	part "the rig of it" tests/api/smoke.sh
	part "all guards in one table" tests/api/cluster.sh
}
job_api_guest() { part "the guard with a real API server, 6.1" tests/api/guest/run.sh 6.1; }
job_image() { part "the image under a runtime, $1" tests/deploy/run.sh "$1"; }
job_manifests() { part "what deploy/ installs" tests/deploy/manifests.sh; }
job_double() { part "the double of kube-vip" tests/e2e/kube-vip/compare.sh; }
job_e2e() { part "end to end, 6.1: ${e2e:-everything}" tests/e2e/run.sh "${@}"; }
job_netns() { part "namespaces on this host" tests/netns/run.sh; }
job_screens() { part "what people look at" tests/screens/run.sh; }
job_deb() { part "the Debian package, 6.1" tests/deb/run.sh; }
job_demo() { part "the demo" tests/demo/counted.sh; }
job_guest() { part "guest $1" tests/guest/run.sh "$@"; }
job_lockdown() { VG_GUEST_CMDLINE=lockdown=confidentiality part "guest $1 under lockdown" tests/guest/run.sh "$@"; }
job_chaos() { part "chaos $1" tests/guest/run.sh "$1" chaos.sh; }
job_monitoring() { part "alerts, dashboard, runbooks" tests/monitoring/run.sh; }
job_docs() { part "the documents' commands" tests/docs/run.sh; }
job_bpf() { part "BPF objects $1" tests/bpf/run.sh "$1"; }

# What a build says counts as one check.
built() {
	if "$@"; then
		echo "1 passed, 0 failed"
	else
		echo "0 passed, 1 failed"
		return 1
	fi
}

# What runs on the kernels before the newest (docs/kernels.md says why); VG_WHOLE=yes: everything.
oldest='test_announce.sh test_bind.sh test_bypass.sh test_degraded.sh test_matrix.sh test_never.sh test_sneak.sh test_stays.sh test_who.sh'
between='test_matrix.sh test_never.sh'
e2e='a c f' # the conflict, the guard that comes late, the rightful holder; `make e2e` runs the rest too
[[ ${VG_WHOLE:-} != yes ]] || oldest='' between='' e2e=''

# The first for whoever waits for it, then the long ones, so that the lanes end together.
jobs=(check "guest newest" "guest 5.10 $oldest" "e2e $e2e" api_guest "guest 6.1 $between" "guest 6.12 $between" check_sanitizers clang netns mutants
	"lockdown 6.1 test_bypass.sh test_matrix.sh" "lockdown newest test_matrix.sh" "chaos 6.1" deb api_live api_rig "image 5.10" fuzz
	"bpf 5.10" "bpf 6.1" "bpf 6.12" "bpf newest" demo screens double corpus manifests
	monitoring docs)

# Takes jobs until there is none left.
lane() {
	local i job
	for i in "${!jobs[@]}"; do
		[[ ${jobs[i]} == *"${VG_PART-}"* ]] || continue
		mkdir "$log/taken-$i" 2>/dev/null || continue
		read -ra job <<<"${jobs[i]}"
		in_turn echo ".. ${jobs[i]}"
		"job_${job[0]}" "${job[@]:1}"
	done
}

# ---- the sum

passed=0 failed=0 bad=()

# One part: its closing line is added up; one without it, or that failed without saying so, is one failure. Failures are kept to be said again.
count() {
	local rc=$1 file=$2 name=$3 line
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$file" | tail -n 1)
	while IFS= read -r not_ok; do
		bad+=("$name: $not_ok")
	done < <(grep -E '^ *(not ok|FAIL) ' "$file")
	if [[ -z $line ]] || { ((rc != 0)) && [[ $line == *' 0 failed' ]]; }; then
		failed=$((failed + 1))
		bad+=("$name: not ok, exit $rc: $(grep -v '^ *$' "$file" | tail -n 1)")
	elif [[ $line != *' 0 failed' ]] && ! grep -qE '^ *(not ok|FAIL) ' "$file"; then
		bad+=("$name: $line")
	fi
	[[ -z $line ]] && return
	passed=$((passed + ${line%% *}))
	line=${line#*, }
	failed=$((failed + ${line%% *}))
}

# What only fetches and uses every core; a part that needs what could not be had says so itself.
part "kernels of the guests" built tests/vm/kernels.sh
part "etcd, kube-apiserver, MetalLB, promlint and render" built tests/api/build.sh etcd kube-apiserver metallb-controller metallb-speaker promlint render
for ((i = 0; i < ${VG_LANES:-2}; i++)); do
	lane &
done
wait
while read -r _ rc file name; do
	count "$rc" "$file" "$name"
done <"$log/done"
echo "== seconds"
sort -rn "$log/done" | while read -r seconds _ _ name; do
	printf '%6d %s\n' "$seconds" "$name"
done
printf '%6d %s\n' $SECONDS "all of it, in ${VG_LANES:-2} lanes"
((${#bad[@]} == 0)) || printf '%s\n' "== failed" "${bad[@]}"
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
