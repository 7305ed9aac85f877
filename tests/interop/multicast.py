"""The course's multicast chat as a student hands it in: one file, two functions, JSON.

Usage: multicast.py receive NAME | multicast.py send NAME

It trusts the wire blindly, on purpose: whatever is not the course's two-key JSON object within
1024 bytes of UTF-8 ends it with an exception.
"""

import json
import socket
import struct
import sys

MULTICAST_GROUP = "224.3.29.71"
MULTICAST_PORT = 5007


def send(name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", 1))
    text = ""
    while text != "sair":
        text = input(f"{name}: ")
        message = {"user": None, "data": None}
        message["user"] = name
        message["data"] = text
        sock.sendto(json.dumps(message).encode("utf-8"), (MULTICAST_GROUP, MULTICAST_PORT))
    sock.close()


def receive(name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", MULTICAST_PORT))
    group = socket.inet_aton(MULTICAST_GROUP)
    mreq = struct.pack("=4sL", group, socket.INADDR_ANY)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq)
    print(f"{name} aguardando mensagens...")
    while True:
        data, _ = sock.recvfrom(1024)
        message = json.loads(data.decode("utf-8"))
        print(message["user"] + ": " + message["data"])
        if message["data"] == "sair":
            break
    sock.close()


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2])
    elif sys.argv[1] == "receive":
        receive(sys.argv[2])
    else:
        sys.exit("multicast.py receive NAME | multicast.py send NAME")
