#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""figures.py SEEN SINCE UNTIL CONTROL-PLANE-VIP RIGHTFUL-NODE[,NODE] RIGHTFUL-MAC[,MAC] VIP...: what happened between two times, from outside of the guest.

One "name=value" a line:
    frames      claims of the VIPs from cp1 with another hardware address than the rightful node's
    rightful    claims of the VIPs from cp1 that name the rightful node's hardware address
    wrong       ms, the sum of the time in which the client was answered by another node than the rightful one (of the worst VIP that was asked)
    outage      ms, the longest time without an answer by the rightful node (of the worst VIP)
    lost        requests to VIPs without any answer, of asked
    at          where the last answers came from: a node, or several with a comma between
    cp_lost     requests to the control plane's VIP without a sign of life, of cp_asked, from the first sign on
    cp_outage   ms, the longest time without one
    flips       how often the client's neighbour entries changed to another hardware address
"""

import sys


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [line.split() for line in lines if line.endswith("\n")]


def longest_gap(times, since, until):
    edges = [since, *times, until]
    return max(b - a for a, b in zip(edges, edges[1:]))


def wrong_time(answers, right, until):
    """answers: (time, node) in order; each holds until the next."""
    edges = answers + [(until, None)]
    return sum(b[0] - a[0] for a, b in zip(edges, edges[1:]) if a[1] not in (*right, "-"))


def main():
    seen, since, until, cp_vip, right, right_mac, *vips = sys.argv[1:]
    since, until, right, right_mac = float(since), float(until), right.split(","), right_mac.split(",")
    claims = [w for w in read(f"{seen}/claims") if since <= float(w[0]) < until and w[1] in vips]
    client = [w for w in read(f"{seen}/client") if len(w) > 3]
    asked = [w for w in client if w[0] == "answer" and since <= float(w[1]) < until and w[3] in vips]
    alive = [w for w in client if w[0] == "alive" and since <= float(w[1]) < until and w[3].startswith(cp_vip)]
    wrong, outage, at = 0.0, 0.0, []
    for vip in vips:
        mine = [(float(w[2]), w[4]) for w in asked if w[3] == vip]
        if not mine:
            continue
        wrong = max(wrong, wrong_time(sorted(mine), right, until))
        outage = max(outage, longest_gap(sorted(t for t, node in mine if node in right and t < until), since, until))
        at.append(sorted(mine)[-1][1])
    flips, entry = 0, {}
    for w in client:
        if w[0] == "neigh" and w[3] in vips and w[4] != "none":
            if since <= float(w[1]) < until and entry.get(w[3], w[4]) != w[4]:
                flips += 1
            entry[w[3]] = w[4]
    first = min((float(w[1]) for w in alive if w[4] == "yes"), default=until)
    alive = [w for w in alive if float(w[1]) >= first]
    lives = sorted(float(w[2]) for w in alive if w[4] == "yes" and float(w[2]) < until)
    bad = [w for w in claims if w[2] not in right_mac]
    at = at or ["-"]
    print(f"frames={len(bad)}")
    print(f"rightful={len(claims) - len(bad)}")
    print(f"wrong={wrong * 1000:.0f}")
    print(f"outage={outage * 1000:.0f}")
    print(f"lost={sum(w[4] == '-' for w in asked)}")
    print(f"asked={len(asked)}")
    print(f"at={','.join(sorted(set(at)))}")
    print(f"cp_lost={sum(w[4] == '-' for w in alive)}")
    print(f"cp_asked={len(alive)}")
    print(f"cp_outage={longest_gap(lives, first, until) * 1000:.0f}")
    print(f"flips={flips}")
    print(f"seconds={until - since:.1f}")


main()
