// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// The API server derives the manager of a field from this.
const userAgent = "kube-vip/v0.0.0 (linux/amd64) kubernetes/$Format"

type client struct {
	access
	http *http.Client
}

// An object as it came, so that it can be sent back whole.
type object map[string]any

type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.text) }

func isStatus(err error, code int) bool {
	var status *statusError
	return errors.As(err, &status) && status.code == code
}

func newClient(set settings) (*client, error) {
	a, err := findAccess(set)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: a.tls, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}}
	return &client{access: a, http: &http.Client{Transport: transport}}, nil
}

// open sends a request; the body of the answer is for the caller to close.
func (c *client) open(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	var encoded bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&encoded).Encode(body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, &encoded)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	if token := c.bearer(); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1024))
		answer.Body.Close()
		return nil, &statusError{answer.StatusCode, string(text)}
	}
	return answer.Body, nil
}

// Read anew each time: kubelet renews it.
func (c *client) bearer() string {
	if c.tokenFile == "" {
		return c.token
	}
	text, _ := os.ReadFile(c.tokenFile)
	return strings.TrimSpace(string(text))
}

func decoder(from io.Reader) *json.Decoder {
	d := json.NewDecoder(from)
	d.UseNumber()
	return d
}

func (c *client) call(ctx context.Context, method, path string, body any, answer any) error {
	from, err := c.open(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer from.Close()
	return decoder(from).Decode(answer)
}

type event struct {
	Type   string
	Object object
}

var errGone = errors.New("ended or too old")

// follow lists a collection, then watches it: what is there comes as ADDED, what went while nobody looked as DELETED. It begins
// again until ctx ends.
func (c *client) follow(ctx context.Context, path, query string, each func(event)) {
	known := map[string]object{}
	for ctx.Err() == nil {
		version, err := c.list(ctx, path, query, known, each)
		for err == nil {
			version, err = c.watch(ctx, path, query, version, known, each)
		}
		if ctx.Err() == nil && !errors.Is(err, errGone) {
			logLine("WARN", "watching", "path", path, "error", err)
		}
		pause(ctx, time.Second)
	}
}

func (c *client) list(ctx context.Context, path, query string, known map[string]object, each func(event)) (string, error) {
	var list struct {
		Metadata object
		Items    []object
	}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := c.call(limited, "GET", path+"?"+query, nil, &list); err != nil {
		return "", err
	}
	there := map[string]bool{}
	for _, o := range list.Items {
		there[o.uid()] = true
		known[o.uid()] = o
		each(event{"ADDED", o})
	}
	for uid, o := range known {
		if !there[uid] {
			delete(known, uid)
			each(event{"DELETED", o})
		}
	}
	return list.Metadata.text("resourceVersion"), nil
}

// Until the server ends it, which is no error; gives the last version seen.
func (c *client) watch(ctx context.Context, path, query, version string, known map[string]object, each func(event)) (string, error) {
	from, err := c.open(ctx, "GET", path+"?watch=1&allowWatchBookmarks=true&resourceVersion="+version+"&"+query, nil)
	if isStatus(err, http.StatusGone) {
		return version, errGone
	}
	if err != nil {
		return version, err
	}
	defer from.Close()
	events, any := decoder(from), false
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			if any && errors.Is(err, io.EOF) {
				return version, nil
			}
			return version, errGone
		}
		any = true
		if e.Type == "ERROR" {
			return version, errGone
		}
		version = e.Object.sub("metadata").text("resourceVersion")
		switch e.Type {
		case "BOOKMARK":
			continue
		case "DELETED":
			delete(known, e.Object.uid())
		default:
			known[e.Object.uid()] = e.Object
		}
		each(e)
	}
}

// ---- reading objects: what is not there is empty

func (o object) sub(names ...string) object {
	for _, name := range names {
		next, _ := o[name].(map[string]any)
		o = next
	}
	return o
}

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

func (o object) list(name string) (found []object) {
	all, _ := o[name].([]any)
	for _, one := range all {
		if m, ok := one.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

func (o object) texts(name string) (found []string) {
	all, _ := o[name].([]any)
	for _, one := range all {
		if text, ok := one.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

func (o object) uid() string       { return o.sub("metadata").text("uid") }
func (o object) name() string      { return o.sub("metadata").text("name") }
func (o object) namespace() string { return o.sub("metadata").text("namespace") }

func (o object) annotation(name string) string {
	return o.sub("metadata", "annotations").text("kube-vip.io/" + name)
}
