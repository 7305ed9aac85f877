"""The course's hub as a student hands it in: a server with a thread for each client, or a client;
`sender | destination | operation | data`, one recv(1024) for one message, four fields indexed
blindly.

Usage: hub.py server PORT | hub.py client PORT NAME
The client sends what stdin says, a line `OPERATION DESTINATION DATA` each, and prints each message
that it receives as a line of its own.
"""

import socket
import sys
import threading

SIZE = 1024


def encode(sender, destination, operation, data="no data"):
    return f"{sender} | {destination} | {operation} | {data}".encode("utf-8")


def decode(message):
    fields = message.decode("utf-8").split(" | ")
    return fields[0], fields[1], fields[2], fields[3]


class Server:
    def __init__(self, port):
        self.clients = {}
        self.is_open = True
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(10)
        print("porta", self.listener.getsockname()[1])

    def run(self):
        while self.is_open:
            try:
                client, address = self.listener.accept()
            except OSError:
                return
            client.send(encode("server", "client", "name"))
            name = decode(client.recv(SIZE))[3]
            if name in self.clients.values():
                text = "This username is already taken. "
                text += "You need to connect again and use another one"
                client.send(encode("server", "new_client: " + name, "connection_error", text))
                continue
            self.clients[client] = name
            text = "You are now connected to the server in " + str(address)
            self.route(encode("server", name, "connection_confirmation", text))
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        while self.is_open:
            message = client.recv(SIZE)
            if not message:
                self.clients.pop(client, None)
                return
            sender, _, operation, _ = decode(message)
            print("recebido:", message.decode("utf-8"))
            if operation == "list_clients":
                names = "clients connected: "
                for name in self.clients.values():
                    names += name + " , "
                self.route(encode("server", sender, operation, names[:-2]))
            elif operation == "exit":
                self.route(encode("server", sender, "exit", "bye"))
                self.clients.pop(client, None)
                return
            elif operation == "close_server":
                self.route(encode("server", "all", "broadcast", "server closed"))
                self.is_open = False
                self.listener.shutdown(socket.SHUT_RDWR)
                self.listener.close()
            elif operation in ("echo", "private_message", "broadcast", "broadcast_not_me"):
                self.route(message)
            else:
                text = "Operation not supported!"
                self.route(encode("server", sender, "Unknown_operation", text))

    def route(self, message):
        sender, destination, operation, _ = decode(message)
        if operation in ("broadcast", "broadcast_not_me"):
            for client, name in list(self.clients.items()):
                if name != sender or operation == "broadcast":
                    client.send(message)
            return
        for client, name in list(self.clients.items()):
            if name == destination:
                client.send(message)
                return
        text = "Destination client (" + destination + ") not found!"
        self.route(encode("server", sender, operation, text))


def receive(hub, name):
    while True:
        message = hub.recv(SIZE)
        if not message:
            print("fim")
            return
        sender, destination, operation, data = decode(message)
        if operation == "name":
            hub.send(encode(name, "server", "name", name))
            continue
        print(f"{sender}|{destination}|{operation}|{data}")
        if operation in ("connection_error", "exit"):
            return
        if operation == "broadcast" and data == "server closed":
            return


def join(port, name):
    hub = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    hub.connect(("127.0.0.1", port))
    receiving = threading.Thread(target=receive, args=(hub, name), daemon=True)
    receiving.start()
    for line in sys.stdin:
        operation, destination, data = (line.rstrip("\n").split(" ", 2) + ["no data"])[:3]
        hub.send(encode(name, destination.replace("_", " "), operation, data))
    receiving.join()
    hub.close()


if sys.argv[1] == "server":
    Server(int(sys.argv[2])).run()
else:
    join(int(sys.argv[2]), sys.argv[3])
