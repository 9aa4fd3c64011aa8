"""Follows a real journal, in a mount namespace of its own, and prints what it was told, as JSON."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator

from vedette.clock import SystemClock
from vedette.host.events import Gap, LogEntry, Mark
from vedette.host.linux.journal import Journal, journal_runs

CLOCK = SystemClock()
Told = tuple[Mark, LogEntry | Gap] | None


def say(text: str, program: str = "sshd") -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.sendto(f"<38>Nov 24 14:47:44 {program}[1]: {text}".encode(), "/dev/log")


def take(entries: Iterator[Told], count: int) -> list[tuple[Mark, str]]:
    found: list[tuple[Mark, str]] = []
    until = CLOCK.monotonic() + 5
    while len(found) < count and CLOCK.monotonic() < until:
        if (told := next(entries)) and isinstance(told[1], LogEntry):
            found.append((told[0], told[1].text))
    return found


def main() -> None:
    while not journal_runs():
        CLOCK.sleep(0.05)
    say("before")
    CLOCK.sleep(0.5)
    stop, log = threading.Event(), Journal({"sshd"})
    first = log.entries(None, stop)
    next(first)
    say("one")
    say("other", "cron")
    say("two")
    found = take(first, 2)
    stop.set()
    rest = list(first)
    say("three")
    again = threading.Event()
    second = log.entries(found[0][0], again)
    later = take(second, 2)
    for number in range(25):
        say(str(number))
    many = take(second, 25)
    again.set()
    list(second)
    texts = [[text for _, text in each] for each in (found, later, many)]
    told = {"texts": texts, "ended": [one for one in rest if one]}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
