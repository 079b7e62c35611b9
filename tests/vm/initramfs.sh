#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# initramfs.sh OUT LABEL [SRC[:DST]]...: builds a guest's root from binaries of
# this machine, the modules of kernel LABEL and the given files or folders. A
# file without DST lands in /vg, which is on the guest's PATH; programs bring
# their shared libraries along. /run-in-guest is what the guest runs.
#
# VG_MODULES names modules to load besides the ones below.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Every name must exist on every kernel, built in or as a module.
modules_needed=(veth bridge dummy macvlan ipvlan 8021q tun vxlan cls_bpf cls_matchall
	sch_ingress act_gact act_mirred nf_tables)
# For NAT in nft rules and the like: names differ between kernels (5.10 has the
# counter apart), so what a kernel lacks is left out.
modules_optional=(nft_counter nft_ct nft_chain_nat nft_nat nft_masq nft_redir
	pktgen af_packet cls_u32)

tools_needed=(bash busybox ip bridge tc bpftool nft jq arping tcpdump timeout date
	stat sleep stty sort env ls cat tar gzip grep sed unshare nsenter)
tools_optional=(ss ethtool ping socat awk tail head seq tee od base64 cmp diff
	xargs chroot mktemp setpriv)

# Copies a file to a path in the tree, with the libraries it is linked to.
# The loader's list has paths either alone or after "=>".
put() {
	local tree=$1 src=$2 dst=$3 library
	mkdir -p "$tree$(dirname "$dst")"
	cp -L "$src" "$tree$dst"
	for library in $(ldd "$src" 2>/dev/null | grep -o '/[^ ]*'); do
		[[ -e $tree$library ]] && continue
		mkdir -p "$tree$(dirname "$library")"
		cp -L "$library" "$tree$library"
	done
}

put_given() {
	local tree=$1 src=${2%%:*} dst
	dst=/vg/$(basename "$src")
	[[ $2 == *:* ]] && dst=${2#*:}
	[[ $dst == /* ]] || vg_vm_die "destination '$dst' of $src is not absolute"
	[[ -e $src ]] || vg_vm_die "$src does not exist"
	if [[ -d $src ]]; then
		mkdir -p "$tree$dst"
		cp -RL "$src/." "$tree$dst"
	else
		put "$tree" "$src" "$dst"
	fi
}

# A name's real path on this machine, sbin included whoever asks.
tool_path() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P "$1"
}

# Busybox's applets come last on the guest's PATH, so that a real ip or tar wins.
put_tools() {
	local tree=$1 tool path applet
	for tool in "${tools_needed[@]}" "${tools_optional[@]}"; do
		if path=$(tool_path "$tool"); then
			put "$tree" "$path" "/usr/bin/$tool"
		elif [[ " ${tools_needed[*]} " == *" $tool "* ]]; then
			vg_vm_die "$tool is missing on this machine"
		fi
	done
	mkdir -p "$tree/usr/lib/busybox"
	for applet in $("$tree/usr/bin/busybox" --list); do
		ln -s /usr/bin/busybox "$tree/usr/lib/busybox/$applet"
	done
	ln -s bash "$tree/usr/bin/sh"
}

# Reads the kernel's list into paths and direct dependencies by module name.
declare -A module_path module_depends module_done
module_read() {
	local modules=$1 line path depends name
	while IFS= read -r line; do
		path=${line%%:*} depends=${line#*:}
		name=${path##*/} name=${name%.ko} name=${name//-/_}
		module_path[$name]=$path
		module_depends[$name]=${depends//-/_}
	done <"$modules/depends"
	while IFS= read -r path; do
		path=${path##*/} path=${path%.ko}
		module_done[${path//-/_}]=1
	done <"$modules/modules.builtin"
}

# Copies a module after everything it depends on, and notes the order.
module_put() {
	local tree=$1 modules=$2 name=${3//-/_} depend
	[[ -n ${module_done[$name]-} ]] && return
	[[ -n ${module_path[$name]-} ]] || return
	module_done[$name]=1
	for depend in ${module_depends[$name]}; do
		module_put "$tree" "$modules" "$depend" || vg_vm_die "module $depend, for $name, is missing"
	done
	cp "$modules/${module_path[$name]}" "$tree/lib/modules/$name.ko"
	echo "$name.ko" >>"$tree/lib/modules/order"
}

put_modules() {
	local tree=$1 label=$2 modules=$vg_vm_cache/kernel-$2/modules name extra
	read -ra extra <<<"${VG_MODULES-}"
	module_read "$modules"
	mkdir -p "$tree/lib/modules"
	for name in "${modules_needed[@]}" "${extra[@]}"; do
		module_put "$tree" "$modules" "$name" || vg_vm_die "kernel $label has no module $name"
	done
	for name in "${modules_optional[@]}"; do
		module_put "$tree" "$modules" "$name" || true
	done
}

main() {
	(($# >= 2)) || vg_vm_die "usage: initramfs.sh OUT LABEL [SRC[:DST]]..."
	local out=$1 label=$2 given
	shift 2
	vg_vm_need cpio gzip ldd
	[[ -d $vg_vm_cache/kernel-$label ]] || "$vg_vm_here/kernels.sh" "$label"
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	chmod 755 "$tree"
	mkdir -p "$tree"/{dev,proc,sys,run,tmp,root,etc,vg,var} "$tree"/usr/{bin,sbin,lib,lib64}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$tree/"
	put_tools "$tree"
	put_modules "$tree" "$label"
	cp "$vg_vm_here/guest-init" "$tree/init"
	chmod +x "$tree/init"
	for given in "$@"; do
		put_given "$tree" "$given"
	done
	[[ -f $tree/run-in-guest ]] && chmod +x "$tree/run-in-guest"
	(cd "$tree" && find . -print0 | cpio --quiet -0 -o -H newc -R 0:0) | gzip -1 >"$out"
}

main "$@"
