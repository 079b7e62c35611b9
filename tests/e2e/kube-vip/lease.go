// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// Leader election by a Lease, as client-go does it.
type elector struct {
	d               *double
	namespace, name string
	seen            leaseSpec // as last read, and when that was new
	seenAt          time.Time
	version         string
	leading         atomic.Bool
	keep            bool // not given back at the end
}

type leaseSpec struct {
	Holder      string `json:"holderIdentity"`
	Duration    int    `json:"leaseDurationSeconds"`
	Acquired    string `json:"acquireTime"`
	Renewed     string `json:"renewTime"`
	Transitions int    `json:"leaseTransitions"`
}

type leaseObject struct {
	Kind       string         `json:"kind"`
	APIVersion string         `json:"apiVersion"`
	Metadata   map[string]any `json:"metadata"`
	Spec       leaseSpec      `json:"spec"`
}

func (d *double) newElector(namespace, name string) *elector {
	return &elector{d: d, namespace: namespace, name: name}
}

func (e *elector) lock() string { return e.namespace + "/" + e.name }

func (e *elector) path() string {
	return "/apis/coordination.k8s.io/v1/namespaces/" + e.namespace + "/leases"
}

func microTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// run tries until it leads, calls started beside, renews, and when that cannot be done in time or ctx ends calls stopped and gives
// the Lease back. Whether it ever led is the answer.
func (e *elector) run(ctx context.Context, started func(context.Context), stopped func()) bool {
	logLine("INFO", "Attempting to acquire leader lease...", "lock", e.lock())
	if !e.acquire(ctx) {
		return false
	}
	logLine("INFO", "Successfully acquired lease", "lock", e.lock())
	e.leading.Store(true)
	leading, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		started(leading)
	}()
	e.renew(ctx)
	end()
	<-done
	stopped()
	e.leading.Store(false)
	if !e.keep {
		e.release()
	}
	return true
}

func (e *elector) acquire(ctx context.Context) bool {
	for {
		limited, cancel := context.WithTimeout(ctx, e.d.set.renewDeadline)
		err := e.attempt(limited)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() == nil && err != errHeld {
			logLine("ERROR", "error retrieving resource lock", "lock", e.lock(), "error", err)
		}
		if !pause(ctx, e.d.set.retry+time.Duration(1.2*rand.Float64()*float64(e.d.set.retry))) {
			return false
		}
	}
}

// Returns when the deadline passed without success, or ctx ended.
func (e *elector) renew(ctx context.Context) {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, e.d.set.renewDeadline)
		ok := false
		for !ok && limited.Err() == nil {
			if ok = e.attempt(limited) == nil; !ok {
				pause(limited, e.d.set.retry)
			}
		}
		cancel()
		if !ok {
			return
		}
		pause(ctx, e.d.set.retry)
	}
}

var errHeld = fmt.Errorf("held by another")

// One try: creates the Lease, takes it when its holder is gone or silent for its duration, renews it.
func (e *elector) attempt(ctx context.Context) error {
	now := time.Now()
	var found leaseObject
	err := e.d.api.call(ctx, "GET", e.path()+"/"+e.name, nil, &found)
	if isStatus(err, http.StatusNotFound) {
		return e.write(ctx, "POST", e.path(), leaseSpec{Holder: e.d.set.node, Acquired: microTime(now), Renewed: microTime(now)}, "")
	}
	if err != nil {
		return err
	}
	if found.Spec != e.seen {
		e.seen, e.seenAt = found.Spec, time.Now()
	}
	next := leaseSpec{Holder: e.d.set.node, Acquired: found.Spec.Acquired, Renewed: microTime(now), Transitions: found.Spec.Transitions}
	if found.Spec.Holder != e.d.set.node {
		if found.Spec.Holder != "" && e.seenAt.Add(e.d.set.leaseDuration).After(now) {
			return errHeld
		}
		next.Acquired, next.Transitions = microTime(now), found.Spec.Transitions+1
	}
	version, _ := found.Metadata["resourceVersion"].(string)
	return e.write(ctx, "PUT", e.path()+"/"+e.name, next, version)
}

func (e *elector) write(ctx context.Context, method, path string, spec leaseSpec, version string) error {
	if spec.Duration == 0 {
		spec.Duration = int(e.d.set.leaseDuration / time.Second)
	}
	body := leaseObject{"Lease", "coordination.k8s.io/v1", map[string]any{"name": e.name, "namespace": e.namespace}, spec}
	if version != "" {
		body.Metadata["resourceVersion"] = version
	}
	var answer leaseObject
	if err := e.d.api.call(ctx, method, path, body, &answer); err != nil {
		return err
	}
	e.seen, e.seenAt = answer.Spec, time.Now()
	e.version, _ = answer.Metadata["resourceVersion"].(string)
	return nil
}

// An empty holder, good for a second, if it is still ours. A renewal that the end cut off may be stored nevertheless: then it is read anew.
func (e *elector) release() {
	ctx, cancel := context.WithTimeout(context.Background(), e.d.set.renewDeadline)
	defer cancel()
	err := e.releaseOnce(ctx)
	for isStatus(err, http.StatusConflict) {
		if err = e.read(ctx); err == nil {
			err = e.releaseOnce(ctx)
		}
	}
	if err != nil {
		logLine("ERROR", "Failed to release lock", "lock", e.lock(), "error", err)
	}
}

func (e *elector) releaseOnce(ctx context.Context) error {
	if e.seen.Holder != e.d.set.node {
		return nil
	}
	now := microTime(time.Now())
	return e.write(ctx, "PUT", e.path()+"/"+e.name, leaseSpec{Duration: 1, Acquired: now, Renewed: now, Transitions: e.seen.Transitions}, e.version)
}

func (e *elector) read(ctx context.Context) error {
	var found leaseObject
	if err := e.d.api.call(ctx, "GET", e.path()+"/"+e.name, nil, &found); err != nil {
		return err
	}
	e.seen, e.seenAt = found.Spec, time.Now()
	e.version, _ = found.Metadata["resourceVersion"].(string)
	return nil
}
