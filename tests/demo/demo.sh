#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make demo`: boots a real kernel (K=6.1 picks another than the newest) and plays the story there. Exit 0 only if the guard did its job.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
files=("$build/vipguard:/usr/bin/vipguard" "$here/../guest/lib.sh:/vg-tests/lib.sh")
for tool in rogue blast witness holder tcphello; do
	files+=("$build/tools/$tool:/usr/bin/$tool")
done
for tool in setpriv tail mkfifo awk pgrep pkill sysctl; do
	files+=("$(readlink -f "$(command -v $tool)"):/usr/bin/$tool")
done
echo "Fetching a kernel once (about 100 MB) and booting it; under emulation this takes a minute or two."
exec "$here/../vm/run.sh" -k "${K:-newest}" -t 400 "$here/story.sh" "${files[@]}"
