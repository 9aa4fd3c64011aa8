"""One reader of the urgent channel: a bounded queue of events that are the same bytes for all readers."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """Why a reader was sent away. It goes on from its last event id, here or elsewhere."""

    SLOW = "too slow"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reader begins: it is given the backlog up to ``position``, then ``heartbeat``, then what is new."""

    position: int
    heartbeat: bytes


class Reader:
    """The events that wait for one reader, at most ``most``."""

    def __init__(self, most: int) -> None:
        self.started: asyncio.Future[Start | None] = asyncio.get_running_loop().create_future()
        self.end: End | None = None
        self._most = most
        self._waiting: deque[bytes] = deque()
        self._changed = asyncio.Event()

    def start(self, start: Start) -> None:
        """Tells the reader where it begins."""
        if not self.started.done():
            self.started.set_result(start)

    def give(self, event: bytes) -> bool:
        """Adds an event; a reader that has too many waiting is sent away instead, and it is false."""
        if len(self._waiting) == self._most:
            self._waiting.clear()
            self.send_away(End.SLOW)
            return False
        self._waiting.append(event)
        self._changed.set()
        return True

    def send_away(self, reason: End) -> None:
        """Lets the reader have what waits for it still, and no more."""
        self.end = reason
        if not self.started.done():
            self.started.set_result(None)
        self._changed.set()

    async def next(self) -> bytes | None:
        """The next event, as soon as there is one; none after the last."""
        while not self._waiting:
            if self.end is not None:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()
