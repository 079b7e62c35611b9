#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh: builds the double of kube-vip, once and again when a source is newer, with the Go of tests/api; prints where it is. No module is needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../api/peers.sh
source "$here/../../api/peers.sh"
program=${api_cache%/api}/e2e/kube-vip

if [[ ! -x $program || -n $(find "$here" \( -name '*.go' -o -name go.mod \) -newer "$program" -print -quit) ]]; then
	go=$("$api_here/build.sh" go)
	mkdir -p "${program%/*}"
	part=$(mktemp -d "${program%/*}/.part.XXXXXX")
	trap 'rm -rf "$part"' EXIT
	(cd "$here" && CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=mod "$go" build -buildvcs=false -trimpath -ldflags "-s -w" -o "$part/kube-vip" . >&2)
	mv "$part/kube-vip" "$program"
fi
echo "$program"
