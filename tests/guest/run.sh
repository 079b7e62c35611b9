#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh LABEL [TEST_FILE...]: the guest's tests on one kernel. BUILD (build) holds what is tested. Output as it comes.
# Of the files there those named test_* are the ones that run if none is named. VG_GUEST_SET: variables for them, "NAME=VALUE ...".
# VG_GUEST_CMDLINE: more for the kernel's command line, lockdown=confidentiality say.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=files.sh
source "$here/files.sh"
label=$1
shift
only=$(mktemp) set=$(mktemp)
trap 'rm -f "$only" "$set"' EXIT
tr ' ' '\n' <<<"${VG_GUEST_SET-}" >"$set"
printf '%s\n' "$@" | sed '/^$/d' >"$only"
for file in "$here"/test_*.sh; do
	guest_files+=("$file:/vg-tests/${file##*/}")
done
for file in "$@"; do
	[[ $file == test_* ]] || guest_files+=("$here/$file:/vg-tests/$file")
done
guest_files+=("$set:/vg-tests/set" "$here/vectors.sh:/vg-tests/vectors.sh" "$here/../../deploy/vipguard.service:/vg-tests/vipguard.service")
"$here/../vm/run.sh" -k "$label" -a "${VG_GUEST_CMDLINE-}" -t "${VG_GUEST_SECONDS:-3600}" "$here/main.sh" "${guest_files[@]}" "$only:/vg-tests/only"
