"""Folders in which files arrive when a test says so. It passes the contract tests of what it stands in for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator

from vedette.clock import Clock, SystemClock
from vedette.host.events import Arrival, Gap


class FakeFolderWatch:
    """Tells whoever listens of what a test lets arrive."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._listeners: list[queue.SimpleQueue[Arrival | Gap]] = []
        self.listened = threading.Event()
        """Set once somebody has listened."""

    def arrivals(self, stop: threading.Event) -> Generator[Arrival | Gap, None, None]:
        arriving: queue.SimpleQueue[Arrival | Gap] = queue.SimpleQueue()
        self._listeners.append(arriving)
        self.listened.set()
        return self._told(arriving, stop)

    def _told(
        self, arriving: queue.SimpleQueue[Arrival | Gap], stop: threading.Event
    ) -> Generator[Arrival | Gap, None, None]:
        while not stop.is_set():
            try:
                yield arriving.get(timeout=0.2)
            except queue.Empty:
                continue

    def arrive(self, path: str) -> None:
        """A file has come to ``path``."""
        self._tell(Arrival(path, self._clock.now()))

    def lose(self, count: int, reason: str = "the kernel's queue overran") -> None:
        """``count`` files arrive unnoticed."""
        self._tell(Gap(count, reason))

    def _tell(self, event: Arrival | Gap) -> None:
        for listener in self._listeners:
            listener.put(event)
