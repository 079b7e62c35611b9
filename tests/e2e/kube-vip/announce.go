// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Looks after every VIP once a period. The order is chance, but the same for as long as the process lives: that of a sync.Map.
// With a reply and a request in turn for all VIPs together, an even number of them gives each the same kind for ever.
type announcer struct {
	d    *double
	vips sync.Map // name to *vip
	lock sync.Mutex
	ends map[string]context.CancelFunc // loops of their own
}

func newAnnouncer(d *double) *announcer {
	return &announcer{d: d, ends: map[string]context.CancelFunc{}}
}

func (a *announcer) add(v *vip) {
	logLine("INFO", "layer 2 broadcaster starting", "IP", v.ip, "device", v.link)
	if v.ip.Is6() && v.ndp < 0 {
		a.d.threads.run(func() {
			if err := v.openNDP(); err != nil {
				logLine("WARN", "NDP", "error", err)
			}
		})
	}
	logLine("INFO", "[ARP manager] inserting ARP/NDP instance", "name", v.name())
	if a.d.set.perVIP {
		ctx, end := context.WithCancel(context.Background())
		a.lock.Lock()
		a.ends[v.name()] = end
		a.lock.Unlock()
		go a.follow(ctx, v)
	}
	a.vips.Store(v.name(), v)
}

func (a *announcer) remove(v *vip) {
	if _, there := a.vips.LoadAndDelete(v.name()); !there {
		return
	}
	logLine("INFO", "[ARP manager] removing ARP/NDP instance", "name", v.name())
	a.lock.Lock()
	if end := a.ends[v.name()]; end != nil {
		end()
		delete(a.ends, v.name())
	}
	a.lock.Unlock()
	v.leave()
}

func (a *announcer) loop(ctx context.Context) {
	if a.d.set.perVIP {
		return
	}
	logLine("INFO", "[ARP manager] starting ARP/NDP advertisement")
	if !a.d.set.drifts {
		a.beat(ctx)
		return
	}
	for range a.d.set.loops {
		go func() {
			for {
				a.pass()
				if !pause(ctx, a.d.set.rate) {
					return
				}
			}
		}()
	}
}

func (a *announcer) beat(ctx context.Context) {
	ticker := time.NewTicker(a.d.set.rate)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.pass()
		}
	}
}

func (a *announcer) pass() {
	a.vips.Range(func(_, value any) bool {
		a.d.threads.run(value.(*vip).tick)
		return true
	})
}

func (a *announcer) follow(ctx context.Context, v *vip) {
	for {
		a.d.threads.run(v.tick)
		if !pause(ctx, a.d.set.rate) {
			return
		}
	}
}

// ---- threads

// Calls come from one thread, then another, none of them the main one. Go would see to it by chance; this makes sure.
type threads struct {
	jobs chan func()
}

const threadCount = 4

func (t *threads) start() {
	t.jobs = make(chan func())
	for range threadCount {
		go func() {
			runtime.LockOSThread()
			for job := range t.jobs {
				job()
			}
		}()
	}
}

func (t *threads) run(job func()) {
	done := make(chan struct{})
	t.jobs <- func() {
		defer close(done)
		job()
	}
	<-done
}
