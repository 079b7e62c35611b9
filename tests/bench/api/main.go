// SPDX-License-Identifier: Apache-2.0

// bench runs vipguard and an ordinary client-go informer against one kube-apiserver, measures both alike and holds the figures
// against their limits. See ../api.sh, which brings up what it needs.
//
//	bench informer KUBECONFIG		the informer alone: the other one's counterpart
//	bench run --api DIR --vipguard FILE ...	everything; exits 1 if something is over its limit
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

var sizes = [2]int{5000, 25000}

const (
	starts       = 3    // of each client at each size; the median counts
	pairs        = 200  // writes measured in a series: each gives a Service an address, the next takes it away
	stormRate    = 1000 // changes a second
	stormSeconds = 60
)

type bench struct {
	server   *server
	vipguard string
	self     string
	config   string // kubeconfig of both
	pins     string
	scratch  string
	report   report
}

// figures of one client at one size
type figures struct {
	ready     time.Duration
	peak      int64 // bytes
	anonymous int64
	maps      int64 // bytes of the kernel's, for BPF
	requests  int
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "informer" {
		fail(runInformer(os.Args[2]))
		return
	}
	flags := flag.NewFlagSet("bench run", flag.ExitOnError)
	api := flags.String("api", "", "what api_up was given")
	b := &bench{}
	flags.StringVar(&b.vipguard, "vipguard", "", "the program")
	flags.StringVar(&b.config, "kubeconfig", "", "for both")
	flags.StringVar(&b.pins, "pin-dir", "", "a folder of bpffs")
	flags.StringVar(&b.scratch, "scratch", "", "a folder for logs")
	if len(os.Args) < 2 || os.Args[1] != "run" {
		fail(fmt.Errorf("usage: bench informer KUBECONFIG | bench run ..."))
	}
	fail(flags.Parse(os.Args[2:]))
	var err error
	b.self, err = os.Executable()
	fail(err)
	b.server, err = newServer(*api)
	fail(err)
	fail(b.run())
	if b.report.over {
		os.Exit(1)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func (b *bench) run() error {
	var guard, informer [len(sizes)]figures
	have := 0
	for i, size := range sizes {
		if err := b.server.fill(have, size); err != nil {
			return err
		}
		have = size
		var err error
		if guard[i], informer[i], err = b.starts(); err != nil {
			return err
		}
		b.report.size(size, guard[i], informer[i])
		if err := b.latencies(size); err != nil {
			return err
		}
	}
	b.report.memory(guard, informer)
	if err := b.idle(); err != nil {
		return err
	}
	return b.storm(sizes[len(sizes)-1])
}

// starts measures one after the other, in turn, so that neither has the machine's better moments.
func (b *bench) starts() (guard, informer figures, err error) {
	var guards, informers []figures
	for range starts {
		for _, one := range []struct {
			make func() *client
			all  *[]figures
		}{{b.newInformer, &informers}, {b.newGuard, &guards}} {
			f, err := b.start(one.make())
			if err != nil {
				return guard, informer, err
			}
			*one.all = append(*one.all, f)
		}
	}
	return middle(guards), middle(informers), nil
}

func (b *bench) start(c *client) (f figures, err error) {
	if err = b.server.rest(); err != nil {
		return f, err
	}
	from, err := b.server.auditSize()
	if err != nil {
		return f, err
	}
	if err = c.start(); err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	f.ready = c.ready
	if err = c.settle(); err != nil {
		return f, err
	}
	// the peak is the client's own doing: read before it is told to tidy up
	if f.peak, err = c.status("VmHWM"); err != nil {
		return f, err
	}
	if err = c.tidy(); err != nil {
		return f, err
	}
	if f.anonymous, err = c.status("RssAnon"); err != nil {
		return f, err
	}
	if f.maps, err = c.mapBytes(); err != nil {
		return f, err
	}
	f.requests, err = b.server.audited(from, c.agent)
	return f, err
}
