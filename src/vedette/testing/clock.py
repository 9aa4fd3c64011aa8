"""A clock that moves only when it is told to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class ManualClock:
    """Stands still at ``start`` until ``advance`` or ``sleep`` moves it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 24, 12, tzinfo=UTC)
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Moves the clock on at once; nobody waits."""
        if wake is not None and wake.is_set():
            return True
        self.advance(seconds)
        return wake is not None and wake.is_set()

    def advance(self, seconds: float) -> None:
        """Moves both the wall clock and the monotonic one on by ``seconds``."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
