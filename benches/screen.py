"""The full screen of `chat` at a terminal (a pty), beside the lines face and, where it is installed,
weechat: from a key to its echo while thousands of lines arrive, a long archive that is opened,
scrolled and searched, memory, idle processor time, the first picture. The last table has the
figures that the screen is held to. Three rounds take four minutes."""
import fcntl, os, re, shutil, signal, statistics, struct, subprocess, sys, tempfile, termios
import threading, time

import circle
from figures import spread

COLUMNS, ROWS = 120, 40
# Letters that stand in no line of the flood and in no title, so that an echo is never mistaken.
KEYS = "QVYU"
# What a terminal does not show: colours, moves, titles, links.
CONTROLS = re.compile(rb"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]"
                      rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b.")
FLOOD_LINES_S = int(os.environ.get("SCREEN_RATE", "2000"))
KEYS_TYPED = int(os.environ.get("SCREEN_KEYS", "250"))
ARCHIVED = int(os.environ.get("SCREEN_ARCHIVED", "100000"))
IDLE_S = int(os.environ.get("SCREEN_IDLE", "60"))
STARTS = int(os.environ.get("SCREEN_STARTS", "9"))
ROUNDS_MAX = 3
KEY_INTERVAL_S = 0.03
OPENING_S = 2
WAIT_S = 30
# The archive's program writes nine tenths of its messages into this room.
ROOM, SHARE = "sala", 0.9
# A word of those messages, which few of them have.
SEARCHED = "palavra491"
PAGE_UP = "\x1b[5~"
SCREEN, LINES, WEECHAT = "roda --screen", "roda --lines", "weechat"
# The flood is a process of its own, so that it takes no time from whoever measures.
POUR = """
import sys, time
rate, before, begin, number = int(sys.argv[1]), sys.argv[2], time.monotonic(), 0
while True:
    due = int((time.monotonic() - begin) * rate)
    sys.stdout.write("".join(f"{before}linha {n}\\n" for n in range(number, due)))
    sys.stdout.flush()
    number = max(number, due)
    time.sleep(0.005)
"""


class Terminal:
    """A program on a terminal of its own, whose output is always read."""

    def __init__(self, args, env):
        outer, inner_end = os.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(inner_end, termios.TIOCSWINSZ, size)
        self.keys, self.begun = outer, time.monotonic()
        self.process = subprocess.Popen(args, stdin=inner_end, stdout=inner_end, stderr=inner_end,
                                        env=env, start_new_session=True)
        os.close(inner_end)
        self.written, self.changed = bytearray(), threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                part = os.read(self.keys, 1 << 16)
            except OSError:
                return
            with self.changed:
                self.written += part
                self.changed.notify_all()

    def type(self, keys):
        os.write(self.keys, keys if isinstance(keys, bytes) else keys.encode())

    def shown(self, start=0):
        """What was written from a byte on, without what only moves and colours."""
        return CONTROLS.sub(b"", bytes(self.written[start:]))

    def first(self, is_there):
        """Milliseconds from the start of the program until it has shown something."""
        return self.waited(self.begun, 0, is_there, WAIT_S)

    def answered(self, keys, is_there=None, wait_s=WAIT_S):
        """Milliseconds from the write of a key to the read of what it makes the program write."""
        with self.changed:
            start = len(self.written)
        begin = time.monotonic()
        self.type(keys)
        return self.waited(begin, start, is_there, wait_s)

    def waited(self, begin, start, is_there, wait_s):
        with self.changed:
            while not (is_there(self.shown(start)) if is_there else len(self.written) > start):
                left = begin + wait_s - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(left)
        return (time.monotonic() - begin) * 1e3

    def quiet(self, still_s=0.3, wait_s=WAIT_S):
        """Waits until nothing was written for a while."""
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            size = len(self.written)
            time.sleep(still_s)
            if size == len(self.written):
                return

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return [int(line.split()[1]) for line in status if line.startswith("VmRSS")][0] / 1024

    def cpu_s(self):
        """Processor time of all its threads, which the kernel counts in nanoseconds."""
        tasks = f"/proc/{self.process.pid}/task"
        return sum(int(open(f"{tasks}/{task}/schedstat").read().split()[0])
                   for task in os.listdir(tasks)) / 1e9

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.keys)


def chat(roda, host, name, folder, options):
    home = os.path.join(folder, name)
    env = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": home,
           "TERM": "xterm-256color"}
    for unwanted in ("NO_COLOR", "RODA_FACE"):
        env.pop(unwanted, None)
    # The system moves this process into the host and then is the program itself.
    args = ["ip", "netns", "exec", host, roda, "chat", "--name", name, "--lang", "en", *options]
    return Terminal(args, env)


def weechat(folder):
    """weechat without a network, whose buffer is fed by its fifo; nothing if it is not installed."""
    program = shutil.which("weechat")
    if not program:
        return None, None
    fifo = os.path.join(folder, "fifo")
    env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    settings = [f"/set fifo.file.path {fifo}", "/set weechat.history.max_buffer_lines_number 0"]
    args = [program, "-d", os.path.join(folder, "weechat")]
    for line in [*settings, "/fifo enable"]:
        args += ["-r", line]
    terminal = Terminal(args, env)
    deadline = time.monotonic() + WAIT_S
    while not os.path.exists(fifo) and time.monotonic() < deadline:
        time.sleep(0.02)
    if not os.path.exists(fifo):
        terminal.end()
        return None, None
    return terminal, open(fifo, "w")


class Flood:
    """Writes so many lines a second somewhere, until it is left."""

    def __init__(self, stream, before=""):
        self.args = [sys.executable, "-c", POUR, str(FLOOD_LINES_S), before]
        self.stream = stream

    def __enter__(self):
        self.process = subprocess.Popen(self.args, stdout=self.stream, stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def echoes(terminal, keys_typed, interval_s=KEY_INTERVAL_S):
    """Milliseconds of each key to its echo. Each letter is taken back and differs from those before
    it: a row that is painted anew for another reason shows none that was not typed since."""
    times = []
    for number in range(keys_typed):
        letter = KEYS[number % len(KEYS)]
        echoed = terminal.answered(letter, lambda shown: letter.encode() in shown)
        if echoed is None:
            raise SystemExit("scripts/bench: a key was never echoed")
        times.append(echoed)
        terminal.type("\x7f")
        time.sleep(interval_s)
    return times


def at(times, hundredths):
    times = sorted(times)
    return times[min(len(times) - 1, len(times) * hundredths // 100)]


def newest(terminal):
    """The highest number of the flood that stands on the screen, which is drawn anew for it."""
    start = len(terminal.written)
    numbers = lambda shown: [int(digits) for digits in re.findall(rb"linha (\d+)", shown)]
    terminal.answered("\x0c", lambda shown: len(numbers(shown)) > ROWS // 2, wait_s=2)
    return max(numbers(terminal.shown(start)), default=0)


def keys_under_flood(roda, folder):
    """Per program, the milliseconds of its keys, and the lines a second that it showed meanwhile."""
    rows = {}

    def typed(terminal):
        time.sleep(1)
        begin, first = time.monotonic(), newest(terminal)
        times = echoes(terminal, KEYS_TYPED)
        return times, (newest(terminal) - first) / (time.monotonic() - begin)

    for row in (SCREEN, LINES):
        talking, errors = circle.member(roda, circle.HOSTS[1], "bia", folder, ["--no-history"],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        options = ["--room", "bench", "--no-history", row.split()[1]]
        terminal = chat(roda, circle.HOSTS[0], "ana", folder, options)
        circle.met(errors, 1)
        with Flood(talking.stdin):
            rows[row] = typed(terminal)
        terminal.end(), circle.leave(talking)
    terminal, fifo = weechat(folder)
    if terminal:
        with Flood(fifo, "core.weechat */print "):
            rows[WEECHAT] = typed(terminal)
        terminal.end()
    return rows


def pause(terminal, keys, count):
    """The longest wait, in ms, for the first thing that is written after each of some keys, and how
    many were answered; no more are typed once the end is reached and nothing changes."""
    waits, unanswered = [], 0
    while len(waits) < count and unanswered < 3:
        for key in keys:
            wait = terminal.answered(key, wait_s=0.5)
            waits += [wait] if wait is not None else []
            unanswered = unanswered + 1 if wait is None else 0
            time.sleep(0.005)
    return max(waits, default=0), len(waits)


def letters_pause(terminal):
    """The longest wait for what is written after each letter of a search."""
    return max(terminal.answered(letter, wait_s=2) or 2000 for letter in SEARCHED)


def opened(roda, path, folder, row):
    """A program with a copy of the archive, and the milliseconds to its first picture."""
    copy = os.path.join(folder, f"copy {row}.db")
    if not os.path.exists(copy):
        shutil.copy(path, copy)
    face = row.split()[1]
    terminal = chat(roda, circle.HOSTS[0], "ana", folder, ["--room", ROOM, "--archive", copy, face])
    # The prompt of the one, the title of the other.
    sign = b"ana> " if face == "--lines" else ROOM.encode()
    first = terminal.first(lambda shown: sign in shown)
    if first is None:
        raise SystemExit(f"scripts/bench: {row} never showed a picture")
    return terminal, first


def archived(roda, program, folder):
    """A long archive: start, scrolling and searching; memory of both faces with it."""
    path, lines = os.path.join(folder, "long.db"), os.path.join(folder, "lines.jsonl")
    subprocess.run([program, str(int(ARCHIVED / SHARE)), path, lines], check=True,
                   stdout=subprocess.DEVNULL)
    figures, starts = {}, {SCREEN: [], LINES: []}
    for number in range(STARTS):
        for row, times in starts.items():
            terminal, first = opened(roda, path, folder, row)
            times.append(first)
            if number == 0:
                terminal.quiet()
            elif number == 1:
                figures[row, "pause, opening"] = max(echoes(terminal, int(OPENING_S / 0.02), 0.015))
                figures[row, "memory, opened"] = terminal.memory_mib()
            terminal.end()
    for row, times in starts.items():
        figures[row, "first picture"] = statistics.median(times)
        print(f"| start to first picture, {row} | {spread(times, '{:.0f}')} ms |", flush=True)
    terminal, _ = opened(roda, path, folder, SCREEN)
    terminal.quiet()
    scrolled = 0
    for name, keys, count in [("PgUp", [PAGE_UP], 1000), ("PgDn", ["\x1b[6~"], 200),
                              ("Ctrl-Home and Ctrl-End", ["\x1b[1;5H", "\x1b[1;5F"], 10)]:
        longest, answered = pause(terminal, keys, count)
        scrolled = max(scrolled, longest)
        print(f"| longest pause, {name} ×{answered} | {longest:.0f} ms |", flush=True)
    figures[SCREEN, "pause, scrolling"] = scrolled
    terminal.type("\x06")
    terminal.quiet()
    figures[SCREEN, "pause, searching"] = letters_pause(terminal)
    found = terminal.waited(time.monotonic(), 0, lambda shown: b" found" in shown[-2000:], WAIT_S)
    next_ones, count = pause(terminal, ["\x10"], 50)
    figures[SCREEN, "pause, searching"] = max(figures[SCREEN, "pause, searching"], next_ones)
    print(f"| what was found stood there after | {'never' if found is None else f'{found:.0f} ms'} |"
          f"\n| longest pause, the next of what was found ×{count} | {next_ones:.0f} ms |", flush=True)
    terminal.quiet()
    figures[SCREEN, "memory, scrolled and searched"] = terminal.memory_mib()
    terminal.end()
    return figures


def scrollback(folder):
    """weechat with as many lines: its memory, and its pauses."""
    terminal, fifo = weechat(folder)
    if not terminal:
        return {}
    terminal.quiet()
    empty = terminal.memory_mib()
    for number in range(ARCHIVED):
        fifo.write(f"core.weechat */print linha {number} com mais palavras, como se fala\n")
    fifo.flush()
    terminal.quiet(1, 120)
    full = terminal.memory_mib()
    scrolling, _ = pause(terminal, [PAGE_UP], 1000)
    terminal.type("\x12")
    terminal.quiet()
    figures = {(WEECHAT, "memory, opened"): full,
               (WEECHAT, "memory over an empty one"): full - empty,
               (WEECHAT, "pause, scrolling"): scrolling,
               (WEECHAT, "pause, searching"): letters_pause(terminal)}
    terminal.end()
    return figures


def idle(roda, folder):
    """Shares of a core, in percent, that all take in a room in which nothing is said."""
    places = [(LINES, circle.HOSTS[0], "ana"), (SCREEN, circle.HOSTS[1], "bia")]
    options = ["--room", "bench", "--no-history"]
    faces = {row: chat(roda, host, name, folder, [*options, row.split()[1]])
             for row, host, name in places}
    other, _ = weechat(folder)
    if other:
        faces[WEECHAT] = other
    time.sleep(5)  # the hellos are said
    before, begin = {row: it.cpu_s() for row, it in faces.items()}, time.monotonic()
    time.sleep(IDLE_S)
    seconds = time.monotonic() - begin
    shares = {(row, "idle"): (it.cpu_s() - before[row]) / seconds * 100
              for row, it in faces.items()}
    for it in faces.values():
        it.end()
    return shares


def verdicts(runs, figures):
    """The figures that the screen is held to: measured, beside the others, and what is allowed."""
    for row, rounds in runs.items():
        figures[row, "key"] = statistics.median(at(times, 99) for times, _ in rounds)
    figures[SCREEN, "memory over"] = (figures[SCREEN, "memory, scrolled and searched"]
                                      - figures[LINES, "memory, opened"])
    figures[SCREEN, "idle over"] = figures[SCREEN, "idle"] - figures[LINES, "idle"]
    rows = [(f"key to screen, 99th percentile, {FLOOD_LINES_S:,} lines/s, ms", "key", 20),
            (f"longest pause, {ARCHIVED:,} archived lines opened, ms", "pause, opening", 50),
            ("longest pause, scrolled, ms", "pause, scrolling", 50),
            ("longest pause, searched, ms", "pause, searching", 50),
            ("memory with them, opened, MiB", "memory, opened", None),
            ("memory, scrolled and searched, MiB", "memory, scrolled and searched", None),
            ("memory over the lines face, MiB", "memory over", 24),
            (f"idle for {IDLE_S} s, % of a core", "idle", None),
            ("idle over the lines face, % of a core", "idle over", 0.1),
            ("start to first picture, ms", "first picture", 100)]
    print(f"\n| the screen's figures | {SCREEN} | {LINES} | {WEECHAT} | at most | |"
          "\n|---|---|---|---|---|---|")
    for title, name, most in rows:
        form = "{:.3f}" if "idle" in name else "{:.1f}"
        cells = [form.format(figures[row, name]) if (row, name) in figures else "-"
                 for row in (SCREEN, LINES, WEECHAT)]
        is_kept = "" if most is None else "yes" if figures[SCREEN, name] <= most else "NO"
        print(f"| {title} | {' | '.join(cells)} | {most or ''} | {is_kept} |")
    if (WEECHAT, "memory over an empty one") in figures:
        print(f"\nweechat takes {figures[WEECHAT, 'memory over an empty one']:.1f} MiB more with the "
              "lines than empty; it holds all of them, and has no network here")


def screen(rounds, roda, program):
    """Prints the tables."""
    begin, runs = time.monotonic(), {}
    with circle.Network(), tempfile.TemporaryDirectory() as folder:
        for number in range(min(rounds, ROUNDS_MAX)):
            below = os.path.join(folder, str(number))
            os.mkdir(below)
            for name, run in keys_under_flood(roda, below).items():
                runs.setdefault(name, []).append(run)
        print(f"\n| key to echo, {FLOOD_LINES_S:,} lines/s, {KEYS_TYPED} keys a round "
              "| p50, ms | p99, ms | longest, ms | lines/s shown |\n|---|---|---|---|---|")
        for name, all_runs in runs.items():
            cells = [spread([at(times, part) for times, _ in all_runs], "{:.1f}")
                     for part in (50, 99, 100)]
            rates = spread([rate for _, rate in all_runs])
            print(f"| {name} | {' | '.join(cells)} | {rates} |", flush=True)
        print(f"\n| {ARCHIVED:,} archived lines | |\n|---|---|")
        figures = archived(roda, program, folder)
        figures.update(scrollback(folder))
        figures.update(idle(roda, folder))
        verdicts(runs, figures)
    print(f"\nthe section took {time.monotonic() - begin:.0f} s")
