#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs in the guest: the LAN of tests/guest, the way to the API from cp1, then the parts, then the sum.
set -u
cd /vg-tests || exit 1
# shellcheck source=../../guest/lib.sh
source ./lib.sh
# shellcheck source=world.sh
source ./world.sh

echo "kernel $(uname -r)"
mkdir -p $RUN
mkfifo $RUN/never
ip link set eth0 name api0 || exit 1
lan_up || exit 1
way_to_api || exit 1
clean_up
for part in $(<parts); do
	echo "# $part"
	# shellcheck source=/dev/null
	source "./test_$part.sh"
done
summary
