"""The two consumers of the log. Each goes on from the offset that committed together with its effects.

``Deriver`` keeps up closely: sightings, counters and votes, for a verdict soon after the report that decides
it. ``LakeFiller`` gathers more, since each commit to the lake costs the same however few rows it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from vedette.facts.schema import Schema
from vedette.ingest.decode import Decoded, decode
from vedette.store.lake import Lake
from vedette.store.log import Log, LogEntry
from vedette.store.state import State, advance, bury

DERIVER: Final = "state"
LAKE: Final = "lake"
_READ: Final = 8 << 20  # bytes of the log for one step


class Consumer(Protocol):
    """Something that takes what is new in the log."""

    def step(self) -> int:
        """Takes some of it; returns how many entries that were, 0 where there was nothing new."""
        ...


class Deriver:
    """Applies what is new to the derived state, in one transaction with the offset.

    ``apply`` writes the effects of some decoded rows; where it raises, nothing of the step has happened.
    """

    def __init__(
        self,
        log: Log,
        state: State,
        schemas: Mapping[str, Schema],
        apply: Callable[[Connection, Decoded], None],
    ) -> None:
        self._log = log
        self._state = state
        self._schemas = schemas
        self._apply = apply
        self._offset = state.consumed(DERIVER)

    def step(self) -> int:
        entries = self._log.read(self._offset, _READ)
        if not entries:
            return 0
        decoded = decode(entries, self._schemas)
        with self._state.transaction() as connection:
            self._apply(connection, decoded)
            bury(connection, decoded.letters)
            advance(connection, DERIVER, decoded.end)
        self._offset = decoded.end
        return len(entries)


class LakeFiller:
    """Appends what is new to the lake. The lake itself remembers, item by item, how far it has come."""

    def __init__(self, log: Log, state: State, schemas: Mapping[str, Schema], lake: Lake) -> None:
        self._log = log
        self._state = state
        self._schemas = schemas
        self._lake = lake
        self._offset = state.consumed(LAKE)
        # Items that a crash left further than the others: until the others have caught up, their rows are taken
        # apart.
        self._ahead = {
            item: p for item in lake.items() if (p := lake.position(item)) > self._offset
        }

    def step(self) -> int:
        entries = self._log.read(self._offset, _READ)
        if not entries:
            return 0
        end = entries[-1].offset
        for item, table in self._decoded(entries).tables.items():
            self._lake.append(item, table, end)
        for item, position in list(self._ahead.items()):
            self._catch_up(item, [entry for entry in entries if entry.offset > position], end)
        with self._state.transaction() as connection:
            advance(connection, LAKE, end)
        self._offset = end
        return len(entries)

    def _decoded(self, entries: Sequence[LogEntry]) -> Decoded:
        return decode(entries, self._schemas, lambda item: item not in self._ahead)

    def _catch_up(self, item: str, entries: Sequence[LogEntry], end: int) -> None:
        table = decode(entries, self._schemas, lambda name: name == item).tables.get(item)
        if table is not None:
            self._lake.append(item, table, end)
        if self._ahead[item] <= end:
            del self._ahead[item]
