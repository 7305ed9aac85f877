"""The course's TCP chat, parts 1 to 3, as a student hands it in: one file, either role, strictly in
turns, raw text without a delimiter. Lines come from stdin.

Usage: tcp_chat.py server PORT [NAME] | tcp_chat.py client PORT [NAME]
With NAME names are exchanged first; the client tells its own first. With a NAME that begins with
`=` the server tells its own first.
"""

import socket
import sys

role, port = sys.argv[1], int(sys.argv[2])
name = sys.argv[3] if len(sys.argv) > 3 else None
server_first = bool(name) and name.startswith("=")
other = "outro"


def connect():
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if role == "client":
        sock.connect(("127.0.0.1", port))
        return sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen()
    print("porta", sock.getsockname()[1])
    peer, _ = sock.accept()
    return peer


def exchange_names(peer):
    mine = name.lstrip("=")
    if (role == "server") == server_first:
        peer.send(mine.encode("utf-8"))
        return peer.recv(1024).decode("utf-8")
    theirs = peer.recv(1024).decode("utf-8")
    peer.send(mine.encode("utf-8"))
    return theirs


def speak(peer):
    text = input()
    peer.send(text.encode("utf-8"))
    return text != "sair"


def listen(peer):
    text = peer.recv(1024).decode("utf-8")
    print(f"{other}: {text}")
    return text != "sair"


peer = connect()
if name:
    other = exchange_names(peer)
turns = (speak, listen) if role == "client" else (listen, speak)
while turns[0](peer) and turns[1](peer):
    pass
peer.close()
