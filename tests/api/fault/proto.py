# SPDX-License-Identifier: Apache-2.0
"""Objects of the world as protobuf, as kube-apiserver sends them: the fields that the tests use. Shares nothing with the program."""
import calendar
import re
import time

MIME = 'application/vnd.kubernetes.protobuf'
MAGIC = b'k8s\0'

# name: (number, what): str, int, 'map', 'time', a table, or a list of one of them
META = {'name': (1, str), 'namespace': (3, str), 'uid': (5, str), 'resourceVersion': (6, str), 'creationTimestamp': (8, 'time'),
        'labels': (11, 'map'), 'annotations': (12, 'map'), 'finalizers': (14, [str])}
INGRESS = {'ip': (1, str), 'hostname': (2, str), 'ipMode': (3, str)}
CONTAINER = {'name': (1, str), 'image': (2, str), 'args': (4, [str])}
KINDS = {
    'Service': {'metadata': (1, META),
                'spec': (2, {'ports': (1, [{'protocol': (2, str), 'port': (3, int)}]), 'clusterIP': (3, str), 'type': (4, str), 'externalIPs': (5, [str])}),
                'status': (3, {'loadBalancer': (1, {'ingress': (1, [INGRESS])})})},
    'Node': {'metadata': (1, META), 'spec': (2, {}), 'status': (3, {'addresses': (5, [{'type': (1, str), 'address': (2, str)}])})},
    'Lease': {'metadata': (1, META), 'spec': (2, {'holderIdentity': (1, str), 'leaseDurationSeconds': (2, int), 'acquireTime': (3, 'time'),
                                                  'renewTime': (4, 'time'), 'leaseTransitions': (5, int)})},
    'Pod': {'metadata': (1, META), 'spec': (2, {'containers': (2, [CONTAINER]), 'nodeName': (10, str)}), 'status': (3, {'phase': (1, str)})},
    'ConfigMap': {'metadata': (1, META), 'data': (2, 'map')},
    'Event': {'metadata': (1, META), 'involvedObject': (2, {'kind': (1, str), 'namespace': (2, str), 'name': (3, str), 'uid': (4, str)}),
              'reason': (3, str), 'message': (4, str), 'lastTimestamp': (7, 'time'), 'type': (9, str)},
    'Status': {'metadata': (1, {}), 'status': (2, str), 'message': (3, str), 'reason': (4, str), 'code': (6, int)},
}
LIST_META = {'resourceVersion': (2, str), 'continue': (3, str)}
OF_PLURAL = {'services': 'Service', 'nodes': 'Node', 'leases': 'Lease', 'pods': 'Pod', 'configmaps': 'ConfigMap', 'events': 'Event'}


def number(n):
    out = b''
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def field(at, data):
    return number(at << 3 | 2) + number(len(data)) + data


def integer(at, n):
    return number(at << 3) + number(n)


def value(at, what, found):
    if what is int:
        return integer(at, found)
    if what is str:
        return field(at, found.encode())
    if what == 'map':
        return b''.join(field(at, field(1, k.encode()) + field(2, v.encode())) for k, v in found.items())
    if what == 'time':
        stamp, fraction = re.fullmatch(r'([^.Z]*)(?:\.(\d+))?Z', found).groups()
        seconds = calendar.timegm(time.strptime(stamp, '%Y-%m-%dT%H:%M:%S'))
        return field(at, integer(1, seconds) + integer(2, int((fraction or '0').ljust(9, '0'))))
    if isinstance(what, list):
        return b''.join(value(at, what[0], one) for one in found)
    return field(at, message(what, found))


def message(table, obj):
    return b''.join(value(at, what, obj[name]) for name, (at, what) in table.items() if name in obj)


def envelope(kind, raw, version='v1'):
    return MAGIC + field(1, field(1, version.encode()) + field(2, kind.encode())) + field(2, raw) + field(3, b'') + field(4, b'')


def whole(obj):
    return envelope(obj['kind'], message(KINDS[obj['kind']], obj), obj['apiVersion'])


def listed(kind, obj):
    """A list; one without items is not one of nothing, so it is no list at all."""
    items = b''.join(field(2, message(KINDS[kind], one)) for one in obj.get('items', []))
    return envelope(kind + ('List' if 'items' in obj else ''), field(1, message(LIST_META, obj['metadata'])) + items)


def frame(data):
    return len(data).to_bytes(4, 'big') + data


def event(what, data):
    """data: with its envelope"""
    return field(1, what.encode()) + field(2, field(1, data))


def line(what, obj):
    return frame(event(what, whole(obj)))
