# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a window, driven by the DevTools protocol over a pipe (chromedevtools.github.io): no port, no library."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from vt import WAIT


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp()
        to_child, self.to = os.pipe()
        self.of, from_child = os.pipe()

        def descriptors():  # --remote-debugging-pipe: commands on 3, answers on 4
            os.dup2(to_child, 10)
            os.dup2(from_child, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        self.process = subprocess.Popen(
            ['chromium-headless-shell', '--no-sandbox', '--remote-debugging-pipe', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
             '--disable-background-networking', '--no-first-run', '--force-device-scale-factor=1', '--user-data-dir=' + self.home, 'about:blank'],
            preexec_fn=descriptors, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'HOME': self.home})
        os.close(to_child)
        os.close(from_child)
        self.rest, self.last, self.session = b'', 0, None
        self.events = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(domain + '.enable')

    def read(self, seconds):
        if not select.select([self.of], [], [], seconds)[0]:
            return []
        data = os.read(self.of, 1 << 20)
        assert data, 'the browser has ended'
        *whole, self.rest = (self.rest + data).split(b'\0')
        return [json.loads(message) for message in whole]

    def call(self, method, **params):
        self.last += 1
        message = {'id': self.last, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        end, answer = time.monotonic() + WAIT, None
        while answer is None:
            assert time.monotonic() < end, f'{method}: no answer'
            for got in self.read(0.5):
                if got.get('id') == self.last:
                    answer = got
                else:
                    self.events.append(got)
        assert 'error' not in answer, (method, answer)
        return answer['result']

    def run(self, script):
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        assert 'exceptionDetails' not in result, result['exceptionDetails']
        return result['result'].get('value')

    def until(self, what, script):
        end = time.monotonic() + WAIT
        while not self.run(script):
            assert time.monotonic() < end, f'{what} did not come:\n' + self.run('document.body.innerText')[:3000]
            self.events += self.read(0.1)

    def visit(self, url):
        self.events.clear()
        loader = self.call('Page.navigate', url=url)['loaderId']
        end = time.monotonic() + WAIT
        # a load event alone may be that of the page before
        while not any(event['method'] == 'Page.frameNavigated' and event['params']['frame']['loaderId'] == loader for event in self.events):
            assert time.monotonic() < end, 'the page does not come'
            self.events += self.read(0.2)
        self.until(url, 'document.readyState == "complete" && document.body.innerText != ""')

    def look(self, width, height, scheme='light', script=True):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        self.call('Emulation.setScriptExecutionDisabled', value=not script)

    def complaints(self):
        """What the console says: errors, and what the page's policy refused."""
        said = [e['params'] for e in self.events if e['method'] in ('Log.entryAdded', 'Runtime.exceptionThrown', 'Runtime.consoleAPICalled')]
        return [x for x in said if 'exceptionDetails' in x or x.get('entry', {}).get('level') in ('error', 'warning') or 'type' in x]

    def asked(self):
        """The addresses that it asked for."""
        return {e['params']['request']['url'] for e in self.events if e['method'] == 'Network.requestWillBeSent'}

    def picture(self, path):
        with open(path, 'wb') as out:
            out.write(base64.b64decode(self.call('Page.captureScreenshot', format='png')['data']))
        size = os.path.getsize(path)
        assert 5000 < size < 150 * 1024, size

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.of)
        shutil.rmtree(self.home, ignore_errors=True)
