#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""conflict.py DATA RELEASE SEEN BEGUN ENDED OBJECTS: holds scenario a without a guard against the recording of the real peers, from kube-vip's start
on: frames of both sides, the client's neighbour entry, what the Service went through, the objects at the end. Times may differ by TOLERANCE, for
this machine may be busy and the node is an emulated one. Prints what differs; exits 1 if anything does.
"""

import json
import re
import sys

TOLERANCE = 2.0  # seconds
CP1, WORKER1, VIP = "00:00:5e:00:53:11", "00:00:5e:00:53:21", "192.0.2.100"


def rounds(times):
    """The first of each group with less than a second between."""
    found = []
    for t in times:
        if not found or t - last > 0.9:
            found.append(t)
        last = t
    return found


# Both sides as {"own": times, "own forms": {bytes}, "theirs": ..., "flips": [(time, MAC)], "states": [(time, text)]}, times since kube-vip's start.


def recorded(path, length):
    side = {"own": [], "own forms": set(), "theirs": [], "their forms": set(), "flips": [], "states": []}
    began, entry = None, None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            at, kind, rest = line.strip().split(" ", 2)
            if kind == "----" and rest.startswith("start kube-vip"):
                began = float(at)
            if kind == "neigh":
                mac = re.search(r"lladdr (\S+)", rest)[1]
                if began is not None and mac != entry and float(at) - began < length:
                    side["flips"].append((float(at) - began, mac))
                entry = mac
            if began is None or float(at) - began > length:
                continue
            at = float(at) - began
            if kind == "frame" and (m := re.match(r"(\S+) > ff:ff:ff:ff:ff:ff \((\d+) bytes\) (.*)", rest)):
                if f"tell {VIP}" in m[3] and f"who-has {VIP}" in m[3] or m[3].startswith(f"Reply {VIP}"):
                    name = {CP1: "own", WORKER1: "their"}[m[1]]
                    side["own" if name == "own" else "theirs"].append(at)
                    side[name + " forms"].add(m[2])
            elif kind == "api" and rest.startswith("Service MODIFIED"):
                ingress = json.loads(re.search(r"ingress=(\[.*?\]) vipHost", rest)[1])
                host = re.search(r"vipHost=(\S+)", rest)[1]
                side["states"].append((at, f"{json.dumps(ingress, sort_keys=True)} {host}"))
    return side


def seen(folder, began, length):
    side = {"own": [], "own forms": set(), "theirs": [], "their forms": set(), "flips": [], "states": []}
    with open(f"{folder}/link", encoding="utf-8") as lines:
        for line in lines:
            time, vip, _, source, _, size, target = line.split()
            if vip == target == VIP and 0 <= float(time) - began < length and source in (CP1, WORKER1):
                side["own" if source == CP1 else "theirs"].append(float(time) - began)
                side["own forms" if source == CP1 else "their forms"].add(size)
    entry = None
    with open(f"{folder}/client", encoding="utf-8") as lines:
        for words in (line.split() for line in lines):
            if words[0] == "neigh" and words[3] == VIP and words[4] != "none":
                if words[4] != entry and 0 <= float(words[1]) - began < length:
                    side["flips"].append((float(words[1]) - began, words[4]))
                entry = words[4]
    with open(f"{folder}/service", encoding="utf-8") as lines:
        for line in lines:
            time, event = line.split(" ", 1)
            event = json.loads(event)
            if event["type"] == "MODIFIED" and 0 <= float(time) - began < length:
                o = event["object"]
                ingress = o["status"]["loadBalancer"].get("ingress", [])
                host = o["metadata"].get("annotations", {}).get("kube-vip.io/vipHost", "null")
                side["states"].append((float(time) - began, f"{json.dumps(ingress, sort_keys=True)} {host}"))
    return side


def late(what, mine, real):
    """Both are times; this side may have been watched for longer, and have ended just before the last of the other."""
    wrong = [] if len(mine) >= len(real) - 1 else [f"{what}: {len(mine)} times, recorded {len(real)}"]
    return wrong + [f"{what} {n}: at {a:.2f} s, recorded {b:.2f} s" for n, (a, b) in enumerate(zip(mine, real)) if abs(a - b) > TOLERANCE]


def contest(side):
    """How many rounds MetalLB makes after kube-vip's last write, and for how long."""
    after = [t for t in rounds(side["theirs"]) if t > side["states"][-1][0] - 0.2] if side["states"] else []
    return [t - side["states"][-1][0] for t in after]


def follows(side):
    """The client believes the last who announced it: the flips that the frames stand for."""
    sent = sorted([(t, CP1) for t in side["own"]] + [(t, WORKER1) for t in side["theirs"]])
    flips = [frame for before, frame in zip([(0, WORKER1), *sent], sent) if before[1] != frame[1]]
    wrong = [] if [m for _, m in flips] == [m for _, m in side["flips"]] else [f"the client's entry: {side['flips']}, by the frames {flips}"]
    return wrong + [f"a flip at {a:.2f} s, its frame at {b:.2f} s" for (a, _), (b, _) in zip(side["flips"], flips) if abs(a - b) > 0.5]


def compare(mine, real):
    wrong = late("kube-vip's rounds", rounds(mine["own"]), rounds(real["own"]))
    ours, theirs = contest(mine), contest(real)
    if abs(len(ours) - len(theirs)) > 1 or not ours or abs(ours[-1] - theirs[-1]) > TOLERANCE:
        wrong.append(f"MetalLB's rounds after the last write: {ours}, recorded {theirs}")
    for name in ("own forms", "their forms"):
        if mine[name] != real[name]:
            wrong.append(f"{name}: bytes {sorted(mine[name])}, recorded {sorted(real[name])}")
    wrong += follows(mine) + follows(real)
    if [m for _, m in mine["flips"]][:1] + [m for _, m in mine["flips"]][-1:] != [CP1, CP1]:
        wrong.append(f"the client's entry: {mine['flips']}, recorded {real['flips']}")
    texts = [[text for _, text in side["states"]] for side in (mine, real)]
    if texts[0] != texts[1]:
        wrong.append("the Service:\n    got      " + "\n             ".join(texts[0]) + "\n    recorded " + "\n             ".join(texts[1]))
    return wrong


def objects(path):
    """Without what the server gives, and what the recording left out; how often an Event was repeated depends on the second it fell in."""
    with open(path, encoding="utf-8") as file:
        found = set()
        for o in json.load(file)["items"]:
            if o["kind"] == "Event":
                o = {"kind": "Event", "reason": o["reason"], "message": o["message"], "repeated": o["count"] > 1, "source": o["source"]["component"]}
            found.add(json.dumps(o, sort_keys=True))
        return found


def main():
    data, release, folder, began, ended, now = sys.argv[1:]
    length = float(ended) - float(began)
    wrong = compare(seen(folder, float(began), length), recorded(f"{data}/timeline-{release}.txt", length))
    mine, real = objects(now), objects(f"{data}/after-{release}.json")
    wrong += [f"object never recorded: {o}" for o in sorted(mine - real)] + [f"object missing: {o}" for o in sorted(real - mine)]
    print("\n".join(wrong))
    return bool(wrong)


sys.exit(main())
