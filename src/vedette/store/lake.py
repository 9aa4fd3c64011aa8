"""The lake: every accepted row of every item, in columns, for as long as the item says.

A table an item, in folders by day. Rows arrive exactly once: the log offset they end at is part of the commit that adds
them. Nothing about the values is written outside the data files, so deleting those deletes the values.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from vedette.clock import Clock, SystemClock
from vedette.errors import StoreError, StoreUnusable
from vedette.store.delta import ItemTable, sync, translated
from vedette.store.mending import torn

_log = logging.getLogger(__name__)

_ITEM = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Lake(Protocol):
    """What the network knows of its lake. Every method raises StoreUnusable."""

    def append(self, item: str, table: pa.Table, offset: int) -> bool:
        """Adds rows of ``item`` and notes that it has come to ``offset``; false, and nothing done, if it had already.

        ``table`` holds every row of the item from log offsets (position, offset], and a column ``day`` (date32). The
        first append makes the table with its schema; later ones may bring further nullable fields and may lack fields.
        An empty table does nothing. Raises SchemaMismatch where a field has changed its type.
        """
        ...

    def position(self, item: str) -> int:
        """The log offset that the item has come to; 0 before its first row."""
        ...

    def items(self) -> list[str]:
        """The items that have a table, sorted."""
        ...

    def read(
        self, item: str, columns: Sequence[str] | None = None, install: int | None = None
    ) -> pa.Table:
        """All rows of an item, or those of one ``install`` (its number), in no particular order; without rows and
        columns where it has no table yet.
        """
        ...

    def count(self, item: str) -> int:
        """How many rows the item has."""
        ...

    def compact(self) -> None:
        """Joins small files, then deletes what no table has referred to for the time that readers are given."""
        ...


class DeltaLake:
    """The lake in a local folder, a Delta table an item; one process writes, any process reads.

    An append that brings an item to a multiple of ``compact_every`` commits compacts that item, so that neither its
    files nor its log grow with the number of appends.
    """

    def __init__(
        self, folder: Path, *, compact_every: int = 64, clock: Clock | None = None
    ) -> None:
        self._folder = folder
        self._compact_every = compact_every
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._tables: dict[str, ItemTable] = {}

    def append(self, item: str, table: pa.Table, offset: int) -> bool:
        """Writes, syncs and commits the rows; see :meth:`Lake.append`."""
        if table.num_rows == 0:
            return False
        with self._lock:
            there = self._current(item) or ItemTable.create(self._folder / item, table.schema)
            self._tables.pop(item, None)  # what fails halfway is opened again
            if there.position >= offset:
                return False
            there.append(table, offset, self._clock.now())
            if there.version % self._compact_every == 0:
                self._compact_if_possible(item, there)
            self._tables[item] = there
        return True

    def position(self, item: str) -> int:
        """The log offset that the item has come to."""
        there = self._open(item)
        return 0 if there is None else there.position

    def items(self) -> list[str]:
        """The items that have a table."""
        with translated():
            if not self._folder.is_dir():
                return []
            names = sorted(entry.name for entry in self._folder.iterdir())
        return [name for name in names if _ITEM.fullmatch(name) and self._open(name) is not None]

    def read(
        self, item: str, columns: Sequence[str] | None = None, install: int | None = None
    ) -> pa.Table:
        """All rows of an item, or those of one ``install``."""
        there = self._open(item)
        return pa.table({}) if there is None else there.read(columns, install)

    def count(self, item: str) -> int:
        """How many rows the item has; no data file is opened for it."""
        there = self._open(item)
        return 0 if there is None else there.count()

    def compact(self) -> None:
        """Compacts every item."""
        for item in self.items():
            with self._lock:
                there = self._current(item)
                if there is not None:
                    there.compact(self._clock.now())

    def mend(self) -> None:
        """Takes away what a power cut has left torn; before the first append, and by who appends alone.

        Raises StoreUnusable.
        """
        with self._lock, translated():
            for folder in self._folder.iterdir() if self._folder.is_dir() else ():
                for path in torn(folder):
                    path.unlink()
                    sync(path.parent)
                    _log.warning("a torn file was taken away", extra={"item": folder.name})

    def _current(self, item: str) -> ItemTable | None:
        held = self._tables.get(item)
        return held if held is not None and held.refresh() else self._open(item)

    def _open(self, item: str) -> ItemTable | None:
        if not _ITEM.fullmatch(item):
            raise StoreUnusable("that is no item's name", "use a name from the catalogue")
        return ItemTable.open(self._folder / item)

    def _compact_if_possible(self, item: str, there: ItemTable) -> None:
        # The rows are in the lake already: what fails here is tried again with a later append.
        try:
            there.compact(self._clock.now())
        except StoreError:
            _log.warning("the lake could not be compacted", extra={"item": item}, exc_info=True)
