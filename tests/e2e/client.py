#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""client.py: asks addresses over and over who is there, and notes what the neighbour table says of them.

Standard input: "ask WORD...", which replaces what was asked before; a word is ADDRESS (port 80, where every node says its name), or ADDRESS:PORT that
only has to be alive. Standard output, times in seconds of the host's clock:
    answer BEGUN ENDED ADDRESS NODE    each request is a connection of its own; NODE is - where none came in time
    alive BEGUN ENDED ADDRESS yes|-    a refusal is a sign of life too
    neigh TIME - ADDRESS MAC STATE
"""

import asyncio
import socket
import struct
import sys
import time

PERIOD = 0.05  # seconds between two requests to an address; of many, as much more as keeps the whole at 200 a second
RATE = 200
PATIENCE = 1.0
STATES = {0x01: "INCOMPLETE", 0x02: "REACHABLE", 0x04: "STALE", 0x08: "DELAY", 0x10: "PROBE", 0x20: "FAILED"}


def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def answer(address, port):
    reader, writer = await asyncio.open_connection(address, port)
    try:
        return (await reader.readline()).decode().strip() or "-"
    finally:
        writer.transport.abort()


async def alive(address, port):
    try:
        _, writer = await asyncio.open_connection(address, port)
        writer.transport.abort()
    except ConnectionRefusedError:
        pass
    return "yes"


async def once(kind, address, port):
    began = time.time()
    try:
        got = await asyncio.wait_for(kind(address, port), PATIENCE)
    except (OSError, asyncio.TimeoutError):
        got = "-"
    say(kind.__name__, f"{began:.6f}", f"{time.time():.6f}", address, got)


async def again_and_again(word, period):
    bare = word.count(":") != 1
    address, port = (word, 80) if bare else word.split(":")
    running = set()
    while True:
        task = asyncio.create_task(once(answer if bare else alive, address, int(port)))
        running.add(task)
        task.add_done_callback(running.discard)
        await asyncio.sleep(period)


def neighbours(sock):
    data = sock.recv(65536)
    while len(data) >= 28:
        length, kind = struct.unpack_from("=IH", data)
        family, state = data[16], struct.unpack_from("=H", data, 24)[0]
        parts, at = {}, 28
        while at + 4 <= length:
            size, name = struct.unpack_from("=HH", data, at)
            parts[name] = data[at + 4 : at + size]
            at += (max(size, 4) + 3) & ~3
        if kind in (28, 29) and 1 in parts:
            where = socket.inet_ntop(family, parts[1])
            mac = parts[2].hex(":") if kind == 28 and 2 in parts else "none"
            say("neigh", f"{time.time():.6f}", "-", where, mac, "DELETED" if kind == 29 else STATES.get(state, state))
        data = data[(length + 3) & ~3 :]


async def main():
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    sock.bind((0, 4))  # RTMGRP_NEIGH
    loop.add_reader(sock, neighbours, sock)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    asking = []
    say("ready")
    while line := await reader.readline():
        for task in asking:
            task.cancel()
        words = line.decode().split()[1:]
        asking = [asyncio.create_task(again_and_again(word, max(PERIOD, len(words) / RATE))) for word in words]


asyncio.run(main())
