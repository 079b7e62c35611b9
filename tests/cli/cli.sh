#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cli.sh VIPGUARD: the command line as docs/contract.md promises it, from outside: no root, no guard, files alone. Every bad
# input must end with exit 2, nothing on standard output and one line on standard error that says where, what was found and
# what was expected. Closes with "N passed, M failed".
set -uo pipefail
vipguard=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'chmod -R u+rwx "$dir"; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
passed=0 failed=0
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|NO_COLOR$)')

fail() {
	failed=$((failed + 1))
	echo "not ok: $1"
	shift
	printf '    %s\n' "$@"
}

# call ARGUMENT...: exit status in $rc, output in $dir/out and $dir/err. 20 s are far more than anything here may take.
rc=0
call() {
	rc=0
	timeout 20 "$vipguard" "$@" </dev/null >out 2>err || rc=$?
}

# refused NAME PATTERN ARGUMENT...: a wrong input, as the head of this file says
refused() {
	local name=$1 pattern=$2
	shift 2
	call "$@"
	if [[ $rc == 2 && ! -s out && $(wc -l <err) == 1 ]] && grep -qE -- "$pattern" err; then
		passed=$((passed + 1))
	else
		fail "$name" "wanted exit 2 and /$pattern/" "exit $rc, $(wc -c <out) bytes on stdout" "$(head -c 600 err)"
	fi
}

# refused_by_all NAME PATTERN OPTION...: by each command that judges
refused_by_all() {
	local name=$1 pattern=$2
	shift 2
	refused "check: $name" "$pattern" check "$@"
	refused "explain: $name" "$pattern" explain 192.0.2.10 "$@"
	refused "run: $name" "$pattern" run "$@"
}

# expect NAME STATUS FILTER ARGUMENT...: exit status, and the jq filter holds for the output
expect() {
	local name=$1 status=$2 filter=$3
	shift 3
	call "$@"
	if [[ $rc == "$status" ]] && jq -es "$filter" out >/dev/null 2>&1; then
		passed=$((passed + 1))
	else
		fail "$name" "wanted exit $status and $filter" "exit $rc: $(jq -c . out 2>&1 | head -c 600)" "$(head -c 300 err)"
	fi
}

# says NAME STATUS PATTERN ARGUMENT...: exit status, and the text on standard output
says() {
	local name=$1 status=$2 pattern=$3
	shift 3
	call "$@"
	if [[ $rc == "$status" ]] && grep -qE -- "$pattern" out; then
		passed=$((passed + 1))
	else
		fail "$name" "wanted exit $status and /$pattern/" "exit $rc: $(head -c 600 out)" "$(head -c 300 err)"
	fi
}

# with VARIABLE=VALUE COMMAND...: in that environment
with() {
	local -x "${1?}"
	shift
	"$@"
}

# file NAME TEXT: with printf's escapes
file() { printf '%b' "$2" >"$1"; }

file ok.yaml 'version: 1\nassignments:\n  - {address: 192.0.2.10, service: default/web, nodes: [worker1]}\n'
echo '[]' >none.json
# shellcheck disable=SC2034 # the parts use it
bare=(--addresses none.json -o json) # nothing is bound
for part in "$here"/part_*.sh; do
	# shellcheck source=/dev/null
	source "$part"
done

echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
