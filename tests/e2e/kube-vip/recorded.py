# SPDX-License-Identifier: Apache-2.0
"""What was recorded of the real kube-vip, and what the double did, brought into one form and compared.

In that form addresses have the names of their parts (CP: control plane, V4, V6: the Service's), the link's address is MAC, and
file descriptors, sequence numbers and interface indexes are gone. The order of VIPs within a period is chance with each start, so
a period is compared VIP by VIP; that replies and requests take turns is judged over the whole."""

import ipaddress
import json
import re

GAP = 1.5  # seconds of silence between two periods
TOLERANCE = 1.0  # seconds that an event may be late or early on a busy machine


class Roles:
    def __init__(self, mac, **addresses):
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.names = {str(ipaddress.ip_address(a)): name for name, a in addresses.items()}

    def text(self, text):
        """Every address that stands alone in text by its name."""
        return re.sub(r"[0-9a-f:.]*[.:][0-9a-f:.]+", lambda m: self.names.get(m.group(0), m.group(0)), text)

    def address(self, raw):
        return self.names.get(str(ipaddress.ip_address(raw)), raw.hex())

    def link(self, raw):
        return "MAC" if raw == self.mac else raw.hex()


# ---- packets


def arp(raw, roles):
    """28 bytes: name of the VIP, kind, and what there is to say of a form that kube-vip never sends."""
    fixed, sender, sender_ip, target, target_ip = raw[:6], raw[8:14], raw[14:18], raw[18:24], raw[24:28]
    kind = {1: "request", 2: "reply"}.get(int.from_bytes(raw[6:8], "big"), raw[6:8].hex())
    want = {"request": b"\xff" * 6, "reply": roles.mac}.get(kind)
    odd = ""
    if len(raw) != 28 or fixed != bytes.fromhex("000108000604") or sender != roles.mac or sender_ip != target_ip or target != want:
        odd = " odd:" + raw.hex()
    return roles.address(sender_ip), kind, odd


def advertisement(raw, roles, summed):
    """ICMPv6, whose checksum the kernel fills in on its way."""
    checksum = "0000" if summed and raw[2:4] != b"\0\0" else raw[2:4].hex()
    return roles.address(raw[8:24]), f"na {raw[:2].hex()} {checksum} {raw[4:8].hex()} {raw[24:26].hex()} {roles.link(raw[26:32])} {raw[32:].hex()}"


def frame(raw, roles):
    """(VIP, kind, form) of what announces one, None for the rest."""
    if raw[6:12] != roles.mac:
        return None
    if raw[12:14] == b"\x08\x06" and raw[28:32] == raw[38:42]:
        vip, kind, odd = arp(raw[14:], roles)
        return vip, kind, f"arp to {raw[:6].hex()} {len(raw)} bytes{odd}"
    if raw[12:14] == b"\x86\xdd" and raw[20] == 58 and raw[54] == 136:
        own = bytes.fromhex("fe80000000000000") + bytes([raw[6] ^ 2]) + raw[7:9] + b"\xff\xfe" + raw[9:12]
        vip, form = advertisement(raw[54:], roles, True)
        source = "link-local" if raw[22:38] == own else raw[22:38].hex()
        return vip, "na", f"{form} to {raw[:6].hex()} {raw[38:54].hex()} from {source} hops {raw[21]} length {raw[18:20].hex()} {len(raw)} bytes"
    return None


def frames_from_text(path, roles):
    with open(path, encoding="utf-8") as lines:
        found = [(float(t), frame(bytes.fromhex(h), roles)) for t, h in (line.split() for line in lines)]
    return [(t, f) for t, f in found if f]


def frames_from_pcap(path, roles):
    """As far as it is written."""
    found, at = [], 24
    with open(path, "rb") as file:
        data = file.read()
    while at + 16 <= len(data):
        seconds, micro, length = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (0, 4, 8))
        raw = data[at + 16 : at + 16 + length]
        at += 16 + length
        if len(raw) == length and (f := frame(raw, roles)):
            found.append((seconds + micro / 1e6, f))
    return found


# ---- system calls


class Call:
    def __init__(self, tid, time, vip, form, kind="", sequence=0):
        self.tid, self.time, self.vip, self.form, self.kind, self.sequence = tid, time, vip, form, kind, sequence


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def seconds(text):
    parts = [float(x) for x in text.split(":")]
    return parts[0] if len(parts) == 1 else parts[0] * 3600 + parts[1] * 60 + parts[2]


def whole_lines(lines):
    """A call that another thread's interrupts is two lines."""
    open_calls = {}
    for line in lines:
        tid = line.split(" ", 1)[0]
        if line.rstrip().endswith("<unfinished ...>"):
            open_calls[tid] = line.rstrip()[: -len("<unfinished ...>")].rstrip()
        elif m := re.search(r"<\.\.\. \w+ resumed>(.*)", line):
            yield open_calls.pop(tid, "") + re.sub(r"^(?=\))", "", m.group(1))
        else:
            yield line.rstrip()


def calls(lines, roles):
    """The calls that bind and announce. What prepares a frame gets the VIP of the frame that follows in its thread."""
    found = []
    for line in whole_lines(lines):
        m = re.match(r"(\d+)\s+([\d:.]+) (.*)", line)
        if not m:
            continue
        tid, time, text = int(m.group(1)), seconds(m.group(2)), re.sub(r"\s+= ", " = ", m.group(3))
        if re.search(r"RTM_(NEW|DEL)ADDR", text):
            sequence = int(re.search(r"nlmsg_seq=(\d+)", text).group(1))
            form = roles.text(re.sub(r"nlmsg_seq=\d+", "nlmsg_seq=N", re.sub(r"^sendto\(\d+", "sendto(FD", text)))
            vip = re.search(r'IFA_LOCAL\}, [^"]*"(?:[^"]*", ")?([^"]*)"', form)
            kind = re.search(r"RTM_(NEW|DEL)ADDR", text).group(1)
            found.append(Call(tid, time, vip.group(1) if vip else "?", form, kind, sequence))
        elif text.startswith("socket(AF_PACKET") or "SO_BINDTODEVICE" in text:
            form = re.sub(r"= \d+$", "= FD", text) if text.startswith("socket") else re.sub(r"^setsockopt\(\d+", "setsockopt(FD", text)
            found.append(Call(tid, time, None, form))
        elif "sa_family=AF_PACKET" in text:
            raw = unescape(re.search(r'"((?:[^"\\]|\\.)*)"', text).group(1))
            vip, kind, odd = arp(raw, roles)
            form = re.sub(r"^sendto\(\d+", "sendto(FD", re.sub(r'"(?:[^"\\]|\\.)*"', "ARP" + odd, text, count=1))
            for earlier in reversed(found):
                if earlier.tid == tid and earlier.vip is None:
                    earlier.vip = vip
                elif earlier.tid == tid:
                    break
            found.append(Call(tid, time, vip, form, kind))
        elif re.match(r"socket\(AF_INET6, SOCK_RAW", text):
            found.append(Call(tid, time, "V6", re.sub(r"= \d+$", "= FD", text)))
        elif text.startswith("sendmsg") and "AF_INET6" in text:
            raw = unescape(re.search(r'iov_base="((?:[^"\\]|\\.)*)"', text).group(1))
            vip, form = advertisement(raw, roles, False)
            form = re.sub(r"^sendmsg\(\d+", "sendmsg(FD", re.sub(r'iov_base="(?:[^"\\]|\\.)*"', "iov_base=" + form, text, count=1))
            found.append(Call(tid, time, vip, form, "na"))
    return found


def periods(events, cut=None):
    """Groups with silence between; `cut` is a time at which a group ends whatever is near."""
    groups, last = [], None
    for e in events:
        if last is None or e.time - last > GAP or (cut and last < cut <= e.time):
            groups.append([])
        groups[-1].append(e)
        last = e.time
    return groups


def by_vip(group):
    parts = {}
    for call in group:
        parts.setdefault(call.vip, []).append(call.form)
    return parts


def compare_calls(recorded, seen, recorded_cut=None, seen_cut=None):
    """Differences, in words; none if the double made the same calls in the same periods."""
    ours, theirs = periods(seen, seen_cut), periods(recorded, recorded_cut)
    wrong = [] if len(ours) == len(theirs) else [f"{len(ours)} groups of calls, recorded {len(theirs)}"]
    for number, (mine, real) in enumerate(zip(ours, theirs)):
        a, b = by_vip(mine), by_vip(real)
        for vip in sorted(set(a) | set(b), key=str):
            if a.get(vip) != b.get(vip):
                for got, want in zip(a.get(vip, []) + ["nothing"], b.get(vip, []) + ["nothing"]):
                    if got != want:
                        wrong.append(f"group {number}, {vip}:\n    got      {got}\n    recorded {want}")
                        break
        if number + 1 < len(theirs) and seen_cut is None or recorded_cut is None or real[0].time < recorded_cut:
            late = (mine[0].time - ours[0][0].time) - (real[0].time - theirs[0][0].time)
            if abs(late) > TOLERANCE:
                wrong.append(f"group {number} is {late:+.2f} s off")
    if ours and theirs and max((c.sequence for c in ours[0])) != max((c.sequence for c in theirs[0])):
        wrong.append("another count of requests at the start")
    return wrong + turns([c.kind for c in seen if c.kind in ("reply", "request")]) + threads_of(seen)


def turns(kinds):
    """A reply first, then in turn."""
    want = ["reply", "request"] * (len(kinds) // 2 + 1)
    return [] if kinds == want[: len(kinds)] else [f"replies and requests do not take turns: {' '.join(kinds)}"]


def threads_of(seen):
    senders = {c.tid for c in seen if c.kind in ("reply", "request", "na")}
    rising = [c.sequence for c in seen if c.sequence]
    wrong = [] if len(senders) > 1 else ["all frames come from one thread"]
    return wrong + ([] if len(set(rising)) == len(rising) else ["a sequence number twice"])


# ---- frames


def compare_frames(recorded, seen):
    """The same forms, each VIP as often in a period, periods as long."""
    ours, theirs = ({(f[0], f[2]) for _, f in frames} for frames in (seen, recorded))
    wrong = [f"never recorded: {f}" for f in sorted(ours - theirs)] + [f"missing: {f}" for f in sorted(theirs - ours)]
    kinds = [f[1] for _, f in seen if f[1] != "na"]
    if abs(kinds.count("reply") - kinds.count("request")) > 2:
        wrong.append(f"{kinds.count('reply')} replies, {kinds.count('request')} requests")
    for vip in sorted({f[0] for _, f in recorded}):
        mine, real = ticks(seen, vip)[:-1], ticks(recorded, vip)[:-1]  # the end may have come in the midst of the last
        if {n for _, n in mine} != {n for _, n in real}:
            wrong.append(f"{vip}: {[n for _, n in mine]} frames in a period, recorded {[n for _, n in real]}")
        for (a, _), (b, _) in zip(mine, mine[1:]):
            if abs(b - a - 3) > TOLERANCE:
                wrong.append(f"{vip}: a period of {b - a:.2f} s")
    return wrong


def first_life(frames):
    """Until the process was killed."""
    for n, ((a, _), (b, _)) in enumerate(zip(frames, frames[1:])):
        if b - a > 5:
            return frames[: n + 1]
    return frames


def ticks(frames, vip):
    found = []
    for t in (t for t, f in frames if f[0] == vip):
        if not found or t - found[-1][0] > GAP:
            found.append([t, 0])
        found[-1][1] += 1
    return [tuple(x) for x in found]


# ---- addresses


def address_event(line, roles):
    """'+V4 deprecated' and so on, of a line of `ip monitor address`; None for what is no VIP."""
    m = re.search(r"(Deleted )?\d+: \S+\s+inet6? (\S+) (?:brd \S+ )?scope global ?(.*)", line.replace("\\", " "))
    if not m or m.group(2).split("/")[1] not in ("32", "128"):
        return None
    ip, prefix = m.group(2).split("/")
    if ip not in roles.names:
        return None
    flags = " ".join(w for w in re.sub(r"valid_lft.*", "", m.group(3)).split() if w != "eth0")
    return ("-" if m.group(1) else "+") + f"{roles.names[ip]}/{prefix} {flags}".strip()


def timeline(path, roles):
    """Phase by phase what happened to the addresses, and the first frame of the Service after the start."""
    phases, first, began = {}, None, 0.0
    name = "before"
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            at, kind, rest = line.strip().split(" ", 2)
            if kind == "----":
                name = phase_name(rest) or name
                began = float(at) if name == "start" and "start kube-vip" in rest else began
            elif kind == "addr" and (event := address_event(rest, roles)):
                phases.setdefault(name, []).append(event)
            elif kind == "frame" and name == "start" and first is None:
                first = float(at) - began
    return phases, first


def phase_name(words):
    for begin, name in (("start kube-vip", "start"), ("ip addr del", "deleted"), ("kill -9", "killed"), ("restart kube-vip (2)", "second restart"),
                        ("restart kube-vip", "restart"), ("SIGTERM", "told to stop"), ("delete Service", "Service deleted"), ("end", "end")):
        if words.startswith(begin):
            return name + (" " + words[-2] if name == "deleted" else "")
    return None


def per_vip(events):
    parts = {}
    for e in events:
        parts.setdefault(e[1:].split("/")[0], []).append(e)
    return parts


def compare_phase(recorded, seen):
    a, b = per_vip(seen), per_vip(recorded)
    return [f"{vip}: got {a.get(vip, [])}, recorded {b.get(vip, [])}" for vip in sorted(set(a) | set(b)) if a.get(vip) != b.get(vip)]


# ---- what is written to the API


def plain(value, roles, node):
    """JSON text with addresses by name and the node as N."""
    return roles.text(json.dumps(value, sort_keys=True)).replace(f'"{node}"', '"N"')


def lease_forms(events, roles, node):
    """Each Lease's states in order, without the renewals: times told by what they are equal to."""
    leases = {}
    for e in events:
        spec, past = dict(e["spec"]), leases.setdefault(e["lease"], [])
        for name in ("acquireTime", "renewTime"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", spec[name]):
                spec[name] = "odd: " + spec[name]
        form = {"holder": spec["holderIdentity"], "duration": spec["leaseDurationSeconds"], "transitions": spec["leaseTransitions"],
                "just acquired": spec["acquireTime"] == spec["renewTime"], "fields": sorted(spec), "managers": e["managers"],
                "kept": bool(past) and past[-1][1] == spec["acquireTime"]}
        form = plain(form, roles, node)
        if not past or past[-1][0] != form:
            past.append((form, spec["acquireTime"]))
    return {name: [form for form, _ in past] for name, past in leases.items()}


def compare_lists(what, recorded, seen):
    wrong = [] if len(recorded) == len(seen) else [f"{what}: {len(seen)} states, recorded {len(recorded)}"]
    return wrong + [f"{what} {n}:\n    got      {got}\n    recorded {want}" for n, (got, want) in enumerate(zip(seen, recorded)) if got != want]


def compare_written(recorded, seen, recorded_roles, roles, node):
    """Services and Leases, state by state."""
    wrong = compare_lists("Service", *([plain(e, r, n) for e in events if "lease" not in e]
                                       for events, r, n in ((recorded, recorded_roles, "cp1"), (seen, roles, node))))
    theirs = lease_forms((e for e in recorded if "lease" in e), recorded_roles, "cp1")
    ours = lease_forms((e for e in seen if "lease" in e), roles, node)
    for name in sorted(set(theirs) | set(ours)):
        wrong += compare_lists(name, theirs.get(name, []), ours.get(name, []))
    return wrong


def read_jsonl(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
