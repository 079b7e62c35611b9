#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh LABEL [PART...]: `vipguard run --kubeconfig` in a guest with kernel LABEL against a real etcd and kube-apiserver on this host; PART is
# story, follow, outage or reasons. All of it is in a network namespace of its own, so that copies do not meet; the guest orders what is to be
# written (orders.sh). BUILD (build) holds what is tested. Needs root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
label=${1:?usage: run.sh LABEL [PART...]}
if [[ ${VG_INSIDE:-} != yes ]]; then
	# what has to be fetched is fetched while there is a network
	tests/api/build.sh && tests/vm/kernels.sh "$label" && tests/vm/qemu.sh >/dev/null || exit 1
	exec env VG_INSIDE=yes unshare --net tests/api/guest/run.sh "$@"
fi
# shellcheck source=../lib.sh
source tests/api/lib.sh
# shellcheck source=../../guest/files.sh
source tests/guest/files.sh
dir=$(mktemp -d)
server=''
trap '[[ -z $server ]] || kill "$server"; rm -rf "$dir"' EXIT

host=198.51.100.2 # what the guest knows 127.0.0.1 of this namespace as; here it leads to the same
port=15999 # of the orders
export API_HOST=$host API_BIND=0.0.0.0 API_AUDIT=no API_WAIT=60

no_world() {
	echo "not ok: $1"
	echo "0 passed, 1 failed"
	exit 1
}

ip link set lo up && ip addr add $host/32 dev lo || no_world "no network namespace"
api_up "$dir/api" && tests/api/guest/orders.sh world || no_world "no API server"
for account in vipguard limited; do
	token=$(api_token kube-system $account) && api_kubeconfig token "$token" >"$dir/$account" || no_world "no token for $account"
	guest_files+=("$dir/$account:/vg-tests/kubeconfig-$account")
done
exec {ready}< <(exec tests/api/guest/orders.py 127.0.0.1 $port tests/api/guest/orders.sh)
server=$!
read -rt 30 -u "$ready" || no_world "nobody takes orders"
echo "$host $port" >"$dir/orders"
shift
echo "${*:-story follow outage reasons}" >"$dir/parts"

for file in tests/api/guest/test_*.sh tests/api/guest/world.sh; do
	guest_files+=("$file:/vg-tests/${file##*/}")
done
guest_files+=(docs/contract.md:/vg-tests/contract.md)
tests/vm/run.sh -n -k "$label" -t "${VG_GUEST_SECONDS:-1500}" tests/api/guest/main.sh "${guest_files[@]}" "$dir/orders:/vg-tests/orders" "$dir/parts:/vg-tests/parts"
