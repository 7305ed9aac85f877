"""Telephones of guests for the section `page` of scripts/bench: `page_guests.py LINK ADDRESS…` enters once from
each address and reads what is said. Prints `ready` once all are in; then reads a count from its input, and once
each guest has so many lines `linha N .` prints when the last one had each of them, by the monotonic clock."""
import json, re, select, socket, sys, time

WAIT_S = 60
LINE = re.compile(rb"linha (\d+) \.")


def asks(server, address, method, path, token, body=b""):
    """A connection on which something is asked for."""
    connection = socket.create_connection(server, timeout=WAIT_S, source_address=(address, 0))
    head = f"{method} {path} HTTP/1.1\r\nHost: {server[0]}:{server[1]}\r\nAuthorization: Bearer {token}\r\n" \
           f"Content-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def until(connection, words):
    """Reads until something was said."""
    read = b""
    while words not in read:
        some = connection.recv(1 << 16)
        if not some:
            raise SystemExit(f"page_guests.py: {words} never came: {read}")
        read += some
    return read


def enters(server, link, address):
    """The stream of a guest who is let in."""
    body = json.dumps({"name": "g" + address.replace(".", "-")}).encode()
    with asks(server, address, "POST", "/guest/enter", link, body) as connection:
        session = re.search(rb'"session":"(\w+)"', until(connection, b'"ready"'))[1].decode()
    stream = asks(server, address, "GET", "/guest/events", session)
    until(stream, b'"live"')
    return stream


def main():
    host, port, link = re.match(r"http://([\d.]+):(\d+)/#(\w+)", sys.argv[1]).groups()
    poll, streams, seen = select.epoll(), {}, {}
    for address in sys.argv[2:]:
        stream = enters((host, int(port)), link, address)
        streams[stream.fileno()] = stream
        poll.register(stream, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print("ready", flush=True)
    rest, last, wanted = dict.fromkeys(streams, b""), {}, None
    while wanted is None or sum(seen.values()) < wanted * len(streams):
        for ready, _ in poll.poll(WAIT_S):
            if ready == sys.stdin.fileno():
                wanted = int(sys.stdin.readline())
                poll.unregister(sys.stdin)
                continue
            read = rest[ready] + streams[ready].recv(1 << 16)
            now = time.monotonic()
            whole, _, rest[ready] = read.rpartition(b"\n")
            for number in LINE.findall(whole):
                seen[number] = seen.get(number, 0) + 1
                last[number.decode()] = now
    print(json.dumps(last))


if __name__ == "__main__":
    main()
