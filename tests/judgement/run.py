#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs vipguard over judgement cases and compares what it says with what is right.

    run.py --vipguard PATH [--cases DIR...] [--only NAME] [--verbose]

DIR is a case folder or a folder of them (default: the folder of this script). One line per mismatch, then the totals:

    passed, failed   cases
    harm             answers of "violation" where something else is right: wrong removals and wrong drops; must be 0
    miss             answers of something else where "violation" is right

A bind and an announcement of one query count apart, so does an address that `check` names. Exit 0 only if all pass,
1 if a case fails, 2 for wrong usage.
"""
import argparse
import ipaddress
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT = 30


def canonical(address):
    """The same text for the same address, IPv4-mapped IPv6 as IPv4."""
    try:
        ip = ipaddress.ip_address(str(address).split("/")[0])
    except ValueError:
        return str(address)
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def fits(got, want):
    return got in want if isinstance(want, list) else got == want


def show(x):
    return "|".join(x) if isinstance(x, list) else json.dumps(x) if not isinstance(x, str) else x


def stop(message):
    print(message, file=sys.stderr)
    raise SystemExit(2)


class Result:
    def __init__(self, name):
        self.name, self.lines, self.harm, self.miss = name, [], 0, 0

    def bad(self, what, want, got):
        self.lines.append(f"{self.name}: {what}: expected {show(want)}, got {show(got)}")

    def verdict(self, what, want, got):
        """want: verdict or list; got: verdict or None where there was no answer."""
        wants = want if isinstance(want, list) else [want]
        if got == "violation" and "violation" not in wants:
            self.harm += 1
        if wants == ["violation"] and got != "violation":
            self.miss += 1
        if not fits(got, want):
            self.bad(what, want, got)


def call(argv):
    """Exit status and parsed standard output; the environment carries no setting of vipguard."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("VIPGUARD_") and k not in ("KUBECONFIG", "NODE_NAME")}
    try:
        p = subprocess.run(argv, capture_output=True, timeout=TIMEOUT, env=env, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None, None, f"no answer in {TIMEOUT} s"
    except OSError as e:
        stop(f"{argv[0]}: {e.strerror}")
    err = p.stderr.decode(errors="replace").strip().splitlines()
    why = f"exit {p.returncode}" + (f", {err[-1]}" if err else "")
    try:
        return p.returncode, json.loads(p.stdout), why
    except ValueError:
        return p.returncode, None, why + ", standard output is no JSON"


def run_case(vipguard, folder):
    spec = json.loads((folder / "case.json").read_text())
    r = Result(folder.name)
    common = ["--objects", str(folder / "objects.json"), "--addresses", str(folder / "addresses.json"),
              "--node", spec["node"], "--now", spec["now"], "-o", "json"]

    for q in spec["queries"]:
        link = ["--link", q["link"]] if "link" in q else []
        what = q["address"] + (f" on {q['link']}" if link else "")
        status, out, why = call([vipguard, "explain", *common, *link, q["address"]])
        got = out[0] if isinstance(out, list) and len(out) == 1 and isinstance(out[0], dict) else None
        if got is None or status not in (0, 1):
            r.lines.append(f"{r.name}: {what}: no usable answer ({why})")
            got = got if status in (0, 1) else None
        got = got or {}
        if got and canonical(got.get("address", "")) != canonical(q["address"]):
            r.bad(f"{what}: address", canonical(q["address"]), got.get("address"))
        for act in ("bind", "announce"):
            if act in q:
                g = got.get(act) if isinstance(got.get(act), dict) else {}
                before = len(r.lines)
                r.verdict(f"{what}: {act} verdict", q[act]["verdict"], g.get("verdict"))
                if len(r.lines) == before and "reason" in q[act] and not fits(g.get("reason"), q[act]["reason"]):
                    r.bad(f"{what}: {act} reason", q[act]["reason"], g.get("reason"))
        if not got:
            continue
        if "owner" in q and got.get("owner") != q["owner"]:
            r.bad(f"{what}: owner", q["owner"], got.get("owner"))
        for key in ("assigned_nodes", "services"):
            if key in q and sorted(got.get(key) or []) != sorted(q[key]):
                r.bad(f"{what}: {key}", q[key], got.get(key))

    want = spec.get("check")
    if want:
        status, out, why = call([vipguard, "check", *common])
        findings = out.get("findings") if isinstance(out, dict) else None
        if status not in (0, 1) or not isinstance(findings, list):
            r.lines.append(f"{r.name}: check: no usable answer ({why})")
            r.miss += len(want["violations"])
        else:
            if "exit" in want and status != want["exit"]:
                r.bad("check: exit", want["exit"], status)
            got = {canonical(f.get("address", "")) for f in findings if (f.get("bind") or {}).get("verdict") == "violation"}
            right = {canonical(a) for a in want["violations"]}
            for a in sorted(got - right):
                r.harm += 1
                r.lines.append(f"{r.name}: check: {a} is called a violation and is none")
            for a in sorted(right - got):
                r.miss += 1
                r.lines.append(f"{r.name}: check: {a} is a violation and is not called one")
    return r


def folders(roots):
    for root in roots:
        if (root / "case.json").is_file():
            yield root
        else:
            found = sorted(p.parent for p in root.glob("*/case.json"))
            if not found:
                stop(f"{root}: no case.json in it or in the folders below it")
            yield from found


def main():
    ap = argparse.ArgumentParser(description="runs vipguard over judgement cases")
    ap.add_argument("--vipguard", required=True, metavar="PATH")
    ap.add_argument("--cases", nargs="+", type=Path, metavar="DIR", default=[Path(__file__).resolve().parent])
    ap.add_argument("--only", metavar="NAME", help="only the cases whose folder name contains NAME")
    ap.add_argument("--verbose", action="store_true", help="also a line for every case that passes")
    a = ap.parse_args()
    if not (os.path.isfile(a.vipguard) and os.access(a.vipguard, os.X_OK)):
        stop(f"{a.vipguard}: no program that can be run")
    a.vipguard = os.path.abspath(a.vipguard)
    todo = [f for f in folders(a.cases) if not a.only or a.only in f.name]
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda f: run_case(a.vipguard, f), todo))
    for r in results:
        for line in r.lines:
            print(line)
        if a.verbose and not r.lines:
            print(f"{r.name}: passed")
    failed = sum(1 for r in results if r.lines)
    print(f"{len(results) - failed} passed, {failed} failed")
    print(f"harm: {sum(r.harm for r in results)}")
    print(f"miss: {sum(r.miss for r in results)}")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
