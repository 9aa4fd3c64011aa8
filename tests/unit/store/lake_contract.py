"""What any lake must do. A test class for an implementation derives from it and gives the fixture ``lake``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from vedette.errors import SchemaMismatch, StoreUnusable
from vedette.store.lake import Lake

TODAY = date(2026, 11, 24)
YESTERDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

SCHEMA = pa.schema(
    [
        ("install", pa.int64()),
        ("sequence", pa.int64()),
        ("row", pa.int32()),
        ("received", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("name", pa.string()),
        ("sha256", pa.binary()),
        ("managed", pa.bool_()),
        ("words", pa.list_(pa.string())),
        ("health", pa.map_(pa.string(), pa.int64())),
    ]
)


def rows(sequences: Iterable[int], day: date = TODAY, **more: Any) -> pa.Table:
    """One row a sequence number; ``more`` are further columns, each one Arrow scalar."""
    numbers = list(sequences)
    table = pa.Table.from_pylist(
        [
            {
                "install": n % 3,
                "sequence": n,
                "row": 0,
                "received": NOON,
                "day": day,
                "name": f"name {n}",
                "sha256": bytes([n % 256]) * 32,
                "managed": None,
                "words": ["a", "b"],
                "health": [("dropped", n)],
            }
            for n in numbers
        ],
        schema=SCHEMA,
    )
    for name, value in more.items():
        table = table.append_column(name, pa.repeat(value, len(numbers)))
    return table


def sequences(lake: Lake, item: str = "launches") -> list[int]:
    return sorted(lake.read(item, ["sequence"])["sequence"].to_pylist())


class LakeContract:
    """The tests; see the module."""

    def test_an_item_without_rows(self, lake: Lake) -> None:
        assert lake.position("launches") == 0
        assert lake.count("launches") == 0
        assert lake.read("launches").num_rows == 0
        assert lake.items() == []
        assert not lake.append("launches", rows([]), 5)
        assert lake.position("launches") == 0
        lake.compact()

    def test_rows_come_back_as_they_went_in(self, lake: Lake) -> None:
        sent = rows(range(10))
        assert lake.append("launches", sent, 3)
        assert lake.position("launches") == 3
        assert lake.count("launches") == 10
        read = lake.read("launches")
        assert set(read.column_names) == set(sent.column_names)
        read = read.select(sent.column_names).sort_by("sequence")
        assert read.to_pylist() == sent.to_pylist()
        assert read.schema.field("received").type == pa.timestamp("us", tz="UTC")

    def test_an_offset_is_applied_once(self, lake: Lake) -> None:
        assert lake.append("launches", rows([1]), 3)
        assert not lake.append("launches", rows([1]), 3)
        assert not lake.append("launches", rows([0]), 2)
        assert lake.append("launches", rows([2]), 4)
        assert sequences(lake) == [1, 2]
        assert lake.position("launches") == 4

    def test_items_are_apart(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 3)
        lake.append("services", rows([2, 3]), 2)
        assert lake.items() == ["launches", "services"]
        assert (lake.position("launches"), lake.position("services")) == (3, 2)
        assert (lake.count("launches"), lake.count("services")) == (1, 2)

    def test_rows_of_several_days_arrive_together(self, lake: Lake) -> None:
        lake.append("launches", pa.concat_tables([rows([1]), rows([2], YESTERDAY)]), 1)
        days = lake.read("launches", ["sequence", "day"]).sort_by("sequence")["day"].to_pylist()
        assert days == [TODAY, YESTERDAY]

    def test_only_the_columns_asked_for_are_read(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 1)
        assert lake.read("launches", ["name", "day"]).column_names == ["name", "day"]
        with pytest.raises(SchemaMismatch):
            lake.read("launches", ["nonsense"])

    def test_the_rows_of_one_install(self, lake: Lake) -> None:
        lake.append("launches", rows(range(6)), 1)
        assert sorted(lake.read("launches", install=2)["sequence"].to_pylist()) == [2, 5]
        assert lake.read("launches", ["name"], install=1).column_names == ["name"]
        assert lake.read("launches", install=9).num_rows == 0
        assert lake.read("services", install=1).num_rows == 0

    def test_a_new_field_is_null_in_old_rows(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 1)
        lake.append("launches", rows([2], entropy=pa.scalar(7, pa.int64())), 2)
        lake.append("launches", rows([3]), 3)
        read = lake.read("launches", ["sequence", "entropy"]).sort_by("sequence")
        assert read["entropy"].to_pylist() == [None, 7, None]
        lake.compact()
        assert lake.read("launches", ["entropy"])["entropy"].null_count == 2

    def test_a_field_never_changes_its_type(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 1)
        changed = rows([2]).drop_columns(["name"]).append_column("name", pa.array([1], pa.int64()))
        with pytest.raises(SchemaMismatch, match="name"):
            lake.append("launches", changed, 2)
        assert lake.position("launches") == 1
        assert lake.append("launches", rows([2]), 2)

    def test_a_new_field_that_must_be_there_is_refused(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 1)
        table = rows([2])
        field = pa.field("strict", pa.int64(), nullable=False)
        with pytest.raises(SchemaMismatch):
            lake.append("launches", table.append_column(field, pa.array([1], pa.int64())), 2)
        assert sequences(lake) == [1]

    def test_a_row_without_a_day_is_refused(self, lake: Lake) -> None:
        table = rows([1, 2])
        index = table.column_names.index("day")
        missing = table.set_column(index, "day", pa.array([TODAY, None], pa.date32()))
        with pytest.raises(SchemaMismatch):
            lake.append("launches", missing, 1)
        assert lake.count("launches") == 0

    def test_large_arrow_types_fit(self, lake: Lake) -> None:
        lake.append("launches", rows([1]), 1)
        table = rows([2])
        index = table.column_names.index("name")
        large = table.set_column(index, "name", table["name"].cast(pa.large_string()))
        lake.append("launches", large, 2)
        assert lake.read("launches", ["name"])["name"].type == pa.string()
        assert sequences(lake) == [1, 2]

    def test_compacting_changes_no_row(self, lake: Lake) -> None:
        for n in range(1, 21):
            lake.append("launches", rows([n, n + 1000], TODAY if n > 5 else YESTERDAY), n)
        before = lake.read("launches").sort_by("sequence")
        lake.compact()
        assert lake.read("launches").sort_by("sequence").to_pylist() == before.to_pylist()
        assert lake.position("launches") == 20
        assert lake.count("launches") == 40
        assert not lake.append("launches", rows([20]), 20)
        assert lake.append("launches", rows([21]), 21)
        lake.compact()
        assert lake.count("launches") == 41

    @pytest.mark.parametrize("name", ["", "../x", "Launches", "a" * 65, "a/b", "_delta_log"])
    def test_a_name_that_is_no_items_is_refused(self, lake: Lake, name: str) -> None:
        with pytest.raises(StoreUnusable):
            lake.append(name, rows([1]), 1)
