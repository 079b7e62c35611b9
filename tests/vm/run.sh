#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [-k LABEL] [-m MB] [-t SECONDS] [-a CMDLINE] [-o OUTDIR] [-c] [-n] SCRIPT [SRC[:DST]]...
#
# Runs SCRIPT as root in a guest with kernel LABEL (5.10, 6.1, 6.12, newest) and
# prints what it prints. The other files go along as initramfs.sh says; what the
# script leaves in the guest's /out comes back to OUTDIR. -t bounds the script,
# booting has a bound of its own; -a adds kernel arguments (lockdown=...).
# -c gives the guest one CPU whose clock counts instructions, one a nanosecond:
# what is measured there does not depend on what else this machine does.
# -n gives it a network card: 198.51.100.15 is its own address, and 198.51.100.2
# is the loopback of the namespace that run.sh runs in. Nothing else is there.
#
# VG_INITRAMFS: a program that makes the guest's root instead of initramfs.sh, called like it.
#
# Exit status: the script's own, or
#   123  the script ended, but the kernel warned, oopsed or lost a reference
#   124  the script took too long
#   125  no guest, or it died under the script
# Any number of these may run side by side.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=qemu.sh
source "$(dirname "${BASH_SOURCE[0]}")/qemu.sh"

boot_seconds=60
boots_max=4
# Powering off takes a fraction of a second.
off_seconds=10

label=newest memory=1024 seconds=120 extra='' outdir='' counting='' nic=()
tmp='' pid='' con=''

usage() {
	sed -n 's/^# \(run.sh .*\)/usage: \1/p' "${BASH_SOURCE[0]}" >&2
	exit 2
}

guest_stop() {
	[[ -n $pid ]] || return 0
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	exec {con}<&-
	pid=''
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	guest_stop
	[[ -z $tmp ]] || rm -rf "$tmp"
}

# The console arrives on descriptor con.
guest_start() {
	: >"$tmp/console"
	exec {con}< <(exec "$qemu" -nodefaults -no-user-config -display none -no-reboot \
		"${accel[@]}" -m "$memory" -kernel "$vg_vm_cache/kernel-$label/vmlinuz" \
		-initrd "$tmp/initrd" -serial stdio -serial "file:$tmp/out" "${nic[@]}" \
		-append "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off random.trust_cpu=on log_buf_len=4M $extra" \
		</dev/null 2>"$tmp/qemu")
	pid=$!
}

# guest_line DEADLINE: the next line of the console in $line, also kept in the
# log. 1 when the guest is gone, 124 when the time is over.
guest_line() {
	local left=$(($1 - SECONDS)) rc=0
	((left > 0)) || return 124
	IFS= read -r -t "$left" -u "$con" line || rc=$?
	line=${line%$'\r'}
	((rc == 0)) || [[ -n $line ]] || return $((rc > 128 ? 124 : 1))
	printf '%s\n' "$line" >>"$tmp/console"
}

# Boots until the guest says ready; 1 when it died or hung before.
guest_boot() {
	local began=${EPOCHREALTIME/[.,]/} deadline=$((SECONDS + boot_seconds))
	guest_start
	while guest_line "$deadline"; do
		[[ $line == VG-GUEST-READY ]] || continue
		vg_vm_say "$label: ready after $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
		return 0
	done
	return 1
}

# Passes the script's output on. The guest puts one empty line before its own
# last words, in case the output did not end with a newline: it is held back.
# Leaves the status in $status, the kernel's complaints in $complaints.
guest_follow() {
	local deadline=$((SECONDS + seconds)) rc empty=0
	while true; do
		guest_line "$deadline" || { rc=$? && return $rc; }
		case $line in
		'VG-GUEST-KMSG '*)
			complaints+=("${line#VG-GUEST-KMSG }")
			continue
			;;
		'VG-GUEST-EXIT '*)
			status=${line#VG-GUEST-EXIT }
			return 0
			;;
		esac
		((!empty)) || echo
		empty=0
		if [[ -z $line ]]; then
			empty=1
		else
			printf '%s\n' "$line"
		fi
	done
}

# The end is the guest's doing; what it handed back is complete only then.
guest_end() {
	local deadline=$((SECONDS + off_seconds))
	while guest_line "$deadline"; do :; done
	guest_stop
	[[ -n $outdir ]] || return 0
	mkdir -p "$outdir"
	tar -C "$outdir" -xzf "$tmp/out"
}

lost() {
	vg_vm_say "$label: $1; the last lines:"
	tail -n 40 "$tmp/console" "$tmp/qemu" >&2
}

prepare() {
	[[ -f $1 ]] || vg_vm_die "no script $1"
	[[ -d $vg_vm_cache/kernel-$label ]] || "$vg_vm_here/kernels.sh" "$label"
	qemu=$(vg_qemu_get)
	if [[ -n $counting ]]; then
		accel=(-accel tcg -cpu max -smp 1 -icount "shift=0,sleep=off")
	else
		read -ra accel < <(vg_qemu_accel "$qemu" "$vg_vm_cache/kernel-$label/vmlinuz")
		accel+=(-smp 2)
	fi
	tmp=$(mktemp -d)
	"${VG_INITRAMFS:-$vg_vm_here/initramfs.sh}" "$tmp/initrd" "$label" "$1:/run-in-guest" "${@:2}"
}

boot_until_ready() {
	local boot
	for ((boot = 1; boot <= boots_max; boot++)); do
		guest_boot && return
		guest_stop
		lost "boot $boot of $boots_max did not get to the script"
	done
	return 1
}

main() {
	local option line status complaints=() rc=0
	while getopts k:m:t:a:o:cn option; do
		case $option in
		k) label=$OPTARG ;;
		m) memory=$OPTARG ;;
		t) seconds=$OPTARG ;;
		a) extra=$OPTARG ;;
		o) outdir=$OPTARG ;;
		c) counting=yes ;;
		n)
			nic=(-netdev "user,id=n0,net=198.51.100.0/24,host=198.51.100.2,dns=198.51.100.3,dhcpstart=198.51.100.15"
				-device "virtio-net-pci,netdev=n0,romfile=")
			export VG_MODULES="${VG_MODULES-} virtio_pci virtio_net"
			;;
		*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	(($#)) || usage
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	prepare "$@" || exit 125
	boot_until_ready || exit 125
	guest_follow || rc=$?
	case $rc in
	0) ;;
	124) lost "the script took more than $seconds s" && exit 124 ;;
	*) lost "the guest died under the script" && exit 125 ;;
	esac
	guest_end || { lost "what the guest handed back is damaged" && exit 125; }
	((${#complaints[@]} == 0)) || {
		vg_vm_say "$label: the kernel complained (script status $status):"
		printf '%s\n' "${complaints[@]}" >&2
		exit 123
	}
	exit "$status"
}

main "$@"
