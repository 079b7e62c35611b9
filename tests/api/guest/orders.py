#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""orders.py ADDRESS PORT PROGRAM: lets somebody who cannot write to the API order it.

A connection is one line of words, quoted as a shell does it. PROGRAM is run with them; the answer is its exit status on a line, then what it
printed. The word `clock` is answered with this machine's time in microseconds, at once.
"""

import shlex
import socketserver
import subprocess
import sys
import time

SECONDS_MAX = 120


class Order(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline(4096).decode()
        if line == "clock\n":
            self.wfile.write(b"%d\n" % (time.time_ns() // 1000))
            return
        try:
            done = subprocess.run([sys.argv[3], *shlex.split(line)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=SECONDS_MAX, check=False)
            status, said = done.returncode & 255, done.stdout
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            status, said = 255, f"{error}\n".encode()
        self.wfile.write(b"%d\n" % status + said)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server((sys.argv[1], int(sys.argv[2])), Order) as server:
    print("ready", flush=True)
    server.serve_forever()
