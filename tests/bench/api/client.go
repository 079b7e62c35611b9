// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const patience = 60 * time.Second // for anything

// client is one of the two, as a process of its own.
type client struct {
	agent   string // its User-Agent, up to any /
	command *exec.Cmd
	ready   time.Duration // from just before the process was made
	orders  io.WriteCloser
	lines   chan line // all but "ready"
	readyAt chan time.Time
	log     string
	pins    string // "" for the informer
}

func (b *bench) newGuard() *client {
	socket := filepath.Join(b.scratch, "guard.sock")
	return &client{
		agent: "vipguard", log: filepath.Join(b.scratch, "vipguard.log"), pins: b.pins,
		command: exec.Command(b.vipguard, "run", "--kubeconfig", b.config, "--mode", "audit", "--node", "cp1", "--pin-dir", b.pins, "--socket", socket,
			"--log-format", "json"),
	}
}

func (b *bench) newInformer() *client {
	return &client{agent: informerAgent, log: filepath.Join(b.scratch, "informer.log"), command: exec.Command(b.self, "informer", b.config)}
}

// start returns when the client is ready.
func (c *client) start() error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c.command.Stderr = log
	if c.orders, err = c.command.StdinPipe(); err != nil {
		return err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return err
	}
	c.lines, c.readyAt = make(chan line, 1024), make(chan time.Time, 1)
	began := time.Now()
	if err = c.command.Start(); err != nil {
		return err
	}
	go c.read(out)
	select {
	case at, ok := <-c.readyAt:
		if !ok {
			return fmt.Errorf("%s ended: %s", c.command.Path, c.said())
		}
		c.ready = at.Sub(began)
		return nil
	case <-time.After(patience):
		c.command.Process.Kill()
		return fmt.Errorf("%s was not ready in %s: %s", c.command.Path, patience, c.said())
	}
}

func (c *client) said() string {
	data, _ := os.ReadFile(c.log)
	return string(data[max(0, len(data)-2000):])
}

func (c *client) read(out io.Reader) {
	ready := false
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		at := time.Now()
		var l line
		if json.Unmarshal(scanner.Bytes(), &l) != nil {
			continue // a line of vipguard's with a key of another type
		}
		if l.Event == "ready" && !ready {
			ready = true
			c.readyAt <- at
			continue
		}
		select {
		case c.lines <- l:
		default: // nobody waits for these
		}
	}
	close(c.readyAt)
	close(c.lines)
}

// stop takes away what the guard leaves in the kernel, too: the next one would have less to do.
func (c *client) stop() error {
	c.orders.Close() // the informer ends with this
	if c.pins != "" {
		c.command.Process.Signal(syscall.SIGTERM)
	}
	timer := time.AfterFunc(patience, func() { c.command.Process.Kill() })
	defer timer.Stop()
	for range c.lines { // until its output ends
	}
	if err := c.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", c.command.Path, err, c.said())
	}
	if c.pins != "" {
		return os.RemoveAll(c.pins)
	}
	return nil
}

// settle returns when the client has not had the processor for half a second.
func (c *client) settle() error {
	last, since := time.Duration(-1), time.Now()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		spent, err := c.processor()
		if err != nil {
			return err
		}
		if spent != last {
			last, since = spent, time.Now()
		} else if time.Since(since) > 500*time.Millisecond {
			return nil
		}
	}
	return fmt.Errorf("%s does not come to rest", c.command.Path)
}

// tidy makes the informer collect its garbage; vipguard has none and reads nothing.
func (c *client) tidy() error {
	if c.pins != "" {
		return nil
	}
	if _, err := io.WriteString(c.orders, "tidy\n"); err != nil {
		return err
	}
	for timeout := time.After(patience); ; {
		select {
		case l, ok := <-c.lines:
			if !ok {
				return fmt.Errorf("the informer ended: %s", c.said())
			}
			if l.Event == "tidied" {
				return nil
			}
		case <-timeout:
			return fmt.Errorf("the informer does not answer")
		}
	}
}

func (c *client) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", c.command.Process.Pid, name)
}

// status is a field of /proc/PID/status, in bytes.
func (c *client) status(field string) (int64, error) {
	data, err := os.ReadFile(c.proc("status"))
	if err != nil {
		return 0, err
	}
	for text := range strings.Lines(string(data)) {
		if rest, found := strings.CutPrefix(text, field+":"); found {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", field)
}

func (c *client) processor() (time.Duration, error) {
	return processor(c.command.Process.Pid)
}

// processor is the time that all threads of a process have had of one.
func processor(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	var ticks int64 // user and system, in hundredths of a second
	for _, field := range strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// mapBytes is what the kernel keeps for its BPF maps and programs, which no figure of a process shows.
func (c *client) mapBytes() (sum int64, err error) {
	files, err := filepath.Glob(c.proc("fdinfo/*"))
	seen := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // closed meanwhile
		}
		var id string
		var bytes int64
		for text := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(text, ":")
			switch value = strings.TrimSpace(value); name {
			case "map_id":
				id = value
			case "memlock":
				bytes, _ = strconv.ParseInt(value, 10, 64)
			}
		}
		if id != "" && !seen[id] {
			seen[id] = true
			sum += bytes
		}
	}
	return sum, err
}
