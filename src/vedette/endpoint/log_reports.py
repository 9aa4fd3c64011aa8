"""What logs tell of: entries go to the sources that understand them, and what these find goes into the spool.

The mark of a log moves in the transaction that takes the rows, so that a crash at any moment neither loses an entry
nor reports one twice. A log is only opened while consent covers something that it could tell of; what was written
while it did not is never read.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.activity import ActivityItem, Finding, LogSource
from vedette.clock import Clock
from vedette.endpoint.intake import Intake
from vedette.endpoint.launches import Allowance
from vedette.endpoint.log_marks import LogMarks
from vedette.endpoint.settings import LogSettings
from vedette.errors import HostError, ValueRefused
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.host.events import Gap, Log, LogEntry, Mark

log = logging.getLogger(__name__)

_AT_ONCE: Final = 256  # entries of one log before the next one has its turn
_KEEP: Final = 10.0  # seconds before a mark is kept that no row came with
_UNCOVERED: Final = 1.0  # seconds between two looks at whether there is consent

Wanted = Mapping[str, Sequence[tuple[str, LogSource]]]
"""By program: the sources, each with the name of its item."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A log, and the programs whose entries there count: ``only`` these, where it is given, but not ``without``."""

    log: Log
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    def takes(self, program: str) -> bool:
        """Whether what ``program`` wrote there counts."""
        return (self.only is None or program in self.only) and program not in self.without


@dataclass(slots=True)
class _Batch:
    """What some entries of a log became, and the mark behind them."""

    mark: Mark | None = None
    rows: list[tuple[str, Record]] = field(default_factory=list)
    begun: bool = False
    idle: bool = False


class LogReports:
    """Follows logs for the items that are learned from them.

    ``found`` makes the record of a finding; a record of an item that ``takers`` name goes there, inside the
    transaction, in place of the spool.
    """

    def __init__(
        self,
        items: Iterable[ActivityItem],
        intake: Intake,
        marks: LogMarks,
        private: Callable[[], PrivateNames],
        found: Callable[[Finding], Record],
        takers: Mapping[str, Callable[[Record], None]],
        clock: Clock,
        settings: LogSettings,
    ) -> None:
        self._items = [item for item in items if item.logs]
        self.intake: Final = intake
        self.marks: Final = marks
        self.clock: Final = clock
        self.private: Final = private
        self._found = found
        self._takers = takers
        self._allowances = {
            item.name: Allowance(clock, settings.most_per_second, settings.burst)
            for item in self._items
        }

    def run(self, logs: Sequence[Followed], stop: threading.Event, wait: float = 0.5) -> None:
        """Until ``stop`` is set; ``wait`` seconds pass after a round in which no log had anything to tell.

        A log that cannot be followed is left out, and counted. Raises ``StoreError``.
        """
        readings = [_Reading(followed, self) for followed in logs]
        try:
            while readings and not stop.is_set():
                told = False
                for reading in readings.copy():
                    try:
                        told |= reading.step(stop)
                    except HostError as error:
                        log.warning("a log is left out", extra={"code": error.code})
                        self.intake.count(f"log_{error.code}")
                        readings.remove(reading)
                if not told:
                    opened = any(reading.open for reading in readings)
                    self.clock.sleep(wait if opened else _UNCOVERED, stop)
        finally:
            for reading in readings:
                reading.close()

    def wanted(self, followed: Followed) -> Wanted:
        """The sources that may be learned from now, as far as ``followed`` has something for them."""
        sources: dict[str, list[tuple[str, LogSource]]] = {}
        for item in self._items:
            if self.intake.covers(item.name):
                for source in item.logs:
                    for program in filter(followed.takes, source.programs):
                        sources.setdefault(program, []).append((item.name, source))
        return sources

    def records(
        self, entry: LogEntry, sources: Sequence[tuple[str, LogSource]], private: PrivateNames
    ) -> Iterator[tuple[str, Record]]:
        """What ``entry`` tells ``sources``, each with its item. What one cannot understand costs only itself."""
        if entry.time is None:
            entry = replace(entry, time=self.clock.now())
        for item, source in sources:
            try:
                for event in source.read(entry, private):
                    if item not in self._takers and not self._allowances[item].take():
                        self.intake.count(f"log_{source.name}_over_rate")
                    elif isinstance(event, Finding):
                        yield item, self._found(event)
                    else:
                        yield item, event
            except ValueRefused:
                self.intake.count(f"log_{source.name}_refused")
            except Exception:
                # Logs hold what strangers send: no entry may stop the reading of all others, nor be met again
                # after every restart.
                log.exception("a source of events failed", extra={"source": source.name})
                self.intake.count(f"log_{source.name}_failed")

    def take(self, rows: Sequence[tuple[str, Record]]) -> None:
        """Reports ``rows``, or hands them to their takers; inside a transaction."""
        by_item: dict[str, list[Record]] = {}
        for item, record in rows:
            if taker := self._takers.get(item):
                taker(record)
            else:
                by_item.setdefault(item, []).append(record)
        for item, records in by_item.items():
            self.intake.report(item, records)


class _Reading:
    """One log, and how far it has been read."""

    def __init__(self, followed: Followed, reports: LogReports) -> None:
        self._followed = followed
        self._name = followed.log.name
        self._reports = reports
        self._entries: Iterator[tuple[Mark, LogEntry | Gap] | None] | None = None
        self._kept: Mark | None = None  # as the database has it
        self._seen: Mark | None = None  # behind what no row came of since
        self._keep_at = 0.0

    @property
    def open(self) -> bool:
        return self._entries is not None

    def step(self, stop: threading.Event) -> bool:
        """Takes some entries; false where there were none. Raises ``HostError`` or ``StoreError``."""
        wanted = self._reports.wanted(self._followed)
        if not wanted:
            self._forget()
            return False
        if self._entries is None:
            self._kept = self._seen = self._reports.marks.of(self._name)
            self._entries = self._followed.log.entries(self._kept, stop)
        batch = self._next(self._entries, wanted)
        self._take(batch)
        return not batch.idle

    def _next(
        self, entries: Iterator[tuple[Mark, LogEntry | Gap] | None], wanted: Wanted
    ) -> _Batch:
        batch = _Batch()
        private: PrivateNames | None = None
        for _ in range(_AT_ONCE):
            try:
                told = next(entries)
            except StopIteration:  # it is opened again, after a while
                self._entries = told = None
            if told is None:
                batch.idle = batch.mark is None
                break
            batch.mark, what = told
            if isinstance(what, Gap):
                self._count(what)
                batch.begun |= what.count == 0
            elif sources := wanted.get(what.program):
                private = private or self._reports.private()
                batch.rows += self._reports.records(what, sources, private)
        return batch

    def _take(self, batch: _Batch) -> None:
        """Makes ``batch`` durable, together with its mark; a mark alone only now and then."""
        now = self._reports.clock.monotonic()
        mark = batch.mark or self._seen
        if not (batch.rows or batch.begun or (mark != self._kept and now >= self._keep_at)):
            self._seen = mark
            return
        self._keep_at = now + _KEEP
        with self._reports.marks.database.transaction():
            kept = mark is None or self._reports.marks.move(self._name, self._kept, mark)
            if kept:
                self._reports.take(batch.rows)
        if kept:
            self._kept = self._seen = mark
        else:  # the spool was emptied meanwhile: what was written until then is nobody's business any more
            self._close()

    def _count(self, gap: Gap) -> None:
        if gap.count:
            word = re.sub(r"[^a-z0-9]+", "_", gap.reason.lower())[:56]
            self._reports.intake.count(f"log_{word}", gap.count)

    def _forget(self) -> None:
        if self._entries is not None or self._kept is not None:
            self._close()
            self._reports.marks.forget(self._name)

    def _close(self) -> None:
        self._entries = self._kept = self._seen = None

    def close(self) -> None:
        """Ends the reading, and keeps its mark. Raises ``StoreError``."""
        if self._seen is not None and self._seen != self._kept:
            self._reports.marks.move(self._name, self._kept, self._seen)
        self._close()
