"""The tables of spool.db. Triggers keep the sum of bytes, so that keeping the bound needs no scan.

``rows`` and ``outbox`` are what waits (``vedette.endpoint.spool``), ``reported`` which files were reported
lately, ``readings`` when an inventory item is due and what is known of how it was last told, ``told`` the rows
that the network then has of it (``vedette.endpoint.told``), ``log_marks`` how far each log has been read,
``attack_counts`` what has not been reported yet of attacks (``vedette.endpoint.attack_counts``). A row or envelope
counts 64 bytes beside its body.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vedette.endpoint.database import Database

_VERSION: Final = 3
_READINGS: Final = """
CREATE TABLE readings (
    item TEXT PRIMARY KEY, due INTEGER NOT NULL, whole INTEGER, fields TEXT NOT NULL, unread TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE told (
    item TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (item, digest)
) WITHOUT ROWID;
"""
_LOGS: Final = """
CREATE TABLE log_marks (log TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE attack_counts (
    source TEXT NOT NULL, port INTEGER NOT NULL, protocol TEXT NOT NULL, kind TEXT NOT NULL,
    product TEXT NOT NULL, since INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (source, port, protocol, kind, product)
) WITHOUT ROWID;
"""
_STEPS: Final = {
    # All of the inventory is due then, and told whole.
    1: f"""
ALTER TABLE rows ADD COLUMN change TEXT NOT NULL DEFAULT 'whole';
DROP TABLE readings;
{_READINGS}""",
    2: _LOGS,
}
_TABLES: Final = f"""
CREATE TABLE rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, tier TEXT NOT NULL,
    time INTEGER NOT NULL, body BLOB NOT NULL, change TEXT NOT NULL DEFAULT 'whole'
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
{_READINGS}
{_LOGS}
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


def open_spool_database(path: Path) -> Database:
    """The database at ``path``, made where there is none. Raises as ``Database`` does."""
    return Database(path, _TABLES, version=_VERSION, steps=_STEPS)
