"""From the log to Arrow: every value comes through, and what is damaged takes nothing with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.facts.test_schema import ALL, GOOD_VALUES, SCHEMA
from tests.unit.ingest.front_door import SCHEMAS, batch, services
from vedette.clock import EPOCH
from vedette.facts import codec
from vedette.facts.envelope import Batch, Change, Envelope, column
from vedette.facts.kinds import Column
from vedette.facts.schema import Schema
from vedette.ingest.decode import TYPES, arrow_schema, decode
from vedette.store.lake import DeltaLake
from vedette.store.log import LogEntry
from vedette.store.standing import NONE_THERE
from vedette.testing.clock import ManualClock

NOON = datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC)
NULLABLE = {f.name for f in SCHEMA.item.fields if f.nullable}
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: values for name, values in GOOD_VALUES.items() if name not in NULLABLE},
        optional={
            name: st.one_of(st.none(), values)
            for name, values in GOOD_VALUES.items()
            if name in NULLABLE
        },
    ),
    max_size=6,
)
READ_BACK: Mapping[Column, Callable[[Any], Any]] = {
    Column.SECONDS: lambda value: EPOCH + timedelta(seconds=value),
    Column.HOURS: lambda value: EPOCH + timedelta(hours=value),
    Column.DAYS: lambda value: date(1970, 1, 1) + timedelta(days=value),
    Column.COUNTS: lambda value: list(value.items()),
}


def payload(*batches: Batch, sequence: int = 1) -> bytes:
    return codec.encode(Envelope("i", "p", "r", "t", sequence, list(batches)))


def entry(offset: int, content: bytes, *, number: int = 7) -> LogEntry:
    received = NOON + timedelta(days=offset)
    return LogEntry(offset, number, "i", offset * 10, received, b"", content)


@settings(max_examples=60)
@given(st.lists(ROWS, max_size=4), st.sets(st.sampled_from(sorted(NULLABLE))))
def test_what_was_sent_is_what_the_lake_gets(
    sent: list[list[dict[str, Any]]], left: set[str]
) -> None:
    entries = [
        entry(number, payload(SCHEMA.batch(rows, ALL - (left if number % 2 else set()))))
        for number, rows in enumerate(sent, start=1)
    ]
    decoded = decode(entries, {"everything": SCHEMA})
    assert decoded.letters == []
    assert decoded.end == len(sent)
    if not sent:
        assert decoded.tables == {}
        return
    table = decoded.tables["everything"]
    assert table.schema == arrow_schema(SCHEMA)
    expected = [
        {
            "install": 7,
            "sequence": number * 10,
            "row": row,
            "received": NOON + timedelta(days=number),
            "day": (NOON + timedelta(days=number)).date(),
            **_as_read(values, left if number % 2 else set()),
        }
        for number, rows in enumerate(sent, start=1)
        for row, values in enumerate(rows)
    ]
    assert table.to_pylist() == expected


def _as_read(values: Mapping[str, Any], left: set[str]) -> dict[str, Any]:
    read = {}
    for field in SCHEMA.item.fields:
        value = None if field.name in left else values.get(field.name)
        back = READ_BACK.get(field.kind.column)
        read[field.name] = back(value) if back and value is not None else value
    return read


def test_every_column_type_has_its_arrow_type() -> None:
    assert TYPES.keys() == {*Column}
    assert {field.kind.column for field in SCHEMA.item.fields} == {*Column}


@pytest.mark.parametrize("schema", [*SCHEMAS.values(), SCHEMA], ids=lambda s: s.item.name)
def test_every_declared_item_fits_the_lake(schema: Schema, tmp_path: Path) -> None:
    columns = arrow_schema(schema)
    row = dict.fromkeys(columns.names) | {
        "install": 1,
        "sequence": 1,
        "row": 0,
        "received": NOON,
        "day": NOON.date(),
    }
    lake = DeltaLake(tmp_path, clock=ManualClock())
    assert lake.append(schema.item.name, pa.Table.from_pylist([row], columns), 1)
    kept = lake.read(schema.item.name)
    assert kept.to_pylist() == [row]
    assert set(kept.schema.names) == set(columns.names)


GOOD = payload(batch("services", services("a", "b")))
SOME = batch("services", services("c"))
SHORT = Batch(SOME.item, SOME.fields, [column(["c", "d"]), *SOME.columns[1:]])
WRONG = Batch(SOME.item, SOME.fields, [column([1]), *SOME.columns[1:]])
TEXT = Batch(SOME.item, SOME.fields, [msgspec.Raw(b"\x91\xa1\xff"), *SOME.columns[1:]])

DAMAGED: dict[str, tuple[bytes, str, str]] = {
    "noise": (b"noise", "envelope", "envelope_malformed"),
    "nothing": (b"", "envelope", "envelope_truncated"),
    "cut": (GOOD[:-4], "envelope", "envelope_truncated"),
    "a bit flipped": (bytes([*GOOD[:-9], GOOD[-9] ^ 64, *GOOD[-8:]]), "envelope", ""),
    "another shape": (zstandard.compress(b"\x80"), "envelope", "envelope_malformed"),
    "an item of a later version": (
        payload(Batch("later", ["x"], [column([1])])),
        "later",
        "unknown_item",
    ),
    "a field of another kind": (payload(WRONG), "services", "wrong_type"),
    "a text that is none": (payload(TEXT), "services", "wrong_type"),
    "columns of several lengths": (payload(SHORT), "services", "wrong_type"),
    "fewer columns than fields": (
        payload(Batch(SOME.item, SOME.fields, SOME.columns[:-1])),
        "services",
        "wrong_type",
    ),
    "no columns": (payload(Batch("services", [], [])), "services", "wrong_type"),
    "unknown columns alone": (
        payload(Batch("services", ["user"], [column([])])),
        "services",
        "wrong_type",
    ),
    "a column that is none": (
        payload(Batch("services", ["name"], [msgspec.Raw(b"\xc0")])),
        "services",
        "wrong_type",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_a_dead_letter_and_the_rest_is_kept(name: str) -> None:
    content, item, reason = DAMAGED[name]
    decoded = decode([entry(1, GOOD), entry(2, content), entry(3, GOOD)], SCHEMAS)
    (letter,) = decoded.letters
    assert (letter.offset, letter.install, letter.item) == (2, 7, item)
    assert letter.reason == reason or not reason
    assert letter.time == NOON + timedelta(days=2)
    assert decoded.tables["services"]["sequence"].to_pylist() == [10, 10, 30, 30]
    assert decoded.end == 3


def test_a_dead_letter_holds_no_more_than_what_could_not_be_used() -> None:
    unusable = Batch("later", ["x"], [column(["here"])])
    mixed = payload(batch("services", services("good")), unusable)
    decoded = decode([entry(1, mixed)], SCHEMAS)
    (letter,) = decoded.letters
    assert msgspec.msgpack.decode(letter.payload, type=Batch) == unusable
    assert decoded.tables["services"]["name"].to_pylist() == ["good"]


def test_items_that_are_not_wanted_are_passed_over() -> None:
    mixed = payload(batch("services", services("a")), Batch("later", ["x"], [column([1])]))
    decoded = decode([entry(1, mixed)], SCHEMAS, lambda item: item == "vedette")
    assert (decoded.tables, decoded.letters, decoded.end) == ({}, [], 1)


def test_an_empty_batch_is_no_row() -> None:
    empty = SCHEMAS["services"].batch([], ["name"], Change.REMOVED)
    decoded = decode([entry(1, payload(batch("launches", []), empty))], SCHEMAS)
    assert decoded.letters == []
    assert [table.num_rows for table in decoded.tables.values()] == [0, 0]


def test_of_how_things_stand_it_is_kept_what_a_row_does_to_it() -> None:
    batches = (changed(Change.ADDED, "d"), changed(Change.WHOLE, "a", "b"), changed(Change.REMOVED))
    entries = [entry(1, payload(*batches)), entry(2, payload(changed(Change.REMOVED, "a")))]
    table = decode(entries, SCHEMAS).tables["services"]
    assert table.select(["sequence", "row", "change", "name"]).to_pylist() == [
        {"sequence": 10, "row": 0, "change": "added", "name": "d"},
        {"sequence": 10, "row": 1, "change": "whole", "name": "a"},
        {"sequence": 10, "row": 2, "change": "whole", "name": "b"},
        {"sequence": 20, "row": 0, "change": "removed", "name": "a"},
    ]


def test_that_there_is_nothing_any_more_is_a_row_of_its_own() -> None:
    table = decode([entry(1, payload(changed(Change.WHOLE)))], SCHEMAS).tables["services"]
    (row,) = table.to_pylist()
    assert row["change"] == NONE_THERE
    assert {row[name] for name in SCHEMAS["services"].readers} == {None}


def test_what_happens_has_no_change() -> None:
    assert "change" not in arrow_schema(SCHEMAS["launches"]).names


def changed(change: Change, *names: str) -> Batch:
    return SCHEMAS["services"].batch(services(*names), SCHEMAS["services"].readers, change)


def test_nothing_is_nothing() -> None:
    nothing: Sequence[LogEntry] = []
    assert decode(nothing, SCHEMAS).tables == {}
