"""When inventory items are read, and what of them is news.

An item is due when its period is over, on the platforms it is declared for, until it expires and while
consent covers it. It is told whole once; from then on only what has gone and what has come. It is told whole again
where something of it was lost on this side, where other fields of it may be told than before, and before the
network would forget the oldest of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.clock import EPOCH, Clock, from_micros, micros
from vedette.endpoint.intake import Intake
from vedette.endpoint.spool import Row, Spool
from vedette.endpoint.told import Last, Rows, Told, by_digest
from vedette.errors import StoreError
from vedette.facts.record import Record
from vedette.facts.schema import Schema
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread

log = logging.getLogger(__name__)

RETRY: Final = timedelta(hours=1)
"""After which an item whose reader failed is tried again."""

_PAUSE: Final = 300.0  # seconds without reading after what was read could not be written down

_encoder = msgspec.msgpack.Encoder(order="deterministic")


class Schedule:
    """Reads ``items`` from ``host`` into ``intake``; remembers in the spool's database when, and what it told."""

    def __init__(
        self,
        items: Sequence[InventoryItem],
        schemas: Mapping[str, Schema],
        host: Callable[[], Host],
        intake: Intake,
        spool: Spool,
        clock: Clock,
    ) -> None:
        self._items = items
        self._schemas = schemas
        self._host = host
        self._intake = intake
        self._spool = spool
        self._clock = clock
        self._told = Told(spool.database)
        self._paused_until = clock.monotonic()

    def due(self) -> list[InventoryItem]:
        """The items to read now. Raises ``StoreUnusable``."""
        if self._clock.monotonic() < self._paused_until:
            return []
        now, dues = self._clock.now(), self._told.dues()
        return [
            item
            for item in self._items
            if self._wanted(item) and not _later(dues.get(item.name, 0), item, now)
        ]

    def round(self, stop: threading.Event | None = None) -> int:
        """Reads what is due, item by item until ``stop`` is set; returns how many rows are news."""
        news = 0
        for item in self.due():
            if stop is not None and stop.is_set():
                break
            try:
                news += self._read(item)
            except StoreError:  # what waits has to be sent all the same: that may make the room
                log.exception("an inventory item was not written down", extra={"item": item.name})
                self._spool.count("items_unwritten")
                self._paused_until = self._clock.monotonic() + _PAUSE
        return news

    def _wanted(self, item: InventoryItem) -> bool:
        return self._host().platform in item.platforms and self._intake.covers(item.name)

    def _read(self, item: InventoryItem) -> int:
        """Reads one item; one that fails costs only itself. Raises ``StoreError``."""
        schema, bodies, unread = self._schemas[item.name], [], []
        try:
            for found in item.read(self._host()):
                match found:
                    case Record():
                        bodies.append(_encoder.encode(schema.row(found)))
                    case Unread():
                        unread.append(found.reason)
        except Exception:  # a reader meets whatever a computer has; the others must not suffer
            log.exception("reading an inventory item failed", extra={"item": item.name})
            self._spool.count("items_failed")
            self._told.plan(item.name, self._clock.now() + RETRY)
            return 0
        self._spool.count("items_unread", len(unread))
        with self._spool.database.transaction():
            return self._tell(item, by_digest(bodies), frozenset(unread))

    def _tell(self, item: InventoryItem, rows: Rows, unread: frozenset[str]) -> int:
        """Reports what is news in ``rows``; returns how many that are."""
        name, now = item.name, self._clock.now()
        fields = self._intake.fields(name)
        if not fields:  # withdrawn while it was read
            return 0
        last = self._told.last(name)
        self._told.plan(name, now + (item.period or RETRY))
        if last.fields != fields or self._fades(item, last, now):
            self._told.begin(name, now, fields, unread, rows)
            taken, news = self._intake.begin(name, _values(rows)), len(rows)
        else:
            added = {one: rows[one] for one in rows.keys() - last.rows.keys()}
            # What cannot be read today, and could when it was last read, may well be there still.
            gone = frozenset() if unread - last.unread else last.rows.keys() - rows.keys()
            removed = {one: last.rows[one] for one in gone}
            self._told.note(name, unread, removed, added)
            taken = self._intake.change(name, _values(removed), _values(added))
            news = len(removed) + len(added)
        if not taken:
            self._told.lose(name)
            return 0
        return news

    def _fades(self, item: InventoryItem, last: Last, now: datetime) -> bool:
        """Whether the network would lack something of what it was told, if it were not told whole by the next time."""
        if last.whole is None:
            return True
        known = item.retention - (item.period or RETRY) - self._spool.max_age
        # What was told in the future was told by a wrong clock.
        return not timedelta() <= now - from_micros(last.whole) < known


def _values(rows: Rows) -> list[Row]:
    return [msgspec.msgpack.decode(body) for body in rows.values()]


def _later(due: int, item: InventoryItem, now: datetime) -> bool:
    """Whether ``due`` (in microseconds) is still to come; what is further off than a period was planned by a
    wrong clock.
    """
    wait = due - micros(now)
    return 0 < wait <= micros(EPOCH + max(item.period or RETRY, RETRY))
