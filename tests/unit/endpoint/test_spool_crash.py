"""``kill -9`` at any moment: what was promised to be kept is kept, and a number never has two contents."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT
from tests.unit.endpoint.test_spool import BASIC, names
from vedette.clock import SystemClock
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Spool
from vedette.endpoint.spool_tables import open_spool_database

ROUNDS = 10


def test_nothing_is_lost_or_sent_twice_as_new(tmp_path: Path) -> None:
    path, chance = tmp_path / "spool.db", random.Random(20261124)
    added: set[str] = set()
    received: dict[int, list[str]] = {}
    for number in range(ROUNDS):
        for word, rest in killed(path, number * 1_000_000, chance.uniform(0.05, 0.4)):
            if word == "added":
                added.add(f"unit-{rest}")
            else:
                take(received, rest)
    spool = Spool(open_spool_database(path), SystemClock(), SpoolSettings())
    while (sealed := spool.pending()) or spool.seal(BASIC, CATALOGUE.schemas, PRODUCT):
        if sealed is not None:
            take(received, f"{sealed.sequence} {','.join(names(sealed))}")
            spool.acknowledge(sealed.sequence)
    spool.database.close()
    everything = [name for envelope in received.values() for name in envelope]
    assert len(everything) == len(set(everything))
    assert added <= set(everything)
    assert len(added) > ROUNDS
    # A row may have been durable without the promise having got out: at most one a kill.
    assert len(set(everything) - added) <= ROUNDS


def take(received: dict[int, list[str]], line: str) -> None:
    """An envelope arrives: new, or one that arrived before, with the same content."""
    sequence, _, found = line.partition(" ")
    assert received.setdefault(int(sequence), found.split(",")) == found.split(",")


def killed(path: Path, start: int, after: float) -> list[tuple[str, str]]:
    """What a child said before it was killed, ``after`` seconds of work."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.endpoint.spool_child", str(path), str(start)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(after)  # noqa: TID251 (the child works meanwhile, in real time)
    child.send_signal(signal.SIGKILL)
    lines = (first + child.stdout.read()).decode().split("\n")[:-1]
    child.wait()
    child.stdout.close()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]
