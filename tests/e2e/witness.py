#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""witness.py DEVICE in|out PCAP CLAIMS: everything that comes in by a device, or goes out by it, and claims an address, a line each.

TIME ADDRESS SENDER SOURCE KIND BYTES TARGET: SENDER is the hardware address that the claim names, SOURCE the one that the frame bears, KIND request,
reply or na, TARGET whom an ARP frame asks or answers: the address itself is who announces unasked. A request that the kernel makes on behalf of an address it has is a claim like any other.
"""

import ipaddress
import subprocess
import sys


def mac(raw):
    return raw.hex(":")


def claim(raw):
    """(address, sender's hardware address, kind, target) or None."""
    at = 12
    while raw[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind, body = raw[at : at + 2], raw[at + 2 :]
    if kind == b"\x08\x06" and len(body) >= 28:
        if body[14:18] == b"\0\0\0\0":
            return None  # a probe for a duplicate claims nothing (RFC 5227, 2.1.1)
        return ipaddress.ip_address(body[14:18]), mac(body[8:14]), {1: "request", 2: "reply"}.get(body[7], "other"), ipaddress.ip_address(body[24:28])
    if kind == b"\x86\xdd" and len(body) >= 64 and body[6] == 58 and body[40] == 136:
        option = body[66:72] if body[64:65] == b"\x02" else b""
        address = ipaddress.ip_address(body[48:64])
        return address, mac(option) if option else mac(raw[6:12]), "na", address
    return None


def main():
    device, direction, pcap, claims = sys.argv[1:]
    words = ["tcpdump", "-i", device, "-Q", direction, "--immediate-mode", "-U", "-n", "-s", "128", "-w", "-", "arp or icmp6 or vlan"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as dump, open(pcap, "wb") as copy, open(claims, "a", encoding="utf-8") as out:
        copy.write(dump.stdout.read(24))
        while len(head := dump.stdout.read(16)) == 16:
            seconds, micro, length, whole = (int.from_bytes(head[i : i + 4], "little") for i in (0, 4, 8, 12))
            raw = dump.stdout.read(length)
            copy.write(head + raw)
            copy.flush()
            if found := claim(raw):
                address, sender, kind, target = found
                out.write(f"{seconds}.{micro:06d} {address} {sender} {mac(raw[6:12])} {kind} {whole} {target}\n")
                out.flush()


main()
