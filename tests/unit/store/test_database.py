from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, exc, insert, select

from vedette.errors import SchemaMismatch, StoreUnusable
from vedette.store.database import Changes, Schema, open_database, reading, writing

TABLES = MetaData()
THINGS = Table("things", TABLES, Column("id", Integer, primary_key=True))
SCHEMA = Schema(version=3, tables=TABLES, erasable={})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "things.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = open_database(path, SCHEMA)
    yield engine
    engine.dispose()


def ids(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return list(connection.execute(select(THINGS.c.id)).scalars())


def pragma(engine: Engine, name: str) -> object:
    with reading(engine) as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_it_is_durable_private_and_shared(engine: Engine, path: Path) -> None:
    assert pragma(engine, "journal_mode") == "wal"
    assert pragma(engine, "synchronous") == 2
    assert pragma(engine, "secure_delete") == 1
    assert pragma(engine, "user_version") == 3
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_block_commits_as_a_whole_or_not_at_all(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(THINGS).values(id=1))
    with pytest.raises(exc.IntegrityError), writing(engine) as connection:
        connection.execute(insert(THINGS), [{"id": 2}, {"id": 1}])
    assert ids(engine) == [1]


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.execute(select(THINGS.c.id)).all() == []
        with writing(engine) as other:
            other.execute(insert(THINGS).values(id=1))
        assert connection.execute(select(THINGS.c.id)).all() == []
    assert ids(engine) == [1]


def test_it_opens_again(engine: Engine, path: Path) -> None:
    with writing(engine) as connection:
        connection.execute(insert(THINGS).values(id=1))
    again = open_database(path, SCHEMA)
    assert ids(again) == [1]
    again.dispose()


@pytest.mark.parametrize(("version", "advice"), [(2, "migrate"), (4, "newer release")])
def test_another_schema_is_refused(engine: Engine, path: Path, version: int, advice: str) -> None:
    with pytest.raises(SchemaMismatch, match=advice):
        open_database(path, Schema(version=6 - version, tables=TABLES, erasable={}))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(StoreUnusable, match="not a database"):
        open_database(tmp_path / "x.db", SCHEMA)


def test_a_damaged_file_is_refused(engine: Engine, path: Path) -> None:
    with writing(engine) as connection:
        connection.execute(insert(THINGS), [{"id": n} for n in range(20_000)])
    engine.dispose()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreUnusable, match="damaged"):
        ids(engine)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match="data directory"):
        open_database(tmp_path / "file" / "x.db", SCHEMA)


def test_a_busy_writer_waits_for_a_while(path: Path) -> None:
    engine = open_database(path, SCHEMA, busy=0.05)
    with writing(engine), pytest.raises(StoreUnusable, match="busy"), writing(engine):
        pass
    with writing(engine) as connection:
        connection.execute(insert(THINGS).values(id=1))
    assert ids(engine) == [1]
    engine.dispose()


def test_a_full_disk_is_named(engine: Engine) -> None:
    rows = [{"id": n} for n in range(20_000)]
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=5")
    with pytest.raises(StoreUnusable, match="disk is full"), writing(engine) as connection:
        connection.execute(insert(THINGS), rows)
    assert ids(engine) == []


def test_a_mistake_in_a_query_stays_one(engine: Engine) -> None:
    with pytest.raises(exc.IntegrityError), writing(engine) as connection:
        connection.execute(insert(THINGS), [{"id": 1}, {"id": 1}])


def test_errors_do_not_repeat_values(engine: Engine) -> None:
    with pytest.raises(exc.IntegrityError) as caught, writing(engine) as connection:
        connection.execute(insert(THINGS), [{"id": 987654321}, {"id": 987654321}])
    assert "987654321" not in str(caught.value)


def test_changes_of_others_are_seen_once(engine: Engine, path: Path) -> None:
    changes = Changes(engine)
    assert not changes.changed()
    with writing(engine) as connection:
        connection.execute(insert(THINGS).values(id=1))
    assert changes.changed()
    assert not changes.changed()
    with reading(engine) as connection:
        connection.execute(select(THINGS)).all()
    assert not changes.changed()
    other = sqlite3.connect(path)
    other.execute("INSERT INTO things VALUES (2)")
    assert not changes.changed(), "not committed yet"
    other.commit()
    other.close()
    assert changes.changed()
    changes.close()


def test_several_processes_may_create_it_at_once(path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from vedette.store.log import SqliteLog
        SqliteLog(Path(sys.argv[1])).close()
        """
    )
    source = str(Path(__file__).parents[3] / "src")
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(path)], env={"PYTHONPATH": source})
        for _ in range(4)
    ]
    assert [child.wait() for child in children] == [0, 0, 0, 0]
