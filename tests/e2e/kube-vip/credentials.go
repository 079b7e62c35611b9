// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	adminConfig = "/etc/kubernetes/admin.conf"
	podAccount  = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// Where the API is and who asks.
type access struct {
	server, token, tokenFile string
	tls                      *tls.Config
}

// Newer releases heed k8s_config_file where it exists and is none of the usual two; then, as all of them: the administrator's,
// the user's own, the Pod's account. KUBECONFIG is not heard.
func findAccess(set settings) (access, error) {
	own := filepath.Join(os.Getenv("HOME"), ".kube/config")
	paths := []string{adminConfig, own}
	if set.ownConfig && set.config != "" && set.config != adminConfig && set.config != own {
		paths = append([]string{set.config}, paths...)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return access{}, err
		}
		a, err := readKubeconfig(string(text))
		if err != nil {
			return access{}, fmt.Errorf("%s: %w", path, err)
		}
		if path == adminConfig && set.controlPlane && !set.ownConfig {
			a.server = atKubernetes(a.server)
		}
		return a, nil
	}
	return podAccess()
}

// Older releases ask the control plane by a name that kubelet writes into their /etc/hosts.
func atKubernetes(server string) string {
	at, err := url.Parse(server)
	if err != nil {
		return server
	}
	at.Host = net.JoinHostPort("kubernetes", at.Port())
	return at.String()
}

func podAccess() (access, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	authority, err := os.ReadFile(podAccount + "/ca.crt")
	if err != nil || host == "" || port == "" {
		return access{}, fmt.Errorf("no kubeconfig, and not in a cluster")
	}
	a := access{server: "https://" + net.JoinHostPort(host, port), tokenFile: podAccount + "/token", tls: &tls.Config{RootCAs: x509.NewCertPool()}}
	a.tls.RootCAs.AppendCertsFromPEM(authority)
	return a, nil
}

// As much of a kubeconfig as kubeadm and the tests write: one cluster, one user, a key and its value on a line.
func readKubeconfig(text string) (a access, err error) {
	values := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^[\s-]*([a-zA-Z-]+):[ \t]+(\S+)[ \t]*$`).FindAllStringSubmatch(text, -1) {
		name, value := found[1], strings.Trim(found[2], `"'`)
		if _, twice := values[name]; twice && name == "server" {
			return a, fmt.Errorf("more than one cluster")
		}
		values[name] = value
	}
	if values["server"] == "" {
		return a, fmt.Errorf("no server in it")
	}
	a = access{server: values["server"], token: values["token"], tokenFile: values["tokenFile"], tls: &tls.Config{RootCAs: x509.NewCertPool()}}
	authority, err := content(values, "certificate-authority")
	if err != nil || !a.tls.RootCAs.AppendCertsFromPEM(authority) {
		return a, fmt.Errorf("certificate-authority: no certificate (%v)", err)
	}
	certificate, err := content(values, "client-certificate")
	if err != nil || len(certificate) == 0 {
		return a, err
	}
	key, err := content(values, "client-key")
	if err != nil {
		return a, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	a.tls.Certificates = []tls.Certificate{pair}
	return a, err
}

// What stands in NAME-data, or in the file NAME.
func content(values map[string]string, name string) ([]byte, error) {
	if values[name+"-data"] != "" {
		return base64.StdEncoding.DecodeString(values[name+"-data"])
	}
	if values[name] != "" {
		return os.ReadFile(values[name])
	}
	return nil, nil
}
