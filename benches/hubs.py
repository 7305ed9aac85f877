"""The sections of scripts/bench about `hub`: deliveries, connections held, and clients that do not
read; beside a minimal C forwarder, a threaded Python server, ncat, ngircd and mosquitto, if PEERS names the folder of the first two.
"""
import os, re, resource, shutil, subprocess, tempfile, time

from figures import interleave, ratios, spread

PORT = 7400
# Clients, messages, senders, outstanding.
LOADS = [(100, 20000, 1, 32), (100, 20000, 20, 100), (1000, 2000, 20, 100)]


def servers(roda, folder):
    """How each server is started, and what the load speaks with it."""
    found = {"roda hub": ("framed", [roda, "hub", "serve", "--listen", f"127.0.0.1:{PORT}",
                                     "--rate", "100000", "--max-clients", "12000"])}
    peers = os.environ.get("PEERS")
    if not peers:
        print("\nPEERS names no folder with hubmin.c: only roda was measured")
        return found
    hubmin = os.path.join(folder, "hubmin")
    subprocess.run(["gcc", "-O2", "-o", hubmin, os.path.join(peers, "hubmin.c")], check=True)
    found["C, epoll"] = ("lines", [hubmin, str(PORT), "300"])
    found["Python, threads"] = ("lines", ["python3", os.path.join(peers, "pychat.py"), str(PORT), "300"])
    found["ncat --chat"] = ("lines", ["ncat", "-l", "--chat", "-m", "1020", "127.0.0.1", str(PORT)])
    conf = os.path.join(folder, "ngircd.conf")
    with open(conf, "w") as file:
        file.write("[Global]\nName = irc.test\nInfo = test\nListen = 127.0.0.1\n"
                   f"Ports = {PORT}\nServerUID = 0\nServerGID = 0\n[Limits]\nMaxConnections = 0\n"
                   "MaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\n"
                   "[Options]\nDNS = no\nIdent = no\nPAM = no\nChrootDir = \n")
    found["ngircd"] = ("irc", ["ngircd", "-n", "-f", conf])
    conf = os.path.join(folder, "mosquitto.conf")
    with open(conf, "w") as file:
        file.write(f"listener {PORT} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
                   "max_inflight_messages 0\nset_tcp_nodelay true\nuser root\n")
    found["mosquitto"] = ("mqtt", ["mosquitto", "-c", conf])
    for name in [name for name, (_, words) in found.items() if not shutil.which(words[0])]:
        print(f"\n{name} is not installed: not measured")
        del found[name]
    return found


def load(program, server, clients, messages, senders, outstanding, deaf=0):
    """One server under one load; the figures."""
    protocol, command = server
    hub = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    try:
        await_port(hub)
        words = [protocol, PORT, clients, messages, senders, outstanding, deaf, hub.pid]
        out = subprocess.run([program, *map(str, words)], capture_output=True, text=True,
                             timeout=120).stdout
        figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}
        whole = figures.get("share", 0) == 1
        return figures if whole else {key: float("nan") for key in
                                      ("deliveries_per_s", "cpu_ns", "p50_us", "p99_us", "held_kb")}
    finally:
        hub.kill()
        hub.wait()


def await_port(hub, port=PORT):
    """Waits until somebody listens, without connecting: a server may count its clients."""
    listening = f"0100007F:{port:04X}", f"00000000:{port:04X}"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and hub.poll() is None:
        with open("/proc/net/tcp") as table:
            if any(line.split()[1] in listening and line.split()[3] == "0A"
                   for line in table.readlines()[1:]):
                return
        time.sleep(0.01)
    raise SystemExit(f"scripts/bench: {hub.args} does not listen")


def hub(rounds, roda, program):
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    with tempfile.TemporaryDirectory() as folder:
        known = servers(roda, folder)
        base = "C, epoll" if "C, epoll" in known else "roda hub"
        print("\n| hub: clients · senders · outstanding | server | deliveries/s | to C | CPU ns each |")
        print("|---|---|---|---|---|")
        for clients, messages, senders, outstanding in LOADS:
            results = interleave(rounds, {
                name: lambda s=server: load(program, s, clients, messages, senders, outstanding)
                for name, server in known.items()})
            for name in known:
                of = lambda key: spread([row[key] for row in results[name]])
                print(f"| {clients} · {senders} · {outstanding} | {name} | {of('deliveries_per_s')} "
                      f"| {ratios(results, name, base, 'deliveries_per_s')} | {of('cpu_ns')} |")


def hub_held(rounds, roda, program):
    """Connections held, and the others' latency while some do not read."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    with tempfile.TemporaryDirectory() as folder:
        server = servers(roda, folder)["roda hub"]
    held = load(program, server, 10000, 3, 1, 1)
    print(f"\n10,000 connections held: {held['held_kb'] / 1024:.0f} MB")
    # In small kernel buffers, what is said to the deaf soon waits in the hub, and they are dropped.
    for buffer in ("tcp_rmem", "tcp_wmem"):
        with open(f"/proc/sys/net/ipv4/{buffer}", "w") as setting:
            setting.write("4096 16384 65536")
    results = interleave(rounds, {
        "100 read": lambda: load(program, server, 100, 20000, 1, 1),
        "100 read, 50 do not": lambda: load(program, server, 150, 20000, 1, 1, 50)})
    print("\n| hub, one message at a time | p50 µs | p99 µs | p99 to none deaf |\n|---|---|---|---|")
    for name in results:
        of = lambda key: spread([row[key] for row in results[name]])
        print(f"| {name} | {of('p50_us')} | {of('p99_us')} | {ratios(results, name, '100 read', 'p99_us')} |")
