"""What a computer's logs and folders tell as it happens: the values, and the seams they come through.

A log entry is the same value whether it was read from a file that is followed, from the journal, from a socket, from
the kernel or from Windows' event log, so that a source of events is one pure function of an entry.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log.

    ``program`` wrote it: a syslog identifier (``sshd``, ``kernel``), or the word for a log of one program's own
    (``suricata``, ``clamd``, ``audit``), or a channel of Windows' event log. ``time`` (UTC) is when, where the entry
    says so. ``fields`` are those of a log that has some; ``text`` is the message of one that has not.
    """

    program: str
    text: str
    time: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """At least ``count`` entries could not be read, and why, in a few words without a name.

    One of 0 loses nothing: it brings a mark, so that what comes after it is found again in a later run.
    """

    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the reading of a log stands: opaque outside of the log that made it, and short enough to be kept."""

    value: str


class Log(Protocol):
    """A log that is followed."""

    @property
    def name(self) -> str:
        """Tells it from the computer's other logs; stays the same over restarts."""
        ...

    def entries(
        self, after: Mark | None, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        """What is written from now on, or came after ``after`` in an earlier run, each with the mark that stands behind
        it; ``None`` now and then while nothing comes, so that whoever listens can do something else.

        Ends within a second after ``stop`` is set. A log that is rotated, cut, filled with garbage or gone for a while
        goes on with what can be read; what was lost is a ``Gap``. Raises ``NotPermitted`` or ``Unsupported``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file has been written or moved to ``path`` and was closed; ``time`` (UTC) is when that was seen."""

    path: str
    time: datetime


class FolderWatch(Protocol):
    """Folders in which files arrive."""

    def arrivals(self, stop: threading.Event) -> Generator[Arrival | Gap, None, None]:
        """Each file that arrives in one of the folders from this call on; ends within a second after ``stop`` is set.
        Closing it ends the watching.

        Raises ``NotPermitted`` or ``Unsupported``.
        """
        ...
