# SPDX-License-Identifier: Apache-2.0
"""Objects for the tests, as the API has them."""
import json
import time

SERVICES, NODES, PODS = '/api/v1/services', '/api/v1/nodes', '/api/v1/pods'
LEASES = '/apis/coordination.k8s.io/v1/leases'
POOLS, ADVERTISEMENTS = '/apis/metallb.io/v1beta1/ipaddresspools', '/apis/metallb.io/v1beta1/l2advertisements'
STATUSES = '/apis/metallb.io/v1beta1/servicel2statuses'
EVENTS = '/api/v1/events'
DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'


def meta(name, namespace=None, **more):
    return {'name': name, **({'namespace': namespace} if namespace else {}), 'uid': f'uid-{namespace}-{name}',
            'creationTimestamp': '2026-11-22T09:14:02Z', **more}


def service(name, address, namespace='shop', **notes):
    return {'kind': 'Service', 'apiVersion': 'v1',
            'metadata': meta(name, namespace, annotations={'metallb.io/ip-allocated-from-pool': 'pool-a', **notes}),
            'spec': {'type': 'LoadBalancer', 'clusterIP': '198.51.100.9', 'ports': [{'port': 80, 'protocol': 'TCP'}]},
            'status': {'loadBalancer': {'ingress': [{'ip': address, 'ipMode': 'VIP'}]}}}


def other_service(name, *addresses, kind='ClusterIP', namespace='shop'):
    """No LoadBalancer: it carries its externalIPs."""
    obj = service(name, None, namespace)
    obj['spec'].update(type=kind, externalIPs=list(addresses))
    obj['status'] = {'loadBalancer': {}}
    return obj


def node(name, address):
    return {'kind': 'Node', 'apiVersion': 'v1', 'metadata': meta(name, labels={'kubernetes.io/hostname': name}), 'spec': {},
            'status': {'addresses': [{'type': 'InternalIP', 'address': address}]}}


def lease(name, holder, namespace='kube-system'):
    stamp = time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime())
    return {'kind': 'Lease', 'apiVersion': 'coordination.k8s.io/v1', 'metadata': meta(name, namespace),
            'spec': {'holderIdentity': holder, 'leaseDurationSeconds': 15, 'renewTime': stamp, 'acquireTime': stamp, 'leaseTransitions': 1}}


def pool(name, namespace, addresses='192.0.2.0/24'):
    return {'apiVersion': 'metallb.io/v1beta1', 'kind': 'IPAddressPool', 'metadata': meta(name, namespace), 'spec': {'addresses': [addresses]}}


def speaker(name, namespace, on='worker1'):
    return {'kind': 'Pod', 'apiVersion': 'v1',
            'metadata': meta(name, namespace, labels={'app': 'metallb', 'component': 'speaker'}),
            'spec': {'nodeName': on, 'containers': [{'name': 'speaker', 'image': 'quay.io/metallb/speaker:v0.16.1', 'args': ['--port=7472']}]},
            'status': {'phase': 'Running'}}


def definition(name):
    return {'kind': 'CustomResourceDefinition', 'apiVersion': 'apiextensions.k8s.io/v1', 'metadata': meta(name)}


def fill(server, services=3):
    for i in range(services):
        server.put(SERVICES, service(f'web{i}', f'192.0.2.{100 + i}'))
    server.put(NODES, node('node1', '198.51.100.11'))
    server.put(NODES, node('worker1', '198.51.100.21'))
    server.put(LEASES, lease('plndr-svcs-lock', 'node1'))


def metallb(server, statuses=True):
    for collection in [POOLS, ADVERTISEMENTS] + ([STATUSES] if statuses else []):
        server.serve(collection)
    server.put(POOLS, pool('pool-a', 'metallb-system'))
    server.put(PODS, speaker('speaker-1', 'metallb-system'))


def line(event, obj):
    return json.dumps({'type': event, 'object': obj}, separators=(',', ':')).encode() + b'\n'
