#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rules of docs/architecture.md that a machine can hold: sizes, unfinished work, paths and hosts that have no place here.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() {
	[[ -z $2 ]] && return
	printf '%s:\n%s\n' "$1" "$2"
	bad=1
}

sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

complain "files over 500 lines" "$(sources 'user/*.[ch]' 'bpf/*.[ch]' 'tests/*.sh' 'tests/*.c' | xargs wc -l | awk '$2 != "total" && $1 > 500')"
complain "functions over 60 lines" "$(sources 'user/*.c' 'bpf/*.[ch]' |
	ctags --fields=+ne --kinds-C=f --output-format=json -L - -f - 2>/dev/null |
	jq -r 'select(.end and .end - .line + 1 > 60) | "\(.path):\(.line) \(.name) \(.end - .line + 1)"')"
complain "unfinished by its own words" "$(sources user bpf include tests deploy docs | grep -v '^tests/lint/' |
	xargs grep -nIE '\b(TODO|FIXME|XXX|not implemented)\b' || true)"
complain "tests that sleep" "$(sources tests | grep -v '^tests/lint/' | xargs grep -nE '^\s*sleep +[0-9]|usleep\(|time\.sleep\(' || true)"
complain "positive errno returned" "$(sources 'user/*.c' | xargs grep -nE 'return (E[A-Z]{3,});' || true)"
complain "a registry or mirror host" "$(sources . | grep -v '^tests/lint/' | xargs grep -nIE '(deb|security)\.debian\.org|proxy\.golang\.org' || true)"
exit $bad
