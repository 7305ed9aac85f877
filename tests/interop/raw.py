"""The course's first multicast pair, before JSON: one text per datagram, no names, no end.

Usage: raw.py receive | raw.py send [TEXT]
"""

import socket
import struct
import sys

MULTICAST_GROUP = "224.3.29.71"
MULTICAST_PORT = 5007


def send(text):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", 1))
    sock.sendto(text.encode("utf-8"), (MULTICAST_GROUP, MULTICAST_PORT))


def receive():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", MULTICAST_PORT))
    mreq = struct.pack("=4sL", socket.inet_aton(MULTICAST_GROUP), socket.INADDR_ANY)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq)
    while True:
        print("Receptor aguardando mensagens...")
        data, address = sock.recvfrom(1024)
        print(f"Recebido de {address}: {data.decode('utf-8')}")


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2] if len(sys.argv) > 2 else "Olá, grupo multicast!")
    else:
        receive()
