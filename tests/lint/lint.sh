#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh BUILD: all rules; says which failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1
bad=0
step() {
	local name=$1
	shift
	"$@" || { echo "lint: $name failed" && bad=1; }
}
cd "$here/../.." || exit 1
step layers "$here/layers.sh"
step spdx "$here/spdx.sh"
step format sh -c 'git ls-files "*.c" "*.h" | xargs clang-format --dry-run -Werror'
step style "$here/style.sh"
step shellcheck sh -c 'git ls-files --cached --others --exclude-standard -- "*.sh" .ci/run | xargs shellcheck -x -P SCRIPTDIR -S warning'
step man mandoc -T lint -W warning docs/vipguard.8 docs/vipguard-config.5
step metrics "$here/metrics.sh"
step events "$here/events.sh"
step options "$here/options.sh" "$build/vipguard"
exit $bad
