#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs in the guest: the LAN, then every test file that came along (or those named in /vg-tests/only), then the sum.
set -u
cd /vg-tests || exit 1
# shellcheck source=lib.sh
source ./lib.sh
# shellcheck source=vectors.sh
source ./vectors.sh
# shellcheck source=/dev/null
source ./set

echo "kernel $(uname -r)"
mkdir -p $RUN
mkfifo $RUN/never
lan_up || exit 1
write_assignments
clean_up
for file in $(if [[ -s only ]]; then cat only; else ls test_*.sh; fi); do
	echo "# ${file%.sh}"
	file_began=$SECONDS
	# shellcheck source=/dev/null
	source "./$file"
	echo "# ${file%.sh}: $((SECONDS - file_began)) s"
done
cp -r $RUN/events $RUN/rogue $RUN/witness /out/ 2>/dev/null
summary
