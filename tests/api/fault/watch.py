# SPDX-License-Identifier: Apache-2.0
"""Drives kubewatch: what it says as it comes, and what it holds against what the server holds."""
import json
import os
import queue
import subprocess
import tempfile
import threading
import time

PROGRAM = os.environ['KUBEWATCH']
LIMIT = 30  # seconds for anything


class Failure(Exception):
    pass


class Watch:
    def __init__(self, server, *options):
        self.server, self.said, self.events = server, queue.Queue(), []
        args = [PROGRAM, '--server', f'http://127.0.0.1:{server.port}', '-v', '--backoff-min', '10ms', '--backoff-max', '200ms', *options]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip('\n'))
        self.said.put(None)

    def _next(self, end, what):
        try:
            line = self.said.get(timeout=max(0.001, end - time.monotonic()))
        except queue.Empty:
            raise Failure(f'timed out waiting for {what}; it said {self.events[-5:]}') from None
        if line is None:
            raise Failure(f'kubewatch ended while waiting for {what}: {self.stderr()}')
        if line.startswith('{"event"'):
            self.events.append(json.loads(line))
        return line

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')[-3000:]

    def until(self, what, limit=LIMIT, after=0):
        """The first event from index `after` on for which what(event) holds, or that is called what."""
        test = what if callable(what) else lambda e: e['event'] == what
        end, at = time.monotonic() + limit, after
        while True:
            while at < len(self.events):
                if test(self.events[at]):
                    return self.events[at]
                at += 1
            self._next(end, what if isinstance(what, str) else 'an event')

    def ask(self, command, last):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        lines, end = [], time.monotonic() + LIMIT
        while True:
            line = self._next(end, command)
            if line.startswith('{"event"'):
                continue
            if last(line):
                return lines + [line]
            lines.append(line)

    def dump(self):
        return self.ask('dump', lambda line: line == '.')[:-1]

    def status(self):
        return json.loads(self.ask('status', lambda line: True)[0])

    def reflector(self, plural, namespace=None):
        for one in self.status()['reflectors']:
            if one['plural'] == plural and one['namespace'] == namespace:
                return one
        return None

    def until_status(self, what, test, limit=LIMIT):
        end = time.monotonic() + limit
        while True:
            status = self.status()
            if test(status):
                return status
            self._wait_a_line(end, what)

    def _wait_a_line(self, end, what):
        if time.monotonic() > end:
            raise Failure(f'never came to be: {what}; it said {self.events[-5:]}; {self.status()}')
        try:
            line = self.said.get(timeout=0.05)
        except queue.Empty:
            return
        if line is None:
            raise Failure(f'kubewatch ended while waiting for {what}: {self.stderr()}')
        if line.startswith('{"event"'):
            self.events.append(json.loads(line))

    def equal(self, limit=LIMIT):
        """Until what it holds is what a list of now would give."""
        end = time.monotonic() + limit
        while True:
            want, have = listed(self.server.everything()), self.dump()
            if want == have:
                if not have:
                    raise Failure('nothing on both sides: that compares nothing')
                return
            if time.monotonic() > end:
                raise Failure('differs from a list: ' + ' | '.join(sorted(set(want) ^ set(have)))[:800])
            self._wait_a_line(end, 'equality')

    def ready(self):
        self.until('complete')
        self.until('fresh')
        self.equal()
        return self

    def troubles(self, kind):
        return [e['text'] for e in self.events if e['event'] == 'trouble' and e['kind'] == kind]

    def close(self):
        if self.process.poll() is None:
            try:
                self.process.stdin.write('quit\n')
                self.process.stdin.close()
            except OSError:
                pass
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure('it does not end') from None
        if code != 0:
            raise Failure(f'ended with {code}: {self.stderr()}')

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            self.process.kill()
            self.process.wait()


def listed(objects):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        json.dump({'kind': 'List', 'apiVersion': 'v1', 'metadata': {}, 'items': objects}, file)
        file.flush()
        done = subprocess.run([PROGRAM, '--objects', file.name], capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        raise Failure(f'a dump cannot be read: {done.stderr}')
    return done.stdout.splitlines()[:-1]
