// SPDX-License-Identifier: Apache-2.0

// A double of kube-vip, on the wire and in the API: what releases 1.2.3, 1.0.4 and 0.8.10 were seen to do in ARP mode, written
// from recordings alone. It takes the settings the real one takes and has none of its own but the release it plays
// (KUBE_VIP_DOUBLE, or a name such as kube-vip-1.0.4), so a released binary can take its place anywhere.
// What was never recorded it refuses.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// One process, as main builds it.
type double struct {
	set      settings
	api      *client
	leaders  *announcer
	toggle   toggle
	requests *requests
	threads  threads
	services *services
	stop     context.CancelCauseFunc
}

// The main thread keeps to main alone: every call that matters comes from another thread, as in kube-vip.
func init() { runtime.LockOSThread() }

// Names the threads there are; later ones take it from the one that starts them.
func nameThreads() {
	files, _ := filepath.Glob("/proc/self/task/*/comm")
	for _, file := range files {
		_ = os.WriteFile(file, []byte("kube-vip"), 0)
	}
}

func main() {
	nameThreads()
	set, err := readSettings(os.Args, os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	logLine("INFO", "kube-vip.io", "version", "", "build", "")
	logLine("INFO", "starting", "namespace", set.namespace, "Mode", "ARP", "Control Plane", set.controlPlane, "Services", set.serviceOn)
	logLine("INFO", "using node name", "name", set.node)
	if err := run(set); err != nil {
		logLine("ERROR", err.Error())
		os.Exit(1)
	}
	logLine("INFO", "Shutting down Kube-Vip")
}

func run(set settings) error {
	api, err := newClient(set)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(context.Background())
	d := &double{set: set, api: api, requests: &requests{}, stop: stop}
	d.threads.start()
	if _, err := d.requests.link(set.link, set.linkMayBeDown); err != nil {
		return err
	}
	logLine("INFO", "starting Kube-vip Manager", "mode", "ARP")
	d.leaders = newAnnouncer(d)
	go d.leaders.loop(ctx)
	go d.awaitSignal()
	var parts sync.WaitGroup
	if set.controlPlane {
		parts.Go(func() { d.runControlPlane(ctx) })
	}
	if set.serviceOn {
		d.services = newServices(d)
		parts.Go(func() { d.services.run(ctx) })
	}
	<-ctx.Done()
	parts.Wait()
	return nil
}

func (d *double) awaitSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	logLine("INFO", "Received kube-vip termination, signaling shutdown")
	d.stop(context.Canceled)
}

// A lost lease ends the process; kubelet starts it again.
func (d *double) lost(what string) {
	logLine("ERROR", what)
	d.stop(fmt.Errorf("%s", what))
}

// The addresses are taken off before the election, whatever an earlier life left, bound by the leader, and gone when it stops.
func (d *double) runControlPlane(ctx context.Context) {
	var vips []*vip
	for _, address := range d.set.addresses {
		v, err := d.newVIP(address, d.set.link, 1)
		if err != nil {
			logLine("ERROR", err.Error())
			continue
		}
		v.unbind()
		vips = append(vips, v)
	}
	e := d.newElector(d.set.namespace, d.set.leaseName)
	logLine("INFO", "cluster membership", "namespace", d.set.namespace, "lock", d.set.leaseName, "id", d.set.node)
	led := e.run(ctx, func(context.Context) {
		logLine("INFO", "New leader", "leader", d.set.node)
		for _, v := range vips {
			if err := v.bind(); err != nil {
				logLine("ERROR", "failed to add IP", "address", v.ip, "error", err)
			}
			d.leaders.add(v)
		}
	}, func() {
		logLine("INFO", "This node is becoming a follower within the cluster")
		for _, v := range vips {
			d.leaders.remove(v)
			logLine("INFO", "[VIP] Deleting VIP", "ip", v.ip)
			v.unbind()
		}
	})
	if led && ctx.Err() == nil {
		d.lost("lost leadership, restarting kube-vip")
	}
}

// Waits, or until ctx ends; false if it did.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
