"""The section of scripts/bench about eight clients who do to a hub what they can: a hundred others talk
at one hub, and the eight are at the same one, or at a second one on the same machine, which costs the
machine as much and the hundred nothing but that.
"""
import os, selectors, socket, statistics, subprocess, sys, time

from figures import interleave, ratios, spread
from hubs import await_port

PORTS = (7401, 7402)
CLIENTS = 100
SPEAKERS = 10
INTERVAL_S = 0.1
SECONDS = 10
ABUSERS = 8
# What the eight send without a pause, merged, as a client of the course would if it never waited.
FLOODS = {
    "lists": "{name} | server | list | ",
    "messages to one": "{name} | x0 | private_message | spam",
    "messages to nobody": "{name} | nobody | private_message | spam",
    "messages to all": "{name} | all clients | broadcast_not_me | spam",
}


def join(port, name, framed):
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(f"{name} | server | name | {name}".encode() + (b" | roda1" if framed else b""))
    return client


def abuse(port, flood):
    """Runs in a process of its own until it is killed."""
    watch = selectors.DefaultSelector()
    for number in range(ABUSERS):
        client = join(port, f"x{number}", framed=False)
        client.setblocking(False)
        chunk = FLOODS[flood].format(name=f"x{number}").encode() * 500
        watch.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, [chunk, 0])
    time.sleep(0.5)  # their names are taken
    print("ready", flush=True)
    while watch.get_map():
        for key, ready in watch.select():
            try:
                if ready & selectors.EVENT_READ and not key.fileobj.recv(1 << 18):
                    raise ConnectionError
                if ready & selectors.EVENT_WRITE:
                    chunk, sent = key.data
                    key.data[1] = (sent + key.fileobj.send(chunk[sent:])) % len(chunk)
            except BlockingIOError:
                pass
            except OSError:
                watch.unregister(key.fileobj)  # the hub has had enough of it


def percentile_99_ms(roda, flood, port):
    """How long lines of the hundred take to the others, while the eight are at the hub at `port`."""
    hubs = [subprocess.Popen([roda, "hub", "serve", "--listen", f"127.0.0.1:{its_port}"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL) for its_port in PORTS]
    eight = None
    try:
        for one, its_port in zip(hubs, PORTS):
            await_port(one, its_port)
        watch, clients = selectors.DefaultSelector(), []
        for number in range(CLIENTS):
            client = join(PORTS[0], f"c{number}", framed=True)
            clients.append(client)
            watch.register(client, selectors.EVENT_READ)
        time.sleep(0.5)
        eight = subprocess.Popen([sys.executable, __file__, str(port), flood], text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        eight.stdout.readline()
        return talk(watch, clients)
    finally:
        for process in [*hubs, eight] if eight else hubs:
            process.kill()
            process.wait()


def talk(watch, clients):
    """Ten speak ten times a second; the 99th percentile of all that the others wait, in ms."""
    begin = time.monotonic()
    waits, spoken, due = [], 0, begin
    while (now := time.monotonic()) < begin + SECONDS:
        while due <= now:
            speaker = spoken % SPEAKERS
            text = f"c{speaker} | all clients | broadcast_not_me | @{due:.6f}@".encode()
            clients[speaker].sendall(b"\x03" + len(text).to_bytes(4, "big") + text)
            spoken += 1
            due += INTERVAL_S / SPEAKERS
        for key, _ in watch.select(max(0, due - time.monotonic())):
            arrived = time.monotonic()
            words = key.fileobj.recv(1 << 16).split(b"@")
            waits += [arrived - float(at) for at in words if at[:1].isdigit() and b"." in at]
    expected = spoken * (CLIENTS - 1)
    if len(waits) < 0.9 * expected:
        print(f"scripts/bench: {len(waits)} of {expected} lines came in time", file=sys.stderr)
    return {"p99_ms": statistics.quantiles(waits, n=100)[98] * 1e3} if waits else {"p99_ms": float("nan")}


def hub_abuse(rounds, roda):
    """Each round takes a minute and a half, or a quarter of that with HUB_ABUSE."""
    chosen = os.environ.get("HUB_ABUSE")
    if chosen and chosen not in FLOODS:
        raise SystemExit(f"scripts/bench: HUB_ABUSE is none of: {', '.join(FLOODS)}")
    print("\n| eight at a hub send, without a pause | p99 of the others, ms | the eight at another hub "
          "| within a round |\n|---|---|---|---|")
    for flood in [chosen] if chosen else FLOODS:
        results = interleave(rounds, {
            "same": lambda: percentile_99_ms(roda, flood, PORTS[0]),
            "other": lambda: percentile_99_ms(roda, flood, PORTS[1])})
        of = lambda name: spread([row["p99_ms"] for row in results[name]], "{:.1f}")
        print(f"| {flood} | {of('same')} | {of('other')} "
              f"| {ratios(results, 'same', 'other', 'p99_ms')} |", flush=True)


if __name__ == "__main__":
    abuse(int(sys.argv[1]), sys.argv[2])
