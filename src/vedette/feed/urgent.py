"""The urgent channel: verdicts as server-sent events, moments after they enter the journal.

One loop (``run``) watches the journal for all readers, and only while there are any; each event is made once, and the
same bytes go into every reader's queue. A reader is given, in this order: what it missed, a heartbeat, and from then on
every verdict in the order of the serials, with a heartbeat every so often. A heartbeat names the newest serial and goes
out after it, so a reader can tell that nothing was held back (:mod:`vedette.verdicts.stream`). While the journal cannot
be read there is none: nobody must believe that all is quiet.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

import msgspec

from vedette.clock import Clock, micros
from vedette.crypto.keys import SigningKey
from vedette.errors import AdmissionError, StoreError
from vedette.feed.backlog import backlog
from vedette.feed.reader import End, Reader, Start
from vedette.store.database import Changes
from vedette.store.state import State
from vedette.verdicts.verdict import Heartbeat
from vedette.wire.events import Event, render
from vedette.wire.refusals import Refusal

_PAGE: Final = 500  # verdicts read at once
_RETRY: Final = 1.0  # seconds, after the journal could not be read
_FRESH: Final = 1.0  # seconds that readers who connect are given the same heartbeat
_SERIAL = re.compile(r"[0-9]{1,18}")

_log = logging.getLogger(__name__)


class UrgentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds between two looks at the journal (``look_every``) and two heartbeats (``beat_every``); ``waiting``:
    events that may wait for one reader; ``readers``: how many there may be.
    """

    look_every: float = 0.02
    beat_every: float = 15.0
    waiting: int = 256
    readers: int = 10_000

    def __post_init__(self) -> None:
        if not (0 < self.look_every <= 10 and 0 < self.beat_every <= 15):
            raise ValueError("an interval in [urgent] is out of its range")
        if self.waiting < 1 or self.readers < 1:
            raise ValueError("a number in [urgent] is less than 1")


@dataclass(slots=True)
class UrgentCounts:
    """Since the start: readers that came, were turned away because there were too many, and were sent away because they
    were too slow; verdicts seen in the journal; times that it could not be read.
    """

    joined: int = 0
    refused: int = 0
    slow: int = 0
    verdicts: int = 0
    failures: int = 0


class UrgentChannel:
    """Serves the journal of ``state``; heartbeats are signed with ``key``. For use in one event loop."""

    def __init__(
        self,
        state: State,
        key: SigningKey,
        clock: Clock,
        settings: UrgentSettings | None = None,
    ) -> None:
        self.counts = UrgentCounts()
        self._state = state
        self._key = key
        self._clock = clock
        self._settings = settings or UrgentSettings()
        self._joining: set[Reader] = set()
        self._readers: set[Reader] = set()
        self._wanted = asyncio.Event()
        self._closed = False
        self._position = 0
        self._behind = True
        # The last heartbeat, when it was made and when the next is due, on the monotonic clock.
        self._beat = Heartbeat(0, 0)
        self._beat_event = b""
        self._beaten = -math.inf
        self._due = 0.0

    @property
    def readers(self) -> int:
        """How many readers there are now."""
        return len(self._readers) + len(self._joining)

    def events(self, after: int) -> AsyncGenerator[bytes, None]:
        """The stream for a reader that has everything up to serial ``after``; 0 for one that begins.

        Raises ``AdmissionError`` where there are too many readers, or the channel is closed.
        """
        if self._closed or self.readers >= self._settings.readers:
            self.counts.refused += 1
            raise AdmissionError(
                "the urgent channel takes no more readers",
                Refusal.UNAVAILABLE.advice,
                status=Refusal.UNAVAILABLE.status,
                reason=Refusal.UNAVAILABLE,
                retry_after=self._settings.beat_every,
            )
        return self._events(after)

    async def run(self) -> None:
        """Watches the journal whenever there are readers, until the channel is closed."""
        changes = self._state.changes()
        try:
            while not self._closed:
                if not self.readers:
                    self._wanted.clear()
                    await self._wanted.wait()
                await asyncio.sleep(await self._look(changes))
        finally:
            changes.close()

    def close(self) -> None:
        """Ends the channel: each reader still gets what waits for it."""
        self._closed = True
        self._wanted.set()
        for reader in self._readers | self._joining:
            reader.send_away(End.CLOSING)

    async def _events(self, after: int) -> AsyncGenerator[bytes, None]:
        reader = Reader(self._settings.waiting)
        if self._closed:
            reader.send_away(End.CLOSING)
        self._joining.add(reader)
        self._wanted.set()
        self.counts.joined += 1
        try:
            if start := await reader.started:
                async for event in self._backlog(after, start.position):
                    yield event
                yield start.heartbeat
            while (news := await reader.next()) is not None:
                yield news
            yield f": {reader.end}\n\n".encode()
        finally:
            self._joining.discard(reader)
            self._readers.discard(reader)

    async def _backlog(self, after: int, end: int) -> AsyncGenerator[bytes, None]:
        while after < end:
            page = await asyncio.to_thread(
                backlog, self._state, after, end, self._clock.now(), _PAGE
            )
            for serial, document in page:
                yield _verdict(serial, document)
            after = page[-1][0] if page else end

    async def _look(self, changes: Changes) -> float:
        """Gives the readers what is new, and those who wait their start; returns the seconds until the next look."""
        try:
            # Noted before it is read: what fails now is read again at the next look.
            self._behind |= changes.changed()
            if self._behind:
                await self._deliver()
                self._behind = False
        except StoreError as error:
            self.counts.failures += 1
            _log.error("journal not readable", extra={"code": error.code}, exc_info=error)
            return _RETRY
        self._keep_alive()
        self._admit()
        return self._settings.look_every

    async def _deliver(self) -> None:
        """Passes on what was added to the journal; where nobody would get it, only its end is noted."""
        if not self._readers:
            self._position = await asyncio.to_thread(self._state.journal_end)
            return
        more = True
        while more:
            page = await asyncio.to_thread(self._state.journal_after, self._position, _PAGE)
            for entry in page:
                self._broadcast(_verdict(entry.serial, entry.document))
                self._position = entry.serial
            self.counts.verdicts += len(page)
            more = len(page) == _PAGE

    def _keep_alive(self) -> None:
        """Broadcasts a heartbeat when the time has come."""
        now = self._clock.monotonic()
        if not self._readers:
            self._due = now + self._settings.beat_every
        elif now >= self._due:
            self._due = now + self._settings.beat_every
            self._broadcast(self._heartbeat(fresh=0.0))

    def _admit(self) -> None:
        """Lets those who wait begin, here and now."""
        if self._joining:
            start = Start(self._position, self._heartbeat(fresh=_FRESH))
            for reader in self._joining:
                reader.start(start)
            self._readers |= self._joining
            self._joining = set()

    def _broadcast(self, event: bytes) -> None:
        for reader in list(self._readers):
            if not reader.give(event):
                self._readers.discard(reader)
                self.counts.slow += 1
                _log.info("urgent reader sent away", extra={"reason": reader.end})

    def _heartbeat(self, *, fresh: float) -> bytes:
        """A heartbeat about this moment: the last one, where it still says the same and is no older than ``fresh``
        seconds.
        """
        now = self._clock.monotonic()
        if self._beat.serial != self._position or now - self._beaten >= fresh:
            # A clock that was set back must not look like an older state played again.
            time = max(micros(self._clock.now()), self._beat.time + 1)
            self._beat, self._beaten = Heartbeat(self._position, time), now
            document = self._beat.sign(self._key).decode()
            self._beat_event = render(Event(document, "heartbeat"))
        return self._beat_event


def last_event_id(header: str | None) -> int:
    """The serial in a ``Last-Event-ID`` header; 0 where there is none, or it is none of ours."""
    return int(header) if header and _SERIAL.fullmatch(header) else 0


def _verdict(serial: int, document: bytes) -> bytes:
    return render(Event(document.decode(), "verdict", str(serial)))
