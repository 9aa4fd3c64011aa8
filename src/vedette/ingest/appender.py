"""Group commit: envelopes that arrive together become durable together, and nobody is answered before that.

One thread writes the log. While it waits for the disk, the next group gathers; so under load one sync serves
many envelopes, and at rest an envelope waits for its own sync only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from dataclasses import dataclass

from vedette.errors import StoreError, StoreUnusable
from vedette.ingest.admission import refused
from vedette.store.log import Appended, Arrival, Log, SequenceReused
from vedette.wire.refusals import Refusal

_GROUP = 64

_log = logging.getLogger(__name__)

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
            outcomes = self._appended(group)
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it who waited
                group[0].answer.get_loop().call_soon_threadsafe(_tell, group, outcomes)

    def _appended(self, group: list[_Waiting]) -> list[Outcome] | StoreError:
        try:
            return self._log.append([one.arrival for one in group])
        except StoreError as error:
            return error
        except Exception:  # noqa: BLE001 - without this thread nobody would be answered any more
            _log.exception("the log failed")
            return StoreUnusable("the log failed", "see the network's own log lines")

    def _next_group(self) -> list[_Waiting]:
        """The next envelopes to write; none when it is time to end."""
        with self._ready:
            while not self._queue and not self._stopping:
                self._ready.wait()
            return [self._queue.popleft() for _ in range(min(_GROUP, len(self._queue)))]


def _tell(group: list[_Waiting], outcomes: list[Outcome] | StoreError) -> None:
    for number, one in enumerate(group):
        if one.answer.done():  # its client has gone
            continue
        if isinstance(outcomes, StoreError):
            one.answer.set_exception(outcomes)
        else:
            one.answer.set_result(outcomes[number])
