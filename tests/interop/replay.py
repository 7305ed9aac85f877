"""Sends recorded datagrams to a group again, as whoever recorded a session could.

Usage: replay.py INTERFACE_ADDRESS GROUP PORT, with one datagram a line on stdin, as hex. Says how many it sent.
"""

import socket
import sys

address, group, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
count = 0
for line in sys.stdin:
    sender.sendto(bytes.fromhex(line.strip()), (group, port))
    count += 1
print("sent", count)
