"""Events that were seen and not yet taken: bounded, so that a slow reader costs neither memory nor the kernel's
patience.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from vedette.host import Launch, Missed

_FULL = "seen faster than they could be taken"


class Backlog:
    """A queue of at most ``limit`` events between the thread that listens and the one that iterates.

    Misses of one reason in a row become one, with their sum, and so does everything that finds the queue full.
    """

    def __init__(self, limit: int = 8192) -> None:
        self._limit = limit
        self._events: deque[Launch | Missed] = deque()
        self._changed = threading.Condition()
        self._ended = False

    def put(self, event: Launch | Missed) -> None:
        with self._changed:
            if isinstance(event, Launch) and len(self._events) >= self._limit:
                event = Missed(1, _FULL)
            if isinstance(event, Missed):
                event = self._joined(event)
            self._events.append(event)
            self._changed.notify()

    def _joined(self, missed: Missed) -> Missed:
        """``missed`` together with the last event, taken from the queue, where that is a miss too and they must be
        one.
        """
        if self._events and isinstance(last := self._events[-1], Missed):
            full = len(self._events) > self._limit
            if full or last.reason == missed.reason:
                self._events.pop()
                return Missed(last.count + missed.count, last.reason)
        return missed

    def end(self) -> None:
        """Nothing more will come; the iterator ends after what is still queued."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        return self._ended

    def __iter__(self) -> Iterator[Launch | Missed]:
        """Waits for events and takes them. Leaving the iterator ends the backlog."""
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._events or self._ended)
                    if not self._events:
                        return
                    event = self._events.popleft()
                yield event
        finally:
            self.end()
