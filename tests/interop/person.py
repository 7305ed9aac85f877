"""Section 3 of the course's practice 03: a client that sends one JSON object and leaves, and a server
that reads each message as one JSON object.

Usage: person.py client PORT | person.py server PORT
"""

import json
import socket
import sys

role, port = sys.argv[1], int(sys.argv[2])
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
if role == "client":
    sock.connect(("127.0.0.1", port))
    person = {"nome": "Alice", "idade": 25, "email": "alice@example.com"}
    sock.send(json.dumps(person).encode("utf-8"))
else:
    sock.bind(("127.0.0.1", port))
    sock.listen()
    print("porta", sock.getsockname()[1])
    peer, _ = sock.accept()
    while message := peer.recv(1024).decode("utf-8"):
        data = json.loads(message)
        print(f"{data['user']}: {data['data']}")
    peer.close()
sock.close()
