"""The pair that a student would write, for scripts/bench: naive.py send N RATE | receive N |
tcp-listen | tcp-connect. On loopback only, and bounded. Figures go to stderr as JSON."""
import json
import socket
import struct
import sys
import time

GROUP, PORT, TCP_PORT, HERE = "224.3.29.71", 5007, 12399, "127.0.0.1"
DATA_BYTES = 200 - len('{"user": "ana", "data": ""}')


def send(count, rate):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", 1))
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
    start = time.monotonic_ns()
    for number in range(count):
        if rate:
            ahead = start + number * 1_000_000_000 // rate - time.monotonic_ns()
            if ahead > 0:
                time.sleep(ahead / 1e9)
        data = f"@{time.monotonic_ns():016x}{number:08x}".ljust(DATA_BYTES, "x")
        out.sendto(json.dumps({"user": "ana", "data": data}).encode(), (GROUP, PORT))
    print(json.dumps({"sent": count, "ns": time.monotonic_ns() - start}), file=sys.stderr)


def receive(count):
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.bind(("", PORT))
    here = socket.inet_aton(GROUP) + socket.inet_aton(HERE)
    ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, here)
    ear.settimeout(30)
    print("listening", file=sys.stderr, flush=True)
    ages = []
    try:
        while len(ages) < count:
            datagram, _ = ear.recvfrom(1024)
            message = json.loads(datagram)
            print(f"{message['user']}: {message['data']}", flush=True)
            ages.append(time.monotonic_ns() - int(message["data"][1:17], 16))
            ear.settimeout(0.5)
    except socket.timeout:
        pass
    ages.sort()
    share = lambda hundredths: ages[len(ages) * hundredths // 100] if ages else 0
    figures = {"got": len(ages), "p50_ns": share(50), "p99_ns": share(99)}
    print(json.dumps(figures), file=sys.stderr)


def tcp_listen():
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((HERE, TCP_PORT))
    door.listen()
    peer, _ = door.accept()
    while text := peer.recv(1024).decode(errors="replace"):
        print(text)


def tcp_connect():
    peer = None
    for _ in range(500):
        try:
            peer = socket.create_connection((HERE, TCP_PORT))
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    for line in sys.stdin:
        peer.send(line.rstrip("\n").encode())


if __name__ == "__main__":
    role, numbers = sys.argv[1], [int(number) for number in sys.argv[2:]]
    {"send": send, "receive": receive, "tcp-listen": tcp_listen, "tcp-connect": tcp_connect}[role](
        *numbers)
