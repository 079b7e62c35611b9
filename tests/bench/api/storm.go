// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/netip"
	"time"
)

// storm moves Services from one address to another and back, with both clients listening. It writes to etcd: the server alone could
// not take so many requests a second beside all the rest. Afterwards the map must be what a fresh list is.
func (b *bench) storm(size int) (err error) {
	informer, guard := b.newInformer(), b.newGuard()
	clients := []*client{guard, informer}
	for _, c := range clients {
		if err = c.start(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.stop()) }()
	}
	v, err := openVips(b.pins)
	if err != nil {
		return err
	}
	defer v.close()
	var before, after, busyBefore, busyAfter [2]int64
	measure := func(anonymous, busy *[2]int64) error {
		for i, c := range clients {
			if err := c.settle(); err != nil {
				return err
			}
			spent, err := c.processor()
			if err != nil {
				return err
			}
			busy[i] = spent.Milliseconds()
			if err = c.tidy(); err != nil {
				return err
			}
			if anonymous[i], err = c.status("RssAnon"); err != nil {
				return err
			}
		}
		return nil
	}
	if err = measure(&before, &busyBefore); err != nil {
		return err
	}
	took, err := b.move(size)
	if err != nil {
		return err
	}
	lag, missing, surplus, err := b.compare(v)
	if err != nil {
		return err
	}
	if err = measure(&after, &busyAfter); err != nil {
		return err
	}
	b.report.storm(took, lag, missing, surplus, before, after, [2]int64{busyAfter[0] - busyBefore[0], busyAfter[1] - busyBefore[1]})
	return nil
}

func (b *bench) move(size int) (time.Duration, error) {
	began := time.Now()
	err := inParallel(stormRate*stormSeconds, func(i int) error {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / stormRate)))
		number := i % size
		to := addressNumber(number)
		if i/size%2 == 0 {
			to = addressNumber(number + moved)
		}
		return b.server.put(service(number, to))
	})
	return time.Since(began), err
}

// compare holds the map against a fresh list until they agree, or for 10 s, and says how long that took and in what they differ.
func (b *bench) compare(v *vips) (lag time.Duration, missing, surplus int, err error) {
	network := netip.MustParsePrefix("198.19.0.0/16")
	began := time.Now()
	want, err := b.server.addresses()
	for err == nil {
		var have map[netip.Addr]bool
		have, err = v.addresses()
		missing, surplus = 0, 0
		for address := range want {
			if !have[address] {
				missing++
			}
		}
		for address := range have {
			if network.Contains(address) && want[address] == 0 {
				surplus++
			}
		}
		lag = time.Since(began)
		if missing+surplus == 0 || lag > 10*time.Second {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return lag, missing, surplus, err
}
