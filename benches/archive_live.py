"""What the archive costs a `chat` that runs: its start and its memory with a full archive, with an empty
one and without; the latency of 1,000 lines a second while they are archived; and 100,000 lines in a circle
of four, with how long the archives take behind the last one."""
import json, os, shutil, sqlite3, subprocess, tempfile, time

import circle as hosts
from figures import interleave, ratios, spread

NONE, EMPTY, FULL = "no archive", "an empty archive", "a full archive"
WAIT_S = 60


def started(roda, kind, full):
    """Milliseconds until a program is ready and until what it says is in a frame, and MiB then."""
    with tempfile.TemporaryDirectory() as home:
        data = os.path.join(home, "roda")
        os.makedirs(data)
        if kind == FULL:
            for suffix in ("", "-wal"):
                if os.path.exists(full + suffix):
                    shutil.copy(full + suffix, os.path.join(data, "archive.db" + suffix))
        env = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": home}
        args = [roda, "chat", "--name", "ana", "--room", "sala", "--json", "--lang", "en",
                "--interface", "lo", *(["--no-history"] if kind == NONE else [])]
        if kind == EMPTY:  # made before, so that its tables are not part of the start
            first = subprocess.Popen(args, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
            first.communicate(b"oi\n/sair\n", timeout=WAIT_S)
        begin = time.monotonic()
        process = subprocess.Popen(args, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        process.stdin.write(b'{"say": "oi", "id": "mine"}\n')
        process.stdin.flush()
        ready = said = None
        for line in process.stdout:
            at, event = (time.monotonic() - begin) * 1e3, json.loads(line)
            if event["event"] == "ready":
                ready = at
            if event.get("request") == "mine":
                said = at
                break
        time.sleep(2)  # what is held is loaded
        with open(f"/proc/{process.pid}/status") as status:
            resident = [int(l.split()[1]) for l in status if l.startswith("VmRSS")][0] / 1024
        hosts.leave(process)
        return {"ready": ready, "said": said, "mib": resident}


def start(rounds, roda, full):
    """The table of starts. `full` is the path of the full archive."""
    results = interleave(rounds, {kind: lambda kind=kind: started(roda, kind, full)
                                  for kind in (NONE, EMPTY, FULL)})
    print("\n| chat with | ready, ms | the first line said, ms | resident when idle, MiB |\n|---|---|---|---|")
    for kind, rows in results.items():
        of = lambda key, form: spread([row[key] for row in rows], form)
        print(f"| {kind} | {of('ready', '{:.1f}')} | {of('said', '{:.1f}')} | {of('mib', '{:.1f}')} |")
    for kind in (EMPTY, FULL):
        more = lambda key: spread([a[key] - b[key] for a, b in zip(results[kind], results[NONE])], "{:+.1f}")
        print(f"| {kind}, more than without, within a round | {more('ready')} | {more('said')} | {more('mib')} |",
              flush=True)


def stored(folder, name):
    """How many messages a member's archive holds."""
    path = os.path.join(folder, name, "roda", "archive.db")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1) as file:
            return file.execute("SELECT count(*) FROM messages").fetchone()[0]
    except sqlite3.Error:
        return 0


def complete(folder, names):
    """Seconds until all of these archives hold all lines."""
    begin = time.monotonic()
    waiting = set(names)
    while waiting:
        waiting = {name for name in waiting if stored(folder, name) < hosts.MESSAGES}
        if time.monotonic() > begin + WAIT_S:
            raise SystemExit(f"scripts/bench: the archives of {waiting} lack lines")
        time.sleep(0.05)
    return time.monotonic() - begin


def archive_live(rounds, roda, bare, baseline=None):
    """Latency and throughput, with an archive and without."""
    off = ("--no-history",)
    rows = {"roda, --no-history": lambda: hosts.latency_through(roda, bare, off),
            "roda": lambda: hosts.latency_through(roda, bare)}
    with hosts.Network():
        results = interleave(rounds, rows)
    print("\n| two hosts, one way at 1,000/s | p50, µs | p99, µs |\n|---|---|---|")
    for row, found in results.items():
        us = lambda key: spread([figure[key] / 1e3 for figure in found], "{:.0f}")
        print(f"| {row} | {us('p50_ns')} | {us('p99_ns')} |")
    ratio = lambda key: ratios(results, "roda", "roda, --no-history", key)
    print(f"| with an archive to without, within a round | {ratio('p50_ns')} | {ratio('p99_ns')} |", flush=True)

    def bulk(binary, options=(), after=None):
        seconds, behind = hosts.roda_bulk(binary, 3, options, after)
        return {"seconds": seconds, "behind": behind}

    names = ["s", "r1", "r2", "r3"]
    rows = {"roda, --no-history": lambda: bulk(roda, off),
            "roda": lambda: bulk(roda, after=lambda folder: complete(folder, names))}
    if baseline:
        rows["baseline"] = lambda: bulk(baseline)
    with hosts.Network() as network:
        network.lose(0)
        results = interleave(rounds, rows)
    print(f"\n| {hosts.MESSAGES} messages of {hosts.LINE_BYTES} bytes, 1→3 | seconds "
          "| until all four archives hold all, s after the last line |\n|---|---|---|")
    for row, found in results.items():
        behind = [figure["behind"] for figure in found if figure["behind"] is not None]
        behind = spread(behind, "{:.2f}") if behind else ""
        print(f"| {row} | {spread([figure['seconds'] for figure in found], '{:.2f}')} | {behind} |")
    print(f"| with an archive to without, within a round "
          f"| {ratios(results, 'roda', 'roda, --no-history', 'seconds')} | |")
    if baseline:
        print(f"| --no-history to baseline, within a round "
              f"| {ratios(results, 'roda, --no-history', 'baseline', 'seconds')} | |")
