// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// One address on one link, with the socket that announces it where that is kept.
type vip struct {
	d      *double
	ip     netip.Addr
	link   string
	index  int
	nodad  bool
	ndp    int // -1: not open
	ndpMAC net.HardwareAddr
	lock   sync.Mutex
	gone   bool // no more to be looked after
}

// Looks the link up as often as kube-vip was seen to.
func (d *double) newVIP(ip netip.Addr, link string, lookups int) (*vip, error) {
	v := &vip{d: d, ip: ip, link: link, ndp: -1}
	for range lookups {
		index, err := d.requests.link(link, true)
		if err != nil {
			return nil, err
		}
		v.index = index
	}
	return v, nil
}

func (v *vip) name() string {
	return fmt.Sprintf("%s/%d-%s", v.ip, v.ip.BitLen(), v.link)
}

func (v *vip) request() address {
	a := address{ip: v.ip, prefix: v.ip.BitLen()}
	if v.nodad {
		a.flags = ifaNoDAD
	}
	return a
}

// What the kernel says of it, if it is there.
func (v *vip) look() (address, bool) {
	family := byte(syscall.AF_INET)
	if v.ip.Is6() {
		family = syscall.AF_INET6
	}
	found, err := v.d.requests.list(v.index, family)
	if err != nil {
		logLine("WARN", "listing addresses", "error", err)
	}
	for _, a := range found {
		if a.ip == v.ip && a.prefix == v.ip.BitLen() {
			return a, true
		}
	}
	return address{}, false
}

func (v *vip) bind() (err error) {
	v.d.threads.run(func() { err = v.d.requests.add(v.request(), v.index, v.d.set.deprecated) })
	return err
}

func (v *vip) unbind() {
	v.d.threads.run(v.unbindHere)
}

func (v *vip) unbindHere() {
	if _, there := v.look(); !there {
		return
	}
	if err := v.d.requests.remove(v.request(), v.index, v.d.set.deprecated); err != nil {
		logLine("WARN", "could not delete ip", "ip", v.ip, "error", err)
	}
}

func warnBind(v *vip, err error) {
	if err != nil {
		logLine("WARN", fmt.Sprintf("could not add ip to device %q: %v", v.link, err))
	}
}

// One period: bound again if gone, announced whether that was allowed or not. Where duplicate detection failed it is bound anew,
// and announced the next time only.
func (v *vip) tick() {
	v.lock.Lock()
	defer v.lock.Unlock()
	if v.gone {
		return
	}
	if v.ip.Is6() {
		if a, there := v.look(); there && a.flags&ifaDadFailed != 0 {
			v.unbindHere()
			v.nodad = v.d.set.nodadOnRetry
			warnBind(v, v.d.requests.add(v.request(), v.index, v.d.set.deprecated))
			return
		}
	}
	if _, there := v.look(); !there {
		err := v.d.requests.add(v.request(), v.index, v.d.set.deprecated)
		warnBind(v, err)
		if err == nil {
			logLine("INFO", "Re-applied the VIP configuration", "ip", v.ip, "interface", v.link)
		}
	}
	v.announce()
}

func (v *vip) announce() {
	var err error
	if v.ip.Is4() {
		err = v.sendARP(v.d.toggle.next())
	} else {
		err = v.sendNA()
	}
	if err != nil {
		logLine("WARN", "announcing", "ip", v.ip, "interface", v.link, "error", err)
	}
}

// ---- frames

// Which kind of frame comes next: one for all VIPs, a reply first.
type toggle struct {
	lock    sync.Mutex
	request bool
}

func (t *toggle) next() (request bool) {
	t.lock.Lock()
	defer t.lock.Unlock()
	request = t.request
	t.request = !request
	return request
}

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func arpPacket(mac net.HardwareAddr, ip netip.Addr, request bool) []byte {
	operation, target := byte(2), mac
	if request {
		operation, target = 1, broadcast
	}
	packet := []byte{0, 1, 8, 0, 6, 4, 0, operation}
	for _, part := range [][]byte{mac, ip.AsSlice(), target, ip.AsSlice()} {
		packet = append(packet, part...)
	}
	return packet
}

func (v *vip) sendARP(request bool) error {
	link, err := net.InterfaceByName(v.link)
	if err != nil {
		return err
	}
	protocol := binary.NativeEndian.Uint16([]byte{0x08, 0x06})
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(protocol))
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, v.link); err != nil {
		return err
	}
	to := &syscall.SockaddrLinklayer{Protocol: protocol, Ifindex: link.Index, Hatype: syscall.ARPHRD_ETHER, Halen: 6,
		Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	return syscall.Sendto(fd, arpPacket(link.HardwareAddr, v.ip, request), 0, to)
}

// Bound to the link's own address, and kept.
func (v *vip) openNDP() error {
	link, err := net.InterfaceByName(v.link)
	if err != nil {
		return err
	}
	addresses, err := link.Addrs()
	if err != nil {
		return err
	}
	local := syscall.SockaddrInet6{ZoneId: uint32(v.index)}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() == nil && network.IP.IsLinkLocalUnicast() {
			copy(local.Addr[:], network.IP)
		}
	}
	if local.Addr == [16]byte{} {
		return fmt.Errorf("%s has no link-local address", v.link)
	}
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, syscall.IPPROTO_ICMPV6)
	if err != nil {
		return err
	}
	if err := syscall.Bind(fd, &local); err != nil {
		syscall.Close(fd)
		return err
	}
	v.ndp, v.ndpMAC = fd, link.HardwareAddr
	return nil
}

// leave waits for a period that is under way; there is none after it.
func (v *vip) leave() {
	v.lock.Lock()
	defer v.lock.Unlock()
	if v.ndp >= 0 {
		syscall.Close(v.ndp)
	}
	v.ndp, v.gone = -1, true
}

func control(kind int32, value []byte) []byte {
	c := make([]byte, syscall.CmsgSpace(len(value)))
	binary.NativeEndian.PutUint64(c, uint64(syscall.CmsgLen(len(value))))
	binary.NativeEndian.PutUint32(c[8:], syscall.IPPROTO_IPV6)
	binary.NativeEndian.PutUint32(c[12:], uint32(kind))
	copy(c[16:], value)
	return c
}

// Override set, the rest not; hop limit 255 and the link are given beside.
func (v *vip) sendNA() error {
	if v.ndp < 0 {
		if err := v.openNDP(); err != nil {
			return err
		}
	}
	message := append([]byte{136, 0, 0, 0, 0x20, 0, 0, 0}, v.ip.AsSlice()...)
	message = append(append(message, 2, 1), v.ndpMAC...)
	hops, out := make([]byte, 4), make([]byte, 20)
	binary.NativeEndian.PutUint32(hops, 255)
	binary.NativeEndian.PutUint32(out[16:], uint32(v.index))
	beside := append(control(syscall.IPV6_HOPLIMIT, hops), control(syscall.IPV6_PKTINFO, out)...)
	to := &syscall.SockaddrInet6{ZoneId: uint32(v.index), Addr: netip.MustParseAddr("ff02::1").As16()}
	logLine("INFO", "Broadcasting NDP update", "ip", v.ip, "hwaddr", string(v.ndpMAC), "interface", v.link)
	_, err := syscall.SendmsgN(v.ndp, message, beside, to, 0)
	return err
}
