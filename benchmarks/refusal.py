"""From the answer to the deciding report to the refusal on another computer, in the demonstration's own story."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Iterator

from benchmarks.measure import Figure, figure
from vedette.demo.story import tell
from vedette.network.settings import NetworkSettings

_ROUNDS = 5


def figures(quick: bool) -> Iterator[Figure]:
    """Seconds, the median of all threats; and how many of the network's own looking intervals that is."""
    waits: list[float] = []
    with contextlib.redirect_stdout(sys.stderr):
        while len(waits) < _ROUNDS * (1 if quick else 3):
            waits += tell(leave_running=False)
    middle = statistics.median(waits)
    yield figure("refusal", middle, "s", "lower", target=1.0)
    settings = NetworkSettings()
    looks = settings.pipeline.derive_every + settings.urgent.look_every
    yield figure(
        "refusal_looks",
        middle / looks,
        "ratio",
        "lower",
        against=f"the two intervals at which log and journal are looked at, {looks:.3f} s together",
    )
