"""A NATS server with ill will: it loses, delays, repeats, forges and misroutes what it is given.

Usage: nats_hostile.py SEED

It listens on port 4222. Each line of its input is a number and a will, and is answered with the
number and how often it has had it:

    honest              everything goes on as it should
    lose SHARE          messages that are thrown away, each with this probability
    delay MS            each message waits for up to this long, so that they overtake each other
    repeat COUNT        after each message, this many of earlier ones again
    forge SHARE         a byte of the payload is changed
    misroute SHARE      under another subject, and as if another bridge had sent it
    babble SHARE        behind it comes what is no payload of a bridge
    hang                nothing is sent any more, and nobody is told
"""

import random
import selectors
import socket
import sys
import time

INFO = (b'INFO {"server_id":"HOSTILE","server_name":"hostile","version":"2.9.10","proto":1,'
        b'"headers":true,"max_payload":1048576,"host":"0.0.0.0","port":4222}\r\n')
# What it remembers, to repeat it.
REMEMBERED_MAX = 4096
READ_BYTES = 1 << 16


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.unread = b""
        self.unsent = b""
        self.subjects = {}

    def take(self, hostile):
        """Works off all whole operations that have come."""
        while b"\r\n" in self.unread:
            line, rest = self.unread.split(b"\r\n", 1)
            verb, *words = line.split() or [b""]
            if verb.upper() in (b"PUB", b"HPUB"):
                length = int(words[-1])
                if len(rest) < length + 2:
                    return
                payload, rest = rest[:length], rest[length + 2:]
                head = int(words[-2]) if verb.upper() == b"HPUB" else 0
                sizes = 2 if head else 1
                reply = words[1] if len(words) == sizes + 2 else None
                hostile.hear(self, words[0], reply, head, payload)
            elif verb.upper() == b"SUB":
                self.subjects[words[-1]] = words[0]
            elif verb.upper() == b"UNSUB":
                self.subjects.pop(words[0], None)
            elif verb.upper() == b"PING":
                self.unsent += b"PONG\r\n"
            self.unread = rest

    def give(self, subject, reply, head, payload):
        for sid, heard in self.subjects.items():
            if heard == subject:
                words = [subject, sid] + ([reply] if reply else [])
                words += [b"%d" % head] if head else []
                verb = b"HMSG" if head else b"MSG"
                self.unsent += b" ".join([verb, *words, b"%d" % len(payload)])
                self.unsent += b"\r\n" + payload + b"\r\n"


class Hostile:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.will = {}
        self.clients = {}
        self.waiting = []
        self.remembered = []
        self.done = 0

    def happens(self, what):
        happens = self.chance.random() < self.will.get(what, 0)
        self.done += happens
        return happens

    def hear(self, by, *message):
        if self.happens("lose"):
            return
        self.remembered = self.remembered[-REMEMBERED_MAX:] + [message]
        self.send(by, message)
        for _ in range(int(self.will.get("repeat", 0))):
            self.done += 1
            self.send(None, self.chance.choice(self.remembered))
        if self.happens("babble"):
            junk = self.chance.randbytes(self.chance.choice((0, 1, 60, 1400, 100_000)))
            self.send(None, (message[0], message[1], 0, junk))

    def send(self, by, message):
        subject, reply, head, payload = message
        if self.happens("forge") and payload:
            at = self.chance.randrange(len(payload))
            changed = payload[at] ^ (1 << self.chance.randrange(8))
            payload = payload[:at] + bytes([changed]) + payload[at + 1:]
        if self.happens("misroute"):
            other = self.chance.choice(self.remembered)
            subject, reply = other[0], other[1]
        due = time.monotonic() + self.chance.random() * self.will.get("delay", 0) / 1000
        self.done += "delay" in self.will
        self.waiting.append((due, by, (subject, reply, head, payload)))

    def deliver(self):
        now = time.monotonic()
        due = [it for it in self.waiting if it[0] <= now]
        self.waiting = [it for it in self.waiting if it[0] > now]
        for _, by, message in sorted(due, key=lambda it: it[0]):
            for client in self.clients.values():
                if client is not by:
                    client.give(*message)
        return min((it[0] for it in self.waiting), default=now + 1) - now

    def change(self, line):
        number, will, *value = line.decode().split()
        done, self.done = self.done, 0
        self.will = {} if will == "honest" else {will: float(value[0]) if value else 1}
        return f"{number} done: {done}"


def main():
    hostile = Hostile(sys.argv[1])
    waits = selectors.DefaultSelector()
    listener = socket.create_server(("", 4222), reuse_port=True)
    waits.register(listener, selectors.EVENT_READ)
    waits.register(sys.stdin.buffer.raw, selectors.EVENT_READ)
    print("Server is ready", flush=True)
    pause, typed = 1, b""
    while True:
        for key, _ in waits.select(pause):
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setblocking(False)
                hostile.clients[connection] = Client(connection)
                hostile.clients[connection].unsent = INFO
                waits.register(connection, selectors.EVENT_READ)
            elif key.fileobj is sys.stdin.buffer.raw:
                read = key.fileobj.read(READ_BYTES)
                if not read:
                    return
                *lines, typed = (typed + read).split(b"\n")
                for line in lines:
                    print(hostile.change(line), flush=True)
            else:
                try:
                    read = key.fileobj.recv(READ_BYTES)
                except OSError:
                    read = b""
                client = hostile.clients[key.fileobj]
                client.unread += read
                client.take(hostile)
                if not read:
                    waits.unregister(key.fileobj)
                    key.fileobj.close()
                    del hostile.clients[key.fileobj]
        pause = hostile.deliver()
        for client in hostile.clients.values():
            if client.unsent and "hang" not in hostile.will:
                try:
                    sent = client.connection.send(client.unsent)
                    client.unsent = client.unsent[sent:]
                except BlockingIOError:
                    pause = min(pause, 0.01)
                except OSError:
                    client.unsent = b""


main()
