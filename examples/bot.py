#!/usr/bin/env python3
"""A bot that takes part in a room: it greets whoever enters, rolls dice and echoes.

    python3 examples/bot.py                    in the lobby
    python3 examples/bot.py --room turma-a     in another room: options go on to `roda chat`

In the room, type `!dado` (a die), `!dado 20` (one with 20 sides), `!eco TEXT` or `!ajuda`. A
private message gets a private answer. Ctrl-C ends the bot.

It needs Python 3.8 or newer and `roda` on the PATH, or its path in the variable RODA. It shows how
a program uses `roda chat --json`: events come as one JSON object per line on stdout, and objects
with `say` go to stdin. src/manual/json.md describes all of them.
"""
import json
import os
import random
import subprocess
import sys

# The bot answers nothing longer than this, so that an echo cannot be used to flood the room.
ECHO_MAX_CHARS = 500
SIDES_MAX = 1000
HELP = "!dado [LADOS] joga um dado, !eco TEXTO repete, !ajuda mostra isto"


def answer(text):
    """The answer to a line of the room, or None if the line is not for the bot."""
    command, _, rest = text.strip().partition(" ")
    if command == "!ajuda":
        return HELP
    if command == "!eco" and rest:
        return rest[:ECHO_MAX_CHARS]
    if command == "!dado":
        sides = rest.strip() or "6"
        if not (sides.isascii() and sides.isdigit() and 2 <= int(sides[:9]) <= SIDES_MAX):
            return f"um dado tem de 2 a {SIDES_MAX} lados"
        return f"🎲 {random.randint(1, int(sides[:9]))}"
    return None


class Bot:
    def __init__(self, options):
        command = [os.environ.get("RODA", "roda"), "chat", "--json", "--name", "bot", *options]
        self.roda = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     encoding="utf-8", bufsize=1)
        self.requests = 0
        self.greeted = set()

    def say(self, text, to=None):
        """Says a text to everybody, or to one person. Answers to it carry its `id`."""
        self.requests += 1
        request = {"say": text, "id": self.requests}
        if to is not None:
            request["to"] = to
        print(json.dumps(request, ensure_ascii=False), file=self.roda.stdin, flush=True)

    def on_message(self, event):
        """Somebody said something. What the bot said itself, or what is old, needs no answer."""
        if event.get("own") or event.get("history"):
            return
        said = answer(event.get("data") or "")
        if said is not None:
            private = event.get("private")
            self.say(said if private else f"{event['user']}: {said}",
                     to=event["user"] if private else None)

    def on_entered(self, event):
        """Somebody is here. Each person is greeted once; a name may change, a key does not."""
        person = event.get("key") or event.get("user")
        if not event.get("here_before") and person not in self.greeted:
            self.greeted.add(person)
            self.say(f"oi, {event['user']}! Digite !ajuda para saber o que eu faço")

    def on_error(self, event):
        print(f"bot: {event.get('code', 'error')}: {event.get('data')}", file=sys.stderr)

    def run(self):
        """Handles events until roda ends. An event that the bot does not know is ignored."""
        for line in self.roda.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            handle = getattr(self, f"on_{event.get('event')}", None)
            if handle is not None:
                try:
                    handle(event)
                except BrokenPipeError:
                    break  # roda has ended
        return self.roda.wait()

    def leave(self):
        """Leaves the room: the end of the input is the farewell."""
        try:
            self.roda.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return self.roda.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.roda.terminate()
            return self.roda.wait()


def main():
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__.strip())
        return 0
    try:
        bot = Bot(sys.argv[1:])
    except FileNotFoundError:
        sys.exit("bot: roda is not on the PATH; scripts/install puts it there, or set RODA")
    try:
        return bot.run()
    except KeyboardInterrupt:
        return bot.leave()


if __name__ == "__main__":
    sys.exit(main())
