# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Which etcd, kube-apiserver and MetalLB (metallb-controller, metallb-speaker), and where they are once build.sh has made them. Their versions have
# one truth: peers/*/go.mod. And promlint, for the page of metrics, and render, for what deploy/ installs.

api_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
api_cache=${VG_CACHE:-$(cd "$api_here/../.." && pwd)/.cache}/api

# api_peer NAME: the folder of its module
api_peer() {
	case $1 in
	metallb-*) echo "$api_here/peers/metallb" ;;
	*) echo "$api_here/peers/$1" ;;
	esac
}

# api_module NAME: what its version is that of
api_module() {
	case $1 in
	etcd) echo go.etcd.io/etcd/server/v3 ;;
	kube-apiserver) echo k8s.io/kubernetes ;;
	metallb-*) echo go.universe.tf/metallb ;;
	promlint) echo github.com/prometheus/client_golang ;;
	render) echo helm.sh/helm/v3 ;;
	esac
}

api_version() {
	awk -v module="$(api_module "$1")" '{ sub(/^require /, "") } $1 == module && $2 ~ /^v/ { print $2; exit }' "$(api_peer "$1")/go.mod"
}

# The program of render is ours and grows: another one is another file.
api_binary() {
	local of=''
	[[ $1 != render ]] || of=-$(cat "$api_here"/peers/render/* | sha256sum | cut -c 1-8)
	echo "$api_cache/$1-$(api_version "$1")$of"
}

# The CRDs of that MetalLB, as its module has them: a folder of YAML.
api_metallb_crds() {
	echo "$api_cache/metallb-crds-$(api_version metallb-speaker)"
}
