"""From log entries to Arrow tables, one an item: the columns of many envelopes are laid end to end.

What was accepted decodes; if an entry does not all the same (a damaged disk, a version gone back), it becomes a
dead letter with the reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.clock import micros
from vedette.errors import FactError
from vedette.facts import codec
from vedette.facts.envelope import Batch, Change
from vedette.facts.kinds import Column
from vedette.facts.schema import Schema
from vedette.store.log import LogEntry
from vedette.store.standing import CHANGE, NONE_THERE
from vedette.store.state import DeadLetter

_MICROS_A_DAY: Final = 86_400_000_000
_MOMENT: Final = pa.timestamp("us", "UTC")
_FILE: Final = pa.struct(
    [("name", pa.string()), ("size", pa.int64()), ("hash", pa.binary()), ("place", pa.string())]
)
_DISK: Final = pa.struct([("model", pa.string()), ("size", pa.int64())])

TYPES: Final[Mapping[Column, pa.DataType]] = {
    Column.TEXT: pa.string(),
    Column.INTEGER: pa.int64(),
    Column.BOOLEAN: pa.bool_(),
    Column.DIGEST: pa.binary(),
    Column.SECONDS: _MOMENT,
    Column.HOURS: _MOMENT,
    Column.DAYS: pa.date32(),
    Column.TEXTS: pa.list_(pa.string()),
    Column.COUNTS: pa.map_(pa.string(), pa.int64()),
    Column.FILES: pa.list_(_FILE),
    Column.DISKS: pa.list_(_DISK),
}
_SCALES: Final = {Column.SECONDS: 1_000_000, Column.HOURS: 3_600_000_000}

# What the network adds to every row: from which install (its number) and envelope, which row of the batch, when.
_ORIGIN: Final = [
    ("install", pa.int64()),
    ("sequence", pa.int64()),
    ("row", pa.int32()),
    ("received", _MOMENT),
    ("day", pa.date32()),
]


def arrow_schema(schema: Schema) -> pa.Schema:
    """The columns of an item in the lake; where it tells how things stand, also what a row does to that
    (see ``vedette.store.standing``).
    """
    own = [(f.name, TYPES[f.kind.column]) for f in schema.item.fields]
    return pa.schema([*_ORIGIN, *([(CHANGE, pa.string())] if schema.item.standing else ()), *own])


@dataclass(frozen=True, slots=True)
class Decoded:
    """The rows of some log entries: ``tables`` by item, ``letters`` for what could not be used, ``end`` the
    last offset.
    """

    tables: Mapping[str, pa.Table]
    letters: Sequence[DeadLetter]
    end: int


@dataclass(slots=True)
class _Gathered:
    """The columns of one item so far, and where their rows came from."""

    schema: Schema
    columns: dict[str, list[Any]] = field(default_factory=dict)
    origins: list[tuple[int, int, int]] = field(default_factory=list)  # install, sequence, received
    counts: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    _next: tuple[int, int] = (0, 0)  # the last entry's offset, and the row that would follow of it

    def add(self, entry: LogEntry, batch: Batch) -> None:
        values = self.schema.decode(batch)
        lengths = {len(column) for column in values.values()}
        if len(lengths) != 1:
            raise ValueError("columns of several lengths, or none")
        (rows,) = lengths
        change: str = batch.change
        if rows == 0 and batch.change is Change.WHOLE and self.schema.item.standing:
            rows, change, values = 1, NONE_THERE, {}
        for name in self.schema.readers:
            self.columns.setdefault(name, []).extend(values.get(name) or [None] * rows)
        self.origins.append((entry.number, entry.sequence, micros(entry.received)))
        self.counts.append(rows)
        # Several batches of an item in one envelope are numbered on.
        first = self._next[1] if self._next[0] == entry.offset else 0
        self._next = (entry.offset, first + rows)
        self.firsts.append(first)
        self.changes.append(change)

    def table(self) -> pa.Table:
        counts = np.array(self.counts)
        install, sequence, received = (
            np.repeat(column, counts) for column in np.array(self.origins).T
        )
        numbers = [
            np.arange(first, first + count, dtype=np.int32)
            for first, count in zip(self.firsts, self.counts, strict=True)
        ]
        changes = [pa.array(np.repeat(np.array(self.changes), counts))]
        arrays = [
            pa.array(install),
            pa.array(sequence),
            pa.array(np.concatenate(numbers)),
            pa.array(received).cast(_MOMENT),
            pa.array((received // _MICROS_A_DAY).astype(np.int32)).cast(pa.date32()),
            *(changes if self.schema.item.standing else ()),
            *(_array(f.kind.column, self.columns[f.name]) for f in self.schema.item.fields),
        ]
        return pa.Table.from_arrays(arrays, schema=arrow_schema(self.schema))


def decode(
    entries: Iterable[LogEntry],
    schemas: Mapping[str, Schema],
    wanted: Callable[[str], bool] | None = None,
) -> Decoded:
    """The rows in ``entries``, of the items that are ``wanted`` (all of them if not said)."""
    gathered: dict[str, _Gathered] = {}
    letters: list[DeadLetter] = []
    end = 0
    for entry in entries:
        end = entry.offset
        try:
            envelope = codec.decode(entry.payload, max_body=len(entry.payload))
        except FactError as error:
            letters.append(_letter(entry, "envelope", error.code))
            continue
        for batch in envelope.batches:
            if wanted is not None and not wanted(batch.item):
                continue
            schema = schemas.get(batch.item)
            if schema is None:
                letters.append(_letter(entry, batch.item, "unknown_item", batch))
                continue
            try:
                gathered.setdefault(batch.item, _Gathered(schema)).add(entry, batch)
            except ValueError:  # of msgspec, of a text that is none, of a batch that is no table
                letters.append(_letter(entry, batch.item, "wrong_type", batch))
    tables = {item: one.table() for item, one in gathered.items() if one.counts}
    return Decoded(tables, letters, end)


def _array(column: Column, values: list[Any]) -> pa.Array:
    if column in _SCALES:
        scaled = pc.multiply(pa.array(values, pa.int64()), _SCALES[column])
        return scaled.cast(_MOMENT)
    if column is Column.COUNTS:
        return pa.array([value and list(value.items()) for value in values], TYPES[column])
    if column is Column.DAYS:
        return pa.array(values, pa.int32()).cast(pa.date32())
    return pa.array(values, TYPES[column])


def _letter(entry: LogEntry, item: str, reason: str, batch: Batch | None = None) -> DeadLetter:
    """What could not be used, and no more than that: the ``batch`` as MessagePack, or the whole entry."""
    payload = entry.payload if batch is None else msgspec.msgpack.encode(batch)
    return DeadLetter(entry.offset, entry.number, item[:64], reason, payload, entry.received)
