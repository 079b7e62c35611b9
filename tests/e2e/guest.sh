# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # dir is run.sh's
#
# The guest that is cp1, and how to talk to it: the second serial line, two FIFOs here. None of that is on the wire that is judged.

# shellcheck source=../vm/qemu.sh
source tests/vm/qemu.sh
set +e # qemu.sh wants it for itself
# shellcheck source=../guest/files.sh
source tests/guest/files.sh

guest_prepare() {
	VG_MODULES="virtio_pci virtio_net" tests/vm/initramfs.sh "$dir/initrd" "$K" tests/e2e/cp1.sh:/run-in-guest \
		"${guest_files[@]}" "$KUBE_VIP_BINARY:/usr/bin/kube-vip" \
		"$(api_binary metallb-speaker):/usr/bin/speaker"
}

# It boots while the cluster comes up.
guest_start() {
	local qemu accel
	qemu=$(vg_qemu_get) && read -ra accel < <(vg_qemu_accel "$qemu" "$vg_vm_cache/kernel-$K/vmlinuz") || return
	mkfifo "$dir/ctl.in" "$dir/ctl.out" || return
	exec {guest_in}<>"$dir/ctl.in" {guest_out}<>"$dir/ctl.out"
	"$qemu" -nodefaults -no-user-config -display none -no-reboot "${accel[@]}" -smp 2 -m 1536 -rtc base=utc,clock=host \
		-kernel "$vg_vm_cache/kernel-$K/vmlinuz" -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on" \
		-serial "file:$dir/seen/console" -serial "pipe:$dir/ctl" \
		-netdev tap,id=n0,ifname=cp1,script=no,downscript=no -device "virtio-net-pci,netdev=n0,mac=$(mac_of cp1),romfile=" \
		{guest_in}>&- {guest_out}>&- </dev/null >"$dir/seen/qemu" 2>&1 &
	guest_pid=$!
	ip link set cp1 up
}

guest_number=0
# guest COMMAND: run by the guest's one shell, so what it sets or starts stays; prints what that prints, has its exit status
guest() {
	guest_ask 150 "$1"
}

# guest_ask SECONDS COMMAND
guest_ask() {
	local id rc said part line='' deadline=$((SECONDS + $1))
	guest_number=$BASHPID.$EPOCHREALTIME # subshells ask too
	printf '%s %s\n' "$guest_number" "$(base64 -w0 <<<"$2")" >&"$guest_in"
	while ((SECONDS < deadline)); do
		IFS= read -r -t 1 -u "$guest_out" part || {
			line+=$part # what came of it within the time
			kill -0 "$guest_pid" 2>/dev/null || break
			continue
		}
		read -r id rc said <<<"$line$part"
		line=''
		[[ $id == "$guest_number" ]] || continue
		base64 -d <<<"$said"
		return "$rc"
	done
	say "the guest does not answer to: $2"
	tail -n 5 "$dir/seen/console" >&2
	return 125
}

# guest_put FILE: standard input, there
guest_put() {
	guest "base64 -d <<<'$(base64 -w0)' >$1"
}

# How many milliseconds the guest's clock is ahead: the fastest of nine questions tells.
guest_offset() {
	local i before after there best=1000000 offset=0
	for ((i = 0; i < 9; i++)); do
		before=${EPOCHREALTIME/[.,]/}
		there=$(guest 'echo ${EPOCHREALTIME/[.,]/}') || return
		after=${EPOCHREALTIME/[.,]/}
		((after - before >= best)) || { best=$((after - before)) offset=$(((there - (before + after) / 2) / 1000)); }
	done
	echo "$offset"
}

# The shell there must be heard first: what is written before the line is raw may be lost.
guest_ready() {
	local line tries
	for ((tries = 0; tries < 60; tries++)); do
		read -r -t 1 -u "$guest_out" line && [[ $line == VG-CP1-READY* ]] && break
	done
	((tries < 60)) || return
	guest_put /run/vg/kubeconfig <"$dir/vipguard.kubeconfig" &&
		guest_put /run/vg/admin.kubeconfig <"$dir/admin.kubeconfig" &&
		guest "cp1_up '$api_port'" || return
	clock_set
}

# Leases are judged by what the clock says, so both have to agree.
clock_set() {
	local off
	off=$(guest_offset) || return
	if ((off > 100 || off < -100)); then # to set it takes tens of milliseconds itself
		guest "date -s @\$(awk -v now=\$EPOCHREALTIME -v off=$off 'BEGIN { printf \"%.6f\", now - off / 1000 }') >/dev/null"
		off=$(guest_offset)
	fi
	say "the guest's clock is $off ms ahead"
}
