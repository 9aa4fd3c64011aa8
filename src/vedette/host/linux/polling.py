"""Launches found by looking through ``/proc`` now and then, for where the kernel does not tell of them.

It says so itself (``polling``), and what starts and ends between two looks goes unseen and uncounted.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

from vedette.clock import Clock, SystemClock
from vedette.host import Launch, Missed
from vedette.host.linux.processes import executed, program

# In place of a program: a copy of its parent so far, or not for us to see.
_COPY, _CLOSED = "copy", "closed"


class ProcPolling:
    """Looks every ``interval`` seconds. What runs at the first look was there before and is no launch."""

    name = "proc polling"
    polling = True

    def __init__(self, interval: float = 1.0, clock: Clock | None = None) -> None:
        self._interval = interval
        self._clock = clock or SystemClock()

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        """See ``LaunchSource``."""
        known: dict[int, str] = {}
        for _ in _changes(known):
            pass
        return self._watch(known, stop)

    def _watch(self, known: dict[int, str], stop: threading.Event) -> Iterator[Launch | Missed]:
        while not self._clock.sleep(self._interval, wake=stop):
            closed = 0
            for pid, found in _changes(known):
                if found == _CLOSED:
                    closed += 1
                else:
                    yield Launch(pid, found, self._clock.now())
            if closed:
                yield Missed(closed, "not permitted")


def _changes(known: dict[int, str]) -> Iterator[tuple[int, str]]:
    """Processes that run another program than ``known`` says (by pid), or whose program is closed to us. Updates
    ``known``.

    A pid given to a new process of the same program between two looks is not told apart.
    """
    seen = set()
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        pid = int(name)
        seen.add(pid)
        before = known.get(pid)
        found = _look(pid, before)
        if found is None or found == before:
            continue
        known[pid] = sys.intern(found)
        if found != _COPY:
            yield pid, found
    for pid in known.keys() - seen:
        del known[pid]


def _look(pid: int, before: str | None) -> str | None:
    """What ``pid`` runs; ``None`` for a process that is gone, and for the kernel's own threads, which run nothing."""
    try:
        path = program(pid)
        if path == before or executed(pid):
            return path
    except PermissionError:
        return _CLOSED
    except OSError:
        return None
    return _COPY
