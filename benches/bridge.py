"""The section of scripts/bench about `roda bridge`: two sites, which are LANs of network namespaces, and
a NATS server that their bridges reach. Bulk, one line, and memory, beside a bare publisher and a bare
subscriber with the same client library (benches/bridge/bare_nats.rs), on the hosts of the bridges.
"""
import json, os, re, shutil, signal, subprocess, tempfile, time

import circle
from circle import LINE_BYTES, MESSAGES, WAIT_S, latency_between, leave, member, sh
from figures import interleave, ratios, spread

SWITCH = "roda-bench-sites"
SERVER, PORTO, BARCO, ANA, BIA = HOSTS = [f"roda-bench-site-{n}" for n in ("nats", "porto", "barco", "ana", "bia")]
# The LANs that each is on: that of the server, and those of the sites.
LANS = {SERVER: [0], PORTO: [1, 0], BARCO: [2, 0], ANA: [1], BIA: [2]}
ROOM = ["--room", "bench"]
NO_HISTORY = ["--no-history"]


class Sites:
    """Two sites and a server, without the offloads that real cables do not have."""

    def __enter__(self):
        if not shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin"):
            raise SystemExit("scripts/bench: nats-server is missing; as root: apt-get install nats-server")
        self.__exit__()
        sh(f"ip netns add {SWITCH}")
        for lan in range(3):
            sh(f"ip -n {SWITCH} link add lan{lan} type bridge mcast_snooping 0; ip -n {SWITCH} link set lan{lan} up")
        for number, (host, lans) in enumerate(LANS.items(), 1):
            sh(f"ip netns add {host}; ip -n {host} link set lo up")
            for at, lan in enumerate(lans):
                port = f"p{number}-{at}"
                sh(f"ip -n {SWITCH} link add {port} type veth peer name v{at} netns {host};"
                   f"ip -n {SWITCH} link set {port} master lan{lan} up;"
                   f"ip -n {host} addr add 10.78.{lan}.{number}/24 dev v{at}; ip -n {host} link set v{at} up")
                sh(f"ip netns exec {host} ethtool -K v{at} tso off gso off gro off tx off;"
                   f"ip netns exec {SWITCH} ethtool -K {port} tso off gso off gro off tx off", check=False)
            sh(f"ip -n {host} route add 224.0.0.0/4 dev v0")
        self.log = tempfile.TemporaryFile("w+")
        path = os.environ["PATH"] + ":/usr/sbin"
        self.server = subprocess.Popen(["ip", "netns", "exec", SERVER, "nats-server", "-a", "10.78.0.1"],
                                       stderr=self.log, env={**os.environ, "PATH": path})
        await_text(self.log, "Server is ready")
        return self

    def __exit__(self, *_):
        if hasattr(self, "server"):
            leave(self.server)
        for name in [*HOSTS, SWITCH]:
            # Whatever a run that failed has left.
            for pid in sh(f"ip netns pids {name}", check=False).stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            sh(f"ip netns del {name}", check=False)


URL = "nats://10.78.0.1:4222"


def await_text(file, text):
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        file.seek(0)
        if text in file.read():
            return
        time.sleep(0.02)
    file.seek(0)
    raise SystemExit(f"scripts/bench: nobody said {text}: {file.read()}")


def bridge_at(roda, host, name, folder):
    home = os.path.join(folder, name)
    env = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": home}
    args = ["ip", "netns", "exec", host, roda, "bridge", "--nats", URL, "--name", name, "--public",
            "--interface", "v0", "--lang", "en", *ROOM, *NO_HISTORY]
    errors = open(os.path.join(folder, f"{name}.err"), "w+")
    process = subprocess.Popen(args, env=env, stderr=errors, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return process, errors


def bridged(roda, folder, out):
    """Ana at one site and Bia at the other, and their bridges; Bia's lines go to a file or a pipe."""
    bia, _ = member(roda, BIA, "bia", folder, NO_HISTORY, stdin=subprocess.PIPE, stdout=out)
    ana, errors = member(roda, ANA, "ana", folder, NO_HISTORY, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    bridges = [bridge_at(roda, host, name, folder) for host, name in ((PORTO, "porto"), (BARCO, "barco"))]
    for _, told in bridges:
        await_text(told, "this bridge carries the room")
    await_text(errors, "connected with barco")
    time.sleep(0.5)  # the hellos are said
    return ana, bia, [process for process, _ in bridges]


def most_mib(process):
    with open(f"/proc/{process.pid}/status") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


def lines_of(folder):
    path = os.path.join(folder, "lines")
    with open(path, "w") as file:
        file.writelines(f"{n:08d}".ljust(LINE_BYTES, "x") + "\n" for n in range(MESSAGES))
    return path


def across(roda):
    """Seconds from the first line typed at one site until the last one is in a file at the other."""
    with tempfile.TemporaryDirectory() as folder:
        lines, out = lines_of(folder), open(os.path.join(folder, "out"), "w+b")
        shown_bytes = MESSAGES * len("[00:00:00] ana: " + "x" * LINE_BYTES + "\n")
        ana, bia, bridges = bridged(roda, folder, out)
        begin = time.monotonic()
        cat = subprocess.Popen(["cat", lines], stdout=ana.stdin)
        while os.fstat(out.fileno()).st_size < shown_bytes:
            time.sleep(0.002)
            if time.monotonic() > begin + WAIT_S:
                size = os.fstat(out.fileno()).st_size
                raise SystemExit(f"scripts/bench: {size} of {shown_bytes} bytes were shown beyond")
        seconds = time.monotonic() - begin
        memory = max(most_mib(process) for process in bridges)
        cat.wait(WAIT_S)
        for process in (ana, bia, *bridges):
            leave(process)
        out.seek(0)
        numbers = [int(line.split(b"ana: ", 1)[1][:8]) for line in out]
        assert numbers == list(range(MESSAGES)), "a line was lost, repeated or out of order"
        return {"seconds": seconds, "mib": memory}


def counted(bare, subject):
    """What counts messages on the other site's host."""
    process = subprocess.Popen(["ip", "netns", "exec", BARCO, bare, "nats-count", URL, subject],
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert "listening" in process.stderr.readline()
    return process


def count_of(process, begin_ns):
    found = json.loads(process.communicate(timeout=WAIT_S)[1].splitlines()[-1])
    return {"seconds": (found["last_ns"] - begin_ns) / 1e9, "got": found["got"], "bytes": found["bytes"]}


def bridge_alone(roda, bare):
    """A member speaks to a bridge alone; until the last frame has come from the server."""
    with tempfile.TemporaryDirectory() as folder:
        lines = lines_of(folder)
        bridge, errors = bridge_at(roda, PORTO, "porto", folder)
        await_text(errors, "this bridge carries the room")
        ana, errors = member(roda, ANA, "ana", folder, NO_HISTORY, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        await_text(errors, "porto is here")
        time.sleep(0.5)
        count, begin = counted(bare, "roda.1.*"), time.monotonic_ns()
        cpu = processor_s(bridge)
        cat = subprocess.Popen(["cat", lines], stdout=ana.stdin)
        found = count_of(count, begin)
        cpu = processor_s(bridge) - cpu
        cat.wait(WAIT_S)
        leave(ana), leave(bridge)
        return {**found, "cpu": cpu}


def processor_s(process):
    with open(f"/proc/{process.pid}/stat") as file:
        words = file.read().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def bare_bulk(bare, message_bytes, count):
    """A bare publisher's seconds until the last of so many messages has come from the server."""
    with tempfile.NamedTemporaryFile("w+") as file:
        file.writelines("x" * message_bytes + "\n" for _ in range(count))
        file.flush()
        counting, begin = counted(bare, "bench"), time.monotonic_ns()
        with open(file.name) as said:
            speaker = subprocess.Popen(["ip", "netns", "exec", PORTO, bare, "nats-send", URL, "bench"],
                                       stdin=said, stderr=subprocess.DEVNULL)
            found = count_of(counting, begin)
            _, status, usage = os.wait4(speaker.pid, 0)
            speaker.returncode = status
            assert status == 0 and found["got"] == count, f"{found['got']} of {count} messages came"
        return {**found, "cpu": usage.ru_utime + usage.ru_stime}


def bare_latency(bare):
    hearing = subprocess.Popen(["ip", "netns", "exec", BARCO, bare, "nats-receive", URL, "bench"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    hearing.stderr.readline()
    speaker = subprocess.Popen(["ip", "netns", "exec", PORTO, bare, "nats-send", URL, "bench"],
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    speaker.stderr.readline()
    return latency_between(bare, hearing, speaker)


def roda_latency(roda, bare):
    with tempfile.TemporaryDirectory() as folder:
        ana, bia, bridges = bridged(roda, folder, subprocess.PIPE)
        found = latency_between(bare, bia, ana)
        for process in bridges:
            leave(process)
        return found


def bridge(rounds, roda, bare):
    """What the bridge's figures are: one line, bulk, the bridge alone, memory."""
    with Sites(), circle.Network():
        results = interleave(rounds, {
            "bare latency": lambda: bare_latency(bare),
            "roda latency": lambda: roda_latency(roda, bare),
            "one LAN": lambda: {"seconds": circle.roda_bulk(roda, 3, NO_HISTORY)[0]},
            "across": lambda: across(roda),
            "alone": lambda: bridge_alone(roda, bare),
            "bare lines": lambda: bare_bulk(bare, LINE_BYTES, MESSAGES),
        })
        frames = results["alone"][0]["got"]
        size = results["alone"][0]["bytes"] // frames
        results |= interleave(rounds, {"bare frames": lambda: bare_bulk(bare, size, frames)})
    of = lambda row, key, form: spread([found[key] for found in results[row]], form)
    us = lambda row, key: spread([found[key] / 1e3 for found in results[row]], "{:.0f}")
    pairs = list(zip(results["roda latency"], results["bare latency"]))
    added = spread([(one["p50_ns"] - other["p50_ns"]) / 1e3 for one, other in pairs], "{:.0f}")
    print("\n| one way at 1,000/s, from stdin to stdout | p50, µs | p99, µs |\n|---|---|---|")
    print(f"| bare publisher, server, bare subscriber | {us('bare latency', 'p50_ns')} | {us('bare latency', 'p99_ns')} |")
    print(f"| chat, bridge, server, bridge, chat | {us('roda latency', 'p50_ns')} | {us('roda latency', 'p99_ns')} |")
    print(f"| added, within a round (goal: 1,500) | {added} | |")
    print(f"\n| {MESSAGES} lines of {LINE_BYTES} bytes | seconds |\n|---|---|")
    print(f"| one LAN, 1→3 | {of('one LAN', 'seconds', '{:.2f}')} |")
    print(f"| across two bridges and a server, 1→1 | {of('across', 'seconds', '{:.2f}')} |")
    print(f"| across to one LAN, within a round (goal: 1.5) | {ratios(results, 'across', 'one LAN', 'seconds')} |")
    print("\n| one publisher until the last message has come from the server | seconds | its processor time, s |\n|---|---|---|")
    both = lambda row: f"{of(row, 'seconds', '{:.2f}')} | {of(row, 'cpu', '{:.2f}')}"
    print(f"| bare, {MESSAGES} lines of {LINE_BYTES} bytes | {both('bare lines')} |")
    print(f"| bare, {frames} messages of {size} bytes, as the frames of those lines are | {both('bare frames')} |")
    print(f"| a bridge, while a member says those lines to it alone | {both('alone')} |")
    to = lambda row, key: ratios(results, row, "alone", key)
    print(f"| rate of the bridge to bare lines, within a round (goal: 0.5) | {to('bare lines', 'seconds')} | {to('bare lines', 'cpu')} |")
    print(f"| rate of the bridge to bare frames, within a round | {to('bare frames', 'seconds')} | {to('bare frames', 'cpu')} |")
    print(f"\n| memory of the bridges at most, MiB (goal: 32) | {of('across', 'mib', '{:.1f}')} |\n|---|---|", flush=True)
