"""Reports of launches, with the facts about their files. Reading those takes its time, and nobody waits for it."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from vedette.activity.launches import launch
from vedette.endpoint.hashing import Hashed
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.intake import Intake
from vedette.endpoint.settings import LaunchSettings
from vedette.errors import StoreError, Unreadable
from vedette.filefacts.facts import FileFacts
from vedette.host import FileStat, Host, Launch

log = logging.getLogger(__name__)

ITEM: Final = "launches"

_MOST: Final = 64  # files that wait: each is an open descriptor
_LOOK: Final = 1.0  # seconds between two looks at whether to stop


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Launch
    hashed: Hashed
    descriptor: int


class LaunchReports:
    """Puts launches into ``intake``, each file's once in a while. One thread runs it, others hand over to it."""

    def __init__(
        self, host: Host, intake: Intake, inspections: Inspections, settings: LaunchSettings
    ) -> None:
        self._host = host
        self._intake = intake
        self._inspections = inspections
        self._every = settings.report_again
        self._waiting: OrderedDict[bytes, _Waiting] = OrderedDict()
        self._changed = threading.Condition()

    def take(self, event: Launch, descriptor: int, hashed: Hashed) -> None:
        """``event`` is reported soon, if it is due; with facts, unless too many wait already. Never waits itself."""
        if not self._intake.due(ITEM, hashed.sha256, self._every):
            return
        with self._changed:
            if hashed.sha256 in self._waiting:
                return
            if len(self._waiting) < _MOST:
                with suppress(OSError):  # too many files are open: then without facts
                    copy = os.dup(descriptor)
                    self._waiting[hashed.sha256] = _Waiting(event, hashed, copy)
                    self._changed.notify()
                    return
        self._intake.count("launches_without_facts")
        self._report(event, hashed, None)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set; what waits then is reported as it is."""
        while not stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting), _LOOK)
            self.catch_up(stop)
        while (one := self._next()) is not None:
            os.close(one.descriptor)
            self._report(one.event, one.hashed, None)

    def catch_up(self, stop: threading.Event | None = None) -> None:
        """Reports all that waits, until ``stop`` is set."""
        while not (stop and stop.is_set()) and (one := self._next()) is not None:
            try:
                facts = self._inspections.of(one.descriptor, one.hashed.sha256)
            finally:
                os.close(one.descriptor)
            self._report(one.event, one.hashed, facts)

    def _next(self) -> _Waiting | None:
        with self._changed:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def _report(self, event: Launch, hashed: Hashed, facts: FileFacts | None) -> None:
        stat = self._stat(event, hashed)
        try:
            self._intake.report_once(
                ITEM,
                hashed.sha256,
                self._every,
                lambda: launch(
                    event.path,
                    hashed.sha256,
                    stat,
                    event.time,
                    self._host.private,
                    content=facts,
                ),
            )
        except StoreError:
            log.exception("a launch could not be written down")
            self._intake.count("launches_unwritten")

    def _stat(self, event: Launch, hashed: Hashed) -> FileStat:
        """The facts that held while hashing; with the day of creation, which only the host can tell."""
        with suppress(Unreadable):
            found = self._host.files.stat(event.path)
            if (found.device, found.inode) == (hashed.facts.device, hashed.facts.inode):
                return found
        return hashed.facts
