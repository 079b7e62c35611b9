// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// All Services, and the election that says who looks after them.
type services struct {
	d        *double
	lock     sync.Mutex
	all      map[string]*instance          // by namespace and name
	leases   map[string]context.CancelFunc // elections of single Services
	running  sync.WaitGroup
	stopping bool
}

func newServices(d *double) *services {
	return &services{d: d, all: map[string]*instance{}, leases: map[string]context.CancelFunc{}}
}

func (s *services) run(ctx context.Context) {
	if s.d.set.election {
		s.watch(ctx, s.electOne)
		s.stopping = true
		s.running.Wait()
		return
	}
	e := s.d.newElector(s.d.set.namespace, s.d.set.serviceLease)
	e.keep = s.d.set.keepsVIPs
	led := e.run(ctx, func(leading context.Context) { s.watch(leading, s.handle) }, func() {
		s.stopping = ctx.Err() != nil
		s.stopAll()
	})
	if led && ctx.Err() == nil {
		s.d.lost("lost services leadership, restarting kube-vip")
	}
}

func (s *services) watch(ctx context.Context, each func(context.Context, event)) {
	path := "/api/v1/services"
	if s.d.set.serviceNamespace != "" {
		path = "/api/v1/namespaces/" + s.d.set.serviceNamespace + "/services"
	}
	logLine("INFO", "(svcs) starting services watcher", "namespace", s.d.set.serviceNamespace)
	if _, err := s.d.requests.link(s.d.set.serviceLink, true); err != nil {
		logLine("ERROR", err.Error())
	}
	s.d.api.follow(ctx, path, "", func(e event) { each(ctx, e) })
	logLine("WARN", "Stopping watching services for type: LoadBalancer")
}

// One event. What the filters refuse is left as it is, active or not.
func (s *services) handle(ctx context.Context, e event) {
	o := e.Object
	s.lock.Lock()
	old := s.all[fullName(o)]
	s.lock.Unlock()
	if e.Type == "DELETED" {
		s.stopOne(old)
		return
	}
	if !s.d.set.takes(o) {
		return
	}
	wanted := addressesOf(o)
	if len(wanted) == 0 && old == nil && s.d.set.polls {
		o, wanted = s.awaitAddress(ctx, o)
	}
	if old != nil && old.uid == o.uid() && slices.Equal(old.wanted, wanted) && old.policy == policyOf(o) {
		if s.d.set.collects && e.Type == "MODIFIED" {
			s.collect(old)
		}
		return
	}
	s.stopOne(old)
	if len(wanted) > 0 && ctx.Err() == nil {
		s.begin(o, wanted)
	}
}

// Asks each second for half a minute at most, and handles nothing else meanwhile.
func (s *services) awaitAddress(ctx context.Context, o object) (object, []netip.Addr) {
	for range 30 {
		if !pause(ctx, time.Second) {
			break
		}
		var now object
		path := "/api/v1/namespaces/" + o.namespace() + "/services/" + o.name()
		if err := s.d.api.call(ctx, "GET", path, nil, &now); err != nil {
			break
		}
		if wanted := addressesOf(now); len(wanted) > 0 {
			return now, wanted
		}
	}
	return o, nil
}

func (s *services) begin(o object, wanted []netip.Addr) {
	logLine("INFO", "new instance", "namespace", o.namespace(), "service", o.name(), "addresses", wanted)
	ctx, end := context.WithCancel(context.Background())
	i := &instance{all: s, namespace: o.namespace(), name: o.name(), uid: o.uid(), wanted: wanted, policy: policyOf(o),
		end: end, ended: make(chan struct{})}
	link := s.d.set.serviceLink
	if named := o.annotation("serviceInterface"); named != "" {
		link = named
	}
	for _, ip := range wanted {
		v, err := s.d.newVIP(ip, link, 2)
		if err != nil {
			logLine("ERROR", "adding VIP", "ip", ip, "error", err)
			continue
		}
		logLine("INFO", "(svcs) adding VIP", "ip", ip, "interface", link, "namespace", i.namespace, "name", i.name)
		i.vips = append(i.vips, v)
	}
	s.lock.Lock()
	s.all[fullName(o)] = i
	s.lock.Unlock()
	if !s.d.set.endpoints {
		close(i.ended)
		i.activate()
		return
	}
	go func() {
		defer close(i.ended)
		i.watchEndpoints(ctx, o)
	}()
}

func (s *services) stopOne(i *instance) {
	if i == nil {
		return
	}
	i.end()
	i.deactivate()
	<-i.ended
	i.deactivate() // if an endpoint came just then
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.all[i.namespace+"/"+i.name] == i {
		delete(s.all, i.namespace+"/"+i.name)
	}
}

func (s *services) stopAll() {
	s.lock.Lock()
	var all []*instance
	for _, i := range s.all {
		all = append(all, i)
	}
	s.lock.Unlock()
	var parts sync.WaitGroup
	for _, i := range all {
		parts.Go(func() { s.stopOne(i) })
	}
	parts.Wait()
}

// Whether another Service here has the address of v.
func (s *services) shared(of *instance, v *vip) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, i := range s.all {
		if i != of && i.active.Load() && slices.Contains(i.wanted, v.ip) {
			return true
		}
	}
	return false
}

// Old releases sweep their own VIP off when its Service changes, and have it back a period later.
func (s *services) collect(i *instance) {
	for _, v := range i.vips {
		v.unbind()
	}
}

// ---- an election for each Service

// electOne runs an election for every Service of its own; its Lease lies beside the Service.
func (s *services) electOne(ctx context.Context, e event) {
	name := fullName(e.Object)
	s.lock.Lock()
	end, i := s.leases[name], s.all[name]
	s.lock.Unlock()
	switch {
	case e.Type == "DELETED":
		if end != nil {
			end()
		}
		s.lock.Lock()
		delete(s.leases, name)
		s.lock.Unlock()
	case i != nil:
		s.handle(ctx, e)
	case end == nil && s.d.set.takes(e.Object) && len(addressesOf(e.Object)) > 0:
		own, cancel := context.WithCancel(ctx)
		s.lock.Lock()
		s.leases[name] = cancel
		s.lock.Unlock()
		s.running.Go(func() { s.elect(own, e.Object) })
	}
}

func (s *services) elect(ctx context.Context, o object) {
	for ctx.Err() == nil {
		s.d.newElector(o.namespace(), "kubevip-"+o.name()).run(ctx, func(leading context.Context) {
			var now object
			path := "/api/v1/namespaces/" + o.namespace() + "/services/" + o.name()
			if err := s.d.api.call(leading, "GET", path, nil, &now); err != nil {
				return
			}
			s.handle(leading, event{"ADDED", now})
		}, func() {
			s.lock.Lock()
			i := s.all[fullName(o)]
			s.lock.Unlock()
			s.stopOne(i)
		})
	}
}
