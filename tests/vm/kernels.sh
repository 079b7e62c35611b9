#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kernels.sh [LABEL...]: gets the kernels the guest tests boot (all of them
# without an argument). Each ends as
#   <cache>/vm/kernel-<label>/{vmlinuz,release,modules/}
# What is there already is not asked for again: a full cache needs no network.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=apt.sh
source "$vg_vm_here/apt.sh"

# Only these parts of a modules tree are kept; a guest has no other hardware.
keep='net drivers/net drivers/virtio drivers/char lib crypto arch'

# Suites of a label, and the start of the versions that count.
kernel_suites() {
	case $1 in
	5.10) echo 'bullseye|bullseye-security' '5[.]10[.]' ;;
	6.1) echo 'bookworm|bookworm-security' '6[.]1[.]' ;;
	6.12) echo 'bookworm-backports' '6[.]12[.]' ;;
	newest) echo 'trixie-backports' '' ;;
	*) vg_vm_die "unknown kernel label '$1' (known: ${vg_vm_labels[*]})" ;;
	esac
}

# The meta package leads to the image; from 6.17 on the image leads to
# linux-binary-*, linux-modules-* and linux-base-* (which has modules.builtin).
# Prints every package on the way that belongs to one release.
kernel_packages() {
	local todo=("linux-image-cloud-amd64=$1") seen=' ' package next
	while ((${#todo[@]})); do
		package=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $seen == *" $package "* ]] && continue
		seen+="$package "
		[[ ${package%%=*} =~ -[0-9] ]] && echo "$package"
		while read -r next; do
			todo+=("$next")
		done < <(vg_apt_depends "$package" 'linux-(image|binary|modules|base)-')
	done
}

# What modprobe's own tool would write, from the modules themselves: one line
# "path: dependency..." with the direct dependencies' names.
kernel_write_depends() {
	local modules=$1 file depends
	(cd "$modules" && find kernel -name '*.ko' | sort) | while read -r file; do
		depends=$(tr '\0' '\n' <"$modules/$file" | sed -n 's/^depends=//p' | head -n 1)
		printf '%s: %s\n' "$file" "${depends//,/ }"
	done >"$modules/depends"
}

# Moves the wanted part of an unpacked tree to its final shape.
kernel_shape() {
	local root=$1 out=$2 from image part
	from=$(find "$root" -path '*/lib/modules/*' -name kernel -type d -printf '%h\n' -prune)
	[[ -d $from ]] || vg_vm_die "not one modules folder in the packages, but '$from'"
	image=$(find "$root" -type f -name 'vmlinuz*' -print -quit)
	[[ -n $image ]] || vg_vm_die "no vmlinuz in the packages"
	mkdir -p "$out/modules/kernel"
	cp "$image" "$out/vmlinuz"
	basename "$from" >"$out/release"
	cp "$from/modules.builtin" "$out/modules/"
	for part in $keep; do
		[[ -d $from/kernel/$part ]] || continue
		mkdir -p "$out/modules/kernel/$(dirname "$part")"
		cp -r "$from/kernel/$part" "$out/modules/kernel/$part"
	done
	find "$out/modules" -name '*.ko.xz' -exec xz -d {} +
	find "$out/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	kernel_write_depends "$out/modules"
}

kernel_fetch() {
	local label=$1 suites start version part packages
	read -r suites start < <(kernel_suites "$label")
	part=$(vg_vm_scratch)
	for version in $(vg_apt_versions linux-image-cloud-amd64 "$suites"); do
		[[ $version =~ ^$start ]] || continue
		mapfile -t packages < <(kernel_packages "$version")
		((${#packages[@]})) || continue
		vg_vm_say "kernel $label: downloading ${packages[*]}"
		rm -rf "${part:?}"/*
		if vg_apt_unpack "$part/root" "${packages[@]}"; then
			kernel_shape "$part/root" "$part/kernel"
			mv -T "$part/kernel" "$vg_vm_cache/kernel-$label"
			rm -rf "$part"
			vg_vm_say "kernel $label: $(<"$vg_vm_cache/kernel-$label/release")"
			return
		fi
		vg_vm_say "kernel $label: $version cannot be had, trying an older one"
	done
	rm -rf "$part"
	vg_vm_die "kernel $label: no package in $suites"
}

main() {
	local label missing=()
	for label in "${@:-"${vg_vm_labels[@]}"}"; do
		kernel_suites "$label" >/dev/null
		[[ -d $vg_vm_cache/kernel-$label ]] || missing+=("$label")
	done
	((${#missing[@]})) || return 0
	vg_vm_need flock xz
	vg_vm_lock
	vg_apt_prepare
	for label in "${missing[@]}"; do
		[[ -d $vg_vm_cache/kernel-$label ]] || kernel_fetch "$label"
	done
}

main "$@"
