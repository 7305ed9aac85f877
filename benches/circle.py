"""The sections of scripts/bench about `chat`: bulk on four hosts under loss, latency, memory. Hosts are
network namespaces on a bridge, made here and removed here; loss is nft's `numgen random` on everything
that comes in, data and feedback. Beside it, behind the harness that PEERS names, NORM and a raw TCP star.
"""
import json, os, re, signal, subprocess, sys, tempfile, time

from figures import interleave, ratios, spread

HOSTS = [f"roda-bench{n}" for n in range(4)]
SWITCH = "roda-bench-switch"
MESSAGES = 100_000
LINE_BYTES = 200
WAIT_S = 60
LOSSES = [0, 1, 5, 20]


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True)


class Network:
    """Four hosts on one switch, without the offloads that real cables do not have."""

    def __enter__(self):
        self.__exit__()
        sh(f"ip netns add {SWITCH}; ip -n {SWITCH} link add lan type bridge mcast_snooping 0;"
           f"ip -n {SWITCH} link set lan up")
        for n, host in enumerate(HOSTS):
            sh(f"ip netns add {host}; ip -n {host} link set lo up;"
               f"ip -n {SWITCH} link add p{n} type veth peer name v0 netns {host};"
               f"ip -n {SWITCH} link set p{n} master lan up;"
               f"ip -n {host} addr add 10.77.0.{n + 1}/24 dev v0; ip -n {host} link set v0 up;"
               f"ip -n {host} route add 224.0.0.0/4 dev v0")
            sh(f"ip netns exec {host} ethtool -K v0 tso off gso off gro off tx off;"
               f"ip netns exec {SWITCH} ethtool -K p{n} tso off gso off gro off tx off", check=False)
        return self

    def __exit__(self, *_):
        for name in [*HOSTS, SWITCH]:
            sh(f"ip netns del {name}", check=False)

    def lose(self, percent):
        for host in HOSTS:
            sh(f"ip netns exec {host} nft flush ruleset")
            if percent:
                rule = f"numgen random mod 1000 < {percent * 10} drop"
                sh(f"ip netns exec {host} nft 'add table ip l; add chain ip l c "
                   f"{{ type filter hook input priority 0; }}; "
                   f"add rule ip l c iifname v0 meta l4proto {{ tcp, udp }} {rule}'")


def member(roda, host, name, folder, options=(), **pipes):
    home = os.path.join(folder, name)
    env = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": home}
    args = ["ip", "netns", "exec", host, roda, "chat", "--name", name, "--room", "bench",
            "--lang", "en", *options]
    errors = open(os.path.join(folder, f"{name}.err"), "w+")
    return subprocess.Popen(args, env=env, stderr=errors, **pipes), errors


def met(errors, how_many, wait_s=WAIT_S):
    """Waits until a member has met so many others."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        errors.seek(0)
        here = len(re.findall(r" (?:entered|is here)$", errors.read(), re.M))
        if here >= how_many:
            return
        time.sleep(0.02)
    raise SystemExit(f"scripts/bench: a member met {here} of {how_many} others in {wait_s} s")


def leave(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def roda_bulk(roda, receivers, options=(), after=None):
    """Seconds from the first line typed until every receiver has written the last one to its file; and
    what `after` gives then, while all still run, of the folder with their homes."""
    with tempfile.TemporaryDirectory() as folder:
        lines = os.path.join(folder, "lines")
        with open(lines, "w") as file:
            file.writelines(f"{n:08d}".ljust(LINE_BYTES, "x") + "\n" for n in range(MESSAGES))
        shown_bytes = MESSAGES * len("[00:00:00] s: " + "x" * LINE_BYTES + "\n")
        hearing = []
        for n in range(1, receivers + 1):
            out = open(os.path.join(folder, f"out{n}"), "w+b")
            process, _ = member(roda, HOSTS[n], f"r{n}", folder, options, stdin=subprocess.PIPE, stdout=out)
            hearing.append((process, out))
        speaker, errors = member(roda, HOSTS[0], "s", folder, options, stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL)
        met(errors, receivers)
        time.sleep(0.5)  # the hellos are said
        begin = time.monotonic()
        cat = subprocess.Popen(["cat", lines], stdout=speaker.stdin)
        while any(os.fstat(out.fileno()).st_size < shown_bytes for _, out in hearing):
            time.sleep(0.002)
            if time.monotonic() > begin + WAIT_S:
                raise SystemExit("scripts/bench: not all lines were shown")
        seconds = time.monotonic() - begin
        found = after(folder) if after else None
        cat.wait(WAIT_S)
        for process in [speaker, *(process for process, _ in hearing)]:
            leave(process)
        for _, out in hearing:
            out.seek(0)
            numbers = [int(line.split(b"s: ", 1)[1][:8]) for line in out]
            assert numbers == list(range(MESSAGES)), "a line was lost, repeated or out of order"
        return seconds, found


def peer_bulk(program, backend, args, env=""):
    hosts = ",".join(HOSTS)
    command = (f"{env} timeout 60 {program} -b {backend} -N {hosts} -r 3 -I any -A 10.77.0.1 "
               f"-n {MESSAGES} -T 25 -q 6 {args}")
    out = sh(command, check=False).stdout
    figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}
    complete = figures.get("min_frac", 0) >= 1
    return figures["secs"] if complete else float("nan")


def circle(rounds, roda, baseline=None):
    """100,000 messages of 200 bytes in a room, one to three, at four rates of loss."""
    program = os.environ.get("PEERS_PROGRAM")
    rows = {"roda chat": lambda: roda_bulk(roda, 3, ["--no-history"])[0],
            "roda chat that archives": lambda: roda_bulk(roda, 3)[0]}
    if baseline:
        rows["baseline"] = lambda: roda_bulk(baseline, 3)[0]
    if program:
        rows["NORM"] = lambda: peer_bulk(program, "norm-ack", "-x 2e8", "NORM_IF=v0")
        rows["raw TCP to each"] = lambda: peer_bulk(program, "tcpstar", "-w 5000")
    else:
        print("\nPEERS_PROGRAM names no program of the common harness: its rows were not measured")
    results = {row: {loss: [] for loss in LOSSES} for row in rows}
    with Network() as network:
        for number in range(rounds):
            for loss in LOSSES:
                network.lose(loss)
                for row, measure in rows.items():
                    results[row][loss].append(measure())
                    print(f"round {number + 1} {loss} % {row}: {results[row][loss][-1]:.2f} s",
                          file=sys.stderr, flush=True)
    print(f"\n| {MESSAGES} messages of {LINE_BYTES} bytes, 1→3, seconds | "
          + " | ".join(f"{loss} %" for loss in LOSSES) + " |\n|---|" + "---|" * len(LOSSES))
    for row, by_loss in results.items():
        print(f"| {row} | " + " | ".join(spread(by_loss[loss], "{:.2f}") for loss in LOSSES) + " |")
    for base in [row for row in rows if row != "roda chat"]:
        ratio = lambda loss: [a / b for a, b in zip(results["roda chat"][loss], results[base][loss])]
        print(f"| roda chat to {base}, within a round | "
              + " | ".join(spread(ratio(loss), "{:.2f}") for loss in LOSSES) + " |")


def latency_through(roda, bare, options=()):
    """Nanoseconds from one stdin to another stdout, at 1,000 lines a second."""
    with tempfile.TemporaryDirectory() as folder:
        hearing, _ = member(roda, HOSTS[1], "r", folder, options, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
        speaker, errors = member(roda, HOSTS[0], "s", folder, options, stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL)
        met(errors, 1)
        time.sleep(0.5)
        return latency_between(bare, hearing, speaker)


def latency_between(bare, hearing, speaker):
    hear = subprocess.Popen([bare, "hear", "1500"], stdin=hearing.stdout,
                            stderr=subprocess.PIPE, text=True)
    talk = subprocess.Popen([bare, "talk", "1500", "1000", "", ""], stdout=speaker.stdin,
                            stderr=subprocess.DEVNULL)
    hearing.stdout.close()
    talk.wait(WAIT_S)
    time.sleep(0.3)
    speaker.stdin.close()
    leave(speaker), leave(hearing)
    return json.loads(hear.communicate(timeout=WAIT_S)[1].splitlines()[-1])


def circle_latency(rounds, roda, bare, baseline=None):
    """1,000 lines a second from one stdin to another stdout, beside a bare pair of relays."""
    def through_bare():
        hearing = subprocess.Popen(["ip", "netns", "exec", HOSTS[1], bare, "relay-receive", "any"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        hearing.stderr.readline()
        speaker = subprocess.Popen(["ip", "netns", "exec", HOSTS[0], bare, "relay-send", "any"],
                                   stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return latency_between(bare, hearing, speaker)

    rows = {"bare, pipe to pipe": through_bare,
            "roda chat, pipe to pipe": lambda: latency_through(roda, bare, ["--no-history"]),
            "roda chat that archives, pipe to pipe": lambda: latency_through(roda, bare)}
    if baseline:
        rows["baseline, pipe to pipe"] = lambda: latency_through(baseline, bare)
    with Network():
        results = interleave(rounds, rows)
    print("\n| two hosts, one way at 1,000/s | p50, µs | p99, µs |\n|---|---|---|")
    for row, found in results.items():
        us = lambda key: spread([figure[key] / 1e3 for figure in found], "{:.0f}")
        print(f"| {row} | {us('p50_ns')} | {us('p99_ns')} |")
    for base in [row for row in rows if row != "roda chat, pipe to pipe"]:
        ratio = lambda key: ratios(results, "roda chat, pipe to pipe", base, key)
        print(f"| roda chat to {base.split(',')[0]}, within a round "
              f"| {ratio('p50_ns')} | {ratio('p99_ns')} |")


CIRCLE = 300


def circle_memory(_rounds, roda, baseline=None):
    """What a member of a large circle holds in memory, and hears while nobody speaks: all members are
    processes of one host, and their datagrams pass its loopback once."""
    circle_memory_of("roda", roda)
    circle_memory_of("roda --no-history", roda, ["--no-history"])
    if baseline:
        circle_memory_of("baseline", baseline)


def who_is_missing(members, errors):
    """Why a circle is not whole: who was not met, and which programs ended."""
    errors.seek(0)
    seen = set(re.findall(r"^(\S+) (?:entered|is here)$", errors.read(), re.M))
    missing = [n for n in range(len(members) - 1) if f"m{n}" not in seen]
    ended = {n: process.poll() for n, process in enumerate(members) if process.poll() is not None}
    return f"not met: {missing}; programs that ended, with their codes: {ended}"


def circle_memory_of(row, roda, options=()):
    def received():
        with open(f"/proc/{members[0].pid}/net/dev") as file:
            lo = next(line.split(":")[1].split() for line in file if "lo:" in line)
        return int(lo[0])

    def held():
        """MiB of twenty members: all pages that are mapped, those of the program's file among them,
        which all processes of a machine share; with these divided by who maps them; and those that
        are a process's own."""
        found = {"Rss": [], "Pss": [], "Anonymous": []}
        for process in members[:20]:
            with open(f"/proc/{process.pid}/smaps_rollup") as file:
                text = file.read()
            for key, values in found.items():
                values.append(int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1]) / 1024)
        return [spread(values, "{:.1f}") for values in found.values()]

    members = []
    with Network(), tempfile.TemporaryDirectory() as folder:
        try:
            for n in range(CIRCLE):
                process, errors = member(roda, HOSTS[0], f"m{n}", folder, stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL,
                                         options=["--interface", "lo", *options])
                members.append(process)
                time.sleep(0.05)
            try:
                met(errors, CIRCLE - 1, wait_s=3 * WAIT_S)  # 300 programs start on few cores
            except SystemExit as failed:
                raise SystemExit(f"{failed}; {who_is_missing(members, errors)}") from None
            time.sleep(120)  # the greetings are over
            before, begin = received(), time.monotonic()
            time.sleep(120)
            bits = (received() - before) * 8 / (time.monotonic() - begin)
            idle = held()
            for line in range(2000):
                members[line % CIRCLE].stdin.write(f"line {line:4}".ljust(60, "x").encode() + b"\n")
                members[line % CIRCLE].stdin.flush()
                time.sleep(0.02)
            time.sleep(30)
            after = held()
        finally:
            for process in members:
                process.kill()
            for process in members:
                process.wait()
    print(f"\n| {row}: a member of {CIRCLE}, MiB | resident | shared pages divided | its own |"
          "\n|---|---|---|---|")
    print(f"| after 4 minutes of silence | {' | '.join(idle)} |")
    print(f"| after 2,000 lines | {' | '.join(after)} |")
    print(f"\nheard in silence: {bits / 1e3:.1f} kbit/s")
