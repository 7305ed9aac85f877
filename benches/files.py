"""The section `files` of scripts/bench: one file from one host to three others, as chat's own benchmark
has them, beside uftp with its AES-GCM where that is installed (Debian package `uftp`). The time is from the
start of the sender until all three have the whole file under its name. Everything lies on tmpfs.
"""
import os, shutil, signal, subprocess, sys, tempfile, time

from circle import HOSTS, LOSSES, Network
from figures import ratios, spread

MIB = int(os.environ.get("FILES_MIB", "100"))
WAIT_S = 120
RECEIVERS = range(1, len(HOSTS))
TMPFS = "/dev/shm"


def on_host(number, args, **pipes):
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **pipes}
    return subprocess.Popen(["ip", "netns", "exec", HOSTS[number], *args], **pipes)


def stop(processes):
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def person(folder, name):
    home = os.path.join(folder, name)
    return {**os.environ, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": home}


def wait_for_line(path, text):
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        with open(path) as errors:
            if text in errors.read():
                return
        time.sleep(0.01)
    raise SystemExit(f"scripts/bench: {path} never said {text}")


def roda(binary, source, folder):
    """The commands of our own pair; the receivers listen already when the time begins."""
    taking, into = [], []
    for number in RECEIVERS:
        into.append(os.path.join(folder, f"into{number}"))
        said = os.path.join(folder, f"r{number}.err")
        args = [binary, "take", "--name", f"r{number}", "--room", "bench", "--lang", "en", "--into", into[-1],
                "--yes", "--once"]
        with open(said, "w") as errors:
            taking.append(on_host(number, args, env=person(folder, f"r{number}"), stderr=errors))
        wait_for_line(said, "you are")
    send = [binary, "drop", source, "--name", "s", "--room", "bench", "--lang", "en", "--wait-for", str(len(taking))]
    return taking, into, send, person(folder, "s")


def uftp(source, folder):
    taking, into = [], []
    for number in RECEIVERS:
        into.append(os.path.join(folder, f"into{number}"))
        os.mkdir(into[-1])
        taking.append(on_host(number, ["uftpd", "-d", "-D", into[-1], "-I", "v0", "-B", str(8 << 20)]))
    time.sleep(0.5)  # it does not say when it listens
    send = ["uftp", "-R", "-1", "-I", "v0", "-B", str(8 << 20), "-b", "1400", "-Y", "aes256-gcm", "-h", "sha256",
            "-w", "hmac", source]
    return taking, into, send, dict(os.environ)


def run(prepare, source):
    """Seconds until all have the whole file; NaN if that never came."""
    folder = tempfile.mkdtemp(dir=TMPFS)
    sender = None
    taking, into, send, env = prepare(source, folder)
    try:
        begin = time.monotonic()
        sender = on_host(0, send, env=env)
        name, size = os.path.basename(source), os.path.getsize(source)
        lacking = [os.path.join(folder, name) for folder in into]
        while lacking and time.monotonic() < begin + WAIT_S:
            time.sleep(0.005)
            lacking = [path for path in lacking if not (os.path.exists(path) and os.path.getsize(path) == size)]
        # uftp writes under the name itself: it has ended when its sender has.
        if prepare is uftp:
            sender.wait(WAIT_S)
        seconds = time.monotonic() - begin
        for path in [os.path.join(folder, name) for folder in into]:
            if lacking or subprocess.run(["cmp", "-s", source, path]).returncode:
                return {"s": float("nan")}
        return {"s": seconds}
    finally:
        stop([*taking, *([sender] if sender else [])])
        shutil.rmtree(folder)


def files(rounds, versions):
    rows = {name: lambda source, folder, binary=binary: roda(binary, source, folder)
            for name, binary in versions.items()}
    if shutil.which("uftp"):
        rows["uftp, AES-GCM"] = uftp
    folder = tempfile.mkdtemp(dir=TMPFS)
    results = {}
    try:
        source = os.path.join(folder, "image.bin")
        with open(source, "wb") as file:
            file.write(os.urandom(MIB << 20))
        with Network() as network:
            for number in range(rounds):
                for loss in LOSSES:
                    network.lose(loss)
                    for name, prepare in rows.items():
                        found = run(prepare, source)
                        results.setdefault((name, loss), []).append(found)
                        print(f"round {number + 1} {name}, {loss} %: {found}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    print(f"\n| {MIB} MiB to {len(RECEIVERS)} hosts, s | " + " | ".join(f"{loss} %" for loss in LOSSES) + " |")
    print("|---|" + "---|" * len(LOSSES))
    for name in rows:
        cells = [spread([found["s"] for found in results[name, loss]], "{:.2f}") for loss in LOSSES]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    if "uftp, AES-GCM" in rows:
        cells = [ratios({"a": results["roda", loss], "b": results["uftp, AES-GCM", loss]}, "a", "b", "s")
                 for loss in LOSSES]
        print("| roda to uftp, within a round | " + " | ".join(cells) + " |", flush=True)
