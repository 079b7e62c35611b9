#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD]: what can be tested on this host's own kernel: the kernel's side (kern.sh), the guard (guard.sh), the command line (cli.sh), all
# in namespaces. Needs root, and BUILD (build) with `make all tools`. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
tools=${VG_TOOLS:-$build/tools}
passed=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# part NAME COMMAND...: shows its output but the closing line, which is added up; a part that ends badly without a failed
# test counts as one
part() {
	local name=$1 rc=0 line ok=0 bad=0
	shift
	"$@" 2>&1 | tee "$dir/part" | grep -vE '^[0-9]+ passed, [0-9]+ failed$' || true
	rc=${PIPESTATUS[0]}
	line=$(tail -n 1 "$dir/part")
	[[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
	if ((bad == 0 && (rc != 0 || ok == 0))); then
		bad=1
		echo "not ok $name: exit $rc"
	fi
	echo "# $name: $ok passed, $bad failed"
	passed=$((passed + ok))
	failed=$((failed + bad))
}

sanitizers=()
[[ $(nm "$build/vipguard") == *' __asan_init'* ]] && sanitizers=(-fsanitize=address -fsanitize=undefined)
build_probe() {
	cc -std=gnu11 -D_GNU_SOURCE "${sanitizers[@]}" -Iinclude -Iuser -I"$build/skel" tests/netns/kern_probe.c "$build/libvipguard.a" \
		-lbpf -lelf -lz -lmnl -lyaml -ljansson -lmicrohttpd -lcurl -o "$dir/kern_probe"
}

if build_probe; then
	part "kernel's side" tests/netns/kern.sh "$dir/kern_probe"
else
	failed=$((failed + 1))
	echo "not ok: tests/netns/kern_probe.c does not build"
fi
# shellcheck source=tests/api/peers.sh
source tests/api/peers.sh
if tests/api/build.sh promlint; then
	part "guard" tests/netns/guard.sh "$build/vipguard" "$tools" "$(api_binary promlint)"
else
	failed=$((failed + 1))
	echo "not ok: promlint does not build"
fi
part "command line" tests/cli/cli.sh "$build/vipguard"
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
