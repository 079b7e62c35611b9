// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"time"
)

const idleMinutes = 2

// idle counts what both ask for while nothing happens but the renewals of Leases, the API server's own among them.
func (b *bench) idle() (err error) {
	informer, guard := b.newInformer(), b.newGuard()
	for _, c := range []*client{guard, informer} {
		if err = c.start(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.stop()) }()
		if err = c.settle(); err != nil {
			return err
		}
	}
	from, err := b.server.auditSize()
	if err != nil {
		return err
	}
	time.Sleep(idleMinutes * time.Minute) // what is measured is a time
	guards, err := b.server.counted(from, guard.agent)
	if err != nil {
		return err
	}
	informers, err := b.server.counted(from, informer.agent)
	if err != nil {
		return err
	}
	b.report.idle(guards, informers)
	return nil
}
