#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents ask of Prometheus: it answers to its two paths, and to no others."""
import http.server
import urllib.parse


class Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        known = url.path == "/api/v1/label/job/values" or (url.path == "/api/v1/query" and "vipguard" in urllib.parse.parse_qs(url.query).get("query", [""])[0])
        body = b'{"status":"success","data":{"resultType":"vector","result":[]}}\n' if known else b"not found\n"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 9090), Asked)
print("ready", flush=True)
server.serve_forever()
