"""What an item's rows must look like, derived from its declaration, and the check that the network holds them to.

The check is made for whole columns: a typed decode, the least and greatest time, one search for private names
in all texts at once. Only a batch in which something is wrong is looked at row by row, so that the good rows
beside a bad one are kept.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from vedette.clock import micros
from vedette.facts.envelope import Batch, column
from vedette.facts.kinds import Column, Hour, Moment, Word, Words
from vedette.facts.privacy import leaks
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
    """Reads one field's column."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.value_type: Any = field.kind.wire | None if field.nullable else field.kind.wire
        self.column = msgspec.msgpack.Decoder(types.GenericAlias(list, (self.value_type,)))
        self.timed = issubclass(field.kind, Moment | Hour)
        self.unit = 3_600_000_000 if field.kind.column is Column.HOURS else 1_000_000

    def fault(self, value: Any, earliest: int, latest: int) -> ItemRefusal | None:
        """What is wrong with one value."""
        try:
            msgspec.convert(value, self.value_type)
        except msgspec.ValidationError:
            return ItemRefusal.WRONG_TYPE
        if self.timed and value is not None and not earliest <= value * self.unit <= latest:
            return ItemRefusal.TIME_OUT_OF_RANGE
        if leaks("\n".join(self._texts([value]))):
            return ItemRefusal.PRIVATE_NAME
        return None

    def sound(self, values: Sequence[Any], earliest: int, latest: int) -> bool:
        """Whether a whole decoded column is without fault."""
        if self.timed:
            times = (
                [value for value in values if value is not None] if self.field.nullable else values
            )
            if times and not (
                earliest <= min(times) * self.unit and max(times) * self.unit <= latest
            ):
                return False
        return not leaks("\n".join(self._texts(values)))

    def _texts(self, values: Iterable[Any]) -> list[str]:
        # A digest, a number, a time or a word of a vocabulary has no room for what would be found.
        if self.field.kind in {Word, Words}:
            return []
        match self.field.kind.column:
            case Column.TEXT:
                return [value for value in values if value]
            case Column.TEXTS:
                return [text for value in values if value for text in value]
            case Column.COUNTS:
                return [name for value in values if value for name in value]
            case Column.FILES:
                return [
                    text
                    for value in values
                    for file in value or ()
                    for text in (file["name"], file["place"] or "")
                ]
            case _:
                return []


class Schema:
    """The shape of one item's rows."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.readers: Mapping[str, _Reader] = {field.name: _Reader(field) for field in item.fields}

    def row(self, record: Record) -> dict[str, Any]:
        """The values of ``record`` by field, as they travel; absent ones are left out."""
        values = {name: getattr(record, name) for name in self.readers}
        return {name: kind.value for name, kind in values.items() if kind is not None}

    def batch(self, rows: Sequence[Mapping[str, Any]], allowed: Collection[str]) -> Batch:
        """``rows`` as one batch, of the ``allowed`` fields only."""
        names = [name for name in self.readers if name in allowed]
        return Batch(
            self.item.name, names, [column([row.get(name) for row in rows]) for name in names]
        )

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
        if len(batch.fields) != len(batch.columns) or len(set(batch.fields)) != len(batch.fields):
            return self._nothing(ItemRefusal.MALFORMED, 1)
        earliest, latest = micros(now - TIME_BEHIND), micros(now + TIME_AHEAD)
        refused: list[Refused] = []
        columns: dict[str, tuple[msgspec.Raw, list[Any]]] = {}
        lengths: set[int] = set()
        sound = True
        for name, raw in zip(batch.fields, batch.columns, strict=True):
            reader = self.readers.get(name)
            try:
                if reader is None or name not in allowed:
                    values = _any_column.decode(raw)
                    reason = (
                        ItemRefusal.UNKNOWN_FIELD if reader is None else ItemRefusal.NOT_CONSENTED
                    )
                    refused.append(Refused(self.item.name, reason, len(values), field=name[:64]))
                    lengths.add(len(values))
                    continue
                try:
                    values = reader.column.decode(raw)
                    sound = sound and reader.sound(values, earliest, latest)
                except msgspec.ValidationError:
                    values = _any_column.decode(raw)
                    sound = False
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return self._nothing(ItemRefusal.MALFORMED, 1, field=name[:64])
            columns[name] = (raw, values)
            lengths.add(len(values))
        if len(lengths) != 1 or max(lengths) > MAX_ROWS:
            return self._nothing(ItemRefusal.MALFORMED, max(lengths, default=1))
        (rows,) = lengths
        missing = [
            n
            for n, reader in self.readers.items()
            if not reader.field.nullable and n not in columns
        ]
        if missing:
            reason = (
                ItemRefusal.NOT_CONSENTED
                if missing[0] not in allowed
                else ItemRefusal.MISSING_FIELD
            )
            return self._nothing(reason, rows, field=missing[0], beside=refused)
        if sound and not refused:
            return Checked(batch, rows)
        faults = {} if sound else self._faults(columns, rows, earliest, latest)
        kept = [row for row in range(rows) if row not in faults]
        refused.extend(self._gathered(faults))
        if not kept:
            return Checked(None, 0, tuple(refused))
        taken = [
            raw if not faults else column([values[row] for row in kept])
            for raw, values in columns.values()
        ]
        return Checked(Batch(self.item.name, list(columns), taken), len(kept), tuple(refused))

    def _faults(
        self,
        columns: Mapping[str, tuple[msgspec.Raw, list[Any]]],
        rows: int,
        earliest: int,
        latest: int,
    ) -> dict[int, tuple[str, ItemRefusal]]:
        """The faulty rows: the first field at fault and why."""
        faults: dict[int, tuple[str, ItemRefusal]] = {}
        for name, (_, values) in columns.items():
            reader = self.readers[name]
            for row in range(rows):
                if row not in faults and (reason := reader.fault(values[row], earliest, latest)):
                    faults[row] = (name, reason)
        return faults

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


_any_column = msgspec.msgpack.Decoder(list[Any])
