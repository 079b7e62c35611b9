# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # for whoever sources this
# What every guest that runs the guard is given, in the array guest_files: the guard, the test-side programs, the library.
guest_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-$guest_here/../../build}
guest_files=("$build/vipguard:/usr/bin/vipguard" "$guest_here/lib.sh:/vg-tests/lib.sh")
for guest_tool in rogue sneak roads blast witness holder tcphello; do
	guest_files+=("$build/tools/$guest_tool:/usr/bin/$guest_tool")
done
for guest_tool in setpriv tail mkfifo awk pgrep pkill sysctl; do
	guest_files+=("$(readlink -f "$(command -v "$guest_tool")"):/usr/bin/$guest_tool")
done
