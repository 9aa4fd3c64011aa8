"""What an item's rows must look like, derived from its declaration, and the check that the network holds them to.

The check is made for whole columns: a typed decode, the least and greatest time, one search for private names
in all texts at once. Only a batch in which something is wrong is looked at value by value, by the same decoders
and the same searches, so that the good rows beside a bad one are kept. Before a column is decoded at all, its
length is known and bounded; nothing that arrives is ever decoded without a type.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any, Final

import msgspec

from vedette.clock import micros
from vedette.facts.envelope import MAX_FIELDS, Batch, Change, column
from vedette.facts.kinds import Column, Hour, Moment
from vedette.facts.record import Field, Item, Record

TIME_AHEAD: Final = timedelta(days=1)
TIME_BEHIND: Final = timedelta(days=90)
MAX_ROWS: Final = 20_000  # in one batch


class ItemRefusal(StrEnum):
    """Why a row, a field or a whole batch of an envelope was not taken."""

    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_FIELD = "unknown_field"
    NOT_CONSENTED = "not_consented"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    PRIVATE_NAME = "private_name"


@dataclass(frozen=True, slots=True)
class Refused:
    """``count`` rows of ``item`` that were refused; ``row`` is the first of them, ``field`` where one is at fault."""

    item: str
    reason: ItemRefusal
    count: int
    field: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of a batch (``None``: nothing), how many rows that is, and what was refused."""

    batch: Batch | None
    rows: int
    refused: tuple[Refused, ...] = ()


class _Reader:
    """Reads one field's column, and judges what arrives in it."""

    def __init__(self, field: Field) -> None:
        self.field = field
        kind = field.kind
        self.column = _list_of(_or_none(kind.wire, field))
        arriving = _or_none(kind.arriving or kind.wire, field)
        self._arriving = _list_of(arriving)
        self._value: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(arriving)
        self._timed = issubclass(kind, Moment | Hour)
        self._unit = 3_600_000_000 if kind.column is Column.HOURS else 1_000_000

    def sound(self, column: msgspec.Raw, earliest: int, latest: int) -> bool:
        """Whether a whole column is without fault."""
        try:
            values = self._arriving.decode(column)
        except _NO_COLUMN:
            return False
        if self.field.kind.column is Column.TEXT and self.field.kind.harmless(bytes(column)):
            return True
        return self._judged(values, earliest, latest) is None

    def fault(self, value: msgspec.Raw, earliest: int, latest: int) -> ItemRefusal | None:
        """What is wrong with one value."""
        try:
            decoded = self._value.decode(value)
        except _NO_COLUMN:
            return ItemRefusal.WRONG_TYPE
        return self._judged([decoded], earliest, latest)

    def _judged(self, values: Sequence[Any], earliest: int, latest: int) -> ItemRefusal | None:
        if self._timed:
            times = set(values) - {None}
            if times and not (
                earliest <= min(times) * self._unit and max(times) * self._unit <= latest
            ):
                return ItemRefusal.TIME_OUT_OF_RANGE
        texts = list(self._texts(values))
        if not self.field.kind.fits(texts):
            return ItemRefusal.WRONG_TYPE
        return ItemRefusal.PRIVATE_NAME if self.field.kind.leaks(texts) else None

    def _texts(self, values: Iterable[Any]) -> set[str]:
        """Each text in ``values`` once: what arrives together has many in common."""
        match self.field.kind.column:
            case Column.TEXT:
                return set(values) - {None}
            case Column.TEXTS | Column.COUNTS:
                return set(chain.from_iterable(filter(None, values)))
            case Column.FILES:
                files = [file for value in values for file in value or ()]
                return {text for file in files for text in (file.name, file.place) if text}
            case Column.DISKS:
                return {disk.model for value in values for disk in value or () if disk.model}
            case _:
                return set()  # no room for a text


class Schema:
    """The shape of one item's rows."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.readers: Mapping[str, _Reader] = {field.name: _Reader(field) for field in item.fields}

    def row(self, record: Record) -> dict[str, Any]:
        """The values of ``record`` by field, as they travel; absent ones are left out."""
        values = {name: getattr(record, name) for name in self.readers}
        return {name: kind.value for name, kind in values.items() if kind is not None}

    def batch(
        self,
        rows: Sequence[Mapping[str, Any]],
        allowed: Collection[str],
        change: Change = Change.WHOLE,
    ) -> Batch:
        """``rows`` as one batch, of the ``allowed`` fields only."""
        names = [name for name in self.readers if name in allowed]
        columns = [column([row.get(name) for row in rows]) for name in names]
        return Batch(self.item.name, names, columns, change)

    def decode(self, batch: Batch) -> dict[str, list[Any]]:
        """The columns of a batch that has been checked. Raises ``msgspec.ValidationError`` for one that would
        not pass.
        """
        return {
            name: self.readers[name].column.decode(raw)
            for name, raw in zip(batch.fields, batch.columns, strict=True)
            if name in self.readers
        }

    def check(self, batch: Batch, allowed: Collection[str], now: datetime) -> Checked:
        """``batch`` without what must not be stored: see ``ItemRefusal``. ``allowed`` are the fields that the
        consent covers.
        """
        if not len(set(batch.fields)) == len(batch.fields) == len(batch.columns) <= MAX_FIELDS:
            return self._nothing(ItemRefusal.MALFORMED, 1)
        if batch.change is not Change.WHOLE and not self.item.standing:
            return self._nothing(ItemRefusal.MALFORMED, 1)
        lengths = {claimed_rows(raw) for raw in batch.columns}
        if len(lengths) != 1 or not 0 <= max(lengths) <= MAX_ROWS:
            return self._nothing(ItemRefusal.MALFORMED, max([1, *lengths]))
        (rows,) = lengths
        refused: list[Refused] = []
        columns: dict[str, msgspec.Raw] = {}
        for name, raw in zip(batch.fields, batch.columns, strict=True):
            if name in self.readers and name in allowed:
                columns[name] = raw
            elif rows:
                reason = (
                    ItemRefusal.NOT_CONSENTED if name in self.readers else ItemRefusal.UNKNOWN_FIELD
                )
                refused.append(Refused(self.item.name, reason, rows, field=name[:64]))
        if rows == 0:
            return Checked(self._none_left(columns, batch.change), 0)
        for name, reader in self.readers.items():
            if not reader.field.nullable and name not in columns:
                reason = ItemRefusal.MISSING_FIELD if name in allowed else ItemRefusal.NOT_CONSENTED
                return self._nothing(reason, rows, field=name, beside=refused)
        # What stands so today may date from any time: the last scan, a database of signatures.
        earliest = 0 if self.item.standing else micros(now - TIME_BEHIND)
        latest = micros(now + TIME_AHEAD)
        if all(self.readers[name].sound(raw, earliest, latest) for name, raw in columns.items()):
            taken = Batch(self.item.name, list(columns), list(columns.values()), batch.change)
            return Checked(taken if refused else batch, rows, tuple(refused))
        return self._sifted(columns, batch.change, refused, earliest, latest)

    def _none_left(self, columns: Collection[str], change: Change) -> Batch | None:
        """A batch without rows: what begins an item anew does so also where it has none."""
        if change is Change.WHOLE and self.item.standing and columns:
            return self.batch([], columns)
        return None

    def _sifted(
        self,
        columns: Mapping[str, msgspec.Raw],
        change: Change,
        refused: list[Refused],
        earliest: int,
        latest: int,
    ) -> Checked:
        """What is left without the faulty rows; of each, the first field at fault is named."""
        split: dict[str, list[msgspec.Raw]] = {}
        for name, raw in columns.items():
            try:
                split[name] = _any_column.decode(raw)
            except _NO_COLUMN:
                return self._nothing(ItemRefusal.MALFORMED, 1, field=name)
        rows = len(next(iter(split.values())))
        faults: dict[int, tuple[str, ItemRefusal]] = {}
        for name, values in split.items():
            reader = self.readers[name]
            for row in range(rows):
                if row not in faults and (reason := reader.fault(values[row], earliest, latest)):
                    faults[row] = (name, reason)
        refused.extend(self._gathered(faults))
        kept = [row for row in range(rows) if row not in faults]
        if not kept:
            return Checked(self._none_left(columns, change), 0, tuple(refused))
        taken = [column([values[row] for row in kept]) for values in split.values()]
        return Checked(Batch(self.item.name, list(split), taken, change), len(kept), tuple(refused))

    def _gathered(self, faults: Mapping[int, tuple[str, ItemRefusal]]) -> list[Refused]:
        groups: dict[tuple[str, ItemRefusal], list[int]] = {}
        for row, fault in sorted(faults.items()):
            groups.setdefault(fault, []).append(row)
        return [
            Refused(self.item.name, reason, len(r), field, r[0])
            for (field, reason), r in groups.items()
        ]

    def _nothing(
        self,
        reason: ItemRefusal,
        rows: int,
        field: str | None = None,
        beside: Iterable[Refused] = (),
    ) -> Checked:
        return Checked(None, 0, (*beside, Refused(self.item.name, reason, rows, field)))


# What decoding raises for bytes that are not what they should be.
_NO_COLUMN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_any_column = msgspec.msgpack.Decoder(list[msgspec.Raw])


def _list_of(value_type: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(types.GenericAlias(list, (value_type,)))


def _or_none(value_type: Any, field: Field) -> Any:
    return value_type | None if field.nullable else value_type


def claimed_rows(column: msgspec.Raw) -> int:
    """How many values a column says it has; -1 if it is not an array. Nothing is decoded for it."""
    head = bytes(memoryview(column)[:5])
    match head[:1]:
        case b"\xdc" if len(head) >= 3:
            return int.from_bytes(head[1:3])
        case b"\xdd" if len(head) == 5:
            return int.from_bytes(head[1:5])
        case first if first and 0x90 <= first[0] <= 0x9F:
            return first[0] & 0x0F
    return -1
