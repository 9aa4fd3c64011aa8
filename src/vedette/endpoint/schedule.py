"""When inventory items are read, and what of them is news.

An item is due when its period is over, on the platforms it is declared for, until it expires and while
consent covers it. What is as it was when last reported is not reported again.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.clock import EPOCH, Clock, micros
from vedette.endpoint.intake import Intake
from vedette.endpoint.spool import Spool
from vedette.facts.record import Record
from vedette.facts.schema import Schema
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread

log = logging.getLogger(__name__)

RETRY: Final = timedelta(hours=1)
"""After which an item whose reader failed is tried again."""


class Schedule:
    """Reads ``items`` from ``host`` into ``intake``; remembers in the spool's database when, and what it
    found.
    """

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

    def due(self) -> list[InventoryItem]:
        """The items to read now. Raises ``StoreUnusable``."""
        now = self._clock.now()
        dues = dict(self._spool.database.rows("SELECT item, due FROM readings"))
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
            news += self._read(item)
        return news

    def _wanted(self, item: InventoryItem) -> bool:
        return self._host().platform in item.platforms and self._intake.covers(item.name)

    def _read(self, item: InventoryItem) -> int:
        """Reads one item; one that fails costs only itself."""
        try:
            found = list(item.read(self._host()))
        except Exception:  # a reader meets whatever a computer has; the others must not suffer
            log.exception("reading an inventory item failed", extra={"item": item.name})
            self._spool.count("items_failed")
            self._note(item, RETRY, None)
            return 0
        unread = sum(isinstance(each, Unread) for each in found)
        self._spool.count("items_unread", unread)
        records = [each for each in found if isinstance(each, Record)]
        digest = self._digest(item, records)
        with self._spool.database.transaction():
            if digest == self._last(item):
                records = []
            elif not self._intake.report(item.name, records):
                return 0
            self._note(item, item.period or RETRY, digest)
        return len(records)

    def _digest(self, item: InventoryItem, records: Sequence[Record]) -> bytes:
        """A digest of all rows, in whatever order they were read."""
        schema = self._schemas[item.name]
        rows = sorted(msgspec.msgpack.encode(schema.row(record)) for record in records)
        return hashlib.sha256(msgspec.msgpack.encode(rows)).digest()

    def _last(self, item: InventoryItem) -> bytes | None:
        found = self._spool.database.row("SELECT digest FROM readings WHERE item = ?", item.name)
        return found[0] if found else None

    def _note(self, item: InventoryItem, wait: timedelta, digest: bytes | None) -> None:
        """Plans the next reading; without a ``digest`` the last one stays."""
        due = micros(self._clock.now() + wait)
        with self._spool.database.transaction() as connection:
            connection.execute(
                "INSERT INTO readings VALUES (?, ?, ?) ON CONFLICT (item) DO UPDATE"
                " SET due = excluded.due, digest = coalesce(excluded.digest, digest)",
                (item.name, due, digest),
            )


def _later(due: int, item: InventoryItem, now: datetime) -> bool:
    """Whether ``due`` (in microseconds) is still to come; what is further off than a period was planned by a
    wrong clock.
    """
    wait = due - micros(now)
    return 0 < wait <= micros(EPOCH + max(item.period or RETRY, RETRY))
