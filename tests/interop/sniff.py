"""Shows what really travels: one JSON line per UDP or IGMP packet seen on an interface.

Usage: sniff.py INTERFACE (Linux, root). Says "sniffing" on stderr once nothing escapes it.

UDP:  {"proto": "udp", "source", "destination", "port", "ttl", "payload" as hex}
IGMP: {"proto": "igmp", "source", "destination", "ttl", "act": "join" or "leave", "group"}
"""

import json
import socket
import struct
import sys

ETH_P_IP = 0x0800
IGMP, UDP = 2, 17
V2_REPORT, V2_LEAVE, V3_REPORT = 0x16, 0x17, 0x22
# Record types of version 3 (RFC 3376): a group joined or left is a change of its filter.
TO_INCLUDE_NOTHING, TO_EXCLUDE_NOTHING = 3, 4


def read_udp(payload):
    port, length = struct.unpack("!2xHH", payload[:6])
    yield {"proto": "udp", "port": port, "payload": payload[8:length].hex()}


def read_igmp(payload):
    def fact(act, group):
        return {"proto": "igmp", "act": act, "group": socket.inet_ntoa(group)}

    if payload[0] == V2_REPORT:
        yield fact("join", payload[4:8])
    elif payload[0] == V2_LEAVE:
        yield fact("leave", payload[4:8])
    elif payload[0] == V3_REPORT:
        acts = {TO_EXCLUDE_NOTHING: "join", TO_INCLUDE_NOTHING: "leave"}
        at = 8
        for _ in range(struct.unpack("!H", payload[6:8])[0]):
            kind, extra, sources = struct.unpack("!BBH", payload[at:at + 4])
            if kind in acts:
                yield fact(acts[kind], payload[at + 4:at + 8])
            at += 8 + 4 * (sources + extra)


def read_packet(packet):
    header, total = (packet[0] & 0x0F) * 4, struct.unpack("!H", packet[2:4])[0]
    readers = {UDP: read_udp, IGMP: read_igmp}
    reader = readers.get(packet[9], lambda payload: ())
    for fact in reader(packet[header:total]):
        fact["source"] = socket.inet_ntoa(packet[12:16])
        fact["destination"] = socket.inet_ntoa(packet[16:20])
        fact["ttl"] = packet[8]
        yield fact


def main():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    wire.bind((sys.argv[1], ETH_P_IP))
    print("sniffing", file=sys.stderr)
    while True:
        for fact in read_packet(wire.recv(65535)):
            print(json.dumps(fact))


if __name__ == "__main__":
    main()
