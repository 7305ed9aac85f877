"""The archive of messages: how long `roda history` takes beside rg and a plain LIKE, as whole
processes with a warm cache; what a message takes on the disk; and a chat that starts with all of it."""
import os, shutil, subprocess, tempfile, time

import archive_live

COUNT = int(os.environ.get("ARCHIVE_MESSAGES", "1000000"))
# What is looked for: roda's arguments, rg's pattern, and LIKE's condition.
QUERIES = {
    "the newest": ([], None, "1"),
    "a common word": (["palavra1"], r"\bpalavra1\b", "text LIKE '%palavra1%'"),
    "a rare word": (["palavra49123"], r"\bpalavra49123\b", "text LIKE '%palavra49123%'"),
    "a phrase": (["palavra3 palavra7"], r"\bpalavra3 palavra7\b", "text LIKE '%palavra3 palavra7%'"),
    "a beginning": (["palavra4912*"], r"\bpalavra4912", "text LIKE '%palavra4912%'"),
    "one letter": (["p*"], r"\bp", "text LIKE '%p%'"),
    "--from": (["--from", "pessoa17", "palavra1"], r'"pessoa17".*\bpalavra1\b', None),
    "--since": (["--since", "2026-06-01", "palavra1"], None, None),
    "--since --until": (["--since", "2026-02-01", "--until", "2026-02-03", "palavra5"], None, None),
}


def made(program, folder):
    """Writes the messages; the paths of the archive and of the same as JSON lines."""
    archive, lines = os.path.join(folder, "archive.db"), os.path.join(folder, "lines.jsonl")
    written = subprocess.run([program, str(COUNT), archive, lines], check=True, capture_output=True, text=True)
    print(f"{COUNT:,} messages, written at {int(written.stdout.split()[-1]):,} a second; "
          f"{os.path.getsize(archive) / COUNT:.0f} bytes each, {os.path.getsize(lines) / COUNT:.0f} as JSON lines")
    return archive, lines


def timed(args, runs):
    """Milliseconds of each of some runs of a process; the first warms the cache."""
    times = []
    for _ in range(runs + 1):
        begin = time.monotonic()
        done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        times.append((time.monotonic() - begin) * 1e3)
        if done.returncode not in (0, 1):
            raise SystemExit(f"scripts/bench: {args} ended with {done.returncode}")
    return sorted(times[1:])


def cell(times):
    at = lambda hundredths: times[min(len(times) - 1, len(times) * hundredths // 100)]
    return f"{at(50):.1f} / {at(99):.1f}"


def archive(rounds, roda, program):
    """Prints the table: milliseconds, median / 99th percentile."""
    runs = max(rounds * 10, 20)
    with tempfile.TemporaryDirectory() as folder:
        path, lines = made(program, folder)
        tools = [tool for tool in ("rg", "sqlite3") if shutil.which(tool)]
        print(f"\nms, median / 99th percentile of {runs} runs: whole processes, warm cache; beside them: "
              f"{', '.join(tools) or 'neither rg nor sqlite3 is installed'}\n")
        print("| first page of | roda history | rg, all matches | LIKE, newest 50 |\n|---|---|---|---|")
        for name, (args, pattern, like) in QUERIES.items():
            own = timed([roda, "history", "--archive", path, *args], runs)
            rg = timed(["rg", "-N", pattern, lines], max(runs // 10, 5)) if pattern and "rg" in tools else None
            select = f"SELECT text FROM messages WHERE {like} ORDER BY row DESC LIMIT 50"
            plain = timed(["sqlite3", "-readonly", path, select], max(runs // 10, 5)) \
                if like and "sqlite3" in tools else None
            others = [cell(times) if times else "" for times in (rg, plain)]
            print(f"| {name} | {cell(own)} | {' | '.join(others)} |", flush=True)
        archive_live.start(rounds, roda, path)
