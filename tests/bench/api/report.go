// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"time"
)

// report prints as it is told. Of a ratio both figures are of this one run.
type report struct {
	over   bool
	series []series // of one size: with both, the informer alone, the guard alone
}

const none = -1 // no limit: shown only

func (r *report) ratio(name string, a, b, limit float64) {
	text := "-"
	if limit != none {
		text = fmt.Sprintf("%.3f", limit)
	}
	fmt.Printf("%-66s %10.1f / %10.1f = %6.3f  (limit %s) %s\n", name, a, b, a/b, text, r.word(a/b, limit))
}

func (r *report) figure(name string, value, limit float64) {
	text := "-"
	if limit != none {
		text = fmt.Sprintf("%g", limit)
	}
	fmt.Printf("%-66s %10.1f %21s  (limit %s) %s\n", name, value, "", text, r.word(value, limit))
}

func (r *report) word(value, limit float64) string {
	switch {
	case limit == none:
		return ""
	case value <= limit:
		return "ok"
	}
	r.over = true
	return "OVER"
}

func kib(bytes int64) float64 {
	return float64(bytes) / 1024
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}

func (r *report) size(size int, guard, informer figures) {
	fmt.Printf("%d Services, vipguard / informer:\n", size)
	r.ratio("  first complete, ms", milliseconds(guard.ready), milliseconds(informer.ready), 1)
	peakLimit, anonymousLimit := float64(none), float64(none)
	if size == sizes[0] {
		anonymousLimit = 8 * 1024
	} else {
		peakLimit = 1.0 / 6
	}
	r.ratio("  peak resident, KiB", kib(guard.peak), kib(informer.peak), peakLimit)
	r.ratio("  anonymous at rest, KiB", kib(guard.anonymous), kib(informer.anonymous), none)
	if anonymousLimit != none {
		r.figure("  vipguard anonymous at rest, KiB", kib(guard.anonymous), anonymousLimit)
	}
	r.figure("  vipguard's BPF maps, which the kernel holds, KiB", kib(guard.maps), none)
	r.ratio("  requests until at rest", float64(guard.requests), float64(informer.requests), none)
}

func (r *report) memory(guard, informer [len(sizes)]figures) {
	more := float64(sizes[1] - sizes[0])
	a, b := float64(guard[1].anonymous-guard[0].anonymous)/more, float64(informer[1].anonymous-informer[0].anonymous)/more
	r.ratio("anonymous for each further Service, bytes", a, b, none)
	r.figure("vipguard anonymous for each further Service, bytes", a, 400)
}

func (r *report) latency(_ int, s series) {
	r.series = append(r.series, s)
}

func (r *report) latencyEnd(size int) {
	both, informer, guard := r.series[0], r.series[1], r.series[2]
	r.series = nil
	fmt.Printf("%d Services, from a write to vipguard's map / the informer's handler, %d writes:\n", size, len(both.vips))
	for _, percent := range []int{50, 99} {
		r.ratio(fmt.Sprintf("  same writes, p%d, ms", percent), milliseconds(percentile(both.vips, percent)), milliseconds(percentile(both.handler, percent)), 1)
	}
	for _, percent := range []int{50, 99} {
		r.ratio(fmt.Sprintf("  each alone, p%d, ms", percent), milliseconds(percentile(guard.vips, percent)), milliseconds(percentile(informer.handler, percent)), none)
	}
}

// idle holds vipguard, with its 20 kinds, to what an informer of one kind asks for, and six a minute.
func (r *report) idle(guard, informer int) {
	fmt.Printf("%d minutes in which nothing happens:\n", idleMinutes)
	r.figure("  the informer's requests", float64(informer), none)
	r.figure("  vipguard's requests", float64(guard), float64(informer)+6*idleMinutes)
}

func (r *report) storm(took, lag time.Duration, missing, surplus int, before, after, busy [2]int64) {
	rate := float64(stormRate*stormSeconds) / took.Seconds()
	fmt.Printf("%d changes, %.0f a second:\n", stormRate*stormSeconds, rate)
	r.figure("  addresses missing in vipguard's map", float64(missing), 0)
	r.figure("  addresses that are in it and in no Service", float64(surplus), 0)
	r.figure("  until the map is what a fresh list says, that list included, ms", milliseconds(lag), none)
	r.ratio("  vipguard anonymous after / before, KiB", kib(after[0]), kib(before[0]), 1.1)
	r.ratio("  informer anonymous after / before, KiB", kib(after[1]), kib(before[1]), none)
	r.ratio("  processor, vipguard / informer, ms", float64(busy[0]), float64(busy[1]), none)
}

// middle is of each figure the median.
func middle(all []figures) figures {
	return figures{
		ready:     median(all, func(f figures) time.Duration { return f.ready }),
		peak:      median(all, func(f figures) int64 { return f.peak }),
		anonymous: median(all, func(f figures) int64 { return f.anonymous }),
		maps:      median(all, func(f figures) int64 { return f.maps }),
		requests:  median(all, func(f figures) int { return f.requests }),
	}
}

func median[T int | int64 | time.Duration](all []figures, of func(figures) T) T {
	var values []T
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
