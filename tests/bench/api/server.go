// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// server is the kube-apiserver that api_up started, and the etcd behind it.
type server struct {
	directory string
	url, etcd string
	http      *http.Client
	pids      []int
}

func newServer(directory string) (*server, error) {
	s := &server{directory: directory}
	texts := map[string]string{}
	for _, name := range []string{"address", "ports", "ca.crt", "etcd.pid", "kube-apiserver.pid"} {
		data, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			return nil, err
		}
		texts[name] = strings.TrimSpace(string(data))
	}
	port, err := strconv.Atoi(texts["ports"])
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"etcd.pid", "kube-apiserver.pid"} {
		pid, err := strconv.Atoi(texts[name])
		if err != nil {
			return nil, err
		}
		s.pids = append(s.pids, pid)
	}
	s.url, s.etcd = "https://"+texts["address"], fmt.Sprintf("http://127.0.0.1:%d", port+1)
	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, "admin.crt"), filepath.Join(directory, "admin.key"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(texts["ca.crt"]))
	s.http = &http.Client{Timeout: patience, Transport: &http.Transport{
		MaxIdleConnsPerHost: writers,
		TLSClientConfig:     &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots},
	}}
	return s, nil
}

func (s *server) call(method, url, kind string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("User-Agent", "bench-writer")
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		answer.Body.Close()
		return nil, fmt.Errorf("%s %s: %s %s", method, url, answer.Status, said)
	}
	return answer.Body, nil
}

func (s *server) do(method, url, kind string, body []byte) error {
	answer, err := s.call(method, url, kind, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(io.Discard, answer)
	return err
}

// patch gives a Service an address, or takes it away if that is none.
func (s *server) patch(name string, address netip.Addr) error {
	ingress := ""
	if address.IsValid() {
		ingress = fmt.Sprintf(`{"ip":%q,"ipMode":"VIP"}`, address)
	}
	return s.do("PATCH", s.url+"/api/v1/namespaces/default/services/"+name+"/status", "application/merge-patch+json",
		fmt.Appendf(nil, `{"status":{"loadBalancer":{"ingress":[%s]}}}`, ingress))
}

// put goes to etcd behind the server's back, which finds it there like any other change. To create tens of thousands of Services
// through the server would take many minutes: it counts all ClusterIPs at each.
func (s *server) put(o object) error {
	body, err := json.Marshal(map[string][]byte{"key": []byte(o.key), "value": o.value})
	if err != nil {
		return err
	}
	return s.do("POST", s.etcd+"/v3/kv/put", "application/json", body)
}

// fill makes the Services from number `from` up to `to`, their ClusterIPs, and for some of them what MetalLB's speakers write.
func (s *server) fill(from, to int) error {
	return inParallel(to-from, func(i int) error {
		for _, o := range objects(from + i) {
			if err := s.put(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// inParallel calls with 0 to n-1, by several at once and in order; the first error ends it.
func inParallel(n int, act func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	var once sync.Once
	var failed error
	for range writers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := act(int(i)); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
				}
			}
		})
	}
	group.Wait()
	return failed
}

// rest returns when the servers have had less than a tenth of a processor for a while: what they owe to those before shall not be
// charged to the next one.
func (s *server) rest() error {
	const while = 300 * time.Millisecond
	last := time.Duration(-1)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(while) {
		var spent time.Duration
		for _, pid := range s.pids {
			one, err := processor(pid)
			if err != nil {
				return err
			}
			spent += one
		}
		if last >= 0 && spent-last < while/10 {
			return nil
		}
		last = spent
	}
	return errors.New("the servers do not come to rest")
}

// addresses is what a fresh list says: every address of a Service of type LoadBalancer, and how often.
func (s *server) addresses() (map[netip.Addr]int, error) {
	body, err := s.call("GET", s.url+"/api/v1/services?fieldSelector=spec.type%3DLoadBalancer", "", nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var list struct {
		Items []struct {
			Status struct {
				LoadBalancer struct {
					Ingress []struct {
						IP netip.Addr `json:"ip"`
					} `json:"ingress"`
				} `json:"loadBalancer"`
			} `json:"status"`
		} `json:"items"`
	}
	if err = json.NewDecoder(body).Decode(&list); err != nil {
		return nil, err
	}
	all := map[netip.Addr]int{}
	for _, item := range list.Items {
		for _, ingress := range item.Status.LoadBalancer.Ingress {
			all[ingress.IP]++
		}
	}
	return all, nil
}

func (s *server) auditLog() string {
	return filepath.Join(s.directory, "audit.log")
}

func (s *server) auditSize() (int64, error) {
	info, err := os.Stat(s.auditLog())
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// audited counts the requests of an agent that the audit log has from there on. A watch is in it twice.
func (s *server) audited(from int64, agent string) (int, error) {
	n, err := s.counted(from, agent)
	if n == 0 && err == nil {
		err = fmt.Errorf("the audit log has no request of %s", agent)
	}
	return n, err
}

// counted is audited where none is a good answer, too.
func (s *server) counted(from int64, agent string) (int, error) {
	file, err := os.Open(s.auditLog())
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if _, err = file.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	ids := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var entry struct {
			AuditID   string `json:"auditID"`
			UserAgent string `json:"userAgent"`
		}
		if err = json.Unmarshal(lines.Bytes(), &entry); err != nil {
			return 0, err
		}
		if name, _, _ := strings.Cut(entry.UserAgent, "/"); name == agent {
			ids[entry.AuditID] = true
		}
	}
	return len(ids), lines.Err()
}
