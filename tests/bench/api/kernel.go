// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/netip"
	"path/filepath"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// vips is vipguard's map of addresses as the kernel's hooks see it, read by plain bpf(2).
type vips struct{ fd uintptr }

const vipBytes = 88 // struct vg_vip

// vipKey is struct vg_lpm_key of a whole address.
type vipKey struct {
	prefixlen uint32
	address   [16]byte
}

type elementAttributes struct {
	fd    uint32
	_     uint32
	key   unsafe.Pointer
	value unsafe.Pointer
	flags uint64
}

func bpf(command uintptr, attributes unsafe.Pointer, size uintptr) (uintptr, error) {
	result, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attributes), size)
	if errno != 0 {
		return 0, errno
	}
	return result, nil
}

func openVips(pins string) (*vips, error) {
	path, err := unix.BytePtrFromString(filepath.Join(pins, "vg_vips"))
	if err != nil {
		return nil, err
	}
	attributes := struct {
		path  unsafe.Pointer
		fd    uint32
		flags uint32
	}{path: unsafe.Pointer(path), flags: unix.BPF_F_RDONLY}
	fd, err := bpf(unix.BPF_OBJ_GET, unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	runtime.KeepAlive(path)
	return &vips{fd}, err
}

func (v *vips) close() {
	unix.Close(int(v.fd))
}

func (v *vips) element(command uintptr, key *vipKey, value unsafe.Pointer) (bool, error) {
	attributes := elementAttributes{fd: uint32(v.fd), value: value}
	if key != nil {
		attributes.key = unsafe.Pointer(key)
	}
	_, err := bpf(command, unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil, err
}

func (v *vips) has(address netip.Addr) (bool, error) {
	key := vipKey{128, address.As16()}
	var value [vipBytes]byte
	return v.element(unix.BPF_MAP_LOOKUP_ELEM, &key, unsafe.Pointer(&value))
}

// addresses are all that are in the map; only of use when nobody writes to it.
func (v *vips) addresses() (map[netip.Addr]bool, error) {
	all := map[netip.Addr]bool{}
	var key *vipKey
	for {
		var next vipKey
		found, err := v.element(unix.BPF_MAP_GET_NEXT_KEY, key, unsafe.Pointer(&next))
		if err != nil || !found {
			return all, err
		}
		all[netip.AddrFrom16(next.address).Unmap()] = true
		key = &next
	}
}

// await returns the time at which an address is in the map, or is no more. It looks every 50 us or so, which is to the
// disadvantage of the guard: to look without end would take one of few processors away from those who are being measured.
func (v *vips) await(address netip.Addr, present bool) (int64, error) {
	for end := now() + patience.Nanoseconds(); ; pause() {
		found, err := v.has(address)
		at := now()
		if err != nil || found == present {
			return at, err
		}
		if at > end {
			return 0, errors.New("vg_vips does not follow: " + address.String())
		}
	}
}

func pause() {
	unix.Nanosleep(&unix.Timespec{Nsec: 50000}, nil)
}

// exactSleep is for a thread of its own: its sleeps are as short as it says.
func exactSleep() {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

// now is CLOCK_MONOTONIC in nanoseconds, which all processes here have in common.
func now() int64 {
	var at unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &at)
	return at.Nano()
}
