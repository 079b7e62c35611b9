#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# qemu.sh: prints the path of the emulator to use, getting it first if need be.
# Sourced, it gives vg_qemu_get (the same) and vg_qemu_accel.
#
# QEMU 7.2 crashes a 6.12 guest about once in four boots under TCG, 10.0 does
# not: an older one on the system is used only when no newer one can be had.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=apt.sh
source "$vg_vm_here/apt.sh"

vg_qemu_wanted_major=10
vg_qemu_suite=bookworm-backports

vg_qemu_major() {
	"$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\)[.].*/\1/p'
}

# A tree that cannot start, or has no TCG, is no emulator.
vg_qemu_starts() {
	"$1" --version >/dev/null 2>&1 && "$1" -accel help 2>/dev/null | grep -qw tcg
}

# The packages that the emulator has and this system lacks or has too old: apt
# computes them against a copy of the system's package list. libc and what is
# bound to it stay the system's, a second one cannot be mixed in by a path.
vg_qemu_packages() {
	local status=$vg_apt_dir/state/system-status
	cp /var/lib/dpkg/status "$status"
	vg_apt get -s -qq -o "Dir::State::status=$status" -t "$vg_qemu_suite" install \
		qemu-system-x86 qemu-system-common qemu-system-data seabios |
		awk '$1 == "Inst" && $2 !~ /^(libc6|libc-bin|libgcc-s1|dpkg|.*-dev)$/ {
			match($0, /\([^ ]+/)
			print $2 "=" substr($0, RSTART + 1, RLENGTH - 1)
		}'
}

vg_qemu_write_wrapper() {
	local root=$1 final=$2 lib=/usr/lib/x86_64-linux-gnu
	cat >"$root/run" <<-EOF_RUN
		#!/bin/sh
		root='$final'
		export LD_LIBRARY_PATH="\$root$lib:\$root/lib/x86_64-linux-gnu"
		export QEMU_MODULE_DIR="\$root$lib/qemu"
		exec "\$root/usr/bin/qemu-system-x86_64" -L "\$root/usr/share/qemu" -L "\$root/usr/share/seabios" "\$@"
	EOF_RUN
	chmod +x "$root/run"
}

# Returns non-zero, with the cache untouched, when this cannot be had here.
vg_qemu_fetch() {
	local version part packages
	vg_apt_prepare
	version=$(vg_apt_versions qemu-system-x86 "$vg_qemu_suite" | head -n 1)
	[[ -n $version ]] || return
	mapfile -t packages < <(vg_qemu_packages)
	# More than this is no emulator on a Debian of about its age.
	((${#packages[@]} > 0 && ${#packages[@]} <= 60)) || return
	vg_vm_say "qemu: downloading $version (${#packages[@]} packages)"
	part=$(vg_vm_scratch)
	if vg_apt_unpack "$part/qemu" "${packages[@]}"; then
		vg_qemu_write_wrapper "$part/qemu" "$part/qemu"
		if vg_qemu_starts "$part/qemu/run"; then
			vg_qemu_write_wrapper "$part/qemu" "$vg_vm_cache/qemu"
			mv -T "$part/qemu" "$vg_vm_cache/qemu"
		fi
	fi
	rm -rf "$part"
	[[ -d $vg_vm_cache/qemu ]]
}

# A failure to get the newer one is remembered for a day: without network every
# guest would wait for it again.
vg_qemu_fetch_once() (
	local failed=$vg_vm_cache/qemu-failed
	vg_vm_lock
	[[ -d $vg_vm_cache/qemu ]] && return
	[[ -n $(find "$failed" -mmin -1440 2>/dev/null) ]] && return 1
	vg_qemu_fetch && return
	vg_vm_say "qemu: no newer one can be had here, using the system's"
	touch "$failed"
	return 1
)

# Prints the path.
vg_qemu_get() {
	local system major
	system=$(command -v qemu-system-x86_64 || true)
	if [[ -n $system ]]; then
		major=$(vg_qemu_major "$system")
		if ((${major:-0} >= vg_qemu_wanted_major)); then
			echo "$system"
			return
		fi
	fi
	if [[ -d $vg_vm_cache/qemu ]] || vg_qemu_fetch_once; then
		echo "$vg_vm_cache/qemu/run"
		return
	fi
	[[ -n $system ]] || vg_vm_die "no qemu-system-x86_64 on this machine and none to be had"
	echo "$system"
}

# Whether the KVM device boots a guest, not just exists: some hosts offer one
# that hangs. The guest is a kernel without anything to run; reaching the panic
# about that is proof enough.
vg_qemu_kvm_boots() {
	local qemu=$1 kernel=$2 log
	[[ -r /dev/kvm && -w /dev/kvm ]] || return
	log=$(timeout -k 2 15 "$qemu" -nodefaults -no-user-config -display none -no-reboot \
		-accel kvm -cpu host -m 256 -kernel "$kernel" -serial stdio \
		-append 'console=ttyS0 panic=-1' </dev/null 2>/dev/null | tr -d '\0') || return
	[[ $log == *'Kernel panic'* ]]
}

# vg_qemu_accel QEMU VMLINUZ: prints the accelerator's arguments. Probed once
# per boot of this host.
vg_qemu_accel() (
	local answer
	answer=$vg_vm_cache/accel-$EUID$(tr / - <<<"$1")-$(</proc/sys/kernel/random/boot_id)
	vg_vm_lock
	if [[ ! -s $answer ]]; then
		rm -f "$vg_vm_cache/accel-$EUID"*
		if vg_qemu_kvm_boots "$1" "$2"; then
			echo '-accel kvm -cpu host' >"$answer"
		else
			echo '-accel tcg,thread=multi -cpu max' >"$answer"
		fi
		vg_vm_say "accelerator: $(<"$answer")"
	fi
	cat "$answer"
)

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	vg_qemu_get
fi
