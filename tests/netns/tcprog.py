#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# tcprog.py WHAT WHERE: what other users of tc do to a link's egress.
#   pin PATH        loads a tc program that passes every frame for good (TC_ACT_OK), pinned there
#   before LINK     puts such a program in front of all on tcx (it stays, without a link)
#   first LINK      prints the name of the first program on tcx
#   detach LINK     detaches every BPF link from tcx
#   clear LINK      takes every program without a link off tcx
import ctypes
import os
import socket
import struct
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PROG_LOAD, OBJ_PIN, PROG_ATTACH, PROG_DETACH, PROG_GET_FD, OBJ_INFO, PROG_QUERY, LINK_GET_FD, LINK_DETACH = 5, 6, 8, 9, 13, 15, 16, 30, 34
SCHED_CLS, TCX_EGRESS, BEFORE = 3, 47, 8
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr, len(attr))
    result = libc.syscall(SYS_BPF, command, buffer, len(attr))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buffer.raw


def load():
    code = ctypes.create_string_buffer(struct.pack("<BBhi", 0xB7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0))
    text = ctypes.create_string_buffer(b"GPL")
    attr = struct.pack("<IIQQIIQI", SCHED_CLS, 2, ctypes.addressof(code), ctypes.addressof(text), 0, 0, 0, 0)
    return bpf(PROG_LOAD, attr + bytes(4) + b"other".ljust(16, b"\0"))[0]


def query(link):
    programs, links = (ctypes.c_uint32 * 64)(), (ctypes.c_uint32 * 64)()
    attr = struct.pack("<IIIIQIIQQQQ", socket.if_nametoindex(link), TCX_EGRESS, 0, 0, ctypes.addressof(programs), 64, 0, 0,
                       ctypes.addressof(links), 0, 0)
    n = struct.unpack_from("<I", bpf(PROG_QUERY, attr)[1], 24)[0]
    return programs[:n], links[:n]


def name(program):
    info = ctypes.create_string_buffer(256)
    fd = bpf(PROG_GET_FD, struct.pack("<III", program, 0, 0))[0]
    bpf(OBJ_INFO, struct.pack("<IIQ", fd, len(info), ctypes.addressof(info)))
    return info.raw[64:80].rstrip(b"\0").decode()


def main(what, where):
    if what == "pin":
        path = ctypes.create_string_buffer(where.encode())
        bpf(OBJ_PIN, struct.pack("<QII", ctypes.addressof(path), load(), 0))
    elif what == "before":
        bpf(PROG_ATTACH, struct.pack("<IIIIIIQ", socket.if_nametoindex(where), load(), TCX_EGRESS, BEFORE, 0, 0, 0))
    elif what == "first":
        print(name(query(where)[0][0]))
    elif what == "clear":
        for program, link in zip(*query(where)):
            if not link:
                fd = bpf(PROG_GET_FD, struct.pack("<III", program, 0, 0))[0]
                bpf(PROG_DETACH, struct.pack("<IIIIIIQ", socket.if_nametoindex(where), fd, TCX_EGRESS, 0, 0, 0, 0))
    elif what == "detach":
        for link in filter(None, query(where)[1]):
            bpf(LINK_DETACH, struct.pack("<I", bpf(LINK_GET_FD, struct.pack("<III", link, 0, 0))[0]))


main(*sys.argv[1:])
