// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var logLock sync.Mutex

// logLine writes a line as kube-vip does: time, level, words, then pairs of name and value.
func logLine(level, words string, pairs ...any) {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s %s", time.Now().Format("2006/01/02 15:04:05"), level, words)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&line, " %s=%s", quoted(pairs[i]), quoted(pairs[i+1]))
	}
	logLock.Lock()
	defer logLock.Unlock()
	fmt.Fprintln(os.Stderr, line.String())
}

func quoted(value any) string {
	text := fmt.Sprint(value)
	if text == "" || strings.ContainsAny(text, " \"=") || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
