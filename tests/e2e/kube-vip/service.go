// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// One Service that this node takes care of.
type instance struct {
	all       *services
	namespace string
	name      string
	uid       string
	wanted    []netip.Addr
	policy    string // what else makes a new instance when it changes
	vips      []*vip
	lock      sync.Mutex
	active    atomic.Bool
	end       context.CancelFunc
	ended     chan struct{}
}

func fullName(o object) string { return o.namespace() + "/" + o.name() }

func policyOf(o object) string {
	spec := o.sub("spec")
	return spec.text("externalTrafficPolicy") + " " + strings.Join(spec.texts("ipFamilies"), ",")
}

func parse(texts []string) (found []netip.Addr) {
	for _, text := range texts {
		if ip, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			found = append(found, ip.Unmap())
		}
	}
	return found
}

// The annotation wins; else spec.loadBalancerIP where it differs from a status address of its family; else the status, whoever
// wrote it; else spec.
func addressesOf(o object) []netip.Addr {
	if claimed := parse(strings.Split(o.annotation("loadbalancerIPs"), ",")); len(claimed) > 0 {
		return claimed
	}
	var texts []string
	for _, ingress := range o.sub("status", "loadBalancer").list("ingress") {
		texts = append(texts, ingress.text("ip"))
	}
	status, spec := parse(texts), parse([]string{o.sub("spec").text("loadBalancerIP")})
	for _, ip := range status {
		if len(spec) > 0 && ip.Is4() == spec[0].Is4() && ip != spec[0] {
			return spec
		}
	}
	if len(status) > 0 {
		return status
	}
	return spec
}

// Wanted at all: by type, annotation and class, in this order.
func (s settings) takes(o object) bool {
	if o.sub("spec").text("type") != "LoadBalancer" || o.annotation("ignore") == "true" {
		return false
	}
	class := o.sub("spec").text("loadBalancerClass")
	if !s.classLegacy {
		return class == s.className
	}
	if class == "" {
		return !s.classOnly
	}
	return class == s.className
}

// activate binds all addresses, taking off first what is there of an earlier life, then has them announced and says so in the API.
func (i *instance) activate() {
	i.lock.Lock()
	defer i.lock.Unlock()
	if i.active.Swap(true) {
		return
	}
	began := time.Now()
	logLine("INFO", "(svcs) service function starting", "uid", i.uid)
	for _, v := range i.vips {
		v.unbind()
		warnBind(v, v.bind())
	}
	for _, v := range i.vips {
		i.all.d.leaders.add(v)
	}
	if !i.all.d.set.silent {
		i.say()
	}
	logLine("INFO", "[service]", "service", i.name, "namespace", i.namespace, "synchronised in", time.Since(began).Round(time.Millisecond))
}

// deactivate: an address that another Service here has too stays.
func (i *instance) deactivate() {
	i.lock.Lock()
	defer i.lock.Unlock()
	if !i.active.Swap(false) {
		return
	}
	logLine("INFO", "[LOADBALANCER] Stopping load balancers", "name", i.namespace+"/"+i.name)
	for _, v := range i.vips {
		if i.all.shared(i, v) {
			continue
		}
		i.all.d.leaders.remove(v)
		if i.all.stopping && i.all.d.set.keepsVIPs {
			continue
		}
		logLine("INFO", "[VIP] Deleting VIP", "ip", v.ip)
		v.unbind()
	}
}

// ---- what it writes

func (i *instance) path() string {
	return "/api/v1/namespaces/" + i.namespace + "/services/" + i.name
}

// Once for each activation: the annotation, then the status with ports. Whoever writes the status again has the last word.
func (i *instance) say() {
	for try := 0; try < 5; try++ {
		err := i.sayOnce()
		if err == nil {
			return
		}
		if !isStatus(err, http.StatusConflict) {
			logLine("ERROR", "updating service", "namespace", i.namespace, "name", i.name, "error", err)
			return
		}
	}
}

func (i *instance) sayOnce() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	api := i.all.d.api
	var o object
	if err := api.call(ctx, "GET", i.path(), nil, &o); err != nil {
		return err
	}
	metadata := o.sub("metadata")
	annotations := metadata.sub("annotations")
	if annotations == nil {
		annotations = object{}
		metadata["annotations"] = annotations
	}
	annotations["kube-vip.io/vipHost"] = i.all.d.set.node
	var written object
	if err := api.call(ctx, "PUT", i.path(), o, &written); err != nil {
		return err
	}
	ports := []any{}
	for _, port := range o.sub("spec").list("ports") {
		ports = append(ports, object{"port": port["port"], "protocol": port["protocol"]})
	}
	ingress := []any{}
	for _, ip := range i.wanted {
		ingress = append(ingress, object{"ip": ip.String(), "ports": ports})
	}
	written["status"] = object{"loadBalancer": object{"ingress": ingress}}
	return api.call(ctx, "PUT", i.path()+"/status", written, &o)
}

// ---- endpoints

// watchEndpoints activates the Service while an EndpointSlice of it has an address, under policy Local one that serves on this node.
func (i *instance) watchEndpoints(ctx context.Context, service object) {
	local := service.sub("spec").text("externalTrafficPolicy") == "Local"
	if !local && service.annotation("allow-reconcile-without-endpoints") == "true" {
		i.activate()
		return
	}
	logLine("INFO", "watching", "provider", "endpointslices", "service_name", i.name, "namespace", i.namespace)
	slices := map[string]bool{}
	path := "/apis/discovery.k8s.io/v1/namespaces/" + i.namespace + "/endpointslices"
	i.all.d.api.follow(ctx, path, "labelSelector=kubernetes.io%2Fservice-name%3D"+i.name, func(e event) {
		slices[e.Object.uid()] = e.Type != "DELETED" && hasEndpoint(e.Object, local, i.all.d.set.node)
		for _, has := range slices {
			if has {
				i.activate()
				return
			}
		}
		i.deactivate()
	})
}

func hasEndpoint(o object, local bool, node string) bool {
	return slices.ContainsFunc(o.list("endpoints"), func(endpoint object) bool {
		serving, said := endpoint.sub("conditions")["serving"].(bool)
		here := endpoint.text("nodeName") == node || endpoint.text("hostname") == node
		return len(endpoint.texts("addresses")) > 0 && (!local || here && (serving || !said))
	})
}
