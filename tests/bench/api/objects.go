// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	v1 "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

// Addresses are of 198.19.0.0/16 (RFC 2544); ClusterIPs of 198.18.0.0/16, the server's range.
const (
	probePrefix  = "probe-" // names of the Services that the latency is measured with: the first ones
	probes       = 100
	statusEvery  = 25    // one in so many Services is announced by a speaker already
	firstAddress = 256   // of 198.19.0.0/16
	moved        = 30000 // how far away the other address of each Service is
	writers      = 16
)

func host(network string, number int) netip.Addr {
	bytes := netip.MustParseAddr(network).As4()
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(bytes[:])+uint32(number))))
}

func addressNumber(number int) netip.Addr {
	return host("198.19.0.0", firstAddress+number)
}

func serviceName(number int) string {
	if number < probes {
		return fmt.Sprintf("%s%d", probePrefix, number)
	}
	return fmt.Sprintf("service-%d", number)
}

type object struct {
	key   string
	value []byte
}

var serializer = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)

// stored is an object as kube-apiserver keeps it.
func stored(key string, from runtime.Object) object {
	var value bytes.Buffer
	fail(serializer.Encode(from, &value))
	return object{key, value.Bytes()}
}

func metadata(kind, number int, namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: namespace, CreationTimestamp: metav1.Time{Time: time.Now()},
		UID: types.UID(fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, number)),
	}
}

func clusterAddress(number int) string {
	return host("198.18.0.0", 256+number).String()
}

const (
	userFields = `{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:allocateLoadBalancerNodePorts":{},"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":` +
		`{".":{},"f:name":{},"f:port":{},"f:targetPort":{}}},"f:selector":{},"f:type":{}}}`
	controllerFields = `{"f:metadata":{"f:annotations":{".":{},"f:metallb.io/ip-allocated-from-pool":{}}},"f:status":{"f:loadBalancer":{"f:ingress":{}}}}`
)

// service is one that a user applied and MetalLB's controller wrote to.
func service(number int, address netip.Addr) object {
	name := serviceName(number)
	meta := metadata(1, number, "default", name)
	meta.Labels = map[string]string{"app": name}
	meta.Annotations = map[string]string{"metallb.io/ip-allocated-from-pool": "bench"}
	meta.ManagedFields = []metav1.ManagedFieldsEntry{
		{
			Manager: "kubectl", Operation: metav1.ManagedFieldsOperationApply, APIVersion: "v1", Time: &meta.CreationTimestamp, FieldsType: "FieldsV1",
			FieldsV1: &metav1.FieldsV1{Raw: []byte(userFields)},
		},
		{
			Manager: "controller", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", Time: &meta.CreationTimestamp, FieldsType: "FieldsV1",
			FieldsV1: &metav1.FieldsV1{Raw: []byte(controllerFields)}, Subresource: "status",
		},
	}
	noPorts, single, cluster, vip := false, v1.IPFamilyPolicySingleStack, v1.ServiceInternalTrafficPolicyCluster, v1.LoadBalancerIPModeVIP
	return stored("/registry/services/specs/default/"+name, &v1.Service{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: meta,
		Spec: v1.ServiceSpec{
			Type: v1.ServiceTypeLoadBalancer, AllocateLoadBalancerNodePorts: &noPorts, Selector: map[string]string{"app": name},
			Ports:     []v1.ServicePort{{Name: "http", Protocol: v1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
			ClusterIP: clusterAddress(number), ClusterIPs: []string{clusterAddress(number)}, IPFamilies: []v1.IPFamily{v1.IPv4Protocol}, IPFamilyPolicy: &single,
			SessionAffinity: v1.ServiceAffinityNone, ExternalTrafficPolicy: v1.ServiceExternalTrafficPolicyCluster, InternalTrafficPolicy: &cluster,
		},
		Status: v1.ServiceStatus{LoadBalancer: v1.LoadBalancerStatus{Ingress: []v1.LoadBalancerIngress{{IP: address.String(), IPMode: &vip}}}},
	})
}

// clusterIP must be there before its Service and be young: the server puts right what does not match, a minute later.
func clusterIP(number int) object {
	meta := metadata(2, number, "", clusterAddress(number))
	meta.Labels = map[string]string{"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
	return stored("/registry/ipaddresses/"+meta.Name, &networking.IPAddress{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IPAddress"}, ObjectMeta: meta,
		Spec: networking.IPAddressSpec{ParentRef: &networking.ParentReference{Resource: "services", Namespace: "default", Name: serviceName(number)}},
	})
}

// l2Status is what a speaker writes. Custom resources are kept as JSON.
func l2Status(number int) object {
	name, node := serviceName(number), fmt.Sprintf("worker%d", 1+number/statusEvery%2)
	meta := metadata(3, number, "metallb-system", "l2-"+name)
	return object{"/registry/metallb.io/servicel2statuses/metallb-system/" + meta.Name, fmt.Appendf(nil,
		`{"kind":"ServiceL2Status","apiVersion":"metallb.io/v1beta1","metadata":{"name":%q,"namespace":%q,"uid":%q,"creationTimestamp":%q,"generation":1,`+
			`"labels":{"metallb.io/node":%[5]q,"metallb.io/service-name":%[6]q,"metallb.io/service-namespace":"default"}},`+
			`"spec":{},"status":{"node":%[5]q,"serviceName":%[6]q,"serviceNamespace":"default"}}`,
		meta.Name, meta.Namespace, meta.UID, meta.CreationTimestamp.UTC().Format(time.RFC3339), node, name)}
}

func objects(number int) []object {
	all := []object{clusterIP(number), service(number, addressNumber(number))}
	if number%statusEvery == 0 {
		all = append(all, l2Status(number))
	}
	return all
}
