"""``kill -9`` at any moment while a log is written and rotated: each of its entries is reported once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.log_bench import reports, threats
from vedette.endpoint.log_reports import Followed
from vedette.host.linux.following import FollowedFile
from vedette.host.log_lines import system
from vedette.testing.clock import ManualClock

ROUNDS = 8
LINE = "2026-11-24T14:47:44+00:00 host scanner[1]: found {}\n"


def test_every_entry_is_reported_once(tmp_path: Path) -> None:
    log, chance = tmp_path / "messages", random.Random(20261124)
    log.touch()
    computer = Computer(tmp_path / "state", ManualClock())
    computer.join()
    computer.grant()
    follow(computer, log)  # begins at the end
    done, written = threading.Event(), list[str]()
    writer = threading.Thread(target=write, args=(log, done, written))
    writer.start()
    try:
        for _ in range(ROUNDS):
            kill_one(tmp_path / "state", log, chance.uniform(0.02, 0.3))
    finally:
        done.set()
        writer.join()
    follow(computer, log)
    found = threats(computer)
    computer.close()
    assert len(list(tmp_path.glob("messages.*"))) > 1
    assert found == written


def write(log: Path, done: threading.Event, written: list[str]) -> None:
    """Writes without pause, some lines in two pieces, and rotates now and then."""
    number = 0
    while not done.is_set():
        with log.open("a") as file:
            for _ in range(20):
                first, rest = (line := LINE.format(number))[:50], line[50:]
                file.write(first)
                if number % 7 == 0:
                    file.flush()
                file.write(rest)
                written.append(str(number))
                number += 1
        if number % 1000 == 0:
            log.rename(log.with_name(f"messages.{number}"))
        time.sleep(0.002)  # noqa: TID251 (others work meanwhile, in real time)


def kill_one(state: Path, log: Path, after: float) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.endpoint.log_child", str(state), str(log)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    time.sleep(after)  # noqa: TID251 (the child works meanwhile, in real time)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


def follow(computer: Computer, log: Path) -> None:
    """Until nothing comes any more."""
    stop = threading.Event()
    clock = Patient(stop)
    reports(computer, clock=clock).run(
        [Followed(FollowedFile(str(log), system, wait=0, clock=clock))], stop
    )


class Patient(ManualClock):
    """Stops what waits on it when it has waited a few times in a row."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop
        self._waits = 0

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        super().sleep(seconds)
        self._waits += 1
        if self._waits >= 20:
            self._stop.set()
        return self._stop.is_set()
