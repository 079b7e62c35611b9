#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# promtool.sh: prints the path of promtool, getting it first if need be: Debian's package `prometheus` is downloaded (19 MB), only promtool is
# kept of it, as <cache>/promtool, and nothing is installed. What is there already is not asked for again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../vm/apt.sh
source "$vg_vm_here/apt.sh"

suites='bookworm|bookworm-security'
promtool=${VG_CACHE:-$vg_vm_repo/.cache}/promtool

fetch() {
	local part version
	vg_vm_need flock dpkg-deb
	vg_vm_lock
	[[ ! -x $promtool ]] || return 0
	vg_apt_prepare
	part=$(vg_vm_scratch)
	for version in $(vg_apt_versions prometheus "$suites"); do
		vg_vm_say "promtool: downloading prometheus $version"
		rm -rf "${part:?}"/*
		vg_apt_unpack "$part/root" "prometheus=$version" || continue
		mv -T "$part/root/usr/bin/promtool" "$promtool"
		rm -rf "$part"
		return
	done
	vg_vm_die "no package prometheus in $suites"
}

[[ -x $promtool ]] || (fetch)
echo "$promtool"
