"""What an agent at rest takes: joined, with consent and protection, connected to a network on this machine.

Programs that others start on this machine meanwhile are launches, and work for the agent.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, figure
from benchmarks.member import member
from vedette.demo.machines import DemoNetwork

MIB = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")
_SETTLE = 20.0  # seconds from the start until it is at rest
_LOOK = 5.0
_BARE = "import ssl, sqlite3, time; time.sleep(3600)"


def figures(quick: bool) -> Iterator[Figure]:
    """Memory of all its processes (PSS: what is shared counts in part) and its share of a core; 10 minutes, or 1."""
    seconds, form = (60.0, "60s") if quick else (600.0, "10min")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-bench-")))
        network = stack.enter_context(contextlib.closing(DemoNetwork(folder / "network")))
        network.await_ready()
        vedette = member(folder / "computer", network)
        agent = stack.enter_context(_running([*vedette, "agent", "run"]))
        bare = stack.enter_context(_running([sys.executable, "-c", _BARE]))
        time.sleep(_SETTLE)
        memory: list[tuple[int, int]] = []
        began, used = time.monotonic(), _cpu(agent)
        while time.monotonic() < began + seconds:
            time.sleep(_LOOK)
            memory.append(_memory(agent))
        share = (_cpu(agent) - used) / (time.monotonic() - began)
        bare_rss, bare_pss = _memory(bare)
    rss, pss = max(one[0] for one in memory), max(one[1] for one in memory)
    middle = statistics.median(one[0] for one in memory)
    yield figure(f"agent_rss_{form}", rss / MIB, "MiB", "lower", target=64.0)
    yield figure(f"agent_pss_{form}", pss / MIB, "MiB", "lower")
    yield figure(
        f"agent_memory_ratio_{form}",
        middle / bare_rss,
        "ratio",
        "lower",
        against=(
            f"a bare Python with ssl and sqlite3: RSS {bare_rss / MIB:.1f} MiB,"
            f" PSS {bare_pss / MIB:.1f} MiB"
        ),
    )
    yield figure(
        f"agent_cpu_{form}", share * 100, "% of a core", "lower", target=1.0, against="one core"
    )


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[int]:
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def _family(process: int) -> list[int]:
    """A process and its descendants."""
    family = [process]
    with _ended():
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text().split():
                family += _family(int(child))
    return family


def _memory(process: int) -> tuple[int, int]:
    """Resident and proportional set size of a process and its descendants, in bytes."""
    sums = {"Rss": 0, "Pss": 0}
    for one in _family(process):
        with _ended():
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in sums:
                    sums[name] += int(value.split()[0]) * 1024
    return sums["Rss"], sums["Pss"]


def _cpu(process: int) -> float:
    """Seconds of processor time that a process and its descendants have used, and children that have ended."""
    ticks = 0
    for one in _family(process):
        with _ended():
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks / _TICKS


def _ended() -> contextlib.suppress:
    """What looks at files ends by itself, also between being found here and being looked at."""
    return contextlib.suppress(FileNotFoundError, ProcessLookupError)
