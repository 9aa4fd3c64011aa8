"""The tables of verdicts.db: what the network said, and how files fared here because of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vedette.endpoint.database import Database

_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE verdicts (
    subject TEXT PRIMARY KEY, serial INTEGER NOT NULL, expires INTEGER NOT NULL, payload BLOB NOT NULL,
    document BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX verdicts_expires ON verdicts (expires);
CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE network (fingerprint TEXT NOT NULL);
CREATE TABLE refusals (
    sha256 TEXT NOT NULL, path TEXT NOT NULL, outcome TEXT NOT NULL, verdict TEXT NOT NULL,
    serial INTEGER NOT NULL, reason TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    times INTEGER NOT NULL, PRIMARY KEY (sha256, path, outcome)
) WITHOUT ROWID;
CREATE INDEX refusals_last ON refusals (last);
"""


def open_verdict_database(path: Path) -> Database:
    """The database at ``path``, made where there is none. Raises as ``Database`` does.

    A power cut may lose the last moments of it: the network sends them again.
    """
    return Database(path, _TABLES, version=_VERSION, durable=False)
