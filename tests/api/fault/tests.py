# SPDX-License-Identifier: Apache-2.0
"""One test for each fault, in JSON and in protobuf; each ends with the cluster equal to a fresh list. Closes with "N passed, M failed"."""
import copy
import itertools
import json
import re
import sys
import threading
import time
import traceback

import proto
from server import Server
from watch import Failure, Watch
from world import *  # pylint: disable=wildcard-import,unused-wildcard-import

ALL = []
SHORT = ['--max-age', '1s', '--bookmark', '400ms']


def test(function):
    ALL.append(function)
    return function


def check(condition, *what):
    if not condition:
        raise Failure(' '.join(str(w) for w in what))


def services(request):
    return request.collection == SERVICES


def lists(request):
    return services(request) and not request.watch


def watches(request):
    return services(request) and request.watch and not request.initial


def initial(request):
    return request.initial


def change(server, name='late', address='192.0.2.150'):
    server.put(SERVICES, service(name, address))


def changes_come(server, watch):
    """Added, modified, deleted: seen by the watch that stands."""
    change(server)
    watch.equal()
    server.put(SERVICES, service('late', '192.0.2.151'))
    watch.equal()
    server.delete(SERVICES, 'late', 'shop')
    watch.equal()


# ---- as it should be

@test
def a_good_server(server):
    metallb(server)
    with Watch(server) as watch:
        watch.ready()
        changes_come(server, watch)
        one = watch.reflector('services')
        check(one['state'] == 'watching' and sum(one['relists'].values()) == 1 and one['bookmarks'] == 1, one)
        check(watch.status()['knowledge']['IPAddressPool'] == 'listed', watch.status())
        check(watch.reflector('pods', 'metallb-system')['objects'] == 1, 'the speaker is not seen')
        check(not watch.troubles('connection'), watch.events)


@test
def by_pages(server):
    for i in range(20):
        server.put(SERVICES, service(f'more{i}', f'192.0.2.{200 + i}'))
    with Watch(server, '--no-watch-list', '--page', '3') as watch:
        watch.ready()
        changes_come(server, watch)
    check(len(server.seen(lists)) == 8, 'pages:', len(server.seen(lists)))
    check(not server.seen(initial), 'WatchList was asked for')


@test
def services_of_other_types(server):
    """They carry their externalIPs. A type that changes is one change, and what carries nothing is not kept."""
    for i in range(5):
        server.put(SERVICES, other_service(f'plain{i}'))
    server.put(SERVICES, other_service('routed', '192.0.2.160', '2001:db8::160'))
    for options in [], ['--no-watch-list', '--page', '2']:
        with Watch(server, *options) as watch:
            watch.ready()
            check(watch.reflector('services')['objects'] == 4, watch.reflector('services'))
            check(any('"routed"' in o and '192.0.2.160' in o and '2001:db8::160' in o for o in watch.dump()), watch.dump())
            for obj, address in ((other_service('moved', '192.0.2.161'), '192.0.2.161'), (service('moved', '192.0.2.162'), '192.0.2.162'),
                                 (other_service('moved', '192.0.2.162', kind='NodePort'), '192.0.2.162'), (other_service('moved'), None)):
                server.put(SERVICES, obj)
                watch.equal()
                held = [o for o in watch.dump() if '"moved"' in o]
                check(bool(held) == bool(address) and all(address in o for o in held), held)
            server.put(SERVICES, other_service('moved', '192.0.2.163'))
            watch.equal()
            server.delete(SERVICES, 'moved', 'shop')
            watch.equal()
            one = watch.reflector('services')
            check(one['objects'] == 4 and sum(one['relists'].values()) == 1, one)


@test
def bytes_one_by_one(server):
    def slowly(conn, _):
        conn.piece = 1
        return True
    server.rule(services, slowly)
    for options in [], ['--no-watch-list', '--page', '2']:
        with Watch(server, *options) as watch:
            watch.ready()
            changes_come(server, watch)


# ---- WatchList

def refused(code):
    def run(server):
        server.rule(initial, lambda conn, _: conn.status(code, message='sendInitialEvents is forbidden for watch'))
        with Watch(server) as watch:
            watch.ready()
            asked = len(server.seen(initial))
            server.expire()
            server.cut_all()
            watch.until_status('relist', lambda s: any(r['relists']['expired'] for r in s['reflectors']))
            watch.equal()
            check(len(server.seen(initial)) == asked, 'it is asked for again')
    run.__name__ = f'watch_list_refused_{code}'
    return run


for number in 400, 422, 500:
    test(refused(number))


def unmarked(how):
    def run(server):
        def plain(conn, request):
            if request.collection not in server.objects:
                return True
            conn.header(200)
            for obj in server.objects[request.collection].values():
                conn.line('ADDED', obj)
            if how == 'live':
                obj = copy.deepcopy(next(iter(server.objects[request.collection].values()), None))
                end = time.monotonic() + 5
                while obj and time.monotonic() < end and not server.stopping.wait(0.05):
                    conn.line('MODIFIED', obj)
            elif how == 'silent':
                server.stopping.wait(5)
            conn.finish()
            return False
        server.rule(initial, plain)
        with Watch(server, *SHORT) as watch:
            watch.until('complete')
            watch.equal()
            changes_come(server, watch)
    run.__name__ = f'watch_list_without_mark_{how}'
    return run


for name in 'ends', 'silent', 'live':
    test(unmarked(name))


# ---- cut off

def cuts(what, options, when, how, count):
    def run(server):
        size = []

        def measure(conn, request):
            server.world(conn, request)
            size.append(conn.sent)

        def run_once(cut):
            def do(conn, _):
                conn.cut, conn.how = cut, how
                return True
            server.calm()
            server.rule(when, do, 1)
            with Watch(server, *options) as watch:
                watch.until('complete')
                watch.equal()
                change(server, 'after', f'192.0.2.{50 + cut % 100}')
                watch.equal()
        if what == 'page':
            server.rule(when, measure, 1)
            with Watch(server, *options) as watch:
                watch.ready()
            total = size[0]
        else:
            total = sum(len(line('ADDED', o)) for o in server.objects[SERVICES].values()) + 200
        for i in range(count):
            run_once(total * i // count)
    run.__name__ = f'{what}_cut_anywhere_by_{how}'
    return run


test(cuts('watch_list', [], lambda r: services(r) and r.initial, 'reset', 30))
test(cuts('watch_list', [], lambda r: services(r) and r.initial, 'fin', 30))
test(cuts('page', ['--no-watch-list', '--page', '3'], lists, 'reset', 15))
test(cuts('page', ['--no-watch-list', '--page', '3'], lists, 'fin', 15))


@test
def a_live_watch_cut_anywhere(server):
    """60 positions of the events of a live watch, which is then resumed from the version it had got to."""
    state = {}

    def do(conn, _):
        conn.cut, conn.how = state.pop('cut', None), state.get('how')
        return True
    server.rule(watches, do)
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        one = len(line('MODIFIED', server.objects[SERVICES][('shop', 'web0')]))
        for i in range(60):
            state.update(cut=1 + 3 * one * i // 60, how='reset' if i % 2 else 'fin')
            server.cut_all()
            for k in range(3):
                server.put(SERVICES, service(f'web{k}', f'192.0.2.{1 + (i * 3 + k) % 250}'))
            watch.equal()
        one = watch.reflector('services')
        check(one['relists'] == {'first': 1, 'expired': 0, 'error': 0, 'appeared': 0}, one)


# ---- expired

@test
def expired_in_a_watch(server):
    with Watch(server) as watch:
        watch.ready()
        server.expire()
        change(server)
        server.cut_all()
        watch.equal()
        watch.until_status('relist', lambda s: any(r['plural'] == 'services' and r['relists']['expired'] == 1 for r in s['reflectors']))
        changes_come(server, watch)


@test
def expired_as_a_status(server):
    with Watch(server) as watch:
        watch.ready()
        server.rule(watches, lambda conn, _: conn.status(410, 'Expired', 'too old'), 1)
        server.cut_all()
        change(server)
        watch.equal()
        watch.until_status('relist', lambda s: any(r['plural'] == 'services' and r['relists']['expired'] == 1 for r in s['reflectors']))


@test
def expired_again_and_again(server):
    """A server that expires whatever it has just listed is asked with back-off."""
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        server.rule(watches, lambda conn, _: conn.status(410, 'Expired', 'too old'), 8)
        before = len(server.seen(lists))
        began = time.monotonic()
        server.cut_all()
        change(server)
        watch.equal()
        watch.until_status('watching', lambda s: len(server.seen(lists)) >= before + 8)
        watch.equal()
        check(time.monotonic() - began > 0.05, 'without any back-off')


@test
def expired_continue(server):
    for i in range(9):
        server.put(SERVICES, service(f'more{i}', f'192.0.2.{200 + i}'))
    server.rule(lambda r: lists(r) and 'continue' in r.query, lambda conn, _: conn.status(410, 'Expired', 'The provided continue parameter is too old'))
    with Watch(server, '--no-watch-list', '--page', '4') as watch:
        watch.ready()
        changes_come(server, watch)
        check('limit' not in server.seen(lists)[-1].query, 'pages again, which cannot be had')


# ---- statuses

def told_to_wait(code):
    def run(server):
        times = []

        def do(conn, _):
            times.append(time.monotonic())
            conn.status(code, 'TooManyRequests', 'come back later', extra='Retry-After: 1\r\n')
        server.rule(services, do, 1)
        with Watch(server) as watch:
            watch.until('complete')
            check(time.monotonic() - times[0] >= 0.9, 'it did not wait')
            watch.equal()
    run.__name__ = f'retry_after_{code}'
    return run


for number in 429, 503:
    test(told_to_wait(number))


@test
def errors_of_the_server(server):
    for code in 500, 502, 504, 418:
        server.rule(lists, lambda conn, _, code=code: conn.status(code), 2)
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        check(watch.reflector('services')['errors'] == 8, watch.reflector('services'))
        check(any('HTTP status 500: said the test' in t for t in watch.troubles('connection')), watch.events)


@test
def a_version_that_the_server_cannot_read(server):
    """500 to each watch from there: only a list helps."""
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        bad = watch.reflector('services')['version']
        server.rule(lambda r: watches(r) and r.query['resourceVersion'] == bad, lambda conn, _: conn.status(500, message='Invalid value'))
        server.version += 1
        server.cut_all()
        change(server)
        watch.equal()
        check(watch.reflector('services')['relists']['error'] == 1, watch.reflector('services'))


@test
def a_token_that_was_changed(server):
    import tempfile
    good = {'token': 'first'}

    def do(conn, request):
        if request.headers.get('authorization') == f'Bearer {good["token"]}':
            return True
        return conn.status(401, 'Unauthorized', 'Unauthorized')
    server.rule(lambda r: True, do)
    with tempfile.NamedTemporaryFile('w', suffix='.token') as file:
        file.write('first')
        file.flush()
        with Watch(server, '--token-file', file.name) as watch:
            watch.ready()
            good['token'] = 'second'
            file.seek(0)
            file.write('second')
            file.truncate()
            file.flush()
            server.cut_all()
            change(server)
            watch.equal()
            good['token'] = 'third'
            server.cut_all()
            watch.until(lambda e: e['event'] == 'trouble' and '401' in e['text'])
            file.seek(0)
            file.write('third!'[:5] + '\n')
            file.truncate()
            file.flush()
            change(server, 'later')
            watch.equal()


@test
def forbidden_for_a_moment(server):
    began = time.monotonic()

    def do(conn, _):
        return True if time.monotonic() - began > 0.2 else conn.status(403, 'Forbidden', 'no rule yet')
    server.rule(lambda r: True, do)
    with Watch(server) as watch:
        watch.ready()
        check(not watch.troubles('forbidden'), watch.events)


@test
def forbidden(server):
    metallb(server)
    server.rule(lambda r: r.collection == POOLS, lambda conn, _: conn.status(403, 'Forbidden', 'not for you'))
    with Watch(server) as watch:
        watch.until('complete')
        watch.until('fresh')
        check(watch.status()['knowledge']['IPAddressPool'] == 'forbidden', watch.status()['knowledge'])
        said = watch.troubles('forbidden')
        rule = 'apiGroups: ["metallb.io"], resources: ["ipaddresspools"], verbs: [list, watch]'
        check(len(said) == 1 and rule in said[0], said)
        server.calm()
        watch.process.stdin.write('retry\n')
        watch.equal()
        check(watch.status()['knowledge']['IPAddressPool'] == 'listed', watch.status()['knowledge'])


@test
def forbidden_and_required(server):
    server.rule(lambda r: r.collection == NODES, lambda conn, _: conn.status(403, 'Forbidden', 'not for you'))
    with Watch(server, '--max-age', '3s') as watch:
        watch.until(lambda e: e['event'] == 'stale' and 'nodes: not listed yet' in e['text'])
        status = watch.status()
        check(not status['fresh'] and not status['complete'] and status['knowledge']['Node'] == 'forbidden', status)
        server.calm()
        watch.process.stdin.write('retry\n')
        watch.until('fresh')
        watch.equal()


@test
def forbidden_though_not_there(server):
    """Without the right to list it, a kind that is not there answers 403, too; discovery tells."""
    server.rule(lambda r: r.collection.startswith('/apis/metallb.io/v1beta1/'), lambda conn, _: conn.status(403, 'Forbidden', 'not for you'))
    with Watch(server) as watch:
        watch.ready()
        check(watch.status()['knowledge']['IPAddressPool'] == 'absent', watch.status()['knowledge'])
        check(not watch.troubles('forbidden'), watch.events)


@test
def unreadable(server):
    """The list of a kind that nothing depends on never succeeds: the rest is known all the same, and it counts as what may not be read."""
    metallb(server)
    server.rule(lambda r: r.collection == POOLS, lambda conn, _: conn.status(500, message='conversion webhook failed'))
    with Watch(server, *SHORT) as watch:
        watch.until('complete')
        watch.until('fresh')
        check(watch.status()['knowledge']['IPAddressPool'] == 'forbidden', watch.status()['knowledge'])
        check(watch.reflector('ipaddresspools')['state'] == 'unreadable', watch.reflector('ipaddresspools'))
        said = watch.troubles('forbidden')
        check(len(said) == 1 and 'ipaddresspools cannot be read' in said[0] and 'conversion webhook failed' in said[0], said)
        server.calm()
        watch.until_status('listed', lambda s: s['knowledge']['IPAddressPool'] == 'listed')
        watch.equal()


# ---- kinds that come and go

@test
def a_kind_that_comes_and_may_not_be_read(server):
    with Watch(server) as watch:
        watch.ready()
        server.rule(lambda r: r.collection == POOLS, lambda conn, _: conn.status(403, 'Forbidden', 'not for you'))
        server.serve(POOLS)
        server.put(DEFINITIONS, definition('ipaddresspools.metallb.io'))
        watch.until_status('forbidden', lambda s: s['knowledge']['IPAddressPool'] == 'forbidden')
        check(any('missing rule: apiGroups: ["metallb.io"]' in t for t in watch.troubles('forbidden')), watch.troubles('forbidden'))


@test
def a_kind_that_comes_and_goes(server):
    with Watch(server) as watch:
        watch.ready()
        check(watch.status()['knowledge']['IPAddressPool'] == 'absent', watch.status()['knowledge'])
        server.put(DEFINITIONS, definition('ipaddresspools.metallb.io'))
        watch.until_status('a second look', lambda s: len(server.seen(lambda r: r.collection == POOLS)) >= 3)
        metallb(server)
        server.put(DEFINITIONS, definition('servicel2statuses.metallb.io'))
        watch.until_status('listed', lambda s: s['knowledge']['IPAddressPool'] == 'listed' and s['knowledge']['ServiceL2Status'] == 'listed')
        server.delete(DEFINITIONS, 'servicel2statuses.metallb.io')
        check(watch.until_status('pods', lambda s: any(r['namespace'] == 'metallb-system' and r['objects'] for r in s['reflectors'])), '')
        server.delete(DEFINITIONS, 'ipaddresspools.metallb.io')
        server.unserve(POOLS)
        status = watch.until_status('absent', lambda s: s['knowledge']['IPAddressPool'] == 'absent')
        watch.until_status('no pods', lambda s: not any(r['namespace'] == 'metallb-system' for r in s['reflectors']))
        server.delete(PODS, 'speaker-1', 'metallb-system')
        check(status['fresh'], status)


@test
def another_version(server):
    """purelb.io may be v1 or v2: what is served is found by discovery."""
    collection = '/apis/purelb.io/v2/servicegroups'
    server.serve(collection)
    server.put(collection, {'apiVersion': 'purelb.io/v2', 'kind': 'ServiceGroup', 'metadata': meta('default', 'purelb-system'),
                            'spec': {'local': {'v4pools': [{'pool': '192.0.2.0/28', 'subnet': '192.0.2.0/24', 'aggregation': 'default'}]}}})
    with Watch(server) as watch:
        watch.ready()
        check(watch.status()['knowledge']['ServiceGroup'] == 'listed', watch.status()['knowledge'])
        check(watch.status()['knowledge']['LBNodeAgent'] == 'absent', watch.status()['knowledge'])


@test
def events_of_an_old_metallb(server):
    metallb(server, statuses=False)
    server.put(EVENTS, {'kind': 'Event', 'apiVersion': 'v1', 'metadata': meta('web0.1', 'shop'), 'reason': 'nodeAssigned', 'type': 'Normal',
                        'message': 'announcing from node "worker1" with protocol "layer2"', 'lastTimestamp': '2026-11-22T09:14:05Z',
                        'involvedObject': {'kind': 'Service', 'namespace': 'shop', 'name': 'web0', 'uid': 'uid-shop-web0'}})
    with Watch(server) as watch:
        watch.ready()
        check(watch.status()['knowledge']['Event'] == 'listed', watch.status()['knowledge'])
        server.serve(STATUSES)
        server.put(DEFINITIONS, definition('servicel2statuses.metallb.io'))
        watch.until_status('no events', lambda s: s['knowledge']['Event'] == 'absent')
        server.delete(EVENTS, 'web0.1', 'shop')
        watch.equal()


@test
def definitions_that_may_not_be_watched(server):
    server.rule(lambda r: r.collection == DEFINITIONS, lambda conn, _: conn.status(403, 'Forbidden', 'not for you'))
    with Watch(server) as watch:
        watch.ready()
        watch.until(lambda e: e['event'] == 'trouble' and 'customresourcedefinitions' in e['text'])
        metallb(server)
        watch.process.stdin.write('retry\n')
        watch.equal()


@test
def pools_in_many_namespaces(server):
    metallb(server)
    for i in range(17):
        server.put(POOLS, pool('p', f'metallb-{i}', f'198.51.100.{i}/32'))
    with Watch(server) as watch:
        watch.ready()
        watch.until(lambda e: e['event'] == 'trouble' and re.search(r'14 namespaces.* of \d pools', e['text']))
        status = watch.status()
        check(sum(r['plural'] == 'pods' for r in status['reflectors']) == 15, status)


# ---- content

@test
def a_huge_line(server):
    def do(conn, request):
        conn.header(200)
        obj = copy.deepcopy(server.objects[SERVICES][('shop', 'web0')])
        obj['metadata']['annotations']['x'] = 'y' * (5 << 20)
        conn.line('MODIFIED', obj)
        server._follow(conn, request, int(request.query['resourceVersion']), 0)
    server.rule(watches, do, 1)
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        change(server)
        watch.equal()
        check(watch.troubles('refused'), watch.events)
        check(watch.reflector('services')['odd'] == 1, watch.reflector('services'))


@test
def a_huge_item(server):
    """It was known before, and a list has it as something that cannot be read: it stays."""
    with Watch(server, '--no-watch-list', '--page', '2') as watch:
        watch.ready()
        before = watch.dump()
        huge = copy.deepcopy(server.objects[SERVICES][('shop', 'web1')])
        huge['metadata']['annotations']['x'] = 'y' * (5 << 20)

        def do(conn, _):
            items = [o for o in server.objects[SERVICES].values() if o['metadata']['name'] != 'web1'] + [huge]
            conn.answer(200, {'kind': 'List', 'apiVersion': 'v1', 'metadata': {'resourceVersion': str(server.version)}, 'items': items})
        server.expire()
        server.rule(lists, do)
        server.cut_all()
        watch.until(lambda e: e['event'] == 'trouble' and e['kind'] == 'refused')
        watch.until_status('watching', lambda s: any(r['plural'] == 'services' and r['state'] == 'watching' for r in s['reflectors']))
        check(watch.dump() == before, set(watch.dump()) ^ set(before))
        check(watch.reflector('services')['relists']['expired'] == 1, 'it lists again and again')
        server.calm()


def odd(how):
    def run(server):
        bad = {'twice': b'{"metadata":{"name":"web1","name":"web1","namespace":"shop"}}', 'type': None}[how]

        def body(obj):
            if how == 'twice':
                return bad
            obj = copy.deepcopy(obj)
            obj['status'] = obj['spec'] = 'no object'
            obj['metadata'] = {**obj['metadata'], 'resourceVersion': 5, 'annotations': ['x']}
            return json.dumps(obj).encode()

        def frame(obj):
            """A finalizer that is a number, behind the name; a status that is none."""
            spoiled = {'twice': proto.field(1, proto.integer(14, 1)), 'type': proto.field(3, b'no object')}[how]
            return proto.frame(proto.event('MODIFIED', proto.envelope('Service', proto.message(proto.KINDS['Service'], obj) + spoiled)))

        def do(conn, request):
            conn.header(200)
            if conn.kind:
                conn.body(frame(server.objects[SERVICES][('shop', 'web1')]))
            else:
                conn.body(b'{"type":"MODIFIED","object":' + body(server.objects[SERVICES][('shop', 'web1')]) + b'}\n')
            server._follow(conn, request, int(request.query['resourceVersion']), 0)
        server.rule(watches, do, 1)
        with Watch(server, '--no-watch-list') as watch:
            watch.until('complete')
            server.put(SERVICES, service('web1', '192.0.2.77'))
            watch.equal()
            changes_come(server, watch)
            if how == 'twice':
                check(watch.reflector('services')['odd'] == 1 and watch.troubles('odd'), watch.reflector('services'), watch.events)
    run.__name__ = f'an_odd_object_{how}'
    return run


for name in 'twice', 'type':
    test(odd(name))


def spoiled(how):
    """Protobuf, or what says that it is: each ends in a list, and in what that says."""
    def listed(server):
        items = list(server.objects[SERVICES].values())
        return proto.listed('Service', {'metadata': {'resourceVersion': str(server.version)}, 'items': items})

    def framed(server):
        return proto.line('MODIFIED', server.objects[SERVICES][('shop', 'web0')])

    # of a list, of a watch; None: as it should be
    bodies = {
        'shorter_than_it_says': (lambda s: listed(s)[:-30], lambda s: framed(s)[:-30]),
        'without_magic': (lambda s: listed(s)[4:], lambda s: framed(s).replace(proto.MAGIC, b'K8S\0')),
        'an_item_too_long': (lambda s: proto.envelope('ServiceList', proto.field(1, b'') + b'\x12\xff\x7fshort'), None),
        'a_huge_frame': (None, lambda s: b'\x06\0\0\0' + b'x' * 100000),
        'an_impossible_frame': (None, lambda s: b'\xff\xff\xff\xff' + b'x' * 100000),
        'an_empty_frame': (None, lambda s: b'\0\0\0\0'),
        'zeros': (lambda s: b'\0' * 5000, lambda s: b'\0' * 5000),
        'ones': (lambda s: b'\xff' * 5000, lambda s: b'\xff' * 5000),
        'endless_numbers': (lambda s: proto.MAGIC + b'\x80' * 5000, lambda s: proto.frame(b'\x80' * 5000)),
        'groups': (lambda s: proto.MAGIC + b'\x0b' * 5000, lambda s: proto.frame(b'\x0b' * 5000)),
        'json': (lambda s: b'{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}', lambda s: line('ADDED', service('no', '192.0.2.9'))),
        'another_list': (lambda s: listed(s).replace(b'ServiceList', b'SecretListx'), None),
    }

    def run(server):
        of_list, of_watch = bodies[how]
        odd = []

        def do(conn, request):
            of = of_watch if request.watch else of_list
            if not of:
                return True
            conn.header(200, proto.MIME)
            conn.body(of(server))
            conn.finish()
            odd.append(request)
            return False
        for options in [], ['--no-watch-list']:
            server.rule(services, do, 5)
            with Watch(server, *options, *SHORT) as watch:
                watch.until('complete')
                watch.equal()
                changes_come(server, watch)
        check(odd, 'it never came to it')
    run.__name__ = f'protobuf_{how}'
    return run


for name in ('shorter_than_it_says without_magic an_item_too_long a_huge_frame an_impossible_frame an_empty_frame zeros ones endless_numbers groups json '
             'another_list').split():
    test(spoiled(name))


@test
def protobuf_that_says_json(server):
    """The Content-Type is believed, so it cannot be read; the next answer is right."""
    def do(conn, request):
        conn.header(200, 'application/json')
        if request.watch:
            conn.body(proto.line('ADDED', service('no', '192.0.2.9')))
        else:
            conn.body(proto.listed('Service', {'metadata': {'resourceVersion': '1'}, 'items': []}))
        conn.finish()
    for options in [], ['--no-watch-list']:
        server.rule(services, do, 3)
        with Watch(server, *options, *SHORT) as watch:
            watch.until('complete')
            watch.equal()
            changes_come(server, watch)


@test
def now_one_now_the_other(server):
    """Behind one name there may be servers that have protobuf and others."""
    served = []

    def do(conn, request):
        if proto.MIME in request.headers.get('accept', ''):
            served.append(len(served) % 2)
            conn.kind = 'Service' if served[-1] else None
        return True
    server.rule(services, do)
    with Watch(server, '--no-watch-list', '--page', '1') as watch:
        watch.ready()
        for i in range(6):
            server.cut_all()
            change(server, address=f'192.0.2.{200 + i}')
            watch.equal()
    check(len(served) > 6 and len(set(served)) == 2, served)


@test
def repeated_events(server):
    def do(conn, request):
        conn.header(200)
        for obj in list(server.objects[SERVICES].values()) * 2:
            if int(obj['metadata']['resourceVersion']) == int(request.query['resourceVersion']):
                conn.line('MODIFIED', obj)
        for _ in range(3):
            server.put(SERVICES, service('web2', '192.0.2.99'))
            conn.line('MODIFIED', server.objects[SERVICES][('shop', 'web2')])
            conn.line('MODIFIED', server.objects[SERVICES][('shop', 'web2')])
        server._follow(conn, request, server.version, len(server.log))
    server.rule(watches, do, 1)
    with Watch(server, '--no-watch-list') as watch:
        watch.ready()
        changes_come(server, watch)
        check(watch.reflector('services')['relists']['error'] == 0, watch.reflector('services'))


@test
def events_out_of_order(server):
    """What comes late is old: applied, it would bring back what is gone."""
    def do(conn, request):
        conn.header(200)
        old = copy.deepcopy(server.objects[SERVICES][('shop', 'web0')])
        server.put(SERVICES, service('web0', '192.0.2.88'))
        server.delete(SERVICES, 'web1', 'shop')
        conn.line('MODIFIED', server.objects[SERVICES][('shop', 'web0')])
        conn.line('MODIFIED', old)
        conn.line('ADDED', service('web1', '192.0.2.1'))
        server._follow(conn, request, server.version, len(server.log))
    server.rule(watches, do, 1)
    with Watch(server, '--no-watch-list') as watch:
        watch.until('complete')
        watch.equal()
        changes_come(server, watch)
        check(watch.reflector('services')['relists']['error'] == 1, watch.reflector('services'))
        check(any('went back' in t for t in watch.troubles('connection')), watch.events)


def nonsense(what):
    answers = {
        'garbage': lambda conn: conn.answer(200, bytes(range(256)) * 20),
        'html': lambda conn: conn.answer(200, b'<html><body>Please log in</body></html>', 'text/html'),
        'empty': lambda conn: conn.answer(200, b''),
        'null': lambda conn: conn.answer(200, b'null'),
        'status': lambda conn: conn.status(200),
        'no_items': lambda conn: conn.answer(200, {'kind': 'List', 'apiVersion': 'v1', 'metadata': {'resourceVersion': '1'}}),
        'no_version': lambda conn: conn.answer(200, {'kind': 'List', 'apiVersion': 'v1', 'metadata': {}, 'items': []}),
        'deep': lambda conn: conn.answer(200, b'[' * 100000),
        'not_http': lambda conn: conn.raw(b'SSH-2.0-nonsense\r\n' * 10) or conn.end('fin'),
        'longer_than_said': lambda conn: (conn.header(200, length=10), conn.body(b'{"kind":"List","items":[]}'), conn.end('fin')),
        'shorter_than_said': lambda conn: (conn.header(200, length=1000), conn.body(b'{"kind":"List",'), conn.end('fin')),
        'nothing': lambda conn: conn.end('fin'),
        'reset': lambda conn: conn.end('reset'),
    }

    def run(server):
        def do(conn, _):
            answers[what](conn)
        for options in [], ['--no-watch-list']:
            server.rule(services, do, 5)
            with Watch(server, *options, *SHORT) as watch:
                watch.until('complete')
                watch.equal()
                changes_come(server, watch)
    run.__name__ = f'nonsense_{what}'
    return run


for name in ('garbage html empty null status no_items no_version deep not_http longer_than_said shorter_than_said nothing reset').split():
    test(nonsense(name))


@test
def garbage_in_a_watch(server):
    def do(conn, request):
        conn.header(200)
        server.put(SERVICES, service('web0', '192.0.2.66'))
        conn.line('MODIFIED', server.objects[SERVICES][('shop', 'web0')])
        conn.body(b'}}}} what is this {{{{\n')
        conn.finish()
    server.rule(watches, do, 1)
    with Watch(server, '--no-watch-list') as watch:
        watch.until('complete')
        changes_come(server, watch)
        check(watch.reflector('services')['relists'] == {'first': 1, 'expired': 0, 'error': 0, 'appeared': 0}, watch.reflector('services'))


@test
def watches_that_end_at_once(server):
    def do(conn, _):
        conn.header(200)
        conn.finish()
    with Watch(server, '--no-watch-list', '--backoff-max', '100ms') as watch:
        watch.ready()
        server.rule(watches, do)
        before = len(server.seen(watches))
        server.cut_all()
        began = time.monotonic()
        watch.until_status('many watches', lambda s: len(server.seen(watches)) - before >= 12)
        check(time.monotonic() - began > 0.15, 'without any back-off')
        server.calm()
        changes_come(server, watch)


# ---- silence

@test
def a_half_open_connection(server):
    """The server forgets a watch without a word: noticed after bookmark, resumed from the last version."""
    with Watch(server, '--max-age', '4s', '--bookmark', '500ms', '--no-watch-list') as watch:
        watch.ready()

        def do(conn, _):
            conn.header(200)
            server.stopping.wait(20)
        server.rule(watches, do, 1)
        server.cut_all()
        watch.until_status('the mute watch', lambda s: not any(rule[2] for rule in server.rules))
        change(server)
        watch.equal(3)
        check(watch.reflector('services')['relists']['error'] == 0, watch.reflector('services'))
        check(not any(e['event'] == 'stale' for e in watch.events), watch.events)


@test
def a_server_that_does_not_answer(server):
    with Watch(server, '--max-age', '1s', '--bookmark', '300ms') as watch:
        watch.ready()
        gate = threading.Event()

        def do(_, __):
            gate.wait(20)
            return True
        server.rule(lambda r: True, do)
        server.cut_all()
        watch.until('stale')
        server.calm()
        gate.set()
        change(server)
        watch.until('fresh', after=len(watch.events))
        watch.equal()


@test
def a_quiet_cluster_stays_fresh(server):
    """No bookmarks at all: each watch is asked for again, and nothing else is."""
    with Watch(server, '--max-age', '2s', '--bookmark', '1s') as watch:
        watch.ready()
        before = len(server.seen(lambda r: True))
        watch.until_status('four rounds', lambda s: watch_count(s, 'services') >= 4)
        n = len(server.seen(lambda r: True)) - before
        check(not any(e['event'] == 'stale' for e in watch.events), watch.events)
        check(n <= 8 * 5 + 8, n, 'requests in 4 s')
        check(watch.reflector('services')['relists']['error'] == 0, watch.reflector('services'))
        changes_come(server, watch)


@test
def a_server_cut_off_from_its_storage(server):
    """It answers watches from its memory, but no list: stale, though every watch stands; then everything is listed anew."""
    def storage(request):
        return request.collection in server.objects and (not request.watch or request.initial)
    with Watch(server, '--max-age', '4s', '--bookmark', '1s') as watch:
        watch.ready()
        server.rule(storage, lambda conn, _: conn.status(500, message='etcdserver: request timed out'))
        lists_before = len(server.seen(lists))
        why = watch.until('stale')['text']
        check('reaches its storage: HTTP status 500: etcdserver: request timed out' in why, why)
        check(watch.status()['life']['failures'] > 0, watch.status())
        check(len(server.seen(lists)) == lists_before, 'lists that cannot be answered are asked for')
        server.calm()
        watch.until('fresh', after=len(watch.events))
        check(watch.reflector('services')['relists']['error'] == 1, watch.reflector('services'))
        watch.equal()
        changes_come(server, watch)


def watch_count(status, plural):
    return max(r['watches'] for r in status['reflectors'] if r['plural'] == plural)


@test
def bookmarks_keep_it_fresh(server):
    with Watch(server, '--max-age', '3s', '--bookmark', '2s') as watch:
        watch.ready()
        ticker = threading.Event()

        def tick():
            while not ticker.wait(0.3):
                for collection in list(server.objects):
                    server.bookmark(collection)
        threading.Thread(target=tick, daemon=True).start()
        watch.until_status('bookmarks', lambda s: min(r['bookmarks'] for r in s['reflectors'] if r['state'] == 'watching') >= 6)
        ticker.set()
        changes_come(server, watch)
        check(not any(e['event'] == 'stale' for e in watch.events), watch.events)


@test
def an_outage(server):
    """An hour in small: stale is said with its cause, and within one back-off after the server is back all is as a list has it."""
    with Watch(server, *SHORT, '--backoff-max', '500ms') as watch:
        watch.ready()
        server.down()
        began = time.monotonic()
        why = watch.until('stale')['text']
        # the last sign of life may have been asked for a --bookmark before, and a busy machine takes its time to answer
        check(0.1 < time.monotonic() - began < 2, 'stale after', time.monotonic() - began)
        check(re.search(r'not heard from for \d+ s: .*(refused|connect)', why, re.I), why)
        check(len(watch.troubles('connection')) <= 3, watch.troubles('connection'))
        server.expire()
        change(server)
        server.delete(SERVICES, 'web0', 'shop')
        at = len(watch.events)
        server.up()
        began = time.monotonic()
        watch.until('fresh', after=at)
        took = time.monotonic() - began
        check(took < 1.5, 'fresh again only after', took)
        watch.equal()
        check(not any(e['event'] == 'stale' for e in watch.events[at:]), watch.events[at:])
        changes_come(server, watch)


@test
def a_short_outage_is_no_staleness(server):
    with Watch(server, '--max-age', '20s') as watch:
        watch.ready()
        server.down()
        watch.until(lambda e: e['event'] == 'trouble' and e['kind'] == 'connection')
        change(server)
        server.up()
        watch.equal()
        check(not any(e['event'] == 'stale' for e in watch.events), watch.events)
        one = watch.reflector('services')
        check(one['relists']['error'] == 0 and one['relists']['expired'] == 0, one)


@test
def fresh_is_said_only_with_what_was_missed(server):
    """A watch that is resumed after the outage would be heard from at once, with all that was missed still to come."""
    with Watch(server, *SHORT) as watch:
        watch.ready()
        server.down()
        watch.until('stale')
        server.put(SERVICES, service('web0', '192.0.2.55'))

        def late(conn, request):
            if request.watch and not request.initial and int(request.query['resourceVersion']) < server.version:
                conn.header(200)
                server.stopping.wait(1)
            return not request.watch or request.initial
        server.rule(services, late)
        at = len(watch.events)
        server.up()
        watch.until('fresh', after=at)
        check(any('192.0.2.55' in o for o in watch.dump()), 'fresh, and an old picture')
        server.calm()
        watch.equal()


# ---- Events

EVENTS_OPTIONS = ['--events', '--events-every', '10ms', '--events-burst', '3', '--events-heartbeat', '100ms', '--events-wait', '20ms']


def writes(request):
    return request.method != 'GET'


def posts(request):
    return request.method == 'POST'


def told(watch, times=1, about='shop/web0', address='192.0.2.100', numbers=''):
    at = len(watch.events)
    watch.process.stdin.write(f'tell {times} {about} {address} {numbers}\n')
    watch.process.stdin.flush()
    watch.until('told', after=at)


def counted(server):
    with server.lock:
        return sorted(e.get('series', {}).get('count', 1) for e in server.written.values())


def all_said(server, watch, *counts):
    watch.until_status(f'{counts} in Events', lambda s: counted(server) == list(counts) and not s['events']['waiting'])


@test
def events_are_series(server):
    with Watch(server, *EVENTS_OPTIONS) as watch:
        watch.ready()
        told(watch)
        all_said(server, watch, 1)
        told(watch, 4)
        all_said(server, watch, 5)
        told(watch, 2, '-', '-')
        all_said(server, watch, 2, 5)
    with Watch(server, *EVENTS_OPTIONS) as watch:  # another one goes on with what is there
        watch.ready()
        told(watch)
        all_said(server, watch, 2, 6)
        check(watch.status()['events']['created'] == 0, watch.status()['events'])
    events = {e['regarding']['kind']: e for e in server.written.values()}
    check(events['Service']['regarding'] == {'apiVersion': 'v1', 'kind': 'Service', 'namespace': 'shop', 'name': 'web0'}, events)
    check(events['Node']['metadata']['namespace'] == 'default', events)
    one = events['Service']
    check((one['reportingController'], one['reportingInstance'], one['type']) == ('vipguard', 'node1', 'Warning'), one)


def passing(what, do, times=3):
    def run(server):
        server.rule(posts, do, times)
        with Watch(server, *EVENTS_OPTIONS, '--events-timeout', '200ms') as watch:
            watch.ready()
            told(watch, 2)
            changes_come(server, watch)  # nobody waits for it
            all_said(server, watch, 2)
            check(watch.status()['events']['failed'] >= times, watch.status()['events'])
            check(not watch.troubles('connection'), watch.events)
    run.__name__ = f'events_{what}'
    return run


def hang(conn, _):
    conn.server.stopping.wait(2)
    raise ConnectionError


def made_then_cut(conn, request):
    """It is there, and nobody hears of it."""
    with conn.server.lock:
        conn.server.written.setdefault((request.namespace, json.loads(request.body)['metadata']['name']), json.loads(request.body))
    conn.end('reset')


test(passing('answered_500', lambda conn, _: conn.status(500)))
test(passing('answered_429', lambda conn, _: conn.status(429, extra='Retry-After: 1\r\n'), 1))
test(passing('not_answered', hang, 1))
test(passing('made_and_cut', made_then_cut, 1))


@test
def events_that_fail_for_ever(server):
    """One Service's alone: the others' are written, it is dropped and counted."""
    server.rule(lambda r: posts(r) and b'"192.0.2.100"' in r.body or posts(r) and b'"name":"web0"' in r.body, lambda conn, _: conn.status(500))
    with Watch(server, *EVENTS_OPTIONS) as watch:
        watch.ready()
        told(watch)
        told(watch, 1, 'shop/web1')
        all_said(server, watch, 1)
        check(watch.status()['events']['left_out'] == 1, watch.status()['events'])
        check(len(server.seen(posts)) == 9, len(server.seen(posts)))


@test
def events_forbidden(server):
    server.rule(posts, lambda conn, _: conn.status(403, 'Forbidden', 'events.events.k8s.io is forbidden'))
    with Watch(server, *EVENTS_OPTIONS) as watch:
        watch.ready()
        told(watch)
        why = watch.until('events-forbidden')['text']
        check('apiGroups: ["events.k8s.io"], resources: ["events"], verbs: [create, patch]' in why and 'shop' in why, why)
        for i in range(5):
            told(watch, 2, 'shop/web1')
            changes_come(server, watch)
        check(len(server.seen(posts)) == 1, 'it is tried again')
        server.calm()
        watch.process.stdin.write('retry\n')
        watch.process.stdin.flush()
        watch.until('events-allowed')
        all_said(server, watch, 1, 10)
        check(sum(e['event'] == 'events-forbidden' for e in watch.events) == 1, watch.events)


@test
def events_refused(server):
    for code in 400, 404, 413, 422:
        server.rule(posts, lambda conn, _, code=code: conn.status(code), 1)
    with Watch(server, *EVENTS_OPTIONS) as watch:
        watch.ready()
        for i in range(4):
            told(watch, 1, '-', f'a{i}')
        watch.until_status('the end of them', lambda s: s['events']['left_out'] == 4)
        told(watch)
        all_said(server, watch, 1)
        check(sum(e['event'] == 'events-refused' for e in watch.events) == 4, watch.events)


@test
def events_that_expired(server):
    with Watch(server, *EVENTS_OPTIONS) as watch:
        watch.ready()
        told(watch, 3)
        all_said(server, watch, 3)
        with server.lock:
            server.written.clear()
        told(watch, 2)
        all_said(server, watch, 2)


@test
def events_never_storm(server):
    with Watch(server, '--events', '--events-every', '1h') as watch:
        watch.ready()
        told(watch, 10, 'shop/web0', 'x', 1000)
        watch.until_status('what may be written at once', lambda s: s['events']['created'] == 10)
        status = watch.status()['events']
        check(len(server.seen(posts)) == 10, len(server.seen(posts)))
        check(status['left_out'] == 9360 and status['series'] == 65, status)


def main():
    passed = failed = 0
    only = sys.argv[1:]
    for function, form in itertools.product(ALL, ('JSON', 'protobuf')):
        name = f'{function.__name__.replace("_", " ")} ({form})'
        if only and not any(o in function.__name__ for o in only):
            continue
        server = Server(form == 'protobuf')
        began = time.monotonic()
        try:
            fill(server)
            function(server)
            check(not server.broken, 'the test itself:', server.broken[:1])
            passed += 1
            print(f'ok {name} ({time.monotonic() - began:.1f} s)', flush=True)
        except Exception as e:  # pylint: disable=broad-except
            failed += 1
            print(f'not ok {name}', flush=True)
            print('    ' + (str(e) if isinstance(e, Failure) else traceback.format_exc()).replace('\n', '\n    '), flush=True)
        finally:
            server.stop()
    print(f'{passed} passed, {failed} failed')
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
