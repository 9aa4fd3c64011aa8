"""Transactions that join, errors in our words, and versions that are respected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vedette.endpoint.database import Database
from vedette.errors import SchemaMismatch, StoreUnusable

TABLES = "CREATE TABLE things (name TEXT PRIMARY KEY);"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


def test_what_fails_inside_never_happened(path: Path) -> None:
    database = Database(path, TABLES, version=1)

    def both() -> None:
        with database.transaction() as outer:
            outer.execute("INSERT INTO things VALUES ('a')")
            with database.transaction() as inner:
                inner.execute("INSERT INTO things VALUES ('b')")
            raise KeyError

    with pytest.raises(KeyError):
        both()
    assert database.rows("SELECT * FROM things") == []
    with database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('c')")
    assert database.row("SELECT * FROM things") == ("c",)
    database.close()


def test_it_is_for_its_owner_alone(path: Path) -> None:
    Database(path, TABLES, version=1).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_version_is_not_touched(path: Path) -> None:
    Database(path, TABLES, version=1).close()
    with pytest.raises(SchemaMismatch, match=r"some\.db"):
        Database(path, TABLES, version=2)
    with pytest.raises(SchemaMismatch, match=r"some\.db"):
        Database(path, TABLES, version=0)


def test_an_older_version_is_taken_to_this_one_step_by_step(path: Path) -> None:
    first = Database(path, TABLES, version=1)
    with first.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
    first.close()
    steps = {
        1: "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7;",
        2: "UPDATE things SET size = size + 1;\nCREATE TABLE more (name TEXT);",
    }
    for _ in range(2):
        third = Database(path, TABLES, version=3, steps=steps)
        assert third.rows("SELECT name, size FROM things") == [("a", 8)]
        assert third.rows("SELECT * FROM more") == []
        third.close()
    with pytest.raises(SchemaMismatch):
        Database(path, TABLES, version=5, steps=steps)


def test_what_is_no_database_is_said_so(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable, match="SQLITE_NOTADB"):
        Database(path, TABLES, version=1)


def test_a_wrong_statement_is_ours(path: Path) -> None:
    database = Database(path, TABLES, version=1)
    with database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
    with pytest.raises(StoreUnusable), database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
    database.close()
    with pytest.raises(StoreUnusable, match="closed"):
        database.row("SELECT 1")


def test_deleted_content_is_gone_from_the_disk(path: Path) -> None:
    database = Database(path, TABLES, version=1)
    with database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('canary-canary')")
    with database.transaction() as connection:
        connection.execute("DELETE FROM things")
    database.compact()
    for file in path.parent.iterdir():
        assert b"canary-canary" not in file.read_bytes()
    database.close()


def test_those_who_come_at_once_make_it_once(path: Path) -> None:
    def come(_: int) -> None:
        database = Database(path, TABLES, version=1)
        with database.transaction() as connection:
            connection.execute("INSERT INTO things SELECT count(*) FROM things")
        database.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come, range(40)))
    database = Database(path, TABLES, version=1)
    assert database.row("SELECT count(*) FROM things") == (40,)
    database.close()


def test_a_folder_that_is_closed_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnusable, match="state folder"):
        Database(tmp_path / "file" / "some.db", TABLES, version=1)
