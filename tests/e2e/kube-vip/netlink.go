// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
)

const (
	ifaCacheInfo    = 6
	ifaFlags        = 8
	ifaDadFailed    = 0x08
	ifaNoDAD        = 0x02
	iflaOperState   = 16
	operUnknown     = 0
	operUp          = 6
	lifetimeForEver = 0xffffffff
)

// One counter of requests for the whole process; each has a socket of its own.
type requests struct {
	sequence atomic.Uint32
}

type address struct {
	ip     netip.Addr
	prefix int
	flags  uint32
}

// Sends one request and gives the messages of the answer, without the acknowledgement. The kernel names the socket after the process.
func (r *requests) send(kind, flags uint16, body []byte) ([]syscall.NetlinkMessage, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, err
	}
	message := make([]byte, syscall.NLMSG_HDRLEN, syscall.NLMSG_HDRLEN+len(body))
	message = append(message, body...)
	binary.NativeEndian.PutUint32(message, uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], kind)
	binary.NativeEndian.PutUint16(message[6:], flags)
	binary.NativeEndian.PutUint32(message[8:], r.sequence.Add(1))
	if err := syscall.Sendto(fd, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, err
	}
	return receive(fd, flags&syscall.NLM_F_DUMP != 0)
}

func receive(fd int, dump bool) (answer []syscall.NetlinkMessage, err error) {
	for {
		buffer := make([]byte, 65536)
		n, _, err := syscall.Recvfrom(fd, buffer, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case syscall.NLMSG_DONE:
				return answer, nil
			case syscall.NLMSG_ERROR:
				if code := int32(binary.NativeEndian.Uint32(m.Data)); code != 0 {
					return nil, syscall.Errno(-code)
				}
				return answer, nil
			}
			answer = append(answer, m)
		}
		if !dump && len(answer) > 0 && answer[0].Header.Type == syscall.RTM_NEWLINK {
			return answer, nil
		}
	}
}

func attribute(kind uint16, value []byte) []byte {
	a := make([]byte, 4, 4+len(value)+3)
	binary.NativeEndian.PutUint16(a, uint16(4+len(value)))
	binary.NativeEndian.PutUint16(a[2:], kind)
	a = append(a, value...)
	for len(a)%4 != 0 {
		a = append(a, 0)
	}
	return a
}

// The body of both RTM_NEWADDR and RTM_DELADDR. Releases before 1.0 send no lifetime.
func addressBody(a address, index int, deprecated bool) []byte {
	family := byte(syscall.AF_INET)
	if a.ip.Is6() {
		family = syscall.AF_INET6
	}
	body := []byte{family, byte(a.prefix), byte(a.flags), syscall.RT_SCOPE_UNIVERSE, 0, 0, 0, 0}
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	body = append(body, attribute(syscall.IFA_LOCAL, a.ip.AsSlice())...)
	body = append(body, attribute(syscall.IFA_ADDRESS, a.ip.AsSlice())...)
	if deprecated {
		info := make([]byte, 16) // preferred, valid, created, updated
		binary.NativeEndian.PutUint32(info[4:], lifetimeForEver)
		body = append(body, attribute(ifaCacheInfo, info)...)
	}
	return body
}

func (r *requests) add(a address, index int, deprecated bool) error {
	const flags = syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | syscall.NLM_F_REPLACE | syscall.NLM_F_CREATE
	_, err := r.send(syscall.RTM_NEWADDR, flags, addressBody(a, index, deprecated))
	return err
}

func (r *requests) remove(a address, index int, deprecated bool) error {
	_, err := r.send(syscall.RTM_DELADDR, syscall.NLM_F_REQUEST|syscall.NLM_F_ACK, addressBody(a, index, deprecated))
	return err
}

// All addresses of the link, one family.
func (r *requests) list(index int, family byte) (found []address, err error) {
	messages, err := r.send(syscall.RTM_GETADDR, syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP, []byte{family, 0, 0, 0, 0, 0, 0, 0})
	for _, m := range messages {
		if m.Header.Type != syscall.RTM_NEWADDR || len(m.Data) < 8 || int(binary.NativeEndian.Uint32(m.Data[4:])) != index {
			continue
		}
		a := address{prefix: int(m.Data[1]), flags: uint32(m.Data[2])}
		attributes, _ := syscall.ParseNetlinkRouteAttr(&m)
		for _, at := range attributes {
			ip, ok := netip.AddrFromSlice(at.Value)
			switch {
			case at.Attr.Type == ifaFlags && len(at.Value) == 4:
				a.flags = binary.NativeEndian.Uint32(at.Value)
			case ok && (at.Attr.Type == syscall.IFA_LOCAL || at.Attr.Type == syscall.IFA_ADDRESS && !a.ip.IsValid()):
				a.ip = ip
			}
		}
		found = append(found, a)
	}
	return found, err
}

// The index of a link, which must be up.
func (r *requests) link(name string, mayBeDown bool) (int, error) {
	body := make([]byte, 16)
	body = append(body, attribute(syscall.IFLA_IFNAME, append([]byte(name), 0))...)
	messages, err := r.send(syscall.RTM_GETLINK, syscall.NLM_F_REQUEST|syscall.NLM_F_ACK, body)
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 16 {
		return 0, fmt.Errorf("interface %q: %w", name, err)
	}
	attributes, _ := syscall.ParseNetlinkRouteAttr(&messages[0])
	for _, at := range attributes {
		if at.Attr.Type == iflaOperState && len(at.Value) == 1 && at.Value[0] != operUp && at.Value[0] != operUnknown && !mayBeDown {
			return 0, fmt.Errorf("interface %q is not up", name)
		}
	}
	return int(binary.NativeEndian.Uint32(messages[0].Data[4:])), nil
}
