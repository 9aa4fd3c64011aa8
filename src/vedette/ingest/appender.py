"""Group commit: envelopes that arrive together become durable together, and nobody is answered before that.

One thread writes the log. While it waits for the disk, the next group gathers; so under load one sync serves
many envelopes, and at rest an envelope waits for its own sync only.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass

from vedette.errors import StoreError
from vedette.ingest.admission import refused
from vedette.store.log import Appended, Arrival, Log, SequenceReused
from vedette.wire.refusals import Refusal

_GROUP = 64

Outcome = Appended | SequenceReused


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    answer: asyncio.Future[Outcome]


class Appender:
    """Appends to ``log`` for one event loop. At most ``waiting`` envelopes wait; more are refused as busy."""

    def __init__(self, log: Log, *, waiting: int, retry_after: float) -> None:
        self._log = log
        self._most = waiting
        self._retry_after = retry_after
        self._queue: deque[_Waiting] = deque()
        self._ready = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._write, name="log-appender", daemon=True)
        self._thread.start()

    def waiting(self) -> int:
        """How many envelopes wait for the log now."""
        return len(self._queue)

    async def append(self, arrival: Arrival) -> Outcome:
        """Returns once ``arrival`` is durable. Raises ``AdmissionError`` (busy) or ``StoreError``."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        with self._ready:
            if len(self._queue) >= self._most or self._stopping:
                raise refused(
                    Refusal.BUSY,
                    "too many envelopes wait for the log",
                    retry_after=self._retry_after,
                )
            self._queue.append(_Waiting(arrival, future))
            self._ready.notify()
        return await future

    def close(self) -> None:
        """Writes what waits, then ends."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self._thread.join()

    def _write(self) -> None:
        while group := self._next_group():
            loop = group[0].answer.get_loop()
            try:
                outcomes = self._log.append([one.arrival for one in group])
            except StoreError as error:
                loop.call_soon_threadsafe(_fail, group, error)
            else:
                loop.call_soon_threadsafe(_answer, group, outcomes)

    def _next_group(self) -> list[_Waiting]:
        """The next envelopes to write; none when it is time to end."""
        with self._ready:
            while not self._queue and not self._stopping:
                self._ready.wait()
            return [self._queue.popleft() for _ in range(min(_GROUP, len(self._queue)))]


def _answer(group: list[_Waiting], outcomes: list[Outcome]) -> None:
    for one, outcome in zip(group, outcomes, strict=True):
        if not one.answer.done():  # its client may have gone
            one.answer.set_result(outcome)


def _fail(group: list[_Waiting], error: StoreError) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(error)
