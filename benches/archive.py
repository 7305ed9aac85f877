"""The archive of messages: how long `roda history` takes beside rg and a plain LIKE, as whole
processes with a warm cache; what a message takes on the disk; and a chat that starts with all of it.
"""
import datetime, glob, hashlib, os, shutil, subprocess, tempfile, time

import archive_live

COUNT = int(os.environ.get("ARCHIVE_MESSAGES", "1000000"))
# Enough runs that the 99th percentile is one of them and not the slowest.
RUNS = 200
# How long the others are run: they are slow, and their figures stand only beside.
BESIDE_RUNS, BESIDE_S = 10, 8
GOAL_MS = 50
# A generated file holds frames of the last six days: an older one is made anew.
CACHED_S = 12 * 3600
DAY = "2026-06-01"
SINCE_MS = int(datetime.datetime.fromisoformat(DAY).timestamp() * 1000)


def at_least(number):
    """A regular expression for the numbers of as many digits that are no smaller."""
    digits = str(number)
    larger = [f"{digits[:n]}[{int(digit) + 1}-9][0-9]{{{len(digits) - n - 1}}}"
              for n, digit in enumerate(digits) if digit != "9"]
    return f"(?:{'|'.join([digits, *larger])})"


ROW = 1 << 21  # rows of a millisecond: a row begins with the message's clock
BY = "speaker IN (SELECT number FROM speakers WHERE folded = '{}')"
# What is looked for: roda's arguments, rg's pattern, and LIKE's condition.
QUERIES = {
    "the newest": ([], None, "1"),
    "a common word": (["palavra1"], r"\bpalavra1\b", "text LIKE '%palavra1%'"),
    "a rare word": (["palavra49123"], r"\bpalavra49123\b", "text LIKE '%palavra49123%'"),
    "a phrase": (["palavra3 palavra7"], r"\bpalavra3 palavra7\b", "text LIKE '%palavra3 palavra7%'"),
    "two words": (["palavra3", "palavra7"], None, "text LIKE '%palavra3%' AND text LIKE '%palavra7%'"),
    "a beginning": (["palavra4912*"], r"\bpalavra4912", "text LIKE '%palavra4912%'"),
    "one letter": (["p*"], r"\bp", "text LIKE '%p%'"),
    "--from": (["--from", "pessoa17", "palavra1"], r'"pessoa17".*\bpalavra1\b',
               f"text LIKE '%palavra1%' AND {BY.format('pessoa17')}"),
    "--since": (["--since", DAY, "palavra1"], rf'"time":{at_least(SINCE_MS)},.*\bpalavra1\b',
                f"text LIKE '%palavra1%' AND row >= {SINCE_MS * ROW}"),
    "--since --until": (["--since", "2026-02-01", "--until", "2026-02-03", "palavra5"], None, None),
}


def version():
    """Changes whenever the generated files would."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sources = [os.path.join(root, "benches", "archive.rs"), os.path.join(root, "src", "store", "database.rs")]
    for folder in ("store", "chat"):
        sources += glob.glob(os.path.join(root, "src", folder, "archive", "*.rs"))
    digest = hashlib.sha256()
    for source in sorted(path for path in sources if "tests" not in os.path.basename(path)):
        with open(source, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:12]


def made(program, folder):
    """Writes the messages, unless ARCHIVE_CACHE has them; the paths of the archive and of the same as
    JSON lines."""
    cache = os.environ.get("ARCHIVE_CACHE")
    folder = os.path.join(cache, f"{COUNT}-{version()}") if cache else folder
    os.makedirs(folder, exist_ok=True)
    archive, lines, figures = (os.path.join(folder, name) for name in ("archive.db", "lines.jsonl", "figures"))
    if not os.path.exists(figures) or os.path.getmtime(figures) < time.time() - CACHED_S:
        for name in os.listdir(folder):
            os.remove(os.path.join(folder, name))
        written = subprocess.run([program, str(COUNT), archive, lines], check=True, capture_output=True, text=True)
        with open(figures, "w") as file:
            file.write(written.stdout)
    with open(figures) as file:
        rate, cpu_us = map(float, file.read().split()[-2:])
    print(f"{COUNT:,} messages, written at {rate:,.0f} a second with {cpu_us:.1f} µs of the processor each; "
          f"{os.path.getsize(archive) / COUNT:.0f} bytes each, {os.path.getsize(lines) / COUNT:.0f} as JSON lines")
    return archive, lines


def timed(args, runs, most_s=60):
    """Milliseconds of each of some runs of a process, of fewer if they take longer than this; the first
    warms the cache."""
    times, end = [], time.monotonic() + most_s
    while len(times) <= runs and (len(times) < 3 or time.monotonic() < end):
        begin = time.monotonic()
        done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        times.append((time.monotonic() - begin) * 1e3)
        if done.returncode not in (0, 1):
            raise SystemExit(f"scripts/bench: {args} ended with {done.returncode}")
    return sorted(times[1:])


def at(times, hundredths):
    return times[min(len(times) - 1, len(times) * hundredths // 100)]


def cell(times):
    return f"{at(times, 50):.1f} / {at(times, 99):.1f}" if times else ""


def archive(rounds, roda, program):
    """Prints the table: milliseconds, median / 99th percentile. With no rounds, it only fills the cache."""
    with tempfile.TemporaryDirectory() as folder:
        path, lines = made(program, folder)
        if not rounds:
            return
        tools = [tool for tool in ("rg", "sqlite3") if shutil.which(tool)]
        print(f"\nms, median / 99th percentile of {RUNS} runs: whole processes, warm cache; beside them, "
              f"of at most {BESIDE_RUNS}: {', '.join(tools) or 'neither rg nor sqlite3 is installed'}\n")
        print(f"| first page of | roda history | within {GOAL_MS} | rg, all matches | LIKE, newest 50 |\n"
              "|---|---|---|---|---|")
        for name, (args, pattern, like) in QUERIES.items():
            beside = lambda args: timed(args, BESIDE_RUNS, BESIDE_S)
            own = timed([roda, "history", "--archive", path, *args], RUNS)
            rg = beside(["rg", "-N", pattern, lines]) if pattern and "rg" in tools else None
            select = f"SELECT text FROM messages WHERE {like} ORDER BY row DESC LIMIT 50"
            plain = beside(["sqlite3", "-readonly", path, select]) if like and "sqlite3" in tools else None
            is_within = "yes" if at(own, 99) <= GOAL_MS else "NO"
            print(f"| {name} | {cell(own)} | {is_within} | {cell(rg)} | {cell(plain)} |", flush=True)
        archive_live.start(min(rounds, 5), roda, path)
