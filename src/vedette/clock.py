"""The time seam: what time it is, how long something took, and how to wait.

Times that travel or are stored are whole microseconds since 1970-01-01T00:00:00Z; in memory they are aware UTC
datetimes.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""From when Windows counts tenths of microseconds (FILETIME, minwinbase.h)."""


class Clock(Protocol):
    """What the rest of Vedette knows of time."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        ...

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Waits ``seconds``, or less if ``wake`` is set meanwhile; true if it was."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        if wake is not None:
            return wake.wait(seconds)
        time.sleep(seconds)
        return False


def micros(moment: datetime) -> int:
    """``moment`` (aware) as whole microseconds since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    """The aware UTC datetime of ``value`` microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=value)


def from_filetime(value: int) -> datetime | None:
    """The aware UTC datetime of a FILETIME; ``None`` where it is not set, and for what no calendar has."""
    microseconds = value // 10
    try:
        return FILETIME_EPOCH + timedelta(microseconds=microseconds) if microseconds else None
    except OverflowError:
        return None
