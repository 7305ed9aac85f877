"""The course's small services as a student hands them in: one recv(1024) for one message, no framing.

Usage: lab.py serve LESSON [OPTION] | lab.py LESSON PORT [ARGUMENT …]
A server says its port first, and serves one client, `products` any number; a client prints what it
hears. OPTION and the first ARGUMENT of some lessons choose an encoding.
"""

import json
import marshal
import pickle
import random
import socket
import struct
import sys
import threading
import types

SIZE = 1024


class Produto:
    def __init__(self, codigo, nome, preco):
        self.codigo, self.nome, self.preco = codigo, nome, preco


# As if it came from produto.py.
Produto.__module__ = "produto"
sys.modules["produto"] = types.SimpleNamespace(Produto=Produto)

BANK = [
    {"_id": n, "statement": f"Questão {n}?", "options": ["não", "sim"], "answer": 1} for n in range(1, 11)
]


def primes_around(number):
    def is_prime(n):
        return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))

    below, above = number, number + 1
    while not is_prime(below):
        below -= 1
    while not is_prime(above):
        above += 1
    return below * above


def encoded(value, encoding):
    return {"json": lambda v: json.dumps(v).encode(), "marshal": marshal.dumps, "pickle": pickle.dumps}[encoding](value)


def decoded(data, encoding):
    return {"json": json.loads, "marshal": marshal.loads, "pickle": pickle.loads}[encoding](data)


def receive_all(client, size=2048):
    """Version 5's reading of a list: go on while a recv is full."""
    data = b""
    while True:
        piece = client.recv(size)
        data += piece
        if len(piece) < size:
            return data


class Products:
    def __init__(self):
        self.products, self.lock = [], threading.Lock()

    def serve(self, client):
        while True:
            operation = client.recv(SIZE).decode()
            if operation == "adicionar":
                product = json.loads(client.recv(SIZE))
                with self.lock:
                    self.products.append(product)
            elif operation == "listar":
                client.sendall(json.dumps(self.products).encode())
            elif operation == "consultar":
                code = json.loads(client.recv(SIZE))
                found = [p for p in self.products if p["codigo"] == code]
                client.send(json.dumps(found[-1] if found else None).encode())
            else:
                print("fim:", operation)
                client.close()
                return


def serve_quiz(client):
    """As in the report: FIM and the first feedback may meet in one recv."""
    answers = []
    questions = random.sample(BANK, 3)
    for question in questions:
        client.send(json.dumps(question).encode())
        answers.append(int(client.recv(SIZE).decode()))
    client.send("FIM".encode())
    for index, question in enumerate(questions):
        if question["answer"] == answers[index]:
            text = "\033[32m" + "Você acertou a questão " + str(index + 1) + "\n" + "\033[0m"
        else:
            option = question["options"][question["answer"]]
            text = "Você errou a questão " + str(index + 1) + " a resposta correta é "
            text = "\033[31m" + text + str(question["answer"]) + ". " + option + "\n" + "\033[0m"
        client.send(text.encode())
        client.recv(SIZE)
    client.send("FIM".encode())
    client.close()


def serve_one(lesson, client, option):
    if lesson == "hello":
        print("um cliente chegou")
    elif lesson == "exchange":
        client.send("Bem-vindo".encode())
        print(client.recv(SIZE).decode())
    elif lesson == "object":
        got = pickle.loads(client.recv(SIZE))
        print(type(got).__name__, got if isinstance(got, dict) else vars(got))
    elif lesson == "quiz":
        return serve_quiz(client)
    elif lesson == "uppercase":
        client.send(client.recv(SIZE).decode("ascii").upper().encode("ascii"))
    elif lesson == "oracle":
        print(client.recv(SIZE).decode())
        client.send(random.choice(["sim", "não", "talvez"]).encode())
    elif lesson == "primes":
        data = client.recv(SIZE)
        shape = "i" if len(data) == 4 else "q"
        (number,) = struct.unpack(shape, data)
        client.send(struct.pack(shape, primes_around(number)))
    elif lesson == "divisors":
        number = int(client.recv(SIZE).decode())
        client.sendall(encoded([d for d in range(1, number + 1) if number % d == 0], option))
    elif lesson == "person":
        user = json.loads(client.recv(SIZE).decode("utf-8"))
        print(f"Nome: {user['nome']}. Idade: {user['idade']}. Email: {user['email']}")
    client.close()


def serve(lesson, option="json"):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(10)
    print("porta", listener.getsockname()[1])
    if lesson != "products":
        serve_one(lesson, listener.accept()[0], option)
        return
    products = Products()
    while True:
        client = listener.accept()[0]
        threading.Thread(target=products.serve, args=(client,), daemon=True).start()


def play(server, answers):
    while True:
        question = server.recv(SIZE).decode()
        if question == "FIM":
            break
        question = json.loads(question)
        print(question["statement"], question["_id"])
        server.send(str(int(answers.pop(0)) - 1).encode())
    while True:
        text = server.recv(SIZE).decode()
        server.send("OK".encode())
        if text == "FIM":
            break
        print(repr(text))


def products(server, wishes):
    """Wishes such as `adicionar:{"codigo":1,…}`, `listar`, `consultar:1`, `terminar`."""
    for wish in wishes:
        operation, _, rest = wish.partition(":")
        server.send(operation.encode())
        if rest:
            # Nothing waits here: the two may reach the server as one.
            server.send(rest.encode())
        if operation == "listar":
            print(len(json.loads(receive_all(server))))
        if operation == "consultar":
            print(json.loads(server.recv(SIZE)))


def call(lesson, port, arguments):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.connect(("127.0.0.1", int(port)))
    if lesson == "exchange":
        print(server.recv(SIZE).decode())
        server.send("oi".encode())
    elif lesson == "object":
        server.send(pickle.dumps(Produto(1, "Caneta", 2.5), int(arguments[0])))
    elif lesson == "products":
        products(server, arguments)
    elif lesson == "quiz":
        play(server, arguments)
    elif lesson == "uppercase":
        server.send(arguments[0].encode("ascii"))
        print(server.recv(SIZE).decode("ascii"))
    elif lesson == "oracle":
        server.send(arguments[0].encode())
        print(server.recv(SIZE).decode())
    elif lesson == "primes":
        shape, number = arguments
        server.send(struct.pack(shape, int(number)))
        print(*struct.unpack(shape, server.recv(SIZE)))
    elif lesson == "divisors":
        encoding, number = arguments
        server.send(number.encode())
        print(decoded(receive_all(server), encoding))
    elif lesson == "person":
        server.send(json.dumps({"nome": "Alice", "idade": 25, "email": "alice@example.com"}).encode())
    server.close()


if sys.argv[1] == "serve":
    serve(*sys.argv[2:])
else:
    call(sys.argv[1], sys.argv[2], sys.argv[3:])
