"""What a computer told, change by change, comes to what is so on it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.store.standing import NONE_THERE, standing, told

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
COLUMNS = pa.schema(
    [
        ("install", pa.int64()),
        ("sequence", pa.int64()),
        ("row", pa.int32()),
        ("received", pa.timestamp("us", "UTC")),
        ("day", pa.date32()),
        ("change", pa.string()),
        ("name", pa.string()),
        ("seen", pa.timestamp("us", "UTC")),
        ("since", pa.date32()),
        ("digest", pa.binary()),
        ("health", pa.map_(pa.string(), pa.int64())),
    ]
)


def table(*told: tuple[int, str | None, str | None]) -> pa.Table:
    """Rows by sequence, change and name; the other values follow from the name."""
    rows = [
        {
            "install": 1,
            "sequence": sequence,
            "row": number,
            "received": NOON,
            "day": date(2026, 11, 24),
            "change": change,
            "name": name,
            "seen": name and NOON,
            "since": name and date(2026, 1, 1),
            "digest": name and name.encode() * 8,
            "health": name and [("b", 1), ("a", len(name))],
        }
        for number, (sequence, change, name) in enumerate(told)
    ]
    return pa.Table.from_pylist(rows, COLUMNS)


def names(rows: pa.Table) -> list[Any]:
    return [row["name"] for row in standing(rows)]


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ([], []),
        ([(1, "whole", "a"), (1, "whole", "b")], ["a", "b"]),
        ([(1, "whole", "a"), (2, "added", "b"), (3, "removed", "a")], ["b"]),
        ([(3, "removed", "a"), (2, "added", "b"), (1, "whole", "a")], ["b"]),
        ([(1, "whole", "a"), (2, "whole", "b"), (3, "added", "c")], ["b", "c"]),
        # A whole that was too large for one envelope.
        ([(1, "whole", "x"), (2, "whole", "a"), (3, "added", "b"), (4, "added", "c")], [*"abc"]),
        # In one envelope: the whole, what has gone, what has come.
        ([(1, "added", "a"), (1, "removed", "a"), (1, "removed", "b"), (1, "whole", "b")], ["a"]),
        ([(1, "whole", "a"), (2, NONE_THERE, None)], []),
        ([(1, "whole", "a"), (2, NONE_THERE, None), (2, "added", "b")], ["b"]),
        ([(1, "whole", "a"), (2, "added", "a")], ["a"]),
        ([(1, "whole", "a"), (2, "removed", "z")], ["a"]),
        # What the last of a whole was lost with is not known; what is known all the same, is.
        ([(2, "added", "b")], ["b"]),
        # Before there were differences, each report was a whole.
        ([(1, None, "a"), (2, None, "b")], ["b"]),
    ],
)
def test_changes_come_to_what_is_so(told: list[tuple[int, str, str]], known: list[str]) -> None:
    assert names(table(*told)) == known


def test_values_come_as_the_lake_has_them() -> None:
    (row,) = standing(table((1, "whole", "a")))
    assert row == {
        "name": "a",
        "seen": NOON,
        "since": date(2026, 1, 1),
        "digest": b"aaaaaaaa",
        "health": [("b", 1), ("a", 1)],
    }


def test_a_table_from_before_there_were_differences() -> None:
    assert names(table((1, None, "a")).drop_columns(["change"])) == ["a"]
    assert standing(pa.table({})) == []


@given(st.lists(st.frozensets(st.sampled_from("abcdef")), min_size=1), st.randoms())
def test_any_history_told_in_differences_comes_to_its_end(
    history: list[frozenset[str]], random: Any
) -> None:
    told: list[tuple[int, str, str | None]] = [(0, "whole", name) for name in history[0]]
    told = told or [(0, NONE_THERE, None)]
    for sequence, (before, after) in enumerate(itertools.pairwise(history), start=1):
        told += [(sequence, "removed", name) for name in before - after]
        told += [(sequence, "added", name) for name in after - before]
    random.shuffle(told)
    assert set(names(table(*told))) == history[-1]


def test_what_says_that_there_is_nothing_does_not_count_as_told() -> None:
    rows = table((1, None, "a"), (2, "whole", "b"), (3, NONE_THERE, None), (4, "removed", "b"))
    assert told(rows) == 3
    assert told(rows.drop_columns(["change"])) == 4
    assert told(pa.table({})) == 0
