from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.store.log_contract import NOON, LogContract, arrival, stored
from vedette.errors import StoreUnusable
from vedette.store.log import SCHEMA, Appended, Log, SqliteLog
from vedette.testing.log import MemoryLog

REPOSITORY = Path(__file__).parents[3]


class TestSqliteLog(LogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[Log]:
        log = SqliteLog(tmp_path / "log.db")
        yield log
        log.close()


class TestMemoryLog(LogContract):
    @pytest.fixture
    def log(self) -> Log:
        return MemoryLog()


def start_child(path: Path, first: int) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.store.log_child", str(path), str(first)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": paths},
    )


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    chance = random.Random(20261124)
    acknowledged: set[int] = set()
    for round_ in range(10):
        with start_child(path, round_ * 1_000_000) as child:
            assert child.stdout is not None
            seen = [child.stdout.readline()]
            for _ in range(chance.randrange(400)):
                seen.append(child.stdout.readline())
            child.kill()
            seen += child.stdout.readlines()
        # The last line may have been cut in the middle.
        acknowledged |= {int(line) for line in seen if line.endswith(b"\n")}
    log = SqliteLog(path)
    entries = log.read(0, 1 << 30)
    log.close()
    sequences = [entry.sequence for entry in entries]
    assert len(acknowledged) > 40
    assert acknowledged <= set(sequences)
    assert len(sequences) == len(set(sequences))
    assert len(sequences) % 4 == 0, "a group is stored as a whole or not at all"
    assert all(entry.payload == b"%d" % entry.sequence * 2000 for entry in entries)


def test_another_process_reads_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    SqliteLog(path).close()
    reader = SqliteLog(path)
    after = 0
    sequences: list[int] = []
    with start_child(path, 0) as child:
        while len(sequences) < 200 and child.poll() is None:
            entries = reader.read(after, 50_000)
            sequences += [entry.sequence for entry in entries]
            after = entries[-1].offset if entries else after
        child.kill()
    reader.close()
    assert sequences == list(range(len(sequences)))
    assert len(sequences) >= 200


def test_threads_append_side_by_side(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.db")

    def work(number: int) -> None:
        for sequence in range(50):
            log.append([arrival(sequence, number=number)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        log.trim(NOON - timedelta(days=1), log.end())
    assert sorted(stored(log)) == [(n, s) for n in range(4) for s in range(50)]
    log.close()


def test_a_busy_log_gives_up_after_a_while_and_works_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = SqliteLog(path, busy=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnusable, match="busy"):
        log.append([arrival(1)])
    other.execute("ROLLBACK")
    other.close()
    assert log.append([arrival(1)]) == [Appended(1, False, b"answer")]
    log.close()


def test_a_full_disk_stores_nothing_of_the_group(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.db")
    log.append([arrival(1)])
    # The only way to fill a disk without filling one.
    log._cursor.execute("PRAGMA max_page_count=20").fetchall()
    with pytest.raises(StoreUnusable, match="full"):
        log.append([arrival(n, payload=bytes(40_000)) for n in range(2, 20)])
    log._cursor.execute("PRAGMA max_page_count=100000").fetchall()
    assert stored(log) == [(1, 1)]
    assert log.append([arrival(2)]) == [Appended(2, False, b"answer")]
    log.close()


def test_trimmed_content_is_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = SqliteLog(path)
    log.append([arrival(n, payload=b"VERY-PRIVATE" * 2000) for n in range(20)])
    log.trim(NOON + timedelta(seconds=1), 20)
    log.close()
    assert all(b"VERY-PRIVATE" not in file.read_bytes() for file in tmp_path.iterdir())


def test_every_table_with_an_installs_data_is_erasable() -> None:
    whose = {name: "number" for name, table in SCHEMA.tables.tables.items() if "number" in table.c}
    assert whose == SCHEMA.erasable
    assert set(whose) == set(SCHEMA.tables.tables)
