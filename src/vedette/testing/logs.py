"""A log in memory, written by a test; it passes the contract tests of the real ones (``tests/unit/host``)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from vedette.host.events import Gap, LogEntry, Mark


class FakeLog:
    """What is in ``told`` was written; a mark is how many of these were taken. Never waits."""

    def __init__(self, name: str = "fake log") -> None:
        self.name = name
        self.told: list[LogEntry | Gap] = []

    def write(self, *what: LogEntry | Gap) -> None:
        self.told += what

    def entries(
        self, after: Mark | None, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        """See ``Log``."""
        if after is None:
            taken = len(self.told)
            yield Mark(str(taken)), Gap(0, "begun")
        else:
            taken = int(after.value)
        while not stop.is_set():
            if taken < len(self.told):
                taken += 1
                yield Mark(str(taken)), self.told[taken - 1]
            else:
                yield None
