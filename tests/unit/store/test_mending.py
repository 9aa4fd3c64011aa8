"""What a power cut leaves behind: files of the log that have their name already, but not their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.store.lake_contract import rows, sequences
from vedette.store.lake import DeltaLake


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


damages = pytest.mark.parametrize("damage", [emptied, zeroed, halved])
Damage = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def log(folder: Path) -> Path:
    return folder / "launches" / "_delta_log"


@damages
def test_a_torn_commit_never_happened(folder: Path, log: Path, damage: Damage) -> None:
    lake = DeltaLake(folder)
    for offset in (1, 2, 3):
        lake.append("launches", rows([offset]), offset)
    damage(max(log.glob("*.json")))
    mended = DeltaLake(folder)
    mended.mend()
    assert mended.position("launches") == 2
    assert sequences(mended) == [1, 2]
    assert mended.append("launches", rows([3]), 3)
    assert sequences(mended) == [1, 2, 3]


@damages
def test_a_table_that_was_just_being_made_is_made_again(
    folder: Path, log: Path, damage: Damage
) -> None:
    log.mkdir(parents=True)
    first = log / f"{0:020}.json"
    first.write_bytes(b'{"protocol":{"minReaderVersion":1}}\n{"metaData":{}}')
    damage(first)
    lake = DeltaLake(folder)
    lake.mend()
    assert lake.items() == []
    lake.append("launches", rows([1]), 1)
    assert sequences(lake) == [1]


@damages
@pytest.mark.parametrize("name", ["*.checkpoint.parquet", "_last_checkpoint"])
def test_a_torn_checkpoint_is_not_needed(
    folder: Path, log: Path, damage: Damage, name: str
) -> None:
    lake = DeltaLake(folder)
    for offset in (1, 2, 3):
        lake.append("launches", rows([offset]), offset)
    lake.compact()
    lake.append("launches", rows([4]), 4)
    for path in log.glob(name):
        damage(path)
    mended = DeltaLake(folder)
    mended.mend()
    assert sequences(mended) == [1, 2, 3, 4]
    mended.append("launches", rows([5]), 5)
    mended.compact()
    assert sequences(DeltaLake(folder)) == [1, 2, 3, 4, 5]


def test_what_is_whole_stays(folder: Path, log: Path) -> None:
    lake = DeltaLake(folder)
    lake.mend()
    for offset in (1, 2):
        lake.append("launches", rows([offset]), offset)
    lake.compact()
    before = sorted(log.iterdir())
    lake.mend()
    assert sorted(log.iterdir()) == before
