"""The full screen of `chat` at a terminal (a pty): from a key to its echo while thousands of lines
arrive, a long archive that is opened, scrolled and searched, memory and idle processor time beside
the lines face, the first picture; and weechat, where it is installed, fed by its fifo."""
import fcntl, os, shutil, signal, struct, subprocess, tempfile, termios, threading, time

import circle
from figures import spread

COLUMNS, ROWS = 120, 40
# Letters that stand in no line of the flood and in no title: an echo is never mistaken.
KEYS = "QWZXKJ"
FLOOD_LINES_S = int(os.environ.get("SCREEN_RATE", "2000"))
KEYS_TYPED = int(os.environ.get("SCREEN_KEYS", "500"))
ARCHIVED = int(os.environ.get("SCREEN_ARCHIVED", "100000"))
IDLE_S = int(os.environ.get("SCREEN_IDLE", "60"))
KEY_INTERVAL_S = 0.03
WAIT_S = 30
# The archive's program writes nine tenths of its messages into this room.
ROOM, SHARE = "sala", 0.9


class Terminal:
    """A program on a terminal of its own, whose output is always read."""

    def __init__(self, args, env):
        outer, inner_end = os.openpty()
        fcntl.ioctl(inner_end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
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

    def first(self, is_there):
        """Milliseconds from the start of the program until it has written something."""
        with self.changed:
            while not is_there(self.written):
                left = self.begun + WAIT_S - time.monotonic()
                if left <= 0:
                    return WAIT_S * 1e3
                self.changed.wait(left)
        return (time.monotonic() - self.begun) * 1e3

    def answered(self, keys, is_there=bool, wait_s=WAIT_S):
        """Milliseconds from a key to what it makes the program write."""
        with self.changed:
            start = len(self.written)
        begin = time.monotonic()
        self.type(keys)
        with self.changed:
            while not is_there(self.written[start:]):
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
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

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
    env.pop("NO_COLOR", None)
    args = ["ip", "netns", "exec", host, roda, "chat", "--name", name, "--lang", "en", *options]
    return Terminal(args, env)


def weechat(folder):
    """weechat without a network, whose buffer is fed by its fifo; None if it is not installed."""
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

    def __init__(self, stream, line):
        self.stream, self.line, self.ends = stream, line, threading.Event()
        self.thread = threading.Thread(target=self.pour, daemon=True)

    def pour(self):
        begin, number = time.monotonic(), 0
        while not self.ends.is_set():
            due = int((time.monotonic() - begin) * FLOOD_LINES_S)
            try:
                self.stream.write("".join(self.line(n) for n in range(number, due)))
                self.stream.flush()
            except OSError:
                return
            number = max(number, due)
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join(5)


def echoes(terminal):
    """Milliseconds of each key to its echo."""
    times = []
    for number in range(KEYS_TYPED):
        letter = KEYS[number % len(KEYS)]
        echoed = terminal.answered(letter, lambda part: letter.encode() in part)
        if echoed is None:
            raise SystemExit("scripts/bench: a key was never echoed")
        times.append(echoed)
        if number % 40 == 39:
            terminal.type("\x15")
        time.sleep(KEY_INTERVAL_S)
    terminal.type("\x15")
    return sorted(times)


def at(times, hundredths):
    return times[min(len(times) - 1, len(times) * hundredths // 100)]


def keys_under_flood(roda, folder):
    rows = {}
    for face in ("--screen", "--lines"):
        talking, errors = circle.member(roda, circle.HOSTS[1], "bia", folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True)
        terminal = chat(roda, circle.HOSTS[0], "ana", folder, ["--room", "bench", "--no-history", face])
        circle.met(errors, 1)
        with Flood(talking.stdin, lambda n: f"{n}\n"):
            time.sleep(1)
            rows[f"roda {face}"] = echoes(terminal)
        terminal.end(), circle.leave(talking)
    terminal, fifo = weechat(folder)
    if terminal:
        with Flood(fifo, lambda n: f"core.weechat */print {n}\n"):
            time.sleep(1)
            rows["weechat"] = echoes(terminal)
        terminal.end()
    return rows


def pauses(terminal, keys, count):
    """The longest wait, in ms, for the first thing that is written after each of some keys."""
    longest, unanswered = 0.0, 0
    for _ in range(count):
        waited = terminal.answered(keys, wait_s=1)
        longest, unanswered = max(longest, waited or 0), unanswered + (waited is None)
        time.sleep(0.01)
    return longest, unanswered


def archived(roda, program, folder):
    """A long archive: start, scrolling and searching; memory of both faces with it."""
    path, lines = os.path.join(folder, "long.db"), os.path.join(folder, "lines.jsonl")
    subprocess.run([program, str(int(ARCHIVED / SHARE)), path, lines], check=True, stdout=subprocess.DEVNULL)
    kept, memory = [], {}
    for face in ("--lines", "--screen"):
        copy = os.path.join(folder, f"copy{face}.db")
        shutil.copy(path, copy)
        terminal = chat(roda, circle.HOSTS[0], "ana", folder, ["--room", ROOM, "--archive", copy, face])
        # The prompt of the one, the title of the other.
        sign = b"ana> " if face == "--lines" else ROOM.encode()
        kept.append((f"start to first picture, {face}", f"{terminal.first(lambda all: sign in all):.0f} ms"))
        terminal.quiet()
        memory[f"{face}, opened"] = terminal.memory_mib()
        if face == "--screen":
            for name, keys, count in [("PgUp", "\x1b[5~", 400), ("PgDn", "\x1b[6~", 100),
                                      ("Ctrl-Home", "\x1b[1;5H", 3), ("Ctrl-End", "\x1b[1;5F", 3)]:
                longest, unanswered = pauses(terminal, keys, count)
                kept.append((f"longest pause, {name} ×{count}", f"{longest:.0f} ms, {unanswered} unanswered"))
            terminal.type("\x06")
            terminal.quiet()
            slowest = max(terminal.answered(letter) or 0 for letter in "palavra491")
            kept.append(("longest pause, a letter of a search", f"{slowest:.0f} ms"))
            terminal.quiet()
            memory["--screen, scrolled and searched"] = terminal.memory_mib()
        terminal.end()
    over = memory["--screen, scrolled and searched"] - memory["--lines, opened"]
    kept += [(f"memory, {name}", f"{mib:.1f} MiB") for name, mib in memory.items()]
    return [*kept, ("memory over the lines face", f"{over:.1f} MiB")]


def idle(roda, folder):
    """Shares of a core that both faces take in one room in which nothing is said."""
    faces = {face: chat(roda, host, name, folder, ["--room", "bench", "--no-history", face])
             for face, host, name in [("--lines", circle.HOSTS[0], "ana"), ("--screen", circle.HOSTS[1], "bia")]}
    others = {}
    terminal, _ = weechat(folder)
    if terminal:
        others["weechat, without a network"] = terminal
    all_of_them = {**{f"roda {face}": it for face, it in faces.items()}, **others}
    time.sleep(3)
    before = {name: it.cpu_s() for name, it in all_of_them.items()}
    time.sleep(IDLE_S)
    shares = {name: (it.cpu_s() - before[name]) / IDLE_S * 100 for name, it in all_of_them.items()}
    for it in all_of_them.values():
        it.end()
    return shares


def scrollback(folder):
    """weechat's memory with as many lines."""
    terminal, fifo = weechat(folder)
    if not terminal:
        return None
    terminal.quiet()
    empty = terminal.memory_mib()
    for number in range(ARCHIVED):
        fifo.write(f"core.weechat */print linha {number} com algumas palavras a mais, como se fala\n")
    fifo.flush()
    terminal.quiet(1, 300)
    full = terminal.memory_mib()
    terminal.end()
    return empty, full


def screen(rounds, roda, program):
    """Prints the tables."""
    with circle.Network(), tempfile.TemporaryDirectory() as folder:
        runs = {}
        for number in range(rounds):
            below = os.path.join(folder, str(number))
            os.mkdir(below)
            for name, times in keys_under_flood(roda, below).items():
                runs.setdefault(name, []).append(times)
        print(f"\n| key to echo, {FLOOD_LINES_S:,} lines/s, {KEYS_TYPED} keys | p50, ms | p99, ms | longest, ms |"
              "\n|---|---|---|---|")
        for name, all_times in runs.items():
            cells = [spread([at(times, part) for times in all_times], "{:.1f}") for part in (50, 99, 100)]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
        print(f"\n| {ARCHIVED:,} archived lines | |\n|---|---|")
        for name, figure in archived(roda, program, folder):
            print(f"| {name} | {figure} |", flush=True)
        long = scrollback(folder)
        if long:
            print(f"| weechat's memory, empty and with as many lines | {long[0]:.1f} and {long[1]:.1f} MiB |")
        print(f"\n| idle for {IDLE_S} s | % of a core |\n|---|---|")
        for name, share in idle(roda, folder).items():
            print(f"| {name} | {share:.2f} |", flush=True)
