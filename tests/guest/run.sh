#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh LABEL [TEST_FILE...]: the guest's tests on one kernel. BUILD (build) holds what is tested. Output as it comes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=files.sh
source "$here/files.sh"
label=$1
shift
only=$(mktemp)
trap 'rm -f "$only"' EXIT
printf '%s\n' "$@" | sed '/^$/d' >"$only"
for file in "$here"/test_*.sh; do
	guest_files+=("$file:/vg-tests/${file##*/}")
done
guest_files+=("$here/../../deploy/vipguard.service:/vg-tests/vipguard.service")
"$here/../vm/run.sh" -k "$label" -t "${VG_GUEST_SECONDS:-3600}" "$here/main.sh" "${guest_files[@]}" "$only:/vg-tests/only"
