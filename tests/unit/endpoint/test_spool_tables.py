"""A spool of an earlier version goes on being one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from tests.unit.endpoint.computer import PRODUCT
from tests.unit.endpoint.test_spool import BASIC, SCHEMAS, names, service
from vedette.endpoint.database import Database
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Spool
from vedette.endpoint.spool_tables import open_spool_database
from vedette.endpoint.told import Told
from vedette.testing.clock import ManualClock

FIRST: Final = """
CREATE TABLE rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, tier TEXT NOT NULL,
    time INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX rows_time ON rows (time);
CREATE INDEX rows_item ON rows (item);
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY, receipt TEXT NOT NULL, tier TEXT NOT NULL, rows INTEGER NOT NULL,
    time INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE reported (
    item TEXT NOT NULL, digest BLOB NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (item, digest)
) WITHOUT ROWID;
CREATE INDEX reported_time ON reported (time);
CREATE TABLE readings (item TEXT PRIMARY KEY, due INTEGER NOT NULL, digest BLOB) WITHOUT ROWID;
INSERT INTO numbers VALUES ('sequence', 0), ('bytes', 0);
CREATE TRIGGER row_added AFTER INSERT ON rows BEGIN
    UPDATE numbers SET value = value + length(new.body) + 64 WHERE name = 'bytes';
END;
CREATE TRIGGER row_removed AFTER DELETE ON rows BEGIN
    UPDATE numbers SET value = value - length(old.body) - 64 WHERE name = 'bytes';
END;
CREATE TRIGGER envelope_added AFTER INSERT ON outbox BEGIN
    UPDATE numbers SET value = value + length(new.body) + 64 WHERE name = 'bytes';
END;
CREATE TRIGGER envelope_removed AFTER DELETE ON outbox BEGIN
    UPDATE numbers SET value = value - length(old.body) - 64 WHERE name = 'bytes';
END;
"""


def test_what_waits_in_a_spool_of_the_first_version_is_sent(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "spool.db"
    first = Database(path, FIRST, version=1)
    row = msgspec.msgpack.encode(service("a"))
    with first.transaction() as connection:
        connection.execute(
            "INSERT INTO rows (item, tier, time, body) VALUES ('services', 'basic', ?, ?)",
            (int(clock.now().timestamp()) * 1_000_000, row),
        )
        connection.execute("INSERT INTO readings VALUES ('services', 2000000000000000, x'00')")
    first.close()
    database = open_spool_database(path)
    spool = Spool(database, clock, SpoolSettings())
    assert spool.seal(BASIC, SCHEMAS, PRODUCT)
    assert names(spool.pending()) == ["a"]
    assert Told(database).dues() == {}  # all is due, and told whole
    database.close()
