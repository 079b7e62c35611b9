#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guest side: every program of every object loaded, attached and put to work on this kernel.
passed=0 failed=0
for program in 'load_test /verifier-baseline /out/verifier' hooks_test announce_run announce_test 'announce_test nosender'; do
	echo "# $program, $(uname -r)"
	# shellcheck disable=SC2086 # some have arguments
	if $program; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok $program"
	fi
done
echo "$passed passed, $failed failed"
((failed == 0))
