#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SCENARIO...]: `make e2e`. The real conflict, with and without the guard: etcd, kube-apiserver and MetalLB as they were released, kube-vip
# (its double, or the binary that KUBE_VIP names) in a guest with a kernel of its own, a client and a witness outside of it. docs/e2e.md says
# what is what. Needs root. K=LABEL picks the guest's kernel (6.1), BUILD (build) holds what is tested, VG_E2E_KEEP=DIR keeps what was seen.
# Closes with the table and "N passed, M failed".
set -uo pipefail
[[ -z ${KUBE_VIP:-} ]] || KUBE_VIP=$(realpath "$KUBE_VIP")
cd "$(dirname "$0")/../.." || exit 1
export K=${K:-6.1}

no_rig() {
	echo "not ok: $1"
	echo "0 passed, 1 failed"
	exit 1
}

# What has to be fetched or built is, while there is a network. Scratch is removed from here: inside, a killed rig removes nothing.
if [[ ${VG_INSIDE:-} != yes ]]; then
	tests/api/build.sh etcd kube-apiserver metallb-controller metallb-speaker || no_rig "no API server or no MetalLB"
	double=$(tests/e2e/kube-vip/build.sh) || no_rig "no double of kube-vip"
	tests/vm/kernels.sh "$K" && tests/vm/qemu.sh >/dev/null || no_rig "no kernel $K or no emulator"
	dir=$(mktemp -d) || exit 1
	inside=''
	leave() {
		[[ -z $inside ]] || kill -KILL "$inside" # it heeds no other signal, and takes everything along
		[[ -z ${VG_E2E_KEEP:-} ]] || cp -r "$dir/seen" "$VG_E2E_KEEP"
		rm -rf "$dir"
	}
	trap leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	VG_INSIDE=yes KUBE_VIP_BINARY=${KUBE_VIP:-$double} KUBE_VIP_IS=${KUBE_VIP:+handed over} \
		unshare --mount --net --pid --fork --kill-child --mount-proc tests/e2e/run.sh "$dir" "$@" &
	inside=$!
	wait "$inside"
	rc=$?
	inside=''
	exit $rc
fi

dir=$1
shift
# shellcheck source=../api/lib.sh
source tests/api/lib.sh
for part in net guest cluster cell; do
	# shellcheck source=/dev/null
	source "tests/e2e/$part.sh"
done
mkdir -p "$dir/seen"
mkfifo "$dir/never"
net_up || no_rig "no network"
guest_prepare && guest_start || no_rig "no guest"
cluster_up || no_rig "no cluster"
watchers_up || no_rig "nobody watches"
guest_ready || no_rig "the guest does not answer"
say "ready after $SECONDS s: kernel $(guest 'uname -r'), $(kube_vip_words), $(metallb_words)"

scenarios=("$@")
(($#)) || scenarios=(a b e c f g d h i j k)
for scenario in "${scenarios[@]}"; do
	[[ -f tests/e2e/scenarios/$scenario.sh ]] || no_rig "no scenario '$scenario'"
	# shellcheck source=/dev/null
	source "tests/e2e/scenarios/$scenario.sh"
done
summary
