#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# root.sh: prints the path of a tar of a small Debian 12 with systemd and what the package depends on, making it first if need be. It is kept in the
# cache, by the list of what is in it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../vm/lib.sh
source "$here/../vm/lib.sh"
# shellcheck source=../vm/apt.sh
source "$here/../vm/apt.sh"

# what dpkg, maintainer scripts and systemd need; what the package depends on; what the test uses
packages=(base-files base-passwd bash coreutils dash debianutils diffutils dpkg findutils grep gzip hostname init-system-helpers libc-bin mawk
	ncurses-bin perl-base sed tar util-linux usr-is-merged systemd systemd-sysv
	libbpf1 libcurl4 libelf1 libjansson4 libmicrohttpd12 libmnl0 libyaml-0-2 zlib1g
	iproute2 jq)

root_make() {
	local part=$1
	vg_apt_prepare
	grep -E ' bookworm(-security)? ' "$vg_apt_dir/sources.list" >"$part/sources"
	# shellcheck disable=SC2016 # for the shell that runs the hook
	mmdebstrap --mode=root --variant=custom --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include="${packages[*]}" \
		--aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='rm -rf "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/var/lib/apt/* "$1"/var/cache/*' \
		bookworm "$part/root.tar" - <"$part/sources" >"$part/log" 2>&1 || { cat "$part/log" >&2 && return 1; }
}

sum=$(printf '%s\n' "${packages[@]}" | cat - "${BASH_SOURCE[0]}" | sha256sum)
root=$vg_vm_cache/deb-root-${sum:0:12}.tar
if [[ ! -s $root ]]; then
	vg_vm_need mmdebstrap
	vg_vm_lock
	if [[ ! -s $root ]]; then
		part=$(vg_vm_scratch)
		trap 'rm -rf "$part"' EXIT
		vg_vm_say "making a Debian root"
		root_make "$part"
		rm -f "$vg_vm_cache"/deb-root-*.tar
		mv "$part/root.tar" "$root"
	fi
fi
echo "$root"
