# SPDX-License-Identifier: Apache-2.0
"""The status page in a real browser, by TCP and by the socket, and clients that do not read it."""
import http.client
import os
import re
import socket
import subprocess
import sys
import threading

import world
from browser import Browser
from world import Binder, Guard, VIP

browser = None
PAGE = 'http://' + world.METRICS + '/'


class Forward:
    """What ssh -L does: a port of this host that is the guard's socket."""

    def __init__(self):
        self.server = socket.create_server(('127.0.0.1', 0))
        self.url = 'http://localhost:%d/' % self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                one, _ = self.server.accept()
            except OSError:
                return
            other = socket.socket(socket.AF_UNIX)
            other.connect(world.SOCKET)
            for a, b in ((one, other), (other, one)):
                threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    @staticmethod
    def pass_on(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def sound(of=PAGE):
    """Nobody complained, and nothing else was asked for."""
    assert not browser.complaints(), browser.complaints()
    assert {re.sub(r'^(https?://[^/]*/).*', r'\1', url) for url in browser.asked() if not url.startswith('data:')} == {of}, browser.asked()


def text():
    return browser.run('document.body.innerText')


def get(path='/', headers=None, method='GET', unix=False):
    connection = http.client.HTTPConnection('127.0.0.1', 9477, timeout=world.WAIT)
    if unix:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(world.WAIT)
        connection.sock.connect(world.SOCKET)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def rows(directory):
    guard = Guard('audit', '--metrics-vips')
    here = [Binder('kube-vip', VIP, announce=True), Binder('speaker', '192.0.2.250'), Binder('keepalived', '192.0.2.2')]
    try:
        guard.event(lambda event: event['event'] == 'announce')
        browser.look(1100, 900)
        browser.visit(PAGE)
        # who binds last may come after the first page
        browser.until('what they all did', 'document.querySelectorAll("#lines svg rect").length >= 4 && document.body.innerText.includes("keepalived[")')
        assert browser.run('document.querySelector("#rows > tr").innerText').split()[:3] == [VIP, 'default/web', 'worker1'], text()
        assert browser.run('document.querySelector("#rows > tr").className') == 'is-wrong', text()
        assert f'kube-vip[{here[0].pid}]' in text() and 'bound on eth0, announced' in text() and 'owner-never-binds' in text(), text()
        assert browser.run('document.querySelectorAll("#rows > tr").length') == 7, text()
        # by itself, and what a person did to the page stays
        browser.run('document.getElementById("filter").value = "default/web"; document.getElementById("filter").dispatchEvent(new Event("input"))')
        assert browser.run('document.getElementById("matches").textContent') == '2 of 7 rows', text()
        subprocess.run(['vipguard', 'mode', 'enforce', '--socket', world.SOCKET], check=True, capture_output=True)
        browser.until('what changed', 'document.querySelector("#rows > tr").className == "is-stopped" && document.getElementById("head").innerText.includes("enforce")')
        assert browser.run('[...document.querySelectorAll("#rows > tr")].filter(row => !row.hidden).length') == 2, text()
        assert browser.run('document.getElementById("filter").value') == 'default/web'
        sound()
        browser.run('document.getElementById("filter").value = ""; document.getElementById("filter").dispatchEvent(new Event("input"))')
        for scheme, name, light in (('light', 'page', True), ('dark', 'page-dark', False)):
            browser.look(1100, 900, scheme)
            back, front = (browser.run(f'getComputedStyle(document.body).{what}') for what in ('backgroundColor', 'color'))
            assert (sum(map(int, re.findall(r'\d+', back))) > sum(map(int, re.findall(r'\d+', front)))) == light, (scheme, back, front)
            if directory:
                browser.picture(f'{directory}/{name}.png')
        browser.look(360, 800)
        assert browser.run('document.documentElement.scrollWidth <= 360'), browser.run('document.documentElement.scrollWidth')
    finally:
        [one.end() for one in here]
        guard.stop()


def no_script():
    """page: without script it is all there; with it, for whom it is read out"""
    guard = Guard('audit', '--metrics-vips')
    here = Binder('kube-vip', VIP)
    try:
        guard.event(lambda event: event.get('address') == VIP)
        browser.look(1000, 800, script=False)
        browser.visit(PAGE)
        tree = browser.call('Accessibility.getFullAXTree')['nodes']
        said = ' '.join(str(node.get('name', {}).get('value', '')) for node in tree)
        assert VIP in said and 'owner-never-binds' in said and 'default/web' in said
        roles = [node['role']['value'] for node in tree]
        assert roles.count('columnheader') == 8 and roles.count('rowheader') == 6 and 'status' in roles and 'banner' in roles and 'main' in roles
        assert 'searchbox' not in roles  # what cannot work is not shown
        sound()
        browser.look(1000, 800)
        browser.visit(PAGE)
        assert 'searchbox' in [node['role']['value'] for node in browser.call('Accessibility.getFullAXTree')['nodes']]
    finally:
        here.end()
        guard.stop()


def nasty():
    """page: markup and escape sequences in names are text, and do nothing"""
    names = ['<script>x()</sc', '"><img src=x o', "'onload=x()//", '\x1b[2J\u202eabc', '</title><p>']
    guard = Guard('audit', '--metrics-vips')
    here = [Binder(name, f'192.0.2.{240 + i}') for i, name in enumerate(names[:3])] + [Binder(names[3], '198.51.100.1'), Binder(names[4], '198.51.100.2')]
    try:
        guard.event(lambda event: event.get('address') == '198.51.100.2')
        browser.look(1000, 800)
        browser.visit(PAGE)
        page = text()
        for one, name in zip(here, names):
            shown = name.replace('\x1b', '\\x1b').replace('\u202e', '\ufffd')
            assert f'{shown}[{one.pid}]' in page, (name, page)
        assert browser.run('document.scripts.length') == 1 and browser.run('document.images.length') == 0
        assert browser.run('document.querySelectorAll("main p").length') < 8
        browser.until('another answer', 'performance.getEntriesByType("resource").filter(e => e.initiatorType == "fetch" && e.responseEnd > 0).length > 0')
        assert browser.run('document.scripts.length') == 1
        sound()
    finally:
        [one.end() for one in here]
        guard.stop()


def names_hidden():
    """page: over TCP without --metrics-vips only counts; on the socket all of it"""
    guard = Guard('audit')
    here = Binder('kube-vip', VIP)
    forward = Forward()
    try:
        guard.event(lambda event: event.get('address') == VIP)
        status, headers, page = get()
        assert status == 200
        for hidden in (VIP, 'default/web', 'kube-vip[', 'worker1', 'assignments.json'):
            assert hidden not in page, hidden
        assert '--metrics-vips' in page and '<b class="wrong">1</b> violation' in page
        policy = headers['Content-Security-Policy']
        nonces = set(re.findall(r'nonce-([0-9a-f]{32})', policy))
        assert len(nonces) == 1 and "default-src 'none'" in policy and 'unsafe' not in policy, policy
        assert set(re.findall(r'nonce="([0-9a-f]*)"', page)) == nonces
        assert not re.search(r'\son[a-z]+=|javascript:|style=', page), 'something inline'
        assert headers['X-Content-Type-Options'] == 'nosniff' and headers['Cache-Control'] == 'no-store'
        assert get(method='PUT')[0] == 405 and get('/v1/screen')[0] == 404
        browser.look(1000, 800)
        browser.visit(PAGE)
        browser.until('another answer', 'performance.getEntriesByType("resource").filter(e => e.initiatorType == "fetch" && e.responseEnd > 0).length > 0')
        sound()
        browser.visit(forward.url)
        assert VIP in text() and f'kube-vip[{here.pid}]' in text()
        sound(forward.url)
        # a page of somebody else that got hold of that port
        assert get('/', {'Host': 'evil.example:9477'}, unix=True)[0] == 403
        assert get('/v1/mode?mode=enforce', {'Origin': 'http://localhost:1'}, 'PUT', unix=True)[0] == 403
        assert get('/', {'Host': '127.0.0.1:9477'}, unix=True)[0] == 200 and get('/', {'Host': '[::1]:9477'}, unix=True)[0] == 200
    finally:
        forward.close()
        here.end()
        guard.stop()


def goes_away():
    """page: the guard's end is said, its return too; nobody asks while nobody looks"""
    guard = Guard('audit', '--metrics-vips')
    try:
        browser.look(1000, 800)
        browser.visit(PAGE)
        guard.stop()
        browser.until('its end', 'document.getElementById("said").textContent.includes("does not answer")')
        guard = Guard('enforce', '--metrics-vips')
        browser.until('its return', 'document.getElementById("said").textContent == "" && document.getElementById("head").innerText.includes("enforce")')
        browser.run('Object.defineProperty(document, "hidden", {get: () => true}); document.dispatchEvent(new Event("visibilitychange")); window.asked = 0;'
                    ' window.fetch = () => { window.asked++; return Promise.reject() }')
        browser.run('new Promise(done => setTimeout(done, 4000))')  # longer than it waits from one question to the next
        assert browser.run('window.asked') == 0
    finally:
        guard.stop()


def never_reads():
    """page, /v1/screen, /v1/watch: clients that never read hold up nobody"""
    world.assign(*({'address': f'203.0.113.{n}', 'service': 'many/' + 's' * 60, 'nodes': ['worker1']} for n in range(1, 255)),
                 *({'address': f'2001:db8::{n:x}', 'service': 'many/' + 's' * 60, 'nodes': ['worker1']} for n in range(1000, 1255)))
    guard = Guard('enforce', '--metrics-vips')
    stuck = []
    try:
        for _ in range(12):
            for family, where in ((socket.AF_INET, ('127.0.0.1', 9477)), (socket.AF_UNIX, world.SOCKET)):
                one = socket.socket(family)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect(where)
                one.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' if family == socket.AF_INET or len(stuck) % 4 else b'GET /v1/watch?changes=true HTTP/1.1\r\nHost: x\r\n\r\n')
                stuck.append(one)
        subprocess.run(['ip', 'addr', 'add', VIP + '/32', 'dev', 'eth0'], check=True)
        guard.event(lambda event: event.get('address') == VIP and event.get('action') == 'removed')
        assert world.status()['mode'] == 'enforce'
        status, _, page = get(unix=True)
        assert status == 200 and page.endswith('</html>\n') and len(page) < 1024 * 1024, len(page)
        assert page.count('<tr class=') == 512 and re.search(r'\d+ more not shown', page)
        assert get()[0] == 200  # once places are free: each is let go after its time
    finally:
        [one.close() for one in stuck]
        guard.stop()
        world.assign()


def run(directory):
    global browser

    def page():
        """page: the rows, by themselves; the filter; light, dark and narrow"""
        rows(directory)

    browser = Browser()
    try:
        for one in (page, no_script, nasty, names_hidden, goes_away, never_reads):
            world.test(one)
    finally:
        browser.close()
