// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What sets one release apart from another.
type release struct {
	name         string
	deprecated   bool // binds with preferred lifetime 0
	perVIP       bool // a loop for each VIP, its first frame at once; else loops over all of them
	loops        int  // how many of those
	drifts       bool // a period begins when the work of the last is done
	collects     bool // takes the VIP off whenever the Service was modified
	keepsVIPs    bool // does not clean up its Services, nor their lease, when told to stop
	nodadOnRetry bool // after duplicate detection failed binds without it
	endpoints    bool // binds only while an EndpointSlice has an address
	polls        bool // waits for an address, 30 s at most, and for nothing else meanwhile
	ownConfig    bool // heeds k8s_config_file
}

var releases = []release{
	{name: "1.2.3", deprecated: true, loops: 1, nodadOnRetry: true, endpoints: true, polls: true, ownConfig: true},
	{name: "1.0.4", deprecated: true, loops: 2, drifts: true, nodadOnRetry: true},
	{name: "0.8.10", perVIP: true, drifts: true, collects: true, keepsVIPs: true},
}

type settings struct {
	release
	node, namespace, link, serviceLink     string
	controlPlane, serviceOn, linkMayBeDown bool
	addresses                              []netip.Addr
	leaseName, serviceLease                string
	leaseDuration, renewDeadline, retry    time.Duration
	rate                                   time.Duration
	election, classOnly, silent            bool
	classLegacy                            bool
	className, serviceNamespace, config    string
}

const defaultClass = "kube-vip.io/kube-vip-class"

// Flags and the environment variables that override them. A flag without a variable is taken and has no effect here.
var flagNames = map[string]string{
	"address": "address", "vip": "vip_address", "interface": "vip_interface", "serviceInterface": "vip_servicesinterface",
	"leaseDuration": "vip_leaseduration", "leaseRenewDuration": "vip_renewdeadline", "leaseRetry": "vip_retryperiod",
	"k8sConfigPath": "k8s_config_file", "namespace": "cp_namespace", "serviceNamespace": "svc_namespace",
	"lbClassName": "lb_class_name", "prometheusHTTPServer": "", "port": "port", "log": "",
}

var flagSwitches = map[string]string{
	"arp": "vip_arp", "controlplane": "cp_enable", "services": "svc_enable", "servicesElection": "svc_election",
	"lbClassOnly": "lb_class_only", "leaderElection": "vip_leaderelection", "inCluster": "",
}

// Set, and another mode than what was recorded.
var refused = []string{"bgp_enable", "vip_routingtable", "enable_endpointslices", "egress_enable", "vip_ddns", "enable_service_security", "lb_enable"}

func playedRelease(name, wanted string) (release, error) {
	if wanted == "" {
		wanted = strings.TrimPrefix(strings.TrimPrefix(filepath.Base(name), "kube-vip"), "-")
	}
	for _, r := range releases {
		if wanted == r.name || wanted == "" {
			return r, nil
		}
	}
	return release{}, fmt.Errorf("%q is no release known here: 1.2.3, 1.0.4, 0.8.10", wanted)
}

func readFlags(args []string) (map[string]string, error) {
	if len(args) == 0 || args[0] != "manager" {
		return nil, fmt.Errorf("the first argument must be manager")
	}
	values := map[string]string{}
	for args = args[1:]; len(args) > 0; args = args[1:] {
		name, value, given := strings.Cut(strings.TrimPrefix(args[0], "--"), "=")
		if to, ok := flagSwitches[name]; ok && strings.HasPrefix(args[0], "--") {
			if !given {
				value = "true"
			}
			values[to] = value
			continue
		}
		to, ok := flagNames[name]
		if !ok || !strings.HasPrefix(args[0], "--") {
			return nil, fmt.Errorf("unknown flag: %s", args[0])
		}
		if !given {
			if len(args) < 2 {
				return nil, fmt.Errorf("flag needs an argument: %s", args[0])
			}
			value, args = args[1], args[1:]
		}
		values[to] = value
	}
	return values, nil
}

// The environment beats the flags; an empty variable is none. What belongs to Services is read from the environment only if
// svc_enable stands there too: with --services as a flag, lb_class_only=true is silently not heard.
func readSettings(args []string, env func(string) string) (set settings, err error) {
	if set.release, err = playedRelease(args[0], env("KUBE_VIP_DOUBLE")); err != nil {
		return set, err
	}
	flags, err := readFlags(args[1:])
	if err != nil {
		return set, err
	}
	r := reader{env: env, flags: flags}
	for _, name := range refused {
		if r.is(name, false) {
			return set, fmt.Errorf("%s: the double plays ARP mode alone", name)
		}
	}
	if !r.is("vip_arp", false) {
		return set, fmt.Errorf("vip_arp is not set: the double plays ARP mode alone")
	}
	set.readCommon(&r)
	set.readServices(&r)
	if subnet := r.text("vip_subnet", ""); subnet != "" && subnet != "32" && subnet != "/32" && subnet != "32,128" && subnet != "/32,/128" {
		return set, fmt.Errorf("vip_subnet %s: the double binds /32 and /128", subnet)
	}
	if set.controlPlane && len(set.addresses) == 0 && r.err == nil {
		return set, fmt.Errorf("no address is specified for the control plane")
	}
	return set, r.err
}

func (s *settings) readCommon(r *reader) {
	host, _ := os.Hostname()
	s.node = strings.ToLower(r.text("vip_nodename", host))
	s.namespace = r.text("cp_namespace", "kube-system")
	s.controlPlane = r.is("cp_enable", false)
	s.serviceOn = r.is("svc_enable", false)
	s.link = r.text("vip_interface", defaultLink())
	s.serviceLink = r.text("vip_servicesinterface", s.link)
	s.linkMayBeDown = r.is("vip_allow_interface_not_up", false)
	s.leaseName = r.text("vip_leasename", "plndr-cp-lock")
	s.leaseDuration = r.seconds("vip_leaseduration", 15)
	s.renewDeadline = r.seconds("vip_renewdeadline", 10)
	s.retry = r.seconds("vip_retryperiod", 2)
	s.rate = time.Duration(r.number("vip_arpRate", 3000)) * time.Millisecond
	if s.rate < 500*time.Millisecond {
		s.rate = 3 * time.Second
	}
	s.silent = r.is("disable_service_updates", false)
	s.config = r.text("k8s_config_file", "")
	for _, text := range strings.Split(r.text("address", r.text("vip_address", "")), ",") {
		if text == "" {
			continue
		}
		address, err := netip.ParseAddr(text)
		if err != nil {
			r.fail("address", text)
		}
		s.addresses = append(s.addresses, address)
	}
}

func (s *settings) readServices(r *reader) {
	if r.env("svc_enable") == "" {
		r = &reader{env: func(string) string { return "" }, flags: r.flags}
	}
	s.serviceLease = r.text("svc_leasename", "plndr-svcs-lock")
	s.election = r.is("svc_election", false)
	s.classOnly = r.is("lb_class_only", false)
	s.className = r.text("lb_class_name", defaultClass)
	s.classLegacy = r.is("lb_class_legacy_handling", true)
	s.serviceNamespace = r.text("svc_namespace", "")
}

// ---- reading

type reader struct {
	env   func(string) string
	flags map[string]string
	err   error
}

func (r *reader) fail(name, value string) {
	r.err = fmt.Errorf("%s: %q cannot be read", name, value)
}

func (r *reader) text(name, other string) string {
	if value := r.env(name); value != "" {
		return value
	}
	if value := r.flags[name]; value != "" {
		return value
	}
	return other
}

func (r *reader) is(name string, other bool) bool {
	value, err := strconv.ParseBool(r.text(name, strconv.FormatBool(other)))
	if err != nil {
		r.fail(name, r.text(name, ""))
	}
	return value
}

func (r *reader) number(name string, other int) int {
	value, err := strconv.Atoi(r.text(name, strconv.Itoa(other)))
	if err != nil || value < 0 {
		r.fail(name, r.text(name, ""))
	}
	return value
}

func (r *reader) seconds(name string, other int) time.Duration {
	return time.Duration(r.number(name, other)) * time.Second
}

// The interface of the default route.
func defaultLink() string {
	table, _ := os.ReadFile("/proc/net/route")
	for _, line := range strings.Split(string(table), "\n") {
		if words := strings.Fields(line); len(words) > 2 && words[1] == "00000000" {
			return words[0]
		}
	}
	return ""
}
