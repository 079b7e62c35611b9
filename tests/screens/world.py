# SPDX-License-Identifier: Apache-2.0
"""A node in this network namespace: two links that are one wire, a guard, and somebody who binds addresses under any name.

What traces is switched off, for hosts that allow it and hosts that do not to give the same answers (as tests/netns); who bound an address is known all the
same where its netlink socket bears its pid.
"""
import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

from vt import WAIT, Session

RUN = '/run/screens'
SOCKET = RUN + '/guard.sock'
METRICS = '127.0.0.1:9477'
BLIND = [x for feature in ('tracing', 'kprobe', 'deny', 'sender', 'qdisc-bypass', 'past', 'af-xdp') for x in ('--without', feature)]
VIP, VIP6 = '192.0.2.240', '2001:db8::240'

passed, failed = 0, []


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def world_up():
    os.makedirs(RUN, exist_ok=True)
    ip('link', 'set', 'lo', 'up')
    ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'peer0')
    for link in ('eth0', 'peer0'):
        ip('link', 'set', link, 'addrgenmode', 'none')  # no address of their own: nothing that differs from run to run
        ip('link', 'set', link, 'up')
    ip('addr', 'add', '192.0.2.11/24', 'dev', 'eth0')


def assign(*more):
    entries = [
        {'address': VIP, 'service': 'default/web', 'nodes': ['worker1'], 'bind': 'nobody'},
        {'address': VIP6, 'service': 'default/web', 'nodes': ['worker1'], 'bind': 'nobody'},
        {'address': '192.0.2.241', 'service': 'shop/checkout', 'nodes': ['worker2']},
        {'address': '192.0.2.242', 'service': 'shop/cart', 'nodes': ['worker1', 'worker2']},
        {'address': '192.0.2.250', 'service': 'ingress/nginx', 'nodes': ['cp1']},
        {'address': '198.51.100.0/28', 'service': 'pool/public', 'nodes': []},
        *more,
    ]
    with open(RUN + '/assignments.new', 'w') as out:
        json.dump({'version': 1, 'assignments': entries, 'protect': ['192.0.2.2']}, out)
    os.rename(RUN + '/assignments.new', RUN + '/assignments.json')


def until(what, condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, f'{what} did not come'


class Guard:
    def __init__(self, mode, *options):
        self.lines = []
        self.errors = open(RUN + '/guard.err', 'w')
        self.process = subprocess.Popen(
            ['vipguard', 'run', '--mode', mode, '--node', 'cp1', '--assignments', RUN + '/assignments.json', '--log-format', 'json', '--socket', SOCKET,
             '--metrics', METRICS, '--detach-on-exit', '--pin-dir', '/sys/fs/bpf/screens', *BLIND, *options],
            stdout=subprocess.PIPE, stderr=self.errors)
        self.rest = b''
        self.event(lambda event: event['event'] == 'ready')

    def event(self, condition):
        """The first event for which this holds, from the start on."""
        end, at = time.monotonic() + WAIT, 0
        while True:
            for line in self.lines[at:]:
                at += 1
                if condition(line):
                    return line
            if time.monotonic() > end:
                raise AssertionError('no such event came')
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    raise AssertionError('the guard has ended: ' + open(RUN + '/guard.err').read())
                *whole, self.rest = (self.rest + data).split(b'\n')
                self.lines += [json.loads(line) for line in whole]

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=WAIT)
        assert self.process.returncode == 0, f'the guard ended with {self.process.returncode}: ' + open(RUN + '/guard.err').read()


def status():
    return json.loads(subprocess.run(['vipguard', 'status', '-o', 'json', '--socket', SOCKET], capture_output=True, check=True).stdout)


def reset():
    subprocess.run('ip -o addr show dev eth0 scope global | awk \'$4 ~ "/(32|128)$" { print $4 }\' | xargs -r -I{} ip addr del {} dev eth0', shell=True, check=True)


# ---- somebody who binds an address: RTM_NEWADDR from a socket that bears its pid (rtnetlink(7)), and ARP for it (RFC 826)

def binder(name, address, announce):
    ctypes.CDLL(None).prctl(15, name.encode(errors='surrogateescape') + b'\0', 0, 0, 0)  # PR_SET_NAME
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    packed, link = socket.inet_pton(family, address), socket.if_nametoindex('eth0')
    attributes = b''.join(struct.pack('HH', 4 + len(packed), kind) + packed for kind in (1, 2))  # IFA_ADDRESS, IFA_LOCAL
    body = struct.pack('BBBBI', family, 8 * len(packed), 2 if family == socket.AF_INET6 else 0, 0, link) + attributes
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((os.getpid(), 0))
        netlink.send(struct.pack('IHHII', 16 + len(body), 20, 0x605, 1, 0) + body)  # RTM_NEWADDR; REQUEST ACK CREATE EXCL
        netlink.recv(4096)
        print('bound', flush=True)
        if announce:
            mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
            arp = b'\xff' * 6 + mac + b'\x08\x06' + struct.pack('!HHBBH', 1, 0x0800, 6, 4, 2) + mac + packed + b'\xff' * 6 + packed
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.sendto(arp, ('eth0', 0))
        sys.stdin.read()  # lives on: what has ended is not named by rtnetlink alone


class Binder:
    def __init__(self, name, address, announce=False):
        code = f'import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); import world; world.binder({name!r}, {address!r}, {announce!r})'
        self.process = subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b'bound\n'
        self.pid = self.process.pid

    def end(self):
        self.process.stdin.close()
        self.process.wait(WAIT)


# ---- tests

def test(function):
    global passed
    name = function.__doc__.splitlines()[0]
    try:
        function()
    except Exception as problem:  # noqa: BLE001: whatever it is, this test failed
        failed.append(name)
        print(f'not ok {name}: {type(problem).__name__}: {problem}', flush=True)
    else:
        passed += 1
        print(f'ok {name}', flush=True)
    for session in list(Session.all):
        session.close()
    reset()


def close():
    print(f'{passed} passed, {len(failed)} failed')
    return 0 if passed and not failed else 1
