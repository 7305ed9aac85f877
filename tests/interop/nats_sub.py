"""Shows what crosses a NATS server: a line for each message, its subject and its bytes in hexadecimal digits.

Usage: nats_sub.py HOST SUBJECT
"""

import socket
import sys

PORT = 4222


def main():
    host, subject = sys.argv[1:]
    server = socket.create_connection((host, PORT), timeout=20)
    server.settimeout(None)
    read = server.makefile("rb")
    read.readline()  # INFO
    server.sendall(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
                   + f"SUB {subject} 1\r\nPING\r\n".encode())
    for line in read:
        verb, *words = line.decode().split()
        if verb == "PING":
            server.sendall(b"PONG\r\n")
        elif verb == "PONG":
            print("subscribed", flush=True)
        elif verb in ("MSG", "HMSG"):
            payload = read.read(int(words[-1]) + 2)[:-2]
            print(words[0], payload.hex(), flush=True)
        elif verb == "-ERR":
            sys.exit(line.decode())


main()
