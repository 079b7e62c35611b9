#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The demo as two tests: as it is it must succeed; with a guard that never acts (--act none) it must fail, or it would prove nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0

verdict() {
	if [[ $1 == "$2" ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $3"
	fi
}

"$here/demo.sh"
verdict $? 0 "the demo fails"
echo "-- and once more with a guard that never acts; this must fail:"
VG_DEMO_ACT=none "$here/demo.sh" >/dev/null 2>&1
verdict $? 1 "the demo succeeds with a guard that does nothing"
echo "$passed passed, $failed failed"
((failed == 0))
