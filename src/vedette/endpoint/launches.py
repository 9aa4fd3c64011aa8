"""Launches as they happen: each program's file is hashed, protection is asked, and it goes to the reports."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from vedette.clock import Clock
from vedette.endpoint.hashing import Hashes, opened
from vedette.endpoint.intake import Intake
from vedette.endpoint.launch_reports import ITEM, LaunchReports
from vedette.endpoint.protection import Protection
from vedette.endpoint.settings import LaunchSettings
from vedette.errors import StoreError, Unreadable
from vedette.host import Launch, LaunchSource, Missed

log = logging.getLogger(__name__)

Opener = Callable[[Launch], AbstractContextManager[int]]
"""Opens the file that was launched, for reading; raises ``Unreadable`` where it is gone."""


def open_by_path(event: Launch) -> AbstractContextManager[int]:
    """Opens the file that lies at the launch's path now."""
    return opened(event.path)


class Allowance:
    """A token bucket: on average ``per_second`` of something, and ``burst`` at once."""

    def __init__(self, clock: Clock, per_second: float, burst: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._at = clock.monotonic()

    def take(self) -> bool:
        """Takes one; false where none is left."""
        now = self._clock.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Launches:
    """Follows ``source``. Without consent and without protection, launches are not even looked at."""

    def __init__(
        self,
        source: LaunchSource,
        reports: LaunchReports,
        intake: Intake,
        protection: Protection,
        hashes: Hashes,
        clock: Clock,
        settings: LaunchSettings,
        open_launched: Opener = open_by_path,
    ) -> None:
        self._source = source
        self._reports = reports
        self._intake = intake
        self._protection = protection
        self._hashes = hashes
        self._open = open_launched
        self._allowance = Allowance(clock, settings.most_per_second, settings.burst)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set. Raises ``NotPermitted`` or ``Unsupported`` where the source cannot be used."""
        for event in self._source.events(stop):
            if isinstance(event, Missed):
                self._intake.count("launches_missed", event.count)
            elif event.pid != os.getpid():
                self._take(event)

    def _take(self, event: Launch) -> None:
        """Looks at one launch. What cannot be read or written is counted; the next one is another matter."""
        try:
            if not (self._protection.wanted or self._intake.covers(ITEM)):
                return
            self._intake.count("launches_seen")
            if not self._allowance.take():
                self._intake.count("launches_over_rate")
                return
            with self._open(event) as descriptor:
                hashed = self._hashes.of(descriptor)
                self._protection.ask(event.path, descriptor, hashed.sha256, started=True)
                self._reports.take(event, descriptor, hashed)
        except Unreadable as error:
            self._intake.count("launches_gone" if error.reason == "gone" else "launches_unread")
        except StoreError:
            log.exception("a launch could not be written down")
            self._intake.count("launches_unwritten")
