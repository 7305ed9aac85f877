"""The section `page` of scripts/bench: two hosts, each with a member and a browser of its own, which is
Chromium without a window. How long a line takes from one page's entry to the other page's picture; a
hundred thousand messages in the archive: the first picture, long tasks and nodes while it is scrolled
through; the bytes of the page; what an open page costs while nobody speaks; two hundred guests: the
member's memory, and how long a line takes to all of them."""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time

from circle import HOSTS, Network
from figures import interleave, spread

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GUEST_PROGRAM = os.path.join(ROOT, "benches", "page_guests.py")
LINES = 400
LINE_PAUSE_S = 0.04
ROOM = "sala"
ROOM_MESSAGES = 100_000
# The room has nine tenths of what benches/archive writes.
MESSAGES = ROOM_MESSAGES * 100 // 90 + 1
SCROLL_S = 10
IDLE_S = 10
GUESTS = 200
GUEST_LINES = 100
GUEST_PAUSE_S = 0.1
WAIT_S = 60
TICKS_S = os.sysconf("SC_CLK_TCK")

# Carries requests into a host's namespace: a line in, a line out.
RELAY = """
import http.client, json, sys
for line in sys.stdin:
    port, method, path, body = json.loads(line)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, json.dumps(body) if method == "POST" else None,
                       {"Content-Type": "application/json"})
    print(connection.getresponse().read().decode().replace(chr(10), " "), flush=True)
"""
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--no-proxy-server", "--window-size=1280,900",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Browser:
    """A browser on a host."""

    def __init__(self, host, folder):
        inside = ["ip", "netns", "exec", host]
        env = {**os.environ, "HOME": folder}
        self.driver = subprocess.Popen([*inside, "chromedriver", "--port=9515"], env=env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if "started successfully" in line:
                break
        self.relay = subprocess.Popen([*inside, sys.executable, "-c", RELAY], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        options = {"args": [*FLAGS, f"--user-data-dir={os.path.join(folder, 'profile')}"]}
        self.session = ""
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options}}
        started = self.call("POST", "/session", {"capabilities": capabilities})
        self.session = f"/session/{started['sessionId']}"

    def call(self, method, path, body=None):
        path = self.session + path if self.session else path
        self.relay.stdin.write(json.dumps([9515, method, path, body or {}]) + "\n")
        self.relay.stdin.flush()
        value = json.loads(self.relay.stdout.readline())["value"]
        if isinstance(value, dict) and "error" in value:
            raise SystemExit(f"scripts/bench: {path}: {value['error']}: {value['message']}")
        return value

    def runs(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": args})

    def waits(self, expression):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = self.runs(f"return {expression}")
            if found:
                return found
            time.sleep(0.02)
        raise SystemExit(f"scripts/bench: never true: {expression}")

    def opens(self, link):
        self.call("POST", "/url", {"url": link})
        self.waits("document.querySelector('#status').textContent === '' && document.querySelector('#people li')")

    def close(self):
        self.call("DELETE", "")
        self.relay.stdin.close()
        self.relay.wait()
        self.driver.send_signal(signal.SIGTERM)
        self.driver.wait()


def member(roda, host, name, folder, *options):
    """A member with a page; the process, its folder of data, and the page's link."""
    home = os.path.join(folder, name)
    os.makedirs(home, mode=0o700, exist_ok=True)
    kinds = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
    env = {**os.environ, **{kind: home for kind in kinds}}
    args = ["ip", "netns", "exec", host, roda, "chat", "--name", name, "--room", ROOM, "--lang", "en", "--web",
            *options]
    errors = open(os.path.join(folder, f"{name}.err"), "w")
    process = subprocess.Popen(args, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
    return process, told(folder, name, r"http://127\.0\.0\.1:\d+/#\w+")


def told(folder, name, pattern):
    """Waits until a member tells something, and returns it."""
    path = os.path.join(folder, f"{name}.err")
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = re.search(pattern, open(path).read())
        if found:
            return found[0]
        time.sleep(0.02)
    raise SystemExit(f"scripts/bench: {name} does not tell {pattern}: {open(path).read()}")


def leave(*processes):
    for process in processes:
        process.stdin.close()
        process.wait(WAIT_S)


def cpu_s(pid):
    """CPU seconds of a process and all that it has started."""
    children, times = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry))
        times[int(entry)] = (int(fields[11]) + int(fields[12])) / TICKS_S
    todo, total = [pid], 0
    while todo:
        pid = todo.pop()
        total += times.get(pid, 0)
        todo += children.get(pid, [])
    return total


# Calls something once what is in the document now is drawn: behind the next frame's painting.
DRAWN = """
const drawn = (act) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = act;
  port2.postMessage(null);
});
"""
# Notes when each line is put in, and when each is drawn.
SPEAK = """
window.sent = {};
window.speak = (number) => {
  const entry = document.querySelector('#entry');
  entry.value = `linha ${number} .`;
  sent[number] = performance.timeOrigin + performance.now();
  document.querySelector('#say').requestSubmit();
};
"""
HEAR = DRAWN + """
window.shown = {};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) {
    const number = /linha (\\d+) \\./.exec(node.textContent ?? '')?.[1];
    if (number && !shown[number]) drawn(() => { shown[number] ??= performance.timeOrigin + performance.now(); });
  }
}).observe(document.querySelector('#log'), { childList: true, subtree: true });
"""


def latency(roda):
    """Milliseconds from one page's entry to the other host's page, p50 and p99; and what idling costs."""
    with tempfile.TemporaryDirectory() as folder:
        ana, first = member(roda, HOSTS[0], "ana", folder)
        bia, second = member(roda, HOSTS[1], "bia", folder)
        here, there = (Browser(host, os.path.join(folder, f"browser-{host}")) for host in HOSTS[:2])
        here.opens(first)
        there.opens(second)
        for browser in (here, there):
            browser.waits("document.querySelectorAll('#people li').length === 2")
        here.runs(SPEAK)
        there.runs(HEAR)
        for number in range(LINES):
            here.runs("speak(arguments[0])", number)
            time.sleep(LINE_PAUSE_S)
        there.waits(f"Object.keys(shown).length === {LINES}")
        sent, shown = here.runs("return sent"), there.runs("return shown")
        took = sorted(shown[number] - sent[number] for number in sent)
        before = [cpu_s(it.pid) for it in (bia, there.driver)]
        time.sleep(IDLE_S)
        idle = [100 * (cpu_s(it.pid) - was) / IDLE_S for it, was in zip((bia, there.driver), before)]
        here.close()
        there.close()
        leave(ana, bia)
        return {"p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100],
                "idle": idle[0], "idle_browser": idle[1]}


# The bytes of what a browser has loaded: the document, its files, and the sentences.
LOADED = """
const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
const bytes = (some) => some.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0);
const files = entries.filter(({ name }) => /\\/([a-z]+\\.(js|css))?$/.test(new URL(name).pathname));
return { files: bytes(files), texts: bytes(entries.filter(({ name }) => new URL(name).pathname === '/texts')) };
"""
# Scrolls upwards, as fast as frames come, and notes tasks over 50 ms, the most elements, and the most nodes, which
# texts are, too.
SCROLL = """
window.found = { long: 0, longest: 0, elements: 0, nodes: 0, frames: 0 };
const count = () => {
  const walk = document.createTreeWalker(document);
  let all = 1;
  while (walk.nextNode()) all += 1;
  return all;
};
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    found.long += 1;
    found.longest = Math.max(found.longest, duration);
  }
}).observe({ type: 'longtask' });
const log = document.querySelector('#log');
const end = performance.now() + arguments[0] * 1000;
const step = () => {
  found.frames += 1;
  found.elements = Math.max(found.elements, document.querySelectorAll('*').length);
  found.nodes = Math.max(found.nodes, count());
  log.scrollTop -= 400;
  if (performance.now() < end) requestAnimationFrame(step); else found.done = true;
};
step();
"""


def long_room(roda, written):
    """A hundred thousand messages: the first picture, and scrolling."""
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(folder, "ana", "roda")
        os.makedirs(home, mode=0o700)
        for name in os.listdir(written):
            shutil.copy(os.path.join(written, name), home)
        ana, link = member(roda, HOSTS[0], "ana", folder)
        browser = Browser(HOSTS[0], os.path.join(folder, "browser"))
        browser.opens(link)
        browser.waits("document.querySelector('.message')")
        # The first loading warms the caches of the browser; a person's is warm, too.
        notes = DRAWN + "new MutationObserver((_, it) => { if (document.querySelector('.message')) { it.disconnect();" \
                        "drawn(() => { window.first = performance.now(); }); } })" \
                        ".observe(document, { childList: true, subtree: true });"
        browser.call("POST", "/goog/cdp/execute",
                     {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": notes}})
        browser.call("POST", "/refresh")
        first = browser.waits("window.first")
        loaded = browser.runs(LOADED)
        browser.runs(SCROLL, SCROLL_S)
        found = browser.waits("window.found.done && window.found")
        browser.close()
        leave(ana)
        return {"first": first, **loaded, **found}


def peak_mib(pid):
    """The most memory that a process has held."""
    with open(f"/proc/{pid}/status") as status:
        return [int(line.split()[1]) for line in status if line.startswith("VmHWM")][0] / 1024


def guests(roda):
    """Many guests of one member: its memory, and milliseconds from another member's line to the last of them."""
    with tempfile.TemporaryDirectory() as folder:
        # Each telephone has an address.
        addresses = [f"10.77.0.{20 + number}" for number in range(GUESTS)]
        made = "".join(f"addr replace {address}/24 dev v0\n" for address in addresses)
        subprocess.run(["ip", "-n", HOSTS[2], "-batch", "-"], input=made, text=True, check=True)
        ana, _ = member(roda, HOSTS[0], "ana", folder, "--guests=10.77.0.1:5090")
        bia, _ = member(roda, HOSTS[1], "bia", folder)
        link = told(folder, "ana", r"http://10\.77\.0\.1:\d+/#\w+")
        told(folder, "bia", "ana is here|ana entered")
        phones = subprocess.Popen(["ip", "netns", "exec", HOSTS[2], sys.executable, GUEST_PROGRAM, link, *addresses],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        phones.stdout.readline()
        sent = []
        for number in range(GUEST_LINES):
            sent.append(time.monotonic())
            bia.stdin.write(f"linha {number} .\n".encode())
            bia.stdin.flush()
            time.sleep(GUEST_PAUSE_S)
        last = json.loads(phones.communicate(f"{GUEST_LINES}\n", timeout=WAIT_S)[0])
        took = sorted(1000 * (last[str(number)] - was) for number, was in enumerate(sent))
        memory = peak_mib(ana.pid)
        leave(ana, bia)
        return {"p50": took[len(took) // 2], "most": took[-1], "memory": memory}


def page(rounds, roda, archive_program):
    """Prints the table."""
    for tool in ("chromedriver", "chromium"):
        if not shutil.which(tool):
            raise SystemExit(f"scripts/bench: {tool} is missing: apt-get install chromium chromium-driver")
    with Network(), tempfile.TemporaryDirectory() as written:
        archive = os.path.join(written, "archive.db")
        subprocess.run([archive_program, str(MESSAGES), archive, os.devnull], check=True, capture_output=True)
        runs = {"talk": lambda: latency(roda), "long": lambda: long_room(roda, written), "guests": lambda: guests(roda)}
        results = interleave(rounds, runs)
    of = lambda name, key, form="{:,.0f}": spread([result[key] for result in results[name]], form)
    print("\n| the page | | at most |\n|---|---|---|")
    print(f"| typed in one page to drawn in another host's, ms, p50 | {of('talk', 'p50', '{:.1f}')} | |")
    print(f"| the same, p99 | {of('talk', 'p99', '{:.1f}')} | 50 |")
    print(f"| {ROOM_MESSAGES:,} messages: first picture, ms | {of('long', 'first')} | 300 |")
    print(f"| tasks over 50 ms in {SCROLL_S} s of scrolling | {of('long', 'long')} | 0 |")
    print(f"| the longest of them, ms | {of('long', 'longest')} | |")
    print(f"| most elements | {of('long', 'elements')} | 600 |")
    print(f"| most nodes, texts among them | {of('long', 'nodes')} | |")
    print(f"| bytes of the page, all its files | {of('long', 'files')} | 60,000 |")
    print(f"| bytes of its sentences | {of('long', 'texts')} | |")
    print(f"| CPU of roda with an open page while nobody speaks, % of a core | {of('talk', 'idle', '{:.2f}')} | 0 |")
    print(f"| CPU of the browser, the same | {of('talk', 'idle_browser', '{:.2f}')} | |")
    print(f"| {GUESTS} guests: memory of the member, MiB | {of('guests', 'memory', '{:.1f}')} | 64 |")
    print(f"| a line to the last of them, ms, p50 | {of('guests', 'p50', '{:.1f}')} | |")
    print(f"| the slowest of {GUEST_LINES} lines | {of('guests', 'most', '{:.1f}')} | 100 |", flush=True)
