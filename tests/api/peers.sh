# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Which etcd and kube-apiserver, and where they are once build.sh has made them. Their versions have one truth: peers/*/go.mod.

api_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
api_cache=${VG_CACHE:-$(cd "$api_here/../.." && pwd)/.cache}/api

api_version() {
	local module
	case $1 in
	etcd) module=go.etcd.io/etcd/server/v3 ;;
	kube-apiserver) module=k8s.io/kubernetes ;;
	esac
	awk -v module="$module" '{ sub(/^require /, "") } $1 == module && $2 ~ /^v/ { print $2; exit }' "$api_here/peers/$1/go.mod"
}

api_binary() {
	echo "$api_cache/$1-$(api_version "$1")"
}
