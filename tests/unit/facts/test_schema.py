"""The check of arriving batches: the good rows are kept, in order, and the others refused for the right reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.clock import micros
from vedette.facts.codec import decode, encode
from vedette.facts.envelope import MAX_FIELDS, Batch, Envelope, column
from vedette.facts.kinds import (
    Count,
    Counts,
    Day,
    Disks,
    Files,
    Flag,
    Hour,
    Moment,
    Name,
    Names,
    Path,
    Sha256,
    Size,
    Word,
    Words,
)
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.facts.record import Item, Platform, Record
from vedette.facts.schema import (
    MAX_ROWS,
    TIME_AHEAD,
    TIME_BEHIND,
    Checked,
    ItemRefusal,
    Refused,
    Schema,
)
from vedette.statement.clauses import Purpose, clause

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Record):
    """One field of each column type."""

    name: Annotated[Name, "a name"]
    time: Annotated[Moment, "when"]
    place: Annotated[Path | None, "where"] = None
    word: Annotated[Word | None, "which"] = None
    hour: Annotated[Hour | None, "when about"] = None
    digest: Annotated[Sha256 | None, "of what"] = None
    count: Annotated[Count | None, "how many"] = None
    flag: Annotated[Flag | None, "whether"] = None
    day_made: Annotated[Day | None, "the day"] = None
    names: Annotated[Names | None, "names"] = None
    words: Annotated[Words | None, "words"] = None
    files: Annotated[Files | None, "files"] = None
    disks: Annotated[Disks | None, "disks"] = None
    counts: Annotated[Counts | None, "counters"] = None


SCHEMA = Schema(
    Item(
        name="everything",
        clause=clause("computer.services"),
        record=Everything,
        purposes=frozenset({Purpose.DETECT}),
        owner="tests",
        reviewed=date(2026, 11, 24),
        expires=date(2028, 11, 24),
        platforms=frozenset({Platform.LINUX}),
        retention=timedelta(days=30),
    )
)
ALL = frozenset(SCHEMA.readers)
FIELDS = list(SCHEMA.readers)
SECONDS = micros(NOW) // 1_000_000

WORD = st.sampled_from(["auto", "demand", "x86_64", "a.b-c"])
TEXT = st.text(max_size=12).map(NOTHING_PRIVATE.mask)
PLACE = TEXT.map(lambda text: Path(f"/opt/{text}", NOTHING_PRIVATE).value)
DIGEST = st.binary(min_size=32, max_size=32)
EARLIEST, LATEST = NOW - TIME_BEHIND, NOW + TIME_AHEAD
GOOD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXT,
    "time": st.integers(micros(EARLIEST) // 1_000_000 + 1, micros(LATEST) // 1_000_000),
    "place": PLACE,
    "word": WORD,
    "hour": st.integers(micros(EARLIEST) // 3_600_000_000 + 1, micros(LATEST) // 3_600_000_000),
    "digest": DIGEST,
    "count": st.integers(0, 2**62),
    "flag": st.booleans(),
    "day_made": st.integers(-1000, 30_000),
    "names": st.lists(TEXT, max_size=2),
    "words": st.lists(WORD, max_size=2),
    "files": st.lists(
        st.fixed_dictionaries(
            {
                "name": TEXT,
                "size": st.one_of(st.none(), st.integers(0, 99)),
                "hash": st.one_of(st.none(), DIGEST),
                "place": st.one_of(st.none(), PLACE),
            }
        ),
        max_size=2,
    ),
    "disks": st.lists(
        st.fixed_dictionaries(
            {
                "model": st.one_of(st.none(), TEXT),
                "size": st.one_of(st.none(), st.integers(0, 99)),
            }
        ),
        max_size=2,
    ),
    "counts": st.dictionaries(WORD, st.integers(0, 99), max_size=2),
}
WRONG, LATE, TOLD = (
    ItemRefusal.WRONG_TYPE,
    ItemRefusal.TIME_OUT_OF_RANGE,
    ItemRefusal.PRIVATE_NAME,
)
FILE = {"name": "x", "size": None, "hash": None, "place": None}
BAD_VALUES: list[tuple[str, Any, ItemRefusal]] = [
    ("name", 1, WRONG),
    ("name", None, WRONG),
    ("name", b"x", WRONG),
    ("name", "x" * 261, WRONG),
    ("name", "a\nb", WRONG),
    ("name", "\x1b]0;", WRONG),
    ("name", "anna@example.com", TOLD),
    ("name", "C:\\Users\\anna", TOLD),
    ("time", "now", WRONG),
    ("time", -1, WRONG),
    ("time", 1.5, WRONG),
    ("time", None, WRONG),
    ("time", 0, LATE),
    ("time", micros(EARLIEST) // 1_000_000 - 1, LATE),
    ("time", micros(LATEST) // 1_000_000 + 1, LATE),
    ("time", 2**62, LATE),
    ("place", ["x"], WRONG),
    ("place", "/home/anna/x", TOLD),
    ("place", "<home>/Documents/divorce", TOLD),
    ("word", "two words", WRONG),
    ("word", "", WRONG),
    ("hour", 0, LATE),
    ("hour", SECONDS, WRONG if SECONDS > 2**62 // 3600 else LATE),
    ("digest", bytes(31), WRONG),
    # Base64 of 32 bytes: a laxer decoder would take it for them.
    ("digest", "A" * 43 + "=", WRONG),
    ("digest", [1] * 32, WRONG),
    ("count", -1, WRONG),
    ("count", 2**63, WRONG),
    ("count", True, WRONG),
    ("count", "1", WRONG),
    ("count", 1.0, WRONG),
    ("flag", 1, WRONG),
    ("day_made", 3_000_000, WRONG),
    ("names", "x", WRONG),
    ("names", ["x", None], WRONG),
    ("names", ["x", "/root/x"], TOLD),
    ("names", {"x": 1}, WRONG),
    ("words", ["auto", "two words"], WRONG),
    ("files", [{**FILE, "name": "/home/anna"}], TOLD),
    ("files", [{**FILE, "place": "/home/anna/x"}], TOLD),
    ("files", [{**FILE, "user": "anna"}], WRONG),
    ("files", [{"name": "x"}], WRONG),
    ("files", [FILE] * 65, WRONG),
    ("counts", {"two words": 1}, WRONG),
    ("counts", {"a": -1}, WRONG),
    ("counts", [["a", 1]], WRONG),
]

Row = dict[str, Any]
GOOD_ROWS = st.fixed_dictionaries(
    {name: GOOD_VALUES[name] for name in ("name", "time")},
    optional={name: values for name, values in GOOD_VALUES.items() if name not in {"name", "time"}},
)
PLAIN: Row = {"name": "x", "time": SECONDS}


def batch_of(rows: Iterable[Row], fields: Iterable[str] = FIELDS) -> Batch:
    names = list(fields)
    return Batch("everything", names, [column([row.get(name) for row in rows]) for name in names])


def rows_of(batch: Batch | None) -> list[Row]:
    if batch is None:
        return []
    columns = SCHEMA.decode(batch)
    return [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]


def check(batch: Batch, allowed: frozenset[str] = ALL) -> Checked:
    return SCHEMA.check(batch, allowed, NOW)


@given(rows=st.lists(GOOD_ROWS, min_size=1, max_size=6))
def test_a_sound_batch_is_kept_as_it_is(rows: list[Row]) -> None:
    batch = batch_of(rows)
    checked = check(batch)
    assert checked.batch is batch
    assert (checked.rows, checked.refused) == (len(rows), ())
    assert rows_of(checked.batch) == rows


@given(
    rows=st.lists(
        st.tuples(GOOD_ROWS, st.one_of(st.none(), st.sampled_from(BAD_VALUES))),
        min_size=1,
        max_size=8,
    )
)
def test_just_the_good_rows_are_kept_in_order(
    rows: list[tuple[Row, tuple[str, Any, ItemRefusal] | None]],
) -> None:
    sent = [{**row, bad[0]: bad[1]} if bad else row for row, bad in rows]
    good = [row for row, bad in rows if bad is None]
    checked = check(batch_of(sent))
    assert rows_of(checked.batch) == good
    assert checked.rows == len(good)
    expected: dict[tuple[str, ItemRefusal], list[int]] = {}
    for number, (_, bad) in enumerate(rows):
        if bad is not None:
            expected.setdefault((bad[0], bad[2]), []).append(number)
    assert {(r.field, r.reason): (r.count, r.row) for r in checked.refused} == {
        fault: (len(numbers), numbers[0]) for fault, numbers in expected.items()
    }
    assert sum(refused.count for refused in checked.refused) == len(rows) - len(good)


@pytest.mark.parametrize(("field", "value", "reason"), BAD_VALUES, ids=lambda each: repr(each)[:30])
def test_every_bad_value_has_its_reason(field: str, value: Any, reason: ItemRefusal) -> None:
    bad = {**PLAIN, field: value}
    assert check(batch_of([bad])) == Checked(None, 0, (Refused("everything", reason, 1, field, 0),))
    checked = check(batch_of([PLAIN, bad, PLAIN]))
    assert checked.rows == 2
    assert checked.refused == (Refused("everything", reason, 1, field, 1),)


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 2**63),
        st.floats(),
        st.text(max_size=5),
        st.binary(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {name: st.one_of(values, ANYTHING) for name, values in GOOD_VALUES.items()}
        ),
        min_size=1,
        max_size=5,
    )
)
def test_checking_together_is_checking_one_by_one(rows: list[Row]) -> None:
    """The quick look at columns passes just what the look at values passes."""
    together = check(batch_of(rows))
    alone = [check(batch_of([row])) for row in rows]
    assert rows_of(together.batch) == [row for one in alone for row in rows_of(one.batch)]
    assert together.rows == sum(one.rows for one in alone)
    assert {(r.field, r.reason) for r in together.refused} == {
        (r.field, r.reason) for one in alone for r in one.refused
    }
    # What was kept is sound: a second check finds nothing.
    if together.batch is not None:
        assert check(together.batch) == Checked(together.batch, together.rows)


@given(
    rows=st.lists(GOOD_ROWS, min_size=1, max_size=3),
    allowed=st.frozensets(st.sampled_from(FIELDS)),
    bad=st.booleans(),
)
def test_fields_that_are_not_agreed_to_are_dropped(
    rows: list[Row], allowed: frozenset[str], bad: bool
) -> None:
    needed = {"name", "time"}
    sent = [*rows, {**PLAIN, "count": -1}] if bad else rows
    checked = check(batch_of(sent), allowed)
    dropped = {r.field for r in checked.refused if r.reason is ItemRefusal.NOT_CONSENTED}
    if needed <= allowed:
        assert checked.batch is not None
        assert set(checked.batch.fields) == allowed
        kept = rows if bad and "count" in allowed else sent
        assert rows_of(checked.batch) == [
            {name: value for name, value in row.items() if name in allowed} for row in kept
        ]
        assert dropped == ALL - allowed
    else:
        assert checked.batch is None
        assert dropped >= needed - allowed


def test_unknown_fields_are_dropped_and_counted() -> None:
    batch = Batch(
        "everything",
        ["name", "user", "time", "x" * 100],
        [column(["a", "b"]), column(["anna", "bob"]), column([SECONDS] * 2), column([1, 2])],
    )
    checked = check(batch)
    assert checked.batch is not None
    assert checked.batch.fields == ["name", "time"]
    assert checked.refused == (
        Refused("everything", ItemRefusal.UNKNOWN_FIELD, 2, field="user"),
        Refused("everything", ItemRefusal.UNKNOWN_FIELD, 2, field="x" * 64),
    )


def test_a_field_that_must_be_there_and_is_not() -> None:
    checked = check(batch_of([PLAIN] * 3, ["name"]))
    assert checked == Checked(
        None, 0, (Refused("everything", ItemRefusal.MISSING_FIELD, 3, field="time"),)
    )


def raw(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(data)


NAMES, TIMES = column(["x"]), column([SECONDS])
MALFORMED: dict[str, Callable[[], Batch]] = {
    "more fields than columns": lambda: Batch("everything", ["name", "time"], [NAMES]),
    "more columns than fields": lambda: Batch("everything", ["name"], [NAMES, TIMES]),
    "a field twice": lambda: Batch("everything", ["name", "time", "name"], [NAMES, TIMES, NAMES]),
    "no fields": lambda: Batch("everything", [], []),
    "columns of unequal length": lambda: Batch(
        "everything", ["name", "time"], [column(["x", "y"]), TIMES]
    ),
    "an unknown column of another length": lambda: Batch(
        "everything", ["name", "time", "user"], [NAMES, TIMES, column([1, 2])]
    ),
    "a column that is none": lambda: Batch("everything", ["name", "time"], [raw(b"\xa1x"), TIMES]),
    "a column of nothing": lambda: Batch("everything", ["name", "time"], [raw(b""), TIMES]),
    "a column that is a map": lambda: Batch(
        "everything", ["name", "time"], [raw(b"\x81\xa1x\x01"), TIMES]
    ),
    "a column cut off": lambda: Batch("everything", ["name", "time"], [raw(b"\x91\xa5x"), TIMES]),
    "a column that says more than it has": lambda: Batch(
        "everything", ["name", "time"], [raw(b"\xdd\xff\xff\xff\xff"), TIMES]
    ),
    "a column with more behind it": lambda: Batch(
        "everything", ["name", "time"], [raw(b"\x91\xa1x\xa1y"), TIMES]
    ),
    "a column nested deeply": lambda: Batch(
        "everything", ["name", "time"], [raw(b"\x91" * 100_000), TIMES]
    ),
    "too many rows": lambda: batch_of([PLAIN] * (MAX_ROWS + 1), ["name", "time"]),
    "too many fields": lambda: Batch(
        "everything", [f"f{n}" for n in range(MAX_FIELDS + 1)], [NAMES] * (MAX_FIELDS + 1)
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_nothing_is_kept_of_a_malformed_batch(case: str) -> None:
    checked = check(MALFORMED[case]())
    assert checked.batch is None
    assert checked.rows == 0
    assert [refused.reason for refused in checked.refused] == [ItemRefusal.MALFORMED]
    assert checked.refused[0].count >= 1


def test_text_that_is_not_utf_8_costs_its_row_alone() -> None:
    batch = Batch(
        "everything",
        ["name", "time"],
        [raw(b"\x93\xa1a\xa1\xff\xa1c"), column([SECONDS] * 3)],
    )
    checked = check(batch)
    assert [row["name"] for row in rows_of(checked.batch)] == ["a", "c"]
    assert checked.refused == (Refused("everything", WRONG, 1, "name", 1),)


def test_how_things_stand_may_date_from_any_time() -> None:
    class Standing(Item):
        standing = True

    declared = {each.name: getattr(SCHEMA.item, each.name) for each in fields(Item)}
    standing = Schema(Standing(**declared | {"name": "standing"}))
    batch = standing.batch([PLAIN | {"time": 1}, PLAIN | {"time": 2**40}], ALL)
    checked = standing.check(batch, ALL, NOW)
    assert checked.rows == 1
    assert checked.refused == (Refused("standing", LATE, 1, "time", 1),)


def test_no_rows_are_nothing() -> None:
    assert check(batch_of([])) == Checked(None, 0)


def test_as_many_rows_as_may_be() -> None:
    assert check(batch_of([PLAIN] * MAX_ROWS, ["name", "time"])).rows == MAX_ROWS


@pytest.mark.parametrize("length", [0, 1, 15, 16, 255, 65_535, 65_536])
def test_the_length_of_a_column_is_read_off_its_head(length: int) -> None:
    batch = Batch(
        "everything", ["name", "time"], [column([0] * length), column([SECONDS] * length)]
    )
    checked = check(batch)
    assert checked.rows == 0
    if 0 < length <= MAX_ROWS:
        assert checked.refused == (Refused("everything", WRONG, length, "name", 0),)


def test_what_is_dropped_is_not_decoded() -> None:
    """A column of a million empty lists would be half a gigabyte of objects."""
    hostile = raw(b"\x91\xdd" + (1_000_000).to_bytes(4) + b"\x90" * 1_000_000)
    began = time.perf_counter()
    for name in ("user", "words"):
        checked = check(Batch("everything", ["name", "time", name], [NAMES, TIMES, hostile]))
        assert len(checked.refused) == 1
    assert time.perf_counter() - began < 1


def test_a_record_becomes_a_row_and_rows_a_batch() -> None:
    record = Everything(
        name=Name("x", NOTHING_PRIVATE), time=Moment(NOW), count=Size(1), words=Words(["a"])
    )
    row = SCHEMA.row(record)
    assert row == {"name": "x", "time": SECONDS, "count": 1, "words": ["a"]}
    batch = SCHEMA.batch([row, PLAIN], {"words", "time", "name", "unknown"})
    assert batch.fields == ["name", "time", "words"]
    assert rows_of(batch) == [{"name": "x", "time": SECONDS, "words": ["a"]}, PLAIN]


@given(rows=st.lists(GOOD_ROWS, min_size=1, max_size=4))
def test_the_whole_way(rows: list[Row]) -> None:
    envelope = Envelope("i", "p", "r", "t", 1, [SCHEMA.batch(rows, ALL)])
    (batch,) = decode(encode(envelope)).batches
    assert rows_of(check(batch).batch) == rows


def test_a_batch_of_launches_is_checked_quickly() -> None:
    rows: list[Mapping[str, Any]] = [
        {
            "name": f"tool-{number}",
            "time": SECONDS,
            "place": "<home>/.local/share/tools/bin",
            "word": "app_data",
            "digest": bytes(32),
            "words": ["executable", "read_only"],
        }
        for number in range(500)
    ]
    batch = SCHEMA.batch(rows, {"name", "time", "place", "word", "digest", "words"})
    best = min(_timed(lambda: check(batch)) for _ in range(20))
    assert best < 0.02  # seconds; a few tenths of a millisecond on an idle machine


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
