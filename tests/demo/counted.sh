#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The demo as a test: once as it is, which must succeed, and once with a guard that only watches, which must fail.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
if "$here/demo.sh"; then passed=1; else failed=1; fi
echo "$passed passed, $failed failed"
((failed == 0))
