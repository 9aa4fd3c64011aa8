from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.unit.store.lake_contract import LakeContract, rows, sequences
from vedette.clock import SystemClock
from vedette.errors import StoreUnusable
from vedette.store.delta import ItemTable
from vedette.store.lake import DeltaLake, Lake
from vedette.testing.clock import ManualClock

REPOSITORY = Path(__file__).parents[3]


class TestDeltaLake(LakeContract):
    @pytest.fixture
    def lake(self, tmp_path: Path) -> Lake:
        return DeltaLake(tmp_path / "lake", clock=ManualClock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def log_actions(folder: Path) -> Iterator[dict[str, object]]:
    for file in sorted((folder / "launches" / "_delta_log").glob("*.json")):
        for line in file.read_text().splitlines():
            yield json.loads(line)


def data_files(folder: Path) -> list[Path]:
    return sorted((folder / "launches").rglob("day=*/*.parquet"))


def test_rows_lie_in_folders_by_day(folder: Path) -> None:
    DeltaLake(folder).append("launches", rows([1]), 1)
    assert [file.parent.name for file in data_files(folder)] == ["day=2026-11-24"]


def test_the_log_holds_no_value_of_a_row(folder: Path) -> None:
    lake = DeltaLake(folder, compact_every=8)
    for offset in range(1, 12):
        lake.append("launches", rows([offset]), offset)
    lake.compact()
    statistics = [action["add"]["stats"] for action in log_actions(folder) if "add" in action]  # type: ignore[index]
    assert len(statistics) > 11
    assert {tuple(json.loads(text)) for text in statistics} == {("numRecords",)}
    log = folder / "launches" / "_delta_log"
    written = b"".join(file.read_bytes() for file in log.iterdir() if file.is_file())
    assert b"ab" * 16 not in written
    assert b"name 1" not in written
    assert list(log.glob("*.checkpoint.parquet"))


def test_other_readers_of_delta_tables_agree(folder: Path) -> None:
    lake = DeltaLake(folder, compact_every=4)
    for offset in range(1, 12):
        lake.append("launches", rows([offset]), offset)
    table = DeltaTable(folder / "launches").to_pyarrow_table()
    assert sorted(table["sequence"].to_pylist()) == list(range(1, 12))
    assert table["name"].null_count == 0
    assert table["day"].null_count == 0


def test_files_do_not_grow_with_the_number_of_appends(folder: Path) -> None:
    lake = DeltaLake(folder, compact_every=16)
    for offset in range(1, 101):
        lake.append("launches", rows([offset]), offset)
    table = DeltaTable(folder / "launches")
    assert len(table.file_uris()) < 16 + 8
    assert sequences(lake) == list(range(1, 101))


def age(folder: Path) -> None:
    """Makes everything written so far look three hours old."""
    then = SystemClock().now().timestamp() - 3 * 3600
    for file in (folder / "launches").rglob("*"):
        os.utime(file, (then, then))


def test_a_reader_keeps_its_files_for_a_while(folder: Path) -> None:
    lake = DeltaLake(folder)
    for offset in range(1, 11):
        lake.append("launches", rows([offset]), offset)
    age(folder)
    reader = ItemTable.open(folder / "launches")
    assert reader is not None
    fresh = folder / "launches" / "day=2026-11-24" / "about-to-be-committed.parquet"
    fresh.write_bytes(b"half")
    lake.compact()
    assert len(data_files(folder)) == 12
    assert reader.read(["sequence"]).num_rows == 10


def test_what_nobody_reads_any_more_is_deleted(folder: Path) -> None:
    # Whatever this lake removes, it removes three hours ago.
    lake = DeltaLake(folder, clock=ManualClock(SystemClock().now() - timedelta(hours=3)))
    for offset in range(1, 11):
        lake.append("launches", rows([offset]), offset)
    orphan = folder / "launches" / "day=2026-11-24" / "left-by-a-crash.parquet"
    orphan.write_bytes(b"cut off")
    lake.compact()
    assert len(data_files(folder)) == 2
    assert orphan.exists()
    age(folder)
    lake.append("launches", rows([11]), 11)
    lake.compact()
    assert not orphan.exists()
    assert len(data_files(folder)) == 2
    assert len(list((folder / "launches" / "_delta_log").glob("*.json"))) <= 2
    assert lake.position("launches") == 11
    assert sequences(lake) == list(range(1, 12))


def test_two_handles_take_turns(folder: Path) -> None:
    one, other = DeltaLake(folder), DeltaLake(folder)
    for offset in range(1, 9):
        assert (one if offset % 2 else other).append("launches", rows([offset]), offset)
        assert not one.append("launches", rows([offset]), offset)
    assert sequences(one) == list(range(1, 9))


def test_a_handle_that_missed_too_much_is_opened_again(folder: Path) -> None:
    one, other = DeltaLake(folder), DeltaLake(folder)
    one.append("launches", rows([1]), 1)
    for offset in range(2, 6):
        other.append("launches", rows([offset]), offset)
    other.compact()
    for version in range(4):
        (folder / "launches" / "_delta_log" / f"{version:020}.json").unlink()
    assert not one.append("launches", rows([5]), 5)
    assert one.append("launches", rows([6]), 6)
    assert sequences(other) == [1, 2, 3, 4, 5, 6]


def test_a_failing_compaction_does_not_fail_the_append(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnusable("the disk is full", "free some space")

    monkeypatch.setattr(ItemTable, "compact", fails)
    lake = DeltaLake(folder, compact_every=1)
    assert lake.append("launches", rows([1]), 1)
    assert sequences(lake) == [1]
    assert [record.message for record in caplog.records] == ["the lake could not be compacted"]


def test_damage_is_told_as_such(folder: Path) -> None:
    lake = DeltaLake(folder)
    lake.append("launches", rows([1]), 1)
    data_files(folder)[0].write_bytes(b"nonsense")
    with pytest.raises(StoreUnusable):
        lake.read("launches")
    data_files(folder)[0].unlink()
    with pytest.raises(StoreUnusable):
        lake.read("launches")
    for file in (folder / "launches" / "_delta_log").iterdir():
        file.write_bytes(b"nonsense")
    with pytest.raises(StoreUnusable):
        lake.append("launches", rows([2]), 2)


def test_a_folder_that_cannot_be_used_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable):
        DeltaLake(tmp_path / "file" / "lake").append("launches", rows([1]), 1)


def test_kill_9_neither_loses_nor_repeats(folder: Path) -> None:
    chance = random.Random(7)
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    told = 0
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.unit.store.lake_child", str(folder)],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": paths},
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            SystemClock().sleep(chance.random() * 0.25)
            child.kill()
            lines = [line for line in child.stdout.readlines() if line.endswith(b"\n")]
        told = int(lines[-1]) if lines else told
        lake = DeltaLake(folder)
        position = lake.position("launches")
        assert position >= told
        if position:
            assert sequences(lake) == list(range(1, position + 1))
    assert told > 10
