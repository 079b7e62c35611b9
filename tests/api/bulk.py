#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Thousands of Services of type LoadBalancer with an address each, at a given rate.

bulk.py DIR create|store|touch|move|delete N [--rate R] [--threads 8] [--namespace NS] [--first I] [--network NET] [--pool NAME]

DIR is that of api_up. Service number I is bulk-I in namespace NS with address I of NET.
create: with its status; two requests each. The server counts all ClusterIPs at each, so it gets slower: 10,000 take minutes.
store: the same, put into etcd behind the server's back, which finds them there like any other change: for large numbers.
touch: an annotation. move: the address I + N of NET. delete.
Prints what was done, how long it took and the slowest request; exits 1 if anything was refused.
"""
import argparse
import base64
import http.client
import ipaddress
import json
import ssl
import sys
import threading
import time
import uuid


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("what", choices=["create", "store", "touch", "move", "delete"])
    parser.add_argument("n", type=int)
    parser.add_argument("--rate", type=float, default=0, help="Services a second (default: as fast as it goes)")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--network", type=ipaddress.ip_network, default=ipaddress.ip_network("198.19.0.0/16"))
    parser.add_argument("--pool", help="a MetalLB pool to have them from")
    arguments = parser.parse_args()
    last = arguments.first + arguments.n * (2 if arguments.what == "move" else 1)
    if last >= min(arguments.network.num_addresses, 65000):
        parser.error(f"{arguments.network} has no address number {last}, or there is no ClusterIP for it")
    return arguments


CLUSTER_NETWORK = ipaddress.ip_network("198.18.0.0/16")  # the server's range, see lib.sh


class Refused(Exception):
    pass


class Client:
    """One connection that is kept; says how long its slowest request took."""

    def __init__(self, directory):
        with open(f"{directory}/address", encoding="ascii") as file:
            self.host, _, port = file.read().strip().rpartition(":")
        context = ssl.create_default_context(cafile=f"{directory}/ca.crt")
        context.load_cert_chain(f"{directory}/admin.crt", f"{directory}/admin.key")
        self.connection = http.client.HTTPSConnection(self.host.strip("[]"), int(port), context=context, timeout=60)
        with open(f"{directory}/ports", encoding="ascii") as file:
            self.etcd = http.client.HTTPConnection("127.0.0.1", int(file.read()) + 1, timeout=60)
        self.slowest = 0.0

    def store(self, key, value):
        encoded = {"key": base64.b64encode(key.encode()).decode(), "value": base64.b64encode(json.dumps(value).encode()).decode()}
        self.etcd.request("POST", "/v3/kv/put", json.dumps(encoded))
        answer = self.etcd.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise Refused(f"etcd: {answer.status} {data[:300].decode(errors='replace')}")

    def call(self, method, path, body=None):
        headers = {"User-Agent": "vipguard-bulk"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        began = time.monotonic()
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        data = answer.read()
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {data[:300].decode(errors='replace')}")


class Bulk:
    def __init__(self, arguments):
        self.arguments = arguments
        self.services = f"/api/v1/namespaces/{arguments.namespace}/services"
        self.stamp = str(time.time())
        self.lock = threading.Lock()
        self.next = 0
        self.refused = []
        self.slowest = 0.0
        self.never = threading.Event()
        self.began = time.monotonic()

    def address(self, number):
        return str(self.arguments.network[number])

    def set_status(self, client, number, address):
        body = {"status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}}
        client.call("PATCH", f"{self.services}/bulk-{number}/status", body)

    def service(self, number):
        metadata = {"name": f"bulk-{number}"}
        if self.arguments.pool:
            metadata["annotations"] = {"metallb.io/ip-allocated-from-pool": self.arguments.pool}
        spec = {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False, "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def create(self, client, number):
        client.call("POST", self.services, self.service(number))
        self.set_status(client, number, self.address(number + 1))

    def store(self, client, number):
        service = self.service(number)
        namespace = self.arguments.namespace
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        service["metadata"].update(namespace=namespace, uid=str(uuid.uuid4()), creationTimestamp=now)
        cluster = str(CLUSTER_NETWORK[number + 256])
        service["spec"].update(clusterIP=cluster, clusterIPs=[cluster], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack",
                               sessionAffinity="None", externalTrafficPolicy="Cluster", internalTrafficPolicy="Cluster")
        service["status"] = {"loadBalancer": {"ingress": [{"ip": self.address(number + 1), "ipMode": "VIP"}]}}
        client.store(f"/registry/ipaddresses/{cluster}", {
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": {"name": cluster, "uid": str(uuid.uuid4()), "creationTimestamp": now, "labels": {
                "ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}},
            "spec": {"parentRef": {"group": "", "resource": "services", "namespace": namespace, "name": f"bulk-{number}"}}})
        client.store(f"/registry/services/specs/{namespace}/bulk-{number}", service)

    def touch(self, client, number):
        client.call("PATCH", f"{self.services}/bulk-{number}", {"metadata": {"annotations": {"example.com/touched": self.stamp}}})

    def move(self, client, number):
        self.set_status(client, number, self.address(number + 1 + self.arguments.n))

    def delete(self, client, number):
        client.call("DELETE", f"{self.services}/bulk-{number}")

    def take(self):
        """The next number, when it is its time."""
        with self.lock:
            number = self.next
            self.next += 1
        if number >= self.arguments.n:
            return None
        if self.arguments.rate:
            self.never.wait(max(0, self.began + number / self.arguments.rate - time.monotonic()))
        return self.arguments.first + number

    def work(self):
        client = Client(self.arguments.dir)
        act = getattr(self, self.arguments.what)
        try:
            while (number := self.take()) is not None:
                act(client, number)
        except (Refused, OSError, http.client.HTTPException) as error:
            with self.lock:
                self.refused.append(str(error))
        with self.lock:
            self.slowest = max(self.slowest, client.slowest)

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(self.arguments.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - self.began
        if self.refused:
            print(f"{len(self.refused)} of {len(threads)} threads gave up: {self.refused[0]}", file=sys.stderr)
            return 1
        count = self.arguments.n
        print(f"{self.arguments.what} {count} Services: {seconds:.2f} s, {count / seconds:.0f} a second, slowest request {self.slowest * 1000:.0f} ms")
        return 0


if __name__ == "__main__":
    sys.exit(Bulk(parse_arguments()).run())
