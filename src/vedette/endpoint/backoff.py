"""How long to wait after a failure: exponential back-off with full jitter.

The wait is drawn evenly from zero to the ceiling, and the ceiling doubles with each failure in a row, so that
a fleet that lost its network together does not come back together
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Chance = Callable[[], float]
"""Where randomness comes from: a number from zero up to, not including, one; ``random.random`` is one."""


class Backoff:
    """``first`` and ``most``: the ceiling in seconds after one failure, and after any number of them."""

    def __init__(self, first: float, most: float, chance: Chance) -> None:
        self._first: Final = first
        self._most: Final = most
        self._chance = chance
        self.failures = 0

    @property
    def ceiling(self) -> float:
        """The longest wait in seconds that may follow now; zero while nothing failed."""
        if self.failures == 0:
            return 0.0
        # 2**64 seconds is beyond any `most`; larger powers would overflow a float in the end.
        return min(self._most, self._first * 2.0 ** min(self.failures - 1, 64))

    def failed(self, at_least: float = 0.0) -> float:
        """Notes a failure; returns how many seconds to wait: what the other side asked for, at most ``most``,
        and the jitter.
        """
        self.failures += 1
        return min(max(at_least, 0.0), self._most) + self.ceiling * self._chance()

    def succeeded(self) -> None:
        """Forgets the failures."""
        self.failures = 0
