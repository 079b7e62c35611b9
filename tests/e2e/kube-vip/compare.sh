#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# compare.sh: `make e2e-double`. Runs the double of kube-vip in network namespaces, with a real API server, and compares system calls, frames,
# addresses and what it writes with recordings of the real one (tests/data/kube-vip). As root; about a minute. Closes with "N passed, M failed".
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${VG_INSIDE:-} != yes ]]; then
	if ! "$here/../../api/build.sh" || ! program=$("$here/build.sh"); then
		echo "0 passed, 1 failed"
		exit 1
	fi
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$program"
fi

# shellcheck source=../../api/lib.sh
source "$here/../../api/lib.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Everybody's link, with the API server on it.
lan() {
	mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip link set lo up &&
		ip link add br0 type bridge forward_delay 0 mcast_snooping 0 && ip addr add 192.0.2.5/24 dev br0 && ip link set br0 up
}

if lan && API_BIND=:: API_HOST=192.0.2.5 API_AUDIT=no api_up "$dir/api" && api_kubeconfig admin >"$dir/kubeconfig"; then
	PYTHONDONTWRITEBYTECODE=1 python3 "$here/compare.py" "$1" "$dir"
else
	echo "0 passed, 1 failed"
	exit 1
fi
