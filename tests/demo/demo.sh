#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make demo`: boots a real kernel (K=6.1 picks another than the newest) and plays the story there. Exit 0 only if the guard did its job.
# VG_DEMO_ACT says what the guard acts on in enforce mode; "none" must make the demo fail.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../guest/files.sh
source "$here/../guest/files.sh"
act=$(mktemp)
trap 'rm -f "$act"' EXIT
echo "${VG_DEMO_ACT:-deny,drop,remove}" >"$act"
echo "Fetching a kernel once (about 100 MB) and booting it; under emulation this takes a minute or two."
"$here/../vm/run.sh" -k "${K:-newest}" -t 400 "$here/story.sh" "${guest_files[@]}" "$act:/vg-tests/act"
