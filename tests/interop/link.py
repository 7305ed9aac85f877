"""A link between two hosts that is slow, lossy and far: packets cross in this program.

Usage: link.py NAME ADDRESS NAMESPACE ITS_ADDRESS SEED

It runs on the first host and gives it the interface NAME with ADDRESS; the other host, which is a
network namespace, gets an interface of the same name with ITS_ADDRESS. Each line of its input is
a number and a change of what the link does:

    delay MS        how long a packet takes, each way
    loss SHARE      the probability that a packet is lost, such as 0.05
    rate KBIT       kbit/s each way, 0 for no limit; what cannot wait is lost, as at a router
    cut | join      nothing crosses any more, or again
    count           nothing

A line with this number and the packets and bytes that have crossed, each way, is the answer.
Chance comes from SEED alone.
"""

import collections
import fcntl
import os
import random
import selectors
import struct
import subprocess
import sys
import time

SET_INTERFACE, IS_TUN, WITHOUT_HEADER = 0x400454CA, 0x0001, 0x1000
PACKET_MAX_BYTES = 2048
# What waits for its turn at a slow link: half a second at 4 Mbit/s.
WAITING_MAX_BYTES = 256 << 10
# What is on its way: more than any rate brings within a second.
FLYING_MAX_BYTES = 64 << 20
# Packets that are read from one side before the other one has its turn.
BATCH = 64


class Direction:
    """The packets that cross one way."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.flying = collections.deque()
        self.flying_bytes = 0
        self.free_at = 0.0
        self.crossed = [0, 0]

    def take(self, now, packet, faults):
        if faults["cut"] or self.chance.random() < faults["loss"]:
            return
        starts_at = max(now, self.free_at)
        rate = faults["rate"] * 1000 / 8
        waits_bytes = (starts_at - now) * rate
        too_many = self.flying_bytes + len(packet) > FLYING_MAX_BYTES
        if waits_bytes + len(packet) > WAITING_MAX_BYTES or too_many:
            return
        self.free_at = starts_at + (len(packet) / rate if rate else 0)
        due = self.free_at + faults["delay"] / 1000
        self.flying.append((due, packet))
        self.flying_bytes += len(packet)

    def deliver(self, now, tun, faults):
        while self.flying and self.flying[0][0] <= now:
            _, packet = self.flying.popleft()
            self.flying_bytes -= len(packet)
            if faults["cut"]:
                continue
            try:
                os.write(tun, packet)
            except OSError:
                continue  # the interface is down, or full
            self.crossed[0] += 1
            self.crossed[1] += len(packet)


def interface(name):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = struct.pack("16sH22x", name.encode(), IS_TUN | WITHOUT_HEADER)
    fcntl.ioctl(tun, SET_INTERFACE, flags)
    return tun


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def change(line, faults, directions):
    """Takes a line of the input in; returns the answer."""
    number, verb, *value = line.split()
    if verb in ("cut", "join"):
        faults["cut"] = verb == "cut"
    elif verb != "count":
        faults[verb] = float(value[0])
    crossed = " ".join(str(n) for way in directions for n in way.crossed)
    return f"{number} done: {crossed}"


def main():
    name, address, namespace, its_address, seed = sys.argv[1:]
    faults = {"delay": 0.0, "loss": 0.0, "rate": 0.0, "cut": False}
    # The far end is made under another name, because both are made here.
    ends = [interface(name), interface("far")]
    ip("link", "set", "far", "netns", namespace)
    ip("-n", namespace, "link", "set", "far", "name", name)
    for where, own, other in ((["ip"], address, its_address),
                              (["ip", "-n", namespace], its_address, address)):
        subprocess.run([*where, "addr", "add", own, "peer", other, "dev", name], check=True)
        subprocess.run([*where, "link", "set", name, "up"], check=True)
    directions = [Direction(f"{seed} there"), Direction(f"{seed} back")]
    waits = selectors.DefaultSelector()
    for number, end in enumerate(ends):
        waits.register(end, selectors.EVENT_READ, number)
    waits.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
    print("0 done: 0 0 0 0", flush=True)
    typed = b""
    while True:
        heads = [way.flying[0][0] for way in directions if way.flying]
        pause = max(0.0, min(heads) - time.monotonic()) if heads else None
        for key, _ in waits.select(pause):
            if key.data is None:
                read = os.read(key.fd, 4096)
                if not read:
                    return
                *lines, typed = (typed + read).split(b"\n")
                for line in lines:
                    print(change(line.decode(), faults, directions), flush=True)
                continue
            for _ in range(BATCH):
                try:
                    packet = os.read(ends[key.data], PACKET_MAX_BYTES)
                except OSError:
                    break
                directions[key.data].take(time.monotonic(), packet, faults)
        now = time.monotonic()
        for number, way in enumerate(directions):
            way.deliver(now, ends[1 - number], faults)


main()
