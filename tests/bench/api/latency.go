// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const writeEvery = 25 * time.Millisecond

// series are the times from just before each write to the informer's handler, and to the guard's map.
type series struct{ handler, vips []time.Duration }

// latencies measures with both clients running and seeing the same writes, and with each of them alone.
func (b *bench) latencies(size int) error {
	for _, with := range []struct{ informer, guard bool }{{true, true}, {true, false}, {false, true}} {
		s, err := b.latency(with.informer, with.guard)
		if err != nil {
			return err
		}
		b.report.latency(size, s)
	}
	b.report.latencyEnd(size)
	return nil
}

func (b *bench) latency(withInformer, withGuard bool) (s series, err error) {
	var informer *client
	var v *vips
	if withInformer {
		informer = b.newInformer()
		if err = informer.start(); err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, informer.stop()) }()
	}
	if withGuard {
		guard := b.newGuard()
		if err = guard.start(); err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, guard.stop()) }()
		if v, err = openVips(b.pins); err != nil {
			return s, err
		}
		defer v.close()
		if err = guard.settle(); err != nil {
			return s, err
		}
	}
	if informer != nil {
		if err = informer.settle(); err != nil {
			return s, err
		}
	}
	if err = b.server.rest(); err != nil {
		return s, err
	}
	ticks := time.NewTicker(writeEvery)
	defer ticks.Stop()
	for i := range 2 * pairs {
		<-ticks.C
		if err = b.write(i/2%probes, i%2 == 1, informer, v, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// write takes the address of a Service away or gives it back, and adds what was measured.
func (b *bench) write(number int, give bool, informer *client, v *vips, s *series) error {
	name, address := serviceName(number), addressNumber(number)
	var given netip.Addr
	said := ""
	if give {
		given, said = address, address.String()
	}
	inMap := make(chan error, 1)
	var mapAt, handledAt int64
	looking := make(chan struct{})
	if v != nil {
		go func() {
			exactSleep() // the thread ends with this
			if here, err := v.has(address); err != nil || here == give {
				inMap <- fmt.Errorf("%s is in vg_vips: %t, before it is written (%v)", address, here, err)
				close(looking)
				return
			}
			close(looking)
			at, err := v.await(address, give)
			mapAt = at
			inMap <- err
		}()
		<-looking
	}
	handled := make(chan struct{})
	defer close(handled)
	if v == nil {
		go lookAtNothing(handled)
	}
	began := now()
	if err := b.server.patch(name, given); err != nil {
		return err
	}
	if v != nil {
		if err := <-inMap; err != nil {
			return err
		}
		s.vips = append(s.vips, time.Duration(mapAt-began))
	}
	if informer == nil {
		return nil
	}
	for handledAt == 0 {
		select {
		case l, ok := <-informer.lines:
			if !ok {
				return fmt.Errorf("the informer ended: %s", informer.said())
			}
			if l.Event == "handled" && l.Name == name && l.Address == said {
				handledAt = l.At
			}
		case <-time.After(patience):
			return fmt.Errorf("the informer does not hear of %s", name)
		}
	}
	s.handler = append(s.handler, time.Duration(handledAt-began))
	return nil
}

// lookAtNothing costs what looking at the map does, so that each is measured beside the same load.
func lookAtNothing(end <-chan struct{}) {
	exactSleep()
	for {
		select {
		case <-end:
			return
		default:
			pause()
			now()
		}
	}
}

// percentile: the smallest that is not exceeded by so many of a hundred
func percentile(all []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)*percent+99)/100-1]
}
