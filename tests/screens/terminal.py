# SPDX-License-Identifier: Apache-2.0
"""`vipguard watch` and `vipguard status` on terminals of many sizes, and off them."""
import json
import os
import re
import signal
import subprocess

import world
from vt import Session
from world import Binder, Guard, VIP, VIP6


def watch(rows=24, columns=80, *options, **env):
    return Session(['vipguard', 'watch', '--socket', world.SOCKET, *options], rows, columns, **env)


def quits(session):
    session.keys('q')
    assert session.wait() == 0, session.status
    session.restored()
    session.sane()
    session.close()


def row_of(session, address):
    """The cells of its line."""
    lines = [line for line in session.screen.lines() if re.match(rf'^.? ?{re.escape(address)}( |$)', line)]
    assert lines, session.screen.text()
    return lines[0].split()


def story(directory):
    guard = Guard('audit')
    here = [Binder('kube-vip', VIP, announce=True), Binder('speaker', '192.0.2.250'), Binder('keepalived', '192.0.2.2')]
    session = watch(24, 80)
    try:
        session.shows('192.0.2.240', f'kube-vip[{here[0].pid}]', '1 violation  1 allowed')
        session.until('the announcement', lambda screen: 'announce' in screen.text())
        row = row_of(session, VIP)
        assert row[0] == '!' and row[2] == 'violation' and row[3].startswith('owner-never'), row
        assert row_of(session, '192.0.2.250')[0] == '+' and row_of(session, VIP6)[:3] == ['-', VIP6, '-']
        order = [line.split()[1] for line in session.screen.lines() if re.match(r'^[!x.?+=-] \S', line)]
        assert order[:3] == [VIP, '192.0.2.250', '192.0.2.2'], order  # the worst first
        assert 31 in session.screen.looks_of(VIP) and 32 in session.screen.looks_of('192.0.2.250')
        # in place: what happens comes by itself
        subprocess.run(['vipguard', 'mode', 'enforce', '--socket', world.SOCKET], check=True, capture_output=True)
        session.shows(' cp1  enforce ', '1 stopped', 'removed')
        assert row_of(session, VIP)[:3] == ['x', VIP, 'stopped'], session.screen.text()
        quits(session)
        session = watch(30, 120)
        session.shows(VIP, 'default/web', 'worker1', 'removed', 'LAST ACTOR', 'last events', 'q quit')
        if directory:
            with open(directory + '/watch.svg', 'w') as out:
                out.write(session.screen.svg('vipguard watch: the VIPs of a node, the worst first, and the last events'))
        quits(session)
    finally:
        [one.end() for one in here]
        guard.stop()


def sizes():
    """watch: 160, 80, 40 columns, one row, one column: nothing wraps, what matters stays"""
    guard = Guard('audit')
    here = Binder('kube-vip', VIP)
    try:
        for rows, columns, words in ((24, 160, ('SERVICE', 'HOLDER', 'default/web', 'would-remove', 'owner-never-binds', 'worker1,worker2')),
                                     (24, 80, ('LAST ACTOR', 'SEEN', f'kube-vip[{here.pid}]')),
                                     (24, 40, (VIP, 'violation', 'kube-vip')), (8, 40, (VIP, 'violation')), (3, 20, (VIP,)), (2, 40, (VIP,)),
                                     (1, 40, ('1 violation',)), (1, 1, ()), (5, 1, ()), (200, 500, ('default/web', VIP))):
            session = watch(rows, columns)
            session.until(f'{words} at {rows}x{columns}', lambda screen: all(word in screen.text() for word in words) and screen.second)
            quits(session)
        session = watch(24, 100)
        session.shows('last events')
        session.resize(1, 40)
        session.until('one row', lambda screen: '1 violation' in screen.line(0))
        session.resize(24, 40)
        session.until('more of them', lambda screen: 'last events' in screen.text() and VIP in screen.text())
        quits(session)
    finally:
        here.end()
        guard.stop()


def keys():
    """watch: scrolling, the filter, holding still"""
    world.assign(*({'address': f'203.0.113.{n}', 'service': f'many/s{n}', 'nodes': ['worker1']} for n in range(1, 101)))
    guard = Guard('audit')
    session = watch(24, 80)
    try:
        session.shows('VIPs 1-')
        first = int(re.search(r'VIPs 1-(\d+) of 106', session.screen.text()).group(1))
        session.keys('\x1b[6~')
        session.shows(f'VIPs {first + 1}-{2 * first} of 106')
        session.keys('\x1b[A')
        session.shows(f'VIPs {first}-{2 * first - 1} of 106')
        session.keys('\x1bOB\x1b[F')
        session.shows(f'VIPs {107 - first}-106 of 106', '198.51.100.0/28')
        session.keys('\x1b[H\x1b[99~\x1b[1;5C')  # and keys that nobody asked for
        session.shows(f'VIPs 1-{first} of 106')
        session.keys('/MANY/S77')
        session.shows('/MANY/S77_', '203.0.113.77', 'VIPs 1-1 of 1')
        session.keys('\x7f\x7f\x7f\x7fX\r')
        session.shows('no VIP with MANYX')
        session.keys('\x1b')
        session.shows(f'VIPs 1-{first} of 106')
        session.keys('p')
        session.shows(' held')
        here = Binder('kube-vip', VIP)
        guard.event(lambda event: event['event'] == 'bind' and event.get('address') == VIP)
        session.keys('/q\r')  # what is drawn for keys does not let go what is held
        session.shows('no VIP with q')
        assert '0 violations' in session.screen.text()
        session.keys('\x1bp')
        session.shows(' live', '1 violation')
        here.end()
        quits(session)
    finally:
        guard.stop()
        world.assign()


def changes():
    """watch: what a new assignments file and the end of an announcement change comes without a key"""
    guard = Guard('audit', '--period', '1s', '--grace', '0')
    here = Binder('kube-vip', '192.0.2.242')
    session = watch(24, 160)
    try:
        session.shows('1 violation')
        world.assign({'address': '203.0.113.9', 'service': 'new/one', 'nodes': ['cp1']})
        session.shows('203.0.113.9')
        subprocess.run(['blast', '--link', 'eth0', '--vip', '192.0.2.241', '--count', '1', '--form', 'arp-reply'], check=True, capture_output=True)
        session.until('what is announced', lambda screen: b'announced' in session.raw)  # it may be over by the time that this is read
        session.until('its end', lambda screen: re.search(r'\. 192.0.2.241 +ended', screen.text()))
        quits(session)
    finally:
        here.end()
        guard.stop()
        world.assign()


def stopping():
    """watch: ^Z, ^C and SIGTERM leave the terminal as it was; so does an end of the guard, which is said"""
    guard = Guard('audit')
    try:
        for signo, status in ((signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 0)):
            session = watch()
            session.shows('last events')
            session.signal(signo)
            assert session.wait() == status, session.status
            session.restored()
            session.sane()
            session.close()
        session = Session(['sh', '-c', f'set -m; vipguard watch --socket {world.SOCKET}; echo stopped $?; fg >/dev/null; echo ended $?'])
        session.shows('last events')
        session.keys('\x1a')
        session.until('the shell', lambda screen: b'stopped' in session.raw)
        session.until('the view again', lambda screen: screen.second and 'last events' in screen.text())
        session.keys('q')
        assert session.wait() == 0 and b'ended 0' in session.raw
        session.restored()
        session.sane()
        session.close()
        session = watch()
        session.shows('last events')
        guard.stop()
        session.shows('no guard', 'trying again')
        guard = Guard('enforce')
        session.shows(' live', 'cp1  enforce')
        quits(session)
    finally:
        guard.stop()
    session = watch()
    assert session.wait() == 3 and b'no guard answers' in session.raw, session.raw
    assert b'\x1b' not in session.raw
    session.close()


def nasty():
    """watch, status: escape sequences and odd characters in names reach no terminal"""
    guard = Guard('audit')
    here = [Binder('\x1b[2J\x1b]0;x\x07', VIP), Binder('b\u009b31m\u202e', '192.0.2.241'), Binder('\udcff\udcfe', '192.0.2.242')]
    try:
        for columns in (160, 80, 40):
            session = watch(30, columns)
            session.shows('3 violations', VIP)
            if columns == 160:
                session.shows('\\x1b[2J\\x1b]0;x\\x07[', 'b\\x9b31m?[', '\ufffd\ufffd[')
            quits(session)
        for locale in ('C', 'C.UTF-8'):
            session = watch(30, 160, LC_ALL=locale)
            session.shows('3 violations')
            assert ('─' in session.screen.text()) == (locale == 'C.UTF-8')
            quits(session)
        for command in (['status'], ['watch', '-o', 'text']):
            session = Session(['vipguard', *command, '--socket', world.SOCKET, '--color', 'never'])
            session.read(5)
            assert b'\x1b' not in session.raw and b'\x9b' not in session.raw.replace(b'\xc2\x9b', b''), session.raw
            session.close()
    finally:
        [one.end() for one in here]
        guard.stop()


def colours():
    """watch, status: NO_COLOR, --color, TERM=dumb"""
    guard = Guard('audit')
    here = Binder('kube-vip', VIP)
    coloured = re.compile(rb'\x1b\[(1;)?3\dm')
    try:
        for options, env, expected in (((), {}, True), ((), {'NO_COLOR': '1'}, False), (('--color', 'never'), {}, False),
                                       (('--color', 'always'), {'NO_COLOR': '1'}, True)):
            session = watch(24, 80, *options, **env)
            session.shows(VIP, '1 violation')
            assert bool(coloured.search(session.raw)) == expected, (options, env)
            assert '! 192.0.2.240' in session.screen.text()  # never colour alone
            quits(session)
            session = Session(['vipguard', 'status', '--socket', world.SOCKET, *options], **env)
            assert session.wait() == 0
            assert bool(coloured.search(session.raw)) == expected, session.raw
            session.close()
        session = watch(24, 80, TERM='dumb')  # lines, as they come
        world.until('a watcher', lambda: world.status()['watchers'] == 1)
        here.end()
        subprocess.run(['ip', 'addr', 'del', VIP + '/32', 'dev', 'eth0'], check=True)
        session.until('a line', lambda screen: b'unbind' in session.raw)
        assert b'\x1b' not in session.raw, session.raw
        session.close()
    finally:
        guard.stop()


def lines():
    """watch: off a terminal it is the stream of lines, and -o says which"""
    guard = Guard('audit')
    try:
        for command, on_terminal, form in ((['-o', 'json'], True, 'json'), (['-o', 'text'], True, 'text'), ([], False, 'json'), (['-o', 'text'], False, 'text')):
            if on_terminal:
                session = watch(24, 80, *command)
                pid = session.pid
            else:
                read, write = os.pipe()
                process = subprocess.Popen(['vipguard', 'watch', '--socket', world.SOCKET, *command], stdout=write)
                os.close(write)
                pid = process.pid
            world.until('a watcher', lambda: world.status()['watchers'] == 1)
            here = Binder('kube-vip', VIP)
            if on_terminal:
                session.until('a line', lambda screen: b'owner-never-binds' in session.raw and session.raw.endswith(b'\n'))
                text = session.raw.decode()
            else:
                with os.fdopen(read) as file:
                    text = file.readline()
            first = text.splitlines()[0]
            if form == 'json':
                assert json.loads(first)['address'] == VIP, first
            else:
                assert re.search(rf'violation.* bind +{VIP}/32', first), first
            assert '\x1b[?1049h' not in text
            os.kill(pid, signal.SIGTERM)
            session.wait() if on_terminal else process.wait()
            here.end()
            world.reset()
            world.until('no watcher', lambda: world.status()['watchers'] == 0)
    finally:
        guard.stop()


def narrow_status(directory):
    guard = Guard('enforce')
    try:
        plain = subprocess.run(['vipguard', 'status', '--socket', world.SOCKET], capture_output=True, check=True, text=True).stdout
        assert '\x1b' not in plain and 'dead man     lets go after 10 s of silence\n' in plain, plain
        for columns in (40, 80):
            session = Session(['vipguard', 'status', '--socket', world.SOCKET], 60, columns)
            assert session.wait() == 0
            text = re.sub(r'\x1b\[[0-9;]*m', '', session.raw.decode()).replace('\r', '')
            assert all(len(line) <= columns for line in text.splitlines()), text
            squeeze = lambda words: [line for line in re.sub(r'\s+', ' ', words).split(' ') if not re.match(r'^\d+$', line)]
            assert squeeze(text) == squeeze(plain), (text, plain)
            assert '\x1b[32menforce' in session.raw.decode()
            if directory and columns == 80:
                session.screen.second = True  # a picture of what stands on the shell's screen
                session.screen.resize(len(text.splitlines()), 80)
                for row, line in enumerate(session.raw.decode().replace('\r', '').splitlines()):
                    session.screen.row, session.screen.column = row, 0
                    session.screen.feed(line)
                with open(directory + '/status.svg', 'w') as out:
                    out.write(session.screen.svg('vipguard status'))
            session.close()
    finally:
        guard.stop()


def run(directory):
    def view():
        """watch: a bind and an announcement come by themselves, the worst first; enforce stops them"""
        story(directory)

    def status():
        """status: fits 40 columns, says the same as off a terminal"""
        narrow_status(directory)

    for one in (view, sizes, keys, changes, stopping, nasty, colours, lines, status):
        world.test(one)
