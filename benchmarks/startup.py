"""How long short commands take, as whole processes, against Python doing nothing."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Figure, figure
from benchmarks.member import member
from vedette.demo.machines import DemoNetwork

_COMMANDS: Mapping[str, Sequence[str]] = {
    "help": ("--help",),
    "consent_show": ("consent", "show", "--json"),
    "observe_launch": ("observe", "launch", "/bin/true"),
}
_BARE = (sys.executable, "-c", "pass")


def figures(quick: bool) -> Iterator[Figure]:
    """The median of several runs, by turns with those of the bare interpreter."""
    times: dict[str, list[float]] = {"bare": []}
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        with contextlib.closing(DemoNetwork(Path(folder) / "network")) as network:
            network.await_ready()
            vedette = member(Path(folder) / "computer", network)
        for _ in range(5 if quick else 15):
            times["bare"].append(_seconds(_BARE))
            for name, arguments in _COMMANDS.items():
                times.setdefault(name, []).append(_seconds([*vedette, *arguments]))
    bare = statistics.median(times["bare"])
    for name in _COMMANDS:
        took = statistics.median(times[name])
        yield figure(
            f"startup_{name}",
            took / bare,
            "ratio",
            "lower",
            against=f"{bare * 1000:.1f} ms of python -c pass; here {took * 1000:.1f} ms",
        )


def _seconds(command: Sequence[str]) -> float:
    environment = dict(os.environ)
    # Compiled once as on any computer, even where this process was told not to write such files.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
