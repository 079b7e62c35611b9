# SPDX-License-Identifier: Apache-2.0
"""A small API server on loopback that can be told to be bad.

World holds objects and what happened to them, and answers as kube-apiserver does: pages, watches, WatchList, bookmarks, 410.
A rule takes the place of an answer, or only of the way it is sent: Conn cuts, splits, stalls and resets.
With protobuf the server's own kinds are sent so if the client takes it, whatever says what is sent.
"""
import json
import socket
import struct
import threading
import time
import traceback
from urllib.parse import parse_qs, urlsplit

import proto


class Gone(Exception):
    """The connection is over, by the client's will or by a fault."""


class Conn:
    """One answer on a connection. cut: bytes of the body after which it ends; piece: bytes a chunk; how: fin, reset or stall."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.fresh()

    def fresh(self):
        self.cut = self.piece = None
        self.kind = None  # of what is sent as protobuf
        self.how = 'reset'
        self.chunked = False
        self.sent = 0

    def raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone from e

    def end(self, how):
        if how == 'stall':
            self.server.stopping.wait(30)
        if how == 'reset':
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        raise Gone

    def header(self, status, kind=None, length=None, extra=''):
        kind = kind or (proto.MIME if self.kind else 'application/json')
        self.chunked = length is None
        size = 'Transfer-Encoding: chunked' if self.chunked else f'Content-Length: {length}'
        self.raw(f'HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{extra}{size}\r\n\r\n'.encode())
        if self.cut == 0:
            self.end(self.how)

    def body(self, data):
        last = self.cut is not None and self.sent + len(data) >= self.cut
        if last:
            data = data[:self.cut - self.sent]
        for at in range(0, len(data), self.piece or len(data) or 1):
            part = data[at:at + (self.piece or len(data))]
            self.raw(b'%x\r\n%s\r\n' % (len(part), part) if self.chunked else part)
        self.sent += len(data)
        if last:
            self.end(self.how)

    def finish(self):
        if self.chunked:
            self.raw(b'0\r\n\r\n')

    def answer(self, status, body, kind=None, extra=''):
        if isinstance(body, bytes):
            data = body
        elif self.kind and not kind:
            data = proto.listed(self.kind, body) if body['kind'] == 'List' else proto.whole(body)
        else:
            data = json.dumps(body, separators=(',', ':')).encode()
        self.header(status, kind, len(data), extra)
        self.body(data)

    def status(self, code, reason='', message='said the test', extra=''):
        self.answer(code, {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {}, 'status': 'Failure', 'message': message,
                           'reason': reason, 'code': code}, extra=extra)

    def missing(self):
        self.answer(404, b'404 page not found\n', 'text/plain')

    def line(self, event, obj):
        self.body(proto.line(event, obj) if self.kind else json.dumps({'type': event, 'object': obj}, separators=(',', ':')).encode() + b'\n')


class Request:
    def __init__(self, target, headers, method='GET', body=b''):
        parts = urlsplit(target)
        self.method, self.body = method, body
        self.target, self.path, self.headers = target, parts.path, headers
        self.query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        self.watch = self.query.get('watch') == '1'
        self.initial = self.watch and self.query.get('sendInitialEvents') == 'true'
        words = [w for w in self.path.split('/') if w]
        self.namespace = None
        if 'namespaces' in words[:-1]:
            at = words.index('namespaces')
            self.namespace = words[at + 1]
            del words[at:at + 2]
        self.collection = '/' + '/'.join(words)
        self.plural = words[-1] if words else ''

    def wants(self, obj):
        meta = obj['metadata']
        if self.namespace and meta.get('namespace') != self.namespace:
            return False
        for term in filter(None, self.query.get('fieldSelector', '').split(',')):
            path, value = term.replace('!=', '=').split('=', 1)
            found = obj
            for word in path.split('.'):
                found = (found or {}).get(word)
            if (found == value) == ('!=' in term):
                return False
        return True


CORE = ['/api/v1/services', '/api/v1/nodes', '/api/v1/pods', '/api/v1/configmaps', '/api/v1/events',
        '/apis/coordination.k8s.io/v1/leases', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions']


class Server:
    def __init__(self, protobuf=False, port=0):
        self.protobuf = protobuf
        self.lock = threading.Condition()
        self.stopping = threading.Event()
        self.objects, self.log, self.version, self.oldest = {c: {} for c in CORE}, [], 100, 0
        self.rules, self.requests, self.socks = [], [], set()
        self.written = {}  # Events, by namespace and name
        self.listener, self.port = None, port
        self.broken = []  # mistakes of the test's own
        self.up()

    # ---- what it holds

    def serve(self, collection):
        with self.lock:
            self.objects.setdefault(collection, {})

    def unserve(self, collection):
        with self.lock:
            self.objects.pop(collection, None)
            self.lock.notify_all()

    def put(self, collection, obj):
        with self.lock:
            self.version += 1
            obj['metadata']['resourceVersion'] = str(self.version)
            key = (obj['metadata'].get('namespace', ''), obj['metadata']['name'])
            kind = 'MODIFIED' if key in self.objects[collection] else 'ADDED'
            self.objects[collection][key] = obj
            self.log.append((self.version, collection, kind, obj))
            self.lock.notify_all()

    def delete(self, collection, name, namespace=''):
        with self.lock:
            self.version += 1
            obj = json.loads(json.dumps(self.objects[collection].pop((namespace, name))))
            obj['metadata']['resourceVersion'] = str(self.version)
            self.log.append((self.version, collection, 'DELETED', obj))
            self.lock.notify_all()

    def bookmark(self, collection):
        with self.lock:
            self.log.append((self.version, collection, 'BOOKMARK', None))
            self.lock.notify_all()

    def expire(self):
        """Every version from before is too old."""
        with self.lock:
            self.version += 10
            self.oldest = self.version

    def everything(self):
        with self.lock:
            return [o for c in self.objects.values() for o in c.values()]

    # ---- faults

    def rule(self, when, do, times=None):
        """do(conn, request) answers in the place of the world; it returns True to let the world answer after all."""
        with self.lock:
            self.rules.append([when, do, times])

    def calm(self):
        with self.lock:
            self.rules.clear()

    def seen(self, when):
        with self.lock:
            return [r for r in self.requests if when(r)]

    def up(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('127.0.0.1', self.port))
        listener.listen(64)
        self.listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut_all(self):
        with self.lock:
            for sock in list(self.socks):
                try:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.lock.notify_all()

    def down(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.cut_all()

    def stop(self):
        self.stopping.set()
        self.down()

    # ---- answers

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.socks.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        conn = Conn(self, sock)
        reader = sock.makefile('rb')
        try:
            while True:
                first = reader.readline().decode().split()
                if len(first) != 3:
                    break
                headers = {}
                while (line := reader.readline().strip()):
                    name, value = line.decode().split(':', 1)
                    headers[name.lower()] = value.strip()
                conn.fresh()
                body = reader.read(int(headers.get('content-length', 0)))
                self._answer(conn, Request(first[1], headers, first[0], body))
        except (Gone, OSError):
            pass
        except Exception:  # pylint: disable=broad-except
            self.broken.append(traceback.format_exc())
        finally:
            with self.lock:
                self.socks.discard(sock)
            reader.close()
            sock.close()

    def _answer(self, conn, request):
        do = None
        if self.protobuf and proto.MIME in request.headers.get('accept', ''):
            conn.kind = proto.OF_PLURAL.get(request.plural) if request.collection in CORE else None
        with self.lock:
            self.requests.append(request)
            for rule in self.rules:
                if rule[2] != 0 and rule[0](request):
                    do = rule[1]
                    if rule[2]:
                        rule[2] -= 1
                    break
        if do is None or do(conn, request) is True:
            self.world(conn, request)

    def _write(self, conn, request):
        """An Event is created, or its series patched, as far as that needs no kube-apiserver."""
        body, name = json.loads(request.body), request.path.split('/')[-1]
        with self.lock:
            if request.method == 'POST':
                name = body['metadata']['name']
                known = (request.namespace, name) in self.written
                self.written.setdefault((request.namespace, name), body)
            else:
                known = (request.namespace, name) in self.written
                if known:
                    self.written[request.namespace, name].update(body)
            event = json.loads(json.dumps(self.written.get((request.namespace, name))))
            self.lock.notify_all()
        if request.method == 'POST' and known:
            conn.status(409, 'AlreadyExists')
        elif request.method == 'PATCH' and not known:
            conn.status(404, 'NotFound')
        else:
            conn.answer(201 if request.method == 'POST' else 200, event)

    def world(self, conn, request):
        if request.method != 'GET':
            self._write(conn, request)
            return
        with self.lock:
            known = request.collection in self.objects
        if not known:
            self._discovery(conn, request)
        elif request.watch:
            self._watch(conn, request)
        else:
            self._list(conn, request)

    def _discovery(self, conn, request):
        words = request.path.strip('/').split('/')
        with self.lock:
            paths = [c.strip('/').split('/') for c in self.objects]
        mine = [p for p in paths if p[0] == 'apis' and len(words) >= 2 and p[1] == words[1]]
        versions = sorted({p[2] for p in mine})
        if len(words) == 2 and versions:
            named = [{'groupVersion': f'{words[1]}/{v}', 'version': v} for v in versions]
            conn.answer(200, {'kind': 'APIGroup', 'apiVersion': 'v1', 'name': words[1], 'versions': named, 'preferredVersion': named[-1]})
        elif len(words) == 3 and words[2] in versions:
            conn.answer(200, {'kind': 'APIResourceList', 'apiVersion': 'v1', 'groupVersion': '/'.join(words[1:]),
                              'resources': [{'name': p[3], 'kind': 'X', 'namespaced': True, 'verbs': ['list', 'watch']}
                                            for p in mine if p[2] == words[2]]})
        else:
            conn.missing()

    def _list(self, conn, request):
        token = request.query.get('continue')
        at, offset = (int(x) for x in token.split(':')) if token else (None, 0)
        with self.lock:
            if at is not None and at < self.oldest:
                at = -1
            version = at or self.version
            items = sorted((k, o) for k, o in self.objects[request.collection].items() if request.wants(o))
        if at == -1:
            conn.status(410, 'Expired', 'The provided continue parameter is too old')
            return
        limit = int(request.query.get('limit', 0)) or len(items)
        meta = {'resourceVersion': str(version)}
        if offset + limit < len(items):
            meta['continue'] = f'{version}:{offset + limit}'
        bare = [{k: v for k, v in o.items() if k not in ('kind', 'apiVersion')} for _, o in items[offset:offset + limit]]
        conn.answer(200, {'kind': 'List', 'apiVersion': 'v1', 'metadata': meta, 'items': bare} if request.path.startswith('/api/') else
                    {'apiVersion': 'v1', 'items': bare, 'kind': 'List', 'metadata': meta})

    def _watch(self, conn, request):
        conn.header(200)
        with self.lock:
            version = self.version if request.initial else int(request.query['resourceVersion'])
            first = [o for o in self.objects[request.collection].values() if request.wants(o)] if request.initial else []
            expired = version < self.oldest
            at = len(self.log) if request.initial else 0
        if expired:
            conn.line('ERROR', {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {}, 'status': 'Failure', 'code': 410, 'reason': 'Expired',
                                'message': f'too old resource version: {version} ({self.oldest})'})
            conn.finish()
            return
        for obj in first:
            conn.line('ADDED', obj)
        if request.initial:
            self._mark(conn, version, {'k8s.io/initial-events-end': 'true'})
        self._follow(conn, request, version, at)
        conn.finish()

    def _mark(self, conn, version, notes=None):
        meta = {'resourceVersion': str(version), **({'annotations': notes} if notes else {})}
        conn.line('BOOKMARK', {'kind': 'Service', 'apiVersion': 'v1', 'metadata': meta, 'spec': {}, 'status': {'loadBalancer': {}}})

    def _follow(self, conn, request, version, at):
        end = time.monotonic() + float(request.query.get('timeoutSeconds', 600))
        while True:
            with self.lock:
                while at == len(self.log) and time.monotonic() < end and conn.sock in self.socks and request.collection in self.objects:
                    self.lock.wait(min(0.2, max(0.001, end - time.monotonic())))
                news, at = self.log[at:], len(self.log)
            if not news:
                return
            for when, collection, kind, obj in news:
                if collection != request.collection or when < version or (when == version and kind != 'BOOKMARK'):
                    continue
                if kind == 'BOOKMARK':
                    self._mark(conn, when)
                elif request.wants(obj):
                    conn.line(kind, obj)
