#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh LABEL: the image, with exactly the settings of the manifests, under a real runtime (crun) in a guest with kernel LABEL. The overlay is applied to a
# real etcd and kube-apiserver on this host; runtime_config.py plays kubelet and containerd with what the server then has. BUILD (build) holds what is
# tested. Needs root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
label=${1:?usage: run.sh LABEL}
if [[ ${VG_INSIDE:-} != yes ]]; then
	# what has to be fetched is fetched while there is a network
	tests/api/build.sh etcd kube-apiserver render && tests/monitoring/promtool.sh >/dev/null && tests/vm/kernels.sh "$label" && tests/vm/qemu.sh >/dev/null || exit 1
	exec env VG_INSIDE=yes unshare --net tests/deploy/run.sh "$@"
fi
# shellcheck source=../api/lib.sh
source tests/api/lib.sh
# shellcheck source=../guest/files.sh
source tests/guest/files.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
[[ -z ${VG_KEEP:-} ]] || dir=$VG_KEEP
# shellcheck source=lib.sh
source tests/deploy/lib.sh
host=198.51.100.2 # what the guest knows 127.0.0.1 of this namespace as; here it leads to the same
export API_HOST=$host API_BIND=0.0.0.0 API_AUDIT=no API_WAIT=60

# ---- the image, on this host

# Twice the same, with nothing of this machine in it; a known tool reads it.
image() {
	local one
	for one in a b; do
		SOURCE_DATE_EPOCH=1700000000 deploy/image/build.py "$build/vipguard" "$dir/$one" || return
	done
	cmp "$dir/a.oci.tar" "$dir/b.oci.tar" && cmp "$dir/a.spdx.json" "$dir/b.spdx.json" || return
	mkdir "$dir/layout" && tar -C "$dir/layout" -xf "$dir/a.oci.tar" && equal "tags" "$(umoci ls --layout "$dir/layout")" "$(<VERSION)" &&
		umoci raw unpack --image "$dir/layout:$(<VERSION)" "$dir/root" || return
	! grep -rlF "$PWD" "$dir/root" "$dir/layout" || fail "this machine's folder is in it" || return
	one=$(jq -r '.manifests[0].digest' "$dir/layout/index.json")
	one=$(jq -r .config.digest "$dir/layout/blobs/${one/://}")
	cp "$dir/layout/blobs/${one/://}" "$dir/image.json"
}
test_case "the image: twice the same, and umoci reads it" image

# Each library that is there is of a package that is listed, with a version and a licence; each that is needed is there.
listed() {
	local library package
	jq -e 'all(.packages[]; (.versionInfo | length > 0) and (.licenseDeclared | test("^[A-Za-z(]")))' "$dir/a.spdx.json" >/dev/null || fail "a package without" || return
	equal "licences without a text" "$(jq -c '[.packages[].licenseDeclared | scan("LicenseRef-[A-Za-z0-9.-]+")] - [.hasExtractedLicensingInfos[].licenseId]' "$dir/a.spdx.json")" '[]' || return
	cmp "$dir/a.spdx.json" "$dir/root/usr/share/sbom/vipguard.spdx.json" || return
	for package in $(jq -r '.packages[1:][].name' "$dir/a.spdx.json"); do
		grep -qx "Version: $(jq -r --arg name "$package" '.packages[] | select(.name == $name).versionInfo' "$dir/a.spdx.json")" "$dir/root/var/lib/dpkg/status.d/$package" &&
			[[ -s $dir/root/usr/share/doc/$package/copyright ]] || fail "$package" || return
	done
	for library in "$dir"/root/usr/lib/x86_64-linux-gnu/*.so*; do
		package=$(dpkg-query -S "*/${library##*/}" | sed -n '1s/:.*//p')
		[[ -s $dir/root/var/lib/dpkg/status.d/$package ]] || fail "${library##*/} is of $package, which is not listed" || return
	done
	equal "what it says" "$(chroot "$dir/root" /usr/sbin/vipguard version -o json | jq -r .version)" "$(<VERSION)"
}
test_case "the image: everything in it is in the SBOM" listed

# ---- the cluster

no_world() {
	echo "not ok: $1"
	failed=$((failed + 1))
	summary
	exit 1
}

ip link set lo up && ip addr add $host/32 dev lo || no_world "no network namespace"
api_up "$dir/api" || no_world "no API server"
render kustomize $enforce >"$dir/objects" && send "$dir/objects" '' || no_world "not applied"
tests/api/guest/orders.sh world || no_world "no cluster"

# volumes: what kubelet would write for the DaemonSet
map=$(jq -r '.[] | select(.kind == "ConfigMap").metadata.name' "$dir/objects")
mkdir -p "$dir/volumes/config" "$dir/volumes/serviceaccount"
api_get ConfigMap "kube-system/$map" | jq -r '.data["config.yaml"]' >"$dir/volumes/config/config.yaml"
api_token kube-system vipguard >"$dir/volumes/serviceaccount/token" && cp "$dir/api/ca.crt" "$dir/volumes/serviceaccount/" && echo kube-system >"$dir/volumes/serviceaccount/namespace" ||
	no_world "no token"

# pod NAME WORKLOAD [OPTION...]: its config.json
pod() {
	mkdir -p "$dir/pods/$1"
	tests/deploy/runtime_config.py "$2" --image "$dir/image.json" --root /image --seccomp "$(api_binary render)" --node cp1 \
		--server "$(<"$dir/api/address")" --volumes /vg-tests/volumes "${@:3}" >"$dir/pods/$1/config.json" || no_world "$1 cannot be translated"
}
api_get DaemonSet kube-system/vipguard >"$dir/daemonset" && pod daemonset "$dir/daemonset"
jq '.spec.template.spec.containers[0].args = ["detach"]' "$dir/daemonset" >"$dir/detach" && pod detach "$dir/detach"
render yaml deploy/static-pod/vipguard.yaml >"$dir/static" && send "$dir/static" '' && api_get Pod kube-system/vipguard >"$dir/static" && pod static "$dir/static"
capabilities=$(jq -r '.spec.containers[0].securityContext.capabilities.add | join(" ")' "$dir/static")
for capability in $capabilities; do
	pod "without-$capability" "$dir/static" --without "$capability"
done
echo "$capabilities" >"$dir/capabilities"

# ---- the guest

guest_files+=("$(command -v crun):/usr/bin/crun" "$dir/root:/image" "$dir/pods:/vg-tests/pods" "$dir/volumes:/vg-tests/volumes" "$dir/capabilities:/vg-tests/capabilities")
mkdir "$dir/out"
tests/vm/run.sh -n -k "$label" -o "$dir/out" -t "${VG_GUEST_SECONDS:-900}" tests/deploy/guest/main.sh "${guest_files[@]}" | tee "$dir/guest"
rc=$?
read -r ok _ bad _ <<<"$(tail -n 1 "$dir/guest")"
passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-1}))

# ---- what it left outside

events() {
	local uid
	uid=$(api_get Service default/web | jq -r .metadata.uid)
	api GET /apis/events.k8s.io/v1/namespaces/default/events | jq -e --arg uid "$uid" '[.items[] | select(.type == "Warning" and .reportingController == "vipguard" and
		.regarding.kind == "Service" and .regarding.name == "web" and .regarding.uid == $uid and (.note | test("kube-vip")))] | length >= 2'
}
test_case "the Events stand on the Service" events

# By the rules as they are delivered, with the pages that the guard in the container gave.
alert() {
	local monitoring=deploy/monitoring
	tests/deploy/alert.py "$1" $monitoring/recording.yaml $monitoring/alerts.yaml "$dir/out/page.0" "$dir/out/page.1" >"$dir/alert.json" &&
		"$(tests/monitoring/promtool.sh)" test rules "$dir/alert.json"
}
test_case "the alert fires in promtool, on its metrics" alert VipguardViolation
quiet() { ! alert VipguardViolationNotStopped; }
test_case "one that is not due does not" quiet
summary && ((rc == 0))
