"""The two consumers of the log. Each goes on from the offset that committed together with its effects.

``Deriver`` keeps up closely: sightings, counters and votes, for a verdict soon after the report that decides
it. ``LakeFiller`` gathers more, since each commit to the lake costs the same however few rows it has.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import pyarrow as pa
from sqlalchemy import Connection

from vedette.facts.schema import Schema
from vedette.ingest.decode import Decoded, decode
from vedette.store.lake import Lake
from vedette.store.log import Log, LogEntry
from vedette.store.state import State, advance, bury, consumed

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

    ``apply`` writes the effects of some decoded rows; where it raises, nothing of the step has happened. Two that
    run at once, as when a network is started before the last one's pipeline has ended, do each other no harm.
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
            reached = consumed(connection, DERIVER)
            if reached == self._offset:
                self._apply(connection, decoded)
                bury(connection, decoded.letters)
                advance(connection, DERIVER, decoded.end)
                reached = decoded.end
        self._offset = reached
        return len(entries)


class LakeFiller:
    """Appends what is new to the lake. The lake itself remembers, item by item, how far it has come.

    A step that breaks off, by an error or with the process, leaves some items further than the offset that all have
    come to. The next step asks the lake which, and takes their rows apart: only what lies beyond what each has.
    Only one may run at a time.
    """

    def __init__(self, log: Log, state: State, schemas: Mapping[str, Schema], lake: Lake) -> None:
        self._log = log
        self._state = state
        self._schemas = schemas
        self._lake = lake
        self._offset = state.consumed(LAKE)
        self._ahead: dict[str, int] | None = None  # not known: the last step was not finished here

    def step(self) -> int:
        entries = self._log.read(self._offset, _READ)
        if not entries:
            return 0
        end = entries[-1].offset
        ahead = self._items_ahead() if self._ahead is None else self._ahead
        self._ahead = None
        for item, table in self._tables(entries, ahead):
            self._lake.append(item, table, end)
        with self._state.transaction() as connection:
            advance(connection, LAKE, end)
        self._offset = end
        self._ahead = {item: position for item, position in ahead.items() if position > end}
        return len(entries)

    def _items_ahead(self) -> dict[str, int]:
        positions = {item: self._lake.position(item) for item in self._lake.items()}
        return {item: position for item, position in positions.items() if position > self._offset}

    def _tables(
        self, entries: Sequence[LogEntry], ahead: Mapping[str, int]
    ) -> Iterator[tuple[str, pa.Table]]:
        """Of each item, the rows that the lake does not have yet."""
        yield from decode(entries, self._schemas, lambda item: item not in ahead).tables.items()
        for item, position in ahead.items():
            rest = [entry for entry in entries if entry.offset > position]
            yield from decode(rest, self._schemas, partial(operator.eq, item)).tables.items()
