# SPDX-License-Identifier: Apache-2.0
"""A node of the comparison: its link, its part of the API, the double that runs on it and all that is seen of it. MetalLB's part is
played here as it was recorded."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time

import recorded as r

API = os.environ["api_dir"]
WAIT = 60  # seconds at most for anything
SETTINGS = {"vip_arp": "true", "cp_enable": "true", "svc_enable": "true", "vip_interface": "eth0", "vip_leaseduration": "5",
            "vip_renewdeadline": "3", "vip_retryperiod": "1"}
never = threading.Event()


def until(what, condition):
    end = time.monotonic() + WAIT
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(what() if callable(what) else what)
        never.wait(0.03)
    return value


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


# ---- the API, in several parts


def connect():
    with open(f"{API}/address", encoding="utf-8") as file:
        host, port = file.read().strip().rsplit(":", 1)
    context = ssl.create_default_context(cafile=f"{API}/ca.crt")
    context.load_cert_chain(f"{API}/admin.crt", f"{API}/admin.key")
    return http.client.HTTPSConnection(host, int(port), context=context, timeout=WAIT)


def api(method, path, body=None, who="lab/1"):
    connection = connect()
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    connection.request(method, path, json.dumps(body) if body is not None else None, {"User-Agent": who, "Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
    return json.loads(text)


def watch(path, each):
    """What is there, and then every change, on a thread that ends with the server."""

    def follow():
        connection = connect()
        connection.sock = None
        connection.timeout = None
        connection.request("GET", path + "?watch=1", headers={"User-Agent": "lab/1"})
        try:
            for line in connection.getresponse():
                each(json.loads(line))
        except (OSError, http.client.HTTPException, ValueError):
            pass

    threading.Thread(target=follow, daemon=True).start()


def managers(o):
    return [[m["manager"], m["operation"], m.get("subresource"), m["fieldsV1"]] for m in o["metadata"].get("managedFields", [])]


# ---- a node


class Node:
    """cp<number>: its namespaces in the kernel and in the API, its VIPs, and all that is seen of them."""

    def __init__(self, scratch, number, dual=False, wrong_nas=False):
        self.scratch = scratch
        self.number, self.name, self.space = number, f"cp{number}", f"story-{number}"
        self.mac = f"00:00:5e:00:53:{0x10 + number:02x}"
        self.vips = {"CP": f"192.0.2.{110 + number}", "V4": f"192.0.2.{130 + number}"}
        if dual:
            self.vips["V6"] = f"2001:db8::{130 + number:x}"
        self.roles = r.Roles(self.mac, **self.vips)
        self.phase, self.phases, self.times, self.written = "before", {}, [], []
        self.pcap, self.home = f"{self.scratch}/{self.name}.pcap", f"{self.scratch}/{self.name}"
        self.log = f"{self.home}/log"
        self.process, self.wrong_nas = None, wrong_nas
        self.make_link()
        self.make_home()
        self.see()

    def ip(self, *words):
        run("ip", "-n", self.name, *words)

    def make_link(self):
        lan = f"lan{self.number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", lan, "type", "veth", "peer", "name", "eth0", "address", self.mac, "netns", self.name)
        run("ip", "link", "set", lan, "master", "br0", "up")
        self.ip("address", "add", f"192.0.2.{10 + self.number}/24", "dev", "eth0")
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "eth0", "up")

    def make_home(self):
        """Old releases find the kubeconfig here, newer ones are told."""
        os.makedirs(f"{self.home}/.kube")
        os.link(f"{self.scratch}/kubeconfig", f"{self.home}/.kube/config")

    def see(self):
        with open(f"{self.home}/tcpdump", "w", encoding="utf-8") as says:
            words = ["-i", f"lan{self.number}", "-Q", "in", "--immediate-mode", "-U", "-n", "-w", self.pcap, "arp or icmp6"]
            subprocess.Popen(["tcpdump", *words], stderr=says)
        until("tcpdump", lambda: "listening on" in self.read(f"{self.home}/tcpdump"))
        monitor = subprocess.Popen(["ip", "-n", self.name, "-o", "monitor", "address"], stdout=subprocess.PIPE, text=True)

        def follow():
            for line in monitor.stdout:
                if event := r.address_event(line, self.roles):
                    self.phases.setdefault(self.phase, []).append(event)
                    self.times.append((time.time(), event))

        threading.Thread(target=follow, daemon=True).start()
        settled = ["ip", "-n", self.name, "-6", "address", "show", "dev", "eth0", "scope", "link", "-tentative"]
        until("a link-local address", lambda: "fe80" in subprocess.run(settled, capture_output=True, text=True, check=True).stdout)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # -- objects

    def make_objects(self, leases=()):
        leases_path = f"/apis/coordination.k8s.io/v1/namespaces/{self.space}/leases"
        api("POST", "/api/v1/namespaces", {"metadata": {"name": self.space}})
        for lease in leases:
            spec = dict(lease["spec"])
            spec["holderIdentity"] = spec["holderIdentity"] and self.name
            api("POST", leases_path, {"metadata": {"name": lease["lease"]}, "spec": spec}, "kube-vip/lab")
        watch(f"/api/v1/namespaces/{self.space}/services", self.service_event)
        watch(leases_path, self.lease_event)
        self.endpoints("web")

    def endpoints(self, service):
        api("POST", f"/apis/discovery.k8s.io/v1/namespaces/{self.space}/endpointslices",
            {"metadata": {"name": f"{service}-1", "labels": {"kubernetes.io/service-name": service}}, "addressType": "IPv4", "ports": [],
             "endpoints": [{"addresses": ["198.51.100.7"], "conditions": {"ready": True}}]})

    def service(self, name="web", **more):
        families = {"ipFamilyPolicy": "PreferDualStack"} if "V6" in self.vips else {}
        annotations = more.pop("annotations", {})
        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]} | families | more
        api("POST", f"/api/v1/namespaces/{self.space}/services", {"metadata": {"name": name, "annotations": annotations}, "spec": spec})

    def path(self, name="web"):
        return f"/api/v1/namespaces/{self.space}/services/{name}"

    def addresses(self):
        return [self.vips[name] for name in ("V4", "V6") if name in self.vips]

    def assign(self, name="web"):
        """MetalLB's controller: address and annotation in one write, and again whenever somebody wrote ports."""
        status = {"loadBalancer": {"ingress": [{"ip": ip, "ipMode": "VIP"} for ip in self.addresses()]}}
        mark = {"annotations": {"metallb.io/ip-allocated-from-pool": "pool-a"}}
        api("PATCH", self.path(name) + "/status", {"metadata": mark, "status": status}, "controller/1")

    def service_event(self, event):
        o = event["object"]
        if o["metadata"]["name"] != "web":
            return
        ours = [m for m in managers(o) if m[0] == "kube-vip"]
        self.written.append({"type": event["type"], "annotations": o["metadata"].get("annotations"), "status": o["status"], "managers": ours})
        if event["type"] != "MODIFIED":
            return
        if self.wrong_nas and ours:
            self.send_na()
        if any("ports" in i for i in o["status"]["loadBalancer"].get("ingress", [])):
            self.assign()

    def await_words(self, times):
        """kube-vip wrote ports so often, and MetalLB took them out again."""

        def settled():
            ports = ["ports" in json.dumps(w["status"]) for w in list(self.written) if "lease" not in w]
            return ports.count(True) >= times and not ports[-1]

        until(f"{self.name}: status written {times} times", settled)

    def lease_event(self, event):
        o = event["object"]
        self.written.append({"type": event["type"], "lease": o["metadata"]["name"], "spec": o["spec"], "managers": managers(o)})

    def send_na(self):
        """MetalLB's speaker on another node, who announces anew with every change of the Service."""
        mac, target = bytes.fromhex("00005e005321"), socket.inet_pton(socket.AF_INET6, self.vips["V6"])
        source, to = socket.inet_pton(socket.AF_INET6, "fe80::200:5eff:fe00:5321"), socket.inet_pton(socket.AF_INET6, "ff02::1")
        message = bytes.fromhex("8800000020000000") + target + b"\x02\x01" + mac
        total = sum(int.from_bytes(part, "big") for block in (source, to, len(message).to_bytes(4, "big"), (58).to_bytes(4, "big"), message)
                    for part in (block[i : i + 2] for i in range(0, len(block), 2)))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        message = message[:2] + (~total & 0xFFFF).to_bytes(2, "big") + message[4:]
        packet = bytes.fromhex("60000000") + len(message).to_bytes(2, "big") + b"\x3a\xff" + source + to + message
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("br0", 0))
            wire.send(bytes.fromhex("333300000001") + mac + b"\x86\xdd" + packet)

    # -- the double

    def threads(self):
        """What their names are."""
        tasks = f"/proc/{self.process.pid}/task"
        return {self.read(f"{tasks}/{tid}/comm").strip() for tid in os.listdir(tasks)}

    def start(self, release="1.2.3", trace=None, before=(), arguments=("manager", "--prometheusHTTPServer", ""), **more):
        settings = SETTINGS | {"vip_nodename": self.name, "cp_namespace": self.space, "svc_namespace": self.space, "address": self.vips["CP"],
                               "k8s_config_file": f"{self.scratch}/kubeconfig", "HOME": self.home, "PATH": os.environ["PATH"]} | more
        words, program = ["ip", "netns", "exec", self.name, *before], f"{self.scratch}/kube-vip-{release}"
        if trace:
            words += ["strace", "-D", "-f", "-ttt", "-s", "64", "-e", "trace=socket,setsockopt,sendto,sendmsg", "-o", trace]
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*words, program, *arguments], env={k: v for k, v in settings.items() if v is not None}, stderr=log)
        return time.time()

    def signal(self, which):
        self.process.send_signal(which)
        return self.process.wait(WAIT)

    def frames(self):
        return r.frames_from_pcap(self.pcap, self.roles)

    def bound(self):
        text = subprocess.run(["ip", "-n", self.name, "-o", "address"], capture_output=True, text=True, check=True).stdout
        return {name for name, ip in self.vips.items() if f" {ip}/" in text}

    def begin(self, phase):
        self.phase = phase

    def await_phase(self, events):
        want = {vip: len(e) for vip, e in r.per_vip(events).items()}
        until(lambda: f"{self.name}, {self.phase}: {events}; so far {self.phases.get(self.phase)}",
              lambda: all(len(r.per_vip(self.phases.get(self.phase, [])).get(vip, [])) >= n for vip, n in want.items()))
