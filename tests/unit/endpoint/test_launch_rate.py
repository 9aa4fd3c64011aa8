"""Many launches at once: each is seen or counted as missed, and each file is reported.

In full: benchmarks/launch_rate.py.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.launch_rate import launch
from tests.unit.endpoint.computer import Computer
from vedette.clock import SystemClock
from vedette.endpoint.launches import Launches
from vedette.endpoint.settings import LaunchSettings
from vedette.host import Launch, Missed
from vedette.host.linux.connector import ProcessConnector

FILES, RATE, SECONDS = 50, 500, 2


class OfOne:
    """What the kernel tells of launches out of one folder, and all that it could not tell."""

    name = "launches of one folder"
    polling = False

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}/"
        self._source = ProcessConnector()

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        told = self._source.events(stop)
        return (e for e in told if isinstance(e, Missed) or e.path.startswith(self._folder))


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux", reason="the process connector is Linux's")
def test_every_launch_is_seen_or_counted(computer: Computer, tmp_path: Path) -> None:
    computer.join()
    computer.grant()
    programs = []
    for number in range(FILES):
        path = tmp_path / f"program {number}"
        shutil.copy("/bin/true", path)
        with path.open("ab") as file:
            file.write(b"%d" % number)
        programs.append(str(path))
    stop = threading.Event()
    following = Launches(
        OfOne(tmp_path),
        computer.launch_reports,
        computer.intake,
        computer.protection,
        computer.hashes,
        computer.clock,
        LaunchSettings(most_per_second=1e6, burst=1_000_000),
    )
    thread = threading.Thread(target=following.run, args=(stop,))
    thread.start()
    SystemClock().sleep(0.5)
    launch(programs, RATE, SECONDS)
    SystemClock().sleep(1)
    stop.set()
    thread.join()
    computer.launch_reports.catch_up()
    counted = computer.spool.counters()
    seen, missed = counted.get("launches_seen", 0), counted.get("launches_missed", 0)
    assert seen + missed >= RATE * SECONDS
    assert seen <= RATE * SECONDS
    assert computer.spool.waiting() <= FILES
    assert computer.spool.waiting() == FILES or missed
