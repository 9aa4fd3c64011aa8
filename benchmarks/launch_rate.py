"""What many launches at once take: 500 a second of 50 different files, each of which is seen or counted as missed.

Whatever else starts on this machine meanwhile is work for the agent, too, and counted with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.agent import _cpu, _running
from benchmarks.measure import Figure, figure
from benchmarks.member import member
from vedette.demo.machines import DemoNetwork

_FILES = 50
_RATE = 500
_SETTLE = 20.0  # seconds from the start until the agent is at rest
_TOLD = 15.0  # seconds in which the agent writes its counters down


def figures(quick: bool) -> Iterator[Figure]:
    """The share of launches that is accounted for, and of a core that the agent takes over the minute that begins with
    the first; 10 seconds of launches, or 2 within 12 seconds.
    """
    seconds, window, form = (2.0, 12.0, "12s") if quick else (10.0, 60.0, "1min")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-bench-")))
        network = stack.enter_context(contextlib.closing(DemoNetwork(folder / "network")))
        network.await_ready()
        vedette = member(folder / "computer", network)
        with (folder / "computer/agent.toml").open("a") as config:
            config.write("[uplink]\nsend_every = 2.0\n")
        programs = [_program(folder, number) for number in range(_FILES)]
        spool = folder / "computer/state/spool.db"
        agent = stack.enter_context(_running([*vedette, "agent", "run"]))
        time.sleep(_SETTLE)
        before = _counters(spool)
        began, used = time.monotonic(), _cpu(agent)
        late = launch(programs, _RATE, seconds)
        took = time.monotonic() - began
        time.sleep(max(0.0, began + window - time.monotonic()))
        share = (_cpu(agent) - used) / (time.monotonic() - began)
        launch([_program(folder, _FILES)], _RATE, 1 / _RATE)  # counters travel with a report
        time.sleep(_TOLD)
        after = _counters(spool)
        reported = _reported(spool, programs)
    total = int(_RATE * seconds)
    counted = {name: after.get(name, 0) - before.get(name, 0) for name in after}
    seen, missed = counted.get("launches_seen", 0), counted.get("launches_missed", 0)
    launched = f"{total} launches in {took:.1f} s, {late} of them late"
    yield figure(
        f"launches_accounted_for_{form}",
        (seen + missed) / total,
        "of those launched",
        "higher",
        target=1.0,
        against=f"{launched}; {seen} seen, {missed} missed, with all others on this machine",
    )
    yield figure(f"launched_files_reported_{form}", reported, "files", "higher", target=_FILES)
    yield figure(
        f"agent_cpu_launches_{form}",
        share * 100,
        "% of a core",
        "lower",
        target=None if quick else 20.0,
        against=f"one core; {launched}",
    )


def launch(programs: list[str], rate: float, seconds: float) -> int:
    """Launches the programs in turn, ``rate`` of them a second; how many began more than 0.1 s after their time."""
    late, running = 0, []
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        late += left < -0.1
        path = programs[number % len(programs)]
        running.append(os.posix_spawn(path, [path], {}))
        while running and os.waitpid(running[0], os.WNOHANG)[0]:
            running.pop(0)
    for process in running:
        os.waitpid(process, 0)
    return late


def _program(folder: Path, number: int) -> str:
    path = folder / f"program-{number}"
    shutil.copy("/bin/true", path)
    with path.open("ab") as file:
        file.write(b"%d of the benchmark" % number)
    return str(path)


def _counters(spool: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True)) as database:
        return dict(database.execute("SELECT name, value FROM counters"))


def _reported(spool: Path, programs: list[str]) -> int:
    digests = {hashlib.sha256(Path(path).read_bytes()).digest() for path in programs}
    with contextlib.closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT digest FROM reported WHERE item = 'launches'")
        return len(digests & {bytes(digest) for (digest,) in rows})
