"""A log in memory, for tests of what stands before and behind the real one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from vedette.store.log import Appended, Arrival, LogEntry, SequenceReused


class MemoryLog:
    """Behaves as :class:`vedette.store.log.Log` says, until the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end = 0
        self._entries: dict[int, tuple[LogEntry, bytes]] = {}
        self._offsets: dict[tuple[int, int], int] = {}
        self._marks: dict[int, int] = {}

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended | SequenceReused]:
        """Stores a group."""
        with self._lock:
            return [self._store(arrival) for arrival in arrivals]

    def read(self, after: int, max_bytes: int) -> list[LogEntry]:
        """The next entries, at most ``max_bytes`` of payload but one at least."""
        entries: list[LogEntry] = []
        with self._lock:
            for offset in sorted(self._entries):
                entry, _ = self._entries[offset]
                if offset <= after:
                    continue
                max_bytes -= len(entry.payload)
                if max_bytes < 0 and entries:
                    break
                entries.append(entry)
        return entries

    def end(self) -> int:
        """The last offset given."""
        with self._lock:
            return self._end

    def trim(self, before: datetime, keep_after: int) -> int:
        """Forgets what is old and consumed."""
        with self._lock:
            old = [
                entry
                for entry, _ in self._entries.values()
                if entry.received < before and entry.offset <= keep_after
            ]
            for entry in old:
                del self._entries[entry.offset]
                del self._offsets[entry.number, entry.sequence]
                self._marks[entry.number] = max(
                    self._marks.get(entry.number, entry.sequence), entry.sequence
                )
        return len(old)

    def close(self) -> None:
        """Does nothing: there is nothing to let go of."""

    def _store(self, arrival: Arrival) -> Appended | SequenceReused:
        known = self._offsets.get((arrival.number, arrival.sequence))
        if known is not None:
            entry, answer = self._entries[known]
            if entry.digest != arrival.digest:
                return SequenceReused(arrival.sequence)
            return Appended(known, True, answer)
        mark = self._marks.get(arrival.number)
        if mark is not None and arrival.sequence <= mark:
            return Appended(0, True, b"")
        self._end += 1
        self._offsets[arrival.number, arrival.sequence] = self._end
        entry = LogEntry(
            offset=self._end,
            number=arrival.number,
            install=arrival.install,
            sequence=arrival.sequence,
            received=arrival.received,
            digest=arrival.digest,
            payload=arrival.payload,
        )
        self._entries[self._end] = (entry, arrival.answer)
        return Appended(self._end, False, arrival.answer)
