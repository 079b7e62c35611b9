# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts of the guest rig have in common. Source it, do not run it.

vg_vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vg_vm_repo=$(cd "$vg_vm_here/../.." && pwd)

# Everything downloaded or probed lives here and survives `make clean`.
vg_vm_cache=${VG_CACHE:-$vg_vm_repo/.cache}/vm

# The kernels every guest test runs on, oldest first.
# shellcheck disable=SC2034 # for whoever sources this
vg_vm_labels=(5.10 6.1 6.12 newest)

# Progress and complaints go to stderr: stdout carries results only.
vg_vm_say() {
	printf 'vm: %s\n' "$*" >&2
}

vg_vm_die() {
	vg_vm_say "error: $*"
	exit 1
}

vg_vm_need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || vg_vm_die "$tool is missing on this machine"
	done
}

# Holds the cache's lock until this shell ends. Whoever comes second waits and
# then finds the cache filled.
vg_vm_lock() {
	mkdir -p "$vg_vm_cache"
	exec {vg_vm_lock_fd}>"$vg_vm_cache/lock"
	flock -n "$vg_vm_lock_fd" && return
	vg_vm_say "waiting for another run that is filling $vg_vm_cache"
	flock "$vg_vm_lock_fd"
}

# A half-filled folder never gets a final name: work in one of these and rename.
# Call it with the lock held, so that what is left of a killed run can go.
vg_vm_scratch() {
	rm -rf "$vg_vm_cache"/.part.*
	mktemp -d "$vg_vm_cache/.part.XXXXXX"
}
