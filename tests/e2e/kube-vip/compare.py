# SPDX-License-Identifier: Apache-2.0
"""Runs the double beside what was recorded of the real kube-vip: compare.py PROGRAM SCRATCH. Part of compare.sh, which has made the
bridge and the API server. Every story has a node, a namespace for its Services and Leases and VIPs of its own, so that they run at
the same time."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import node as rig
import recorded as r
from node import api, until

PROGRAM, SCRATCH = sys.argv[1:3]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/kube-vip")
THEIRS = {"CP": "192.0.2.10", "V4": "192.0.2.100", "V6": "2001:db8::100"}
THEIR_MAC = "00:00:5e:00:53:11"
CLASS = "kube-vip.io/kube-vip-class"
tally = {"passed": 0, "failed": 0}


def check(name, wrong):
    """One test; `wrong` says in words what is."""
    tally["failed" if wrong else "passed"] += 1
    print(("not ok " if wrong else "ok ") + name + "".join(f"\n    {w}" for w in wrong), flush=True)


def data(name):
    return os.path.join(DATA, name)


def Node(*settings):
    return rig.Node(SCRATCH, *settings)


def story(test):
    def guarded(node):
        try:
            test(node)
        except Exception as error:  # whatever it is, the others shall go on
            said = rig.Node.read(node.log).splitlines()[-8:] if os.path.exists(node.log) else []
            check(f"{node.name}: {test.__name__}", [f"{type(error).__name__}: {error}", *said])
        finally:
            if node.process and node.process.poll() is None:
                node.process.kill()

    return guarded


# ---- system calls


def traced(node, name, frames, cut, hand=None):
    """The recorded story once more under strace: start, some periods, `hand` deletes after so many frames, told to stop."""
    node.make_objects()
    node.service()
    node.assign()
    trace = f"{node.home}/trace"
    node.start(trace=trace)
    if hand:
        until("frames", lambda: len(node.frames()) >= hand)
        for vip in ("V4", "V6"):
            node.ip("address", "del", f"{node.vips[vip]}/{32 if vip == 'V4' else 128}", "dev", "eth0")
    until("frames", lambda: len(node.frames()) >= frames)
    told = time.time()
    node.signal(signal.SIGTERM)
    pid = node.process.pid
    until("the end of the trace", lambda: re.search(rf"^{pid} .*\+\+\+ exited", node.read(trace), re.M))
    lines = node.read(trace).splitlines()
    theirs = THEIRS | ({"V4": "192.0.2.103"} if name == "1.2.3" else {})
    real = r.calls(node.read(data(f"syscalls-{name}.txt")).splitlines(), r.Roles(THEIR_MAC, **theirs))
    seen = r.calls(lines, node.roles)
    check(f"{name}: system calls as recorded", r.compare_calls(real, seen, cut, told))
    sockets = [line for line in lines if "socket(AF_NETLINK" in line]
    odd = [line for line in sockets if "SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE" not in line]
    check(f"{name}: a netlink socket for each request, none from the main thread",
          odd + ([] if len(sockets) >= max(c.sequence for c in seen) else ["fewer sockets than requests"]) + [c.form for c in seen if c.tid == pid])
    return real, lines, told


@story
def calls_single(node):
    real, lines, told = traced(node, "1.2.3", 4, r.seconds("09:09:58"))
    check_can_fail(node, real, lines, told)


@story
def calls_dual(node):
    traced(node, "1.2.3-dual", 11, 1795339439.0, hand=8)


def check_can_fail(node, real, lines, told):
    """A comparison that takes anything is worth nothing: each of these changes must be found."""
    changes = {
        "a flag of the request": lambda s: s.replace("NLM_F_REPLACE", "NLM_F_EXCL", 1),
        "an attribute": lambda s: s.replace("ifa_prefered=0", "ifa_prefered=4294967295", 1),
        "their order": lambda s: re.sub(r"(\[\{nla_len=8, nla_type=IFA_LOCAL\}[^]]*\]), (\[\{nla_len=8, nla_type=IFA_ADDRESS\}[^]]*\])",
                                        r"\2, \1", s, count=1),
        "a byte of the frame": lambda s: s.replace(r'"\0\1\10\0\6\4\0\2', r'"\0\6\10\0\6\4\0\2', 1),
        "the kind of a frame": lambda s: s.replace(r'"\0\1\10\0\6\4\0\2', r'"\0\1\10\0\6\4\0\1', 1),
        "the target of a frame": lambda s: s.replace(r"\377\377\377\377\377\377", r"\377\377\377\377\377\376", 1),
        "the kind of a socket": lambda s: s.replace("AF_PACKET, SOCK_DGRAM", "AF_PACKET, SOCK_RAW", 1),
        "a call that is missing": lambda s: s.replace("SO_BINDTODEVICE", "SO_MARK", 1),
        "another release's request": lambda s: re.sub(r", \[\{nla_len=20, nla_type=IFA_CACHEINFO\}.*?\}\]", "", s, count=1),
    }
    text, cut = "\n".join(lines), r.seconds("09:09:58")
    missed = [name for name, change in changes.items()
              if change(text) == text or not r.compare_calls(real, r.calls(change(text).splitlines(), node.roles), cut, told)]
    late = r.calls(lines, node.roles)
    for call in late[2:]:
        call.time += 2
    check("the comparison of calls can fail", missed + ([] if r.compare_calls(real, late, cut, told + 2) else ["periods two seconds late"]))


# ---- the whole story


def live(node, name):
    """As recorded: start beside MetalLB, deleted by hand, killed, started, told to stop, started, Service deleted, told to stop."""
    release = name.split("-")[0]
    theirs = r.Roles(THEIR_MAC, **THEIRS)
    written = r.read_jsonl(data(f"written-{name}.jsonl"))
    phases, first = r.timeline(data(f"timeline-{name}.txt"), theirs)
    frames = r.frames_from_text(data(f"frames-{name}.txt"), theirs)
    if release == "0.8.10":  # recorded with the Service deleted in the three seconds between sweep and return; here after them
        phases["second restart"].append("+V4/32")
        phases["Service deleted"] = ["-V4/32"]
    before = [w for w in written if w["type"] == "ADDED" and w.get("lease") and (w["spec"]["holderIdentity"] == "" or w["spec"]["leaseTransitions"])]
    node.make_objects(before)
    node.service()
    until("the Service", lambda: node.written)
    node.assign()
    node.begin("start")
    began = node.start(release)
    node.await_phase(phases["start"])
    until("three periods", lambda: len(r.ticks(node.frames(), "V4")) >= 3)
    names = node.threads()
    node.await_words(1)
    first_seen = next(t for t, f in node.frames() if f[0] == "V4") - began
    node.begin("deleted 1")
    for ip in node.addresses():
        node.ip("address", "del", f"{ip}/{128 if ':' in ip else 32}", "dev", "eth0")
    node.await_phase(phases["deleted 1"])
    node.signal(signal.SIGKILL)
    orphans, life = node.bound(), node.frames()
    node.begin("restart")
    node.start(release)
    node.await_phase(phases["restart"])
    until("frames", lambda: len(node.frames()) > len(life) + 1)
    node.await_words(2)
    node.begin("told to stop")
    node.signal(signal.SIGTERM)
    node.await_phase(phases["told to stop"])
    left = node.bound()
    node.begin("second restart")
    node.start(release)
    node.await_phase(phases["second restart"])
    node.await_words(3)
    node.begin("Service deleted")
    api("DELETE", node.path())
    gone = time.time()
    node.await_phase(phases["Service deleted"])
    late = max(t for t, _ in node.times) - gone
    node.begin("end")
    node.signal(signal.SIGTERM)
    node.await_phase(phases["end"])
    until("the Service's end", lambda: [w for w in node.written if w["type"] == "DELETED"])
    until("the last Lease", lambda: len([w for w in node.written if w.get("lease") == "plndr-cp-lock" and w["spec"]["holderIdentity"] == ""]) >= 2)
    judge(node, name, phases, frames, written, life)
    check(f"{name}: all threads are called kube-vip", sorted(names - {"kube-vip"}))
    check(f"{name}: Leases renewed each second", renewals(node.written))
    check(f"{name}: first frame when recorded", [] if abs(first_seen - first) <= r.TOLERANCE else [f"after {first_seen:.2f} s, recorded {first:.2f}"])
    stays = {"V4"} if release == "0.8.10" else set()
    check(f"{name}: killed, it leaves its addresses; told to stop, what is recorded",
          [] if (orphans, left) == (set(node.vips), stays) else [f"orphans {orphans}, left {left}"])
    check(f"{name}: the Service's addresses go with it", [] if late <= r.TOLERANCE else [f"{late:.2f} s late"])


def judge(node, name, phases, frames, written, life):
    check(f"{name}: addresses as recorded", [w for p in phases if p in ("start", "deleted 1") or not p.startswith("deleted")
                                             for w in (f"{p}: {x}" for x in r.compare_phase(phases[p], node.phases.get(p, [])))])
    check(f"{name}: frames as recorded", r.compare_frames(r.first_life(frames), life))
    check(f"{name}: written as recorded", r.compare_written(written, node.written, r.Roles(THEIR_MAC, **THEIRS), node.roles, node.name))
    if name == "1.2.3":
        check_can_fail_too(node, frames, written, life)


def renewals(written):
    """Each of the two, in the process that lives longest."""
    wrong = []
    for lease in ("plndr-cp-lock", "plndr-svcs-lock"):
        times = [r.seconds(w["spec"]["renewTime"][11:-1]) for w in written if w.get("lease") == lease and w["spec"]["holderIdentity"]]
        apart = sorted(b - a for a, b in zip(times, times[1:]) if b - a > 0.5)
        if len(apart) < 5 or abs(apart[len(apart) // 2] - 1) > 0.5:
            wrong.append(f"{lease}: {[round(x, 2) for x in apart]}")
    return wrong


def check_can_fail_too(node, frames, written, life):
    theirs = r.Roles(THEIR_MAC, **THEIRS)
    changed = {"a field": lambda s: s.replace('"protocol": "TCP"', '"protocol": "UDP"', 1),
               "the annotation": lambda s: s.replace("vipHost", "vipHosts", 1),
               "who wrote": lambda s: s.replace('["kube-vip", "Update", "status"', '["other", "Update", "status"', 1),
               "a Lease's time": lambda s: re.sub(r"(renewTime\": \"[^\"]*)\d{3}Z", r"\1Z", s, count=1),
               "the transitions": lambda s: s.replace('Transitions": 1', 'Transitions": 2', 1)}
    text = json.dumps(node.written)
    missed = [what for what, change in changed.items() if not r.compare_written(written, json.loads(change(text)), theirs, node.roles, node.name)]
    lives = {"slow periods": [(t * 1.5, f) for t, f in life], "half of the frames": [(t, f) for t, f in life if f[0] != "V4"],
             "longer frames": [(t, (f[0], f[1], f[2].replace("42", "60"))) for t, f in life],
             "one kind": [(t, f) for t, f in life if f[1] != "reply"]}
    missed += [what for what, changed_life in lives.items() if not r.compare_frames(r.first_life(frames), changed_life)]
    check("the comparisons of frames and of what is written can fail", missed)


@story
def live_123(node):
    live(node, "1.2.3")


@story
def live_dual(node):
    live(node, "1.2.3-dual")


@story
def live_104(node):
    live(node, "1.0.4")


@story
def live_0810(node):
    live(node, "0.8.10")


@story
def denied(node):
    """Without CAP_NET_ADMIN: it warns, announces all the same, and keeps its Leases."""
    node.make_objects()
    node.service()
    node.assign()
    node.start(before=["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"])
    until("three periods", lambda: len(r.ticks(node.frames(), "V6")) >= 3)
    life, alive, log = node.frames(), node.process.poll() is None, node.read(node.log)
    recorded = r.frames_from_text(data("frames-1.2.3-denied.txt"), r.Roles(THEIR_MAC, **THEIRS))
    check("denied: frames as recorded", r.compare_frames(recorded, life))
    warning = re.search(r"WARN could not add ip .*", node.read(data("log-1.2.3-denied.txt"))).group(0)
    warned = log.count(warning)  # at the start for the Service's two, in each period for all three
    check("denied: it warns in each period for each VIP, and lives",
          ([] if alive else ["it ended"]) + ([] if warned >= 2 + 3 * 2 else [f"{warned} of: {warning}"]) + [f"{x} is bound" for x in node.bound()])
    node.signal(signal.SIGTERM)


# ---- settings and Leases, from what is known of them


@story
def classes(node):
    """Its own class alone, when the environment says so in the right place."""
    node.vips["V4"] = "192.0.2.200"
    node.roles = r.Roles(node.mac, **node.vips, OWN="192.0.2.201")
    node.make_objects()
    node.endpoints("own")
    node.service()
    node.assign()
    node.service("own", loadBalancerClass=CLASS, annotations={"kube-vip.io/loadbalancerIPs": "192.0.2.201"})
    node.start(lb_class_only="true", cp_enable="false")
    until("its own Service", lambda: "ingress" in api("GET", node.path("own"))["status"]["loadBalancer"])
    own, other = api("GET", node.path("own")), api("GET", node.path())
    want = [{"ip": "192.0.2.201", "ipMode": "VIP", "ports": [{"port": 80, "protocol": "TCP"}]}]
    check("its own class: it writes the address itself", [] if own["status"]["loadBalancer"]["ingress"] == want else [str(own["status"])])
    marks = other["metadata"]["annotations"]
    check("lb_class_only: a Service without class is not taken", [str(marks)] if "kube-vip.io/vipHost" in marks else [])
    node.signal(signal.SIGTERM)
    node.start(arguments=("manager", "--services"), svc_enable=None, lb_class_only="true", cp_enable="false")
    until("the Service without class", lambda: "kube-vip.io/vipHost" in api("GET", node.path())["metadata"]["annotations"])
    check("lb_class_only beside --services as a flag is not heard", [] if "V4" in node.bound() else ["not bound"])
    node.signal(signal.SIGTERM)
    for name in ("web", "own"):
        api("DELETE", node.path(name))


def elections(old, new):
    """A Lease for each Service: the holder is killed, another takes over."""
    new.space, new.vips = old.space, old.vips | {"CP": new.vips["CP"]}
    new.roles = r.Roles(new.mac, **new.vips)
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{old.space}/leases/kubevip-web"
    old.make_objects()
    old.service()
    old.assign()
    old.start(svc_election="true", cp_enable="false")
    until("the first holder", lambda: "V4" in old.bound())
    first = api("GET", lease)["spec"]
    new.start(svc_election="true", cp_enable="true")
    until("its control plane", lambda: "CP" in new.bound())
    idle = new.bound()
    old.signal(signal.SIGKILL)
    died = time.time()
    until("the second holder", lambda: "V4" in new.bound())
    took, second = time.time() - died, api("GET", lease)["spec"]
    check("a Lease for each Service: kept while it is renewed, taken when it is not",
          [] if (first["holderIdentity"], second["holderIdentity"], second["leaseTransitions"], idle) == (old.name, new.name, 1, {"CP"})
          and 2 < took < 12 else [f"{first} {second} {idle} after {took:.1f} s"])


@story
def outage(node):
    """Its Leases not renewed in time: it deletes its VIPs and ends, with status 0."""
    with open(f"{rig.API}/kube-apiserver.pid", encoding="utf-8") as file:
        os.kill(int(file.read()), signal.SIGKILL)
    lost = time.time()
    code = node.process.wait(rig.WAIT)
    took = time.time() - lost
    check("API server lost: gone after the renew deadline, without its VIPs, status 0",
          [] if code == 0 and not node.bound() and 1.5 < took < 4 + 3 * r.TOLERANCE else [f"status {code} after {took:.1f} s, bound {node.bound()}"])




def main():
    for release in ("1.2.3", "1.0.4", "0.8.10"):
        os.symlink(PROGRAM, f"{SCRATCH}/kube-vip-{release}")
    together = [(calls_single, Node(1)), (calls_dual, Node(2, True, True)), (live_123, Node(3)), (live_dual, Node(4, True, True)),
                (live_104, Node(5)), (live_0810, Node(6)), (denied, Node(7, True))]
    survivor = Node(9)
    together.append((story(lambda node: elections(node, survivor)), Node(8)))
    with ThreadPoolExecutor(len(together)) as pool:
        for job in [pool.submit(test, node) for test, node in together]:
            job.result()
    for node in (n for _, n in together[:-1]):
        for name in [s["metadata"]["name"] for s in api("GET", f"/api/v1/namespaces/{node.space}/services")["items"]]:
            api("DELETE", node.path(name))
    classes(Node(10))
    outage(survivor)
    print(f"{tally['passed']} passed, {tally['failed']} failed")
    return tally["failed"] or not tally["passed"]


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    code = main()
    sys.stdout.flush()
    os._exit(1 if code else 0)
