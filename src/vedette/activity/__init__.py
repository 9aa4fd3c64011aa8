"""What *happens* on the computer. One item of the statement, one file: its record and its declaration as ``ITEM``.

An item that is learned from logs is a folder of its name, one file a source: a pure function of a log's entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Item, Record
from vedette.host.events import LogEntry


@dataclass(frozen=True, slots=True)
class Finding:
    """A log's entry tells of harm in files that lie on this computer; what of them can still be read is added later.

    ``paths`` are absolute, as the system names them; they never travel as they are.
    """

    threat: str
    paths: tuple[str, ...]
    time: datetime | None = None
    action: str | None = None
    application: str | None = None
    product: str | None = None


ReadEntry = Callable[[LogEntry, PrivateNames], Iterator[Record | Finding]]
"""The events that an entry tells of: records of the item, or findings for it. An entry of another form has none; one
that claims to be of a known form and is not raises ``ValueRefused``."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """A source of events: what ``programs`` write into a log, as ``read`` understands it."""

    name: str
    programs: frozenset[str]
    read: ReadEntry


@dataclass(frozen=True, kw_only=True)
class ActivityItem(Item):
    """An item that is reported as it happens. ``prompt``: it is sent at once, not with the next round. ``logs``: the
    sources that it is learned from, as far as these are logs.
    """

    prompt: bool = False
    logs: tuple[LogSource, ...] = field(default=())
