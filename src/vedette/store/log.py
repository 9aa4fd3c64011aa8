"""The log: accepted envelopes in the order of their arrival, durable before anybody is told so.

An envelope is known by its install and sequence number. The same one again answers what the first one was answered;
other content under a used number is refused. What was accepted is remembered longer than its content: for each install
the highest number that was trimmed stays, and nothing at or below it is ever stored again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from vedette.clock import from_micros, micros
from vedette.store.database import BUSY, Schema, open_database, translated


@dataclass(frozen=True, slots=True)
class Arrival:
    """One envelope to be stored: ``digest`` is the SHA-256 of the body as it came, ``answer`` what its sender hears."""

    number: int
    install: str
    sequence: int
    received: datetime
    digest: bytes
    payload: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """It is in the log, durably. ``answer`` is the one stored with the first of its kind.

    A duplicate whose first was trimmed already has offset 0 and an empty answer.
    """

    offset: int
    duplicate: bool
    answer: bytes


@dataclass(frozen=True, slots=True)
class SequenceReused:
    """Its number was used for other content; nothing was stored."""

    sequence: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One stored envelope. Offsets rise by arrival, start at 1 and are never used twice."""

    offset: int
    number: int
    install: str
    sequence: int
    received: datetime
    digest: bytes
    payload: bytes


class Log(Protocol):
    """What the network knows of its log. Every method raises StoreUnusable."""

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended | SequenceReused]:
        """Stores a group in one durable step: all or, where it raises, none. One outcome for each, in order."""
        ...

    def read(self, after: int, max_bytes: int) -> list[LogEntry]:
        """The entries beyond offset ``after`` that fit ``max_bytes`` of payload; if there is one, at least one."""
        ...

    def end(self) -> int:
        """The offset of the last entry ever stored; 0 for none."""
        ...

    def trim(self, before: datetime, keep_after: int) -> int:
        """Forgets the content of what was received before ``before``, but nothing beyond offset ``keep_after``.

        ``keep_after`` is how far every consumer has come. Returns how many entries went.
        """
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


TABLES = MetaData()

# The payload comes last: a row's head is then read without walking through its content.
ENTRIES = Table(
    "entries",
    TABLES,
    Column("offset", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("install", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("received", Integer, nullable=False),  # microseconds
    Column("digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("number", "sequence"),
    Index("entries_received", "received"),
    sqlite_autoincrement=True,
)

# What is remembered of trimmed entries: the highest sequence number of each install.
MARKS = Table(
    "marks",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("trimmed", Integer, nullable=False),
)

SCHEMA = Schema(
    version=1,
    tables=TABLES,
    erasable={"entries": "number", "marks": "number"},
    page=8_192,
)

_FIND = "SELECT offset, digest, answer FROM entries WHERE number=? AND sequence=?"
_MARK = "SELECT trimmed FROM marks WHERE number=?"
_ADD = (
    "INSERT INTO entries (number, install, sequence, received, digest, answer, payload)"
    " VALUES (?,?,?,?,?,?,?)"
)
_READ = (
    "SELECT offset, number, install, sequence, received, digest, payload FROM entries"
    " WHERE offset > ? ORDER BY offset"
)
_END = "SELECT seq FROM sqlite_sequence WHERE name='entries'"
_OLD = (
    "SELECT offset, number, sequence FROM entries WHERE received < ? AND offset <= ?"
    " ORDER BY received LIMIT ?"
)
_RAISE_MARK = (
    "INSERT INTO marks (number, trimmed) VALUES (?,?)"
    " ON CONFLICT (number) DO UPDATE SET trimmed=max(trimmed, excluded.trimmed)"
)
_DROP = "DELETE FROM entries WHERE offset=?"

# Entries trimmed in one transaction: appends wait for no longer than that takes.
_TRIM = 256


class SqliteLog:
    """The log in one SQLite file; one process writes, any process reads.

    Statements go to the driver directly: this is the one place where the cost of each row decides how many computers
    a network can hold.
    """

    def __init__(self, path: Path, *, busy: float = BUSY) -> None:
        self._engine = open_database(path, SCHEMA, busy=busy)
        self._lock = threading.Lock()
        with translated():
            self._connection = self._engine.raw_connection()
            self._cursor = self._connection.cursor()

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended | SequenceReused]:
        """Stores a group in one synced transaction."""
        with self._lock, translated():
            self._begin()
            try:
                outcomes = [self._store(arrival) for arrival in arrivals]
                self._cursor.execute("COMMIT")
            except BaseException:
                self._undo()
                raise
        return outcomes

    def read(self, after: int, max_bytes: int) -> list[LogEntry]:
        """The next entries, at most ``max_bytes`` of payload but one at least."""
        entries: list[LogEntry] = []
        with translated():
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(_READ, (after,))
                left = max_bytes
                while (row := cursor.fetchone()) is not None:
                    left -= len(row[6])
                    if left < 0 and entries:
                        break
                    offset, number, install, sequence, received, digest, payload = row
                    entries.append(
                        LogEntry(
                            offset,
                            number,
                            install,
                            sequence,
                            from_micros(received),
                            digest,
                            payload,
                        )
                    )
                cursor.close()
            finally:
                connection.close()
        return entries

    def end(self) -> int:
        """The last offset given, also when its entry was trimmed."""
        with translated():
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(_END)
                row = cursor.fetchone()
                cursor.close()
            finally:
                connection.close()
        return int(row[0]) if row else 0

    def trim(self, before: datetime, keep_after: int) -> int:
        """Trims in small transactions, so that appends go on in between."""
        count = 0
        while True:
            with self._lock, translated():
                self._begin()
                try:
                    self._cursor.execute(_OLD, (micros(before), keep_after, _TRIM))
                    rows = self._cursor.fetchall()
                    self._cursor.executemany(_RAISE_MARK, [(n, s) for _, n, s in rows])
                    self._cursor.executemany(_DROP, [(offset,) for offset, _, _ in rows])
                    self._cursor.execute("COMMIT")
                except BaseException:
                    self._undo()
                    raise
            count += len(rows)
            if len(rows) < _TRIM:
                return count

    def close(self) -> None:
        """Closes every connection; what was acknowledged is on disk already."""
        with self._lock:
            self._cursor.close()
            self._connection.close()
            self._engine.dispose()

    def _store(self, arrival: Arrival) -> Appended | SequenceReused:
        cursor = self._cursor
        cursor.execute(_FIND, (arrival.number, arrival.sequence))
        known = cursor.fetchone()
        if known is not None:
            offset, digest, answer = known
            if digest != arrival.digest:
                return SequenceReused(arrival.sequence)
            return Appended(offset, True, answer)
        cursor.execute(_MARK, (arrival.number,))
        mark = cursor.fetchone()
        if mark is not None and arrival.sequence <= mark[0]:
            return Appended(0, True, b"")
        cursor.execute(
            _ADD,
            (
                arrival.number,
                arrival.install,
                arrival.sequence,
                micros(arrival.received),
                arrival.digest,
                arrival.answer,
                arrival.payload,
            ),
        )
        return Appended(int(cursor.lastrowid or 0), False, arrival.answer)

    def _begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def _undo(self) -> None:
        connection = self._connection.driver_connection
        # A full disk may have ended the transaction by itself.
        if isinstance(connection, sqlite3.Connection) and connection.in_transaction:
            self._cursor.execute("ROLLBACK")
