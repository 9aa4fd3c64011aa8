"""The state derived from the log, and the journal of verdicts.

An effect and the log offset it came from commit together: a crash neither loses nor repeats it. The queries that derive
the state live with who derives it (reputation, detection); here are the transaction, the offsets and the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from vedette.clock import from_micros, micros
from vedette.store.database import BUSY, Changes, open_database, reading, writing
from vedette.store.state_schema import CONSUMED, DEAD_LETTERS, ERASABLE, JOURNAL, SCHEMA

__all__ = ["ERASABLE", "DeadLetter", "JournalEntry", "State"]

_LAST_SERIAL = text("SELECT seq FROM sqlite_sequence WHERE name = 'journal'")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One published verdict; ``document`` is what was signed."""

    serial: int
    subject_kind: str
    subject: str
    verdict: str
    document: bytes
    issued: datetime
    expires: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something accepted that could not be used: ``offset`` and ``install`` say where it came from."""

    offset: int
    install: int
    item: str
    reason: str
    payload: bytes
    time: datetime


class State:
    """``state.db``. Every method raises StoreUnusable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, path: Path, *, busy: float = BUSY) -> State:
        """Opens or creates the file at ``path``; ``busy`` as for open_database. Raises SchemaMismatch."""
        return cls(open_database(path, SCHEMA, busy=busy))

    def transaction(self) -> AbstractContextManager[Connection]:
        """One durable transaction that owns the writer's turn from its start."""
        return writing(self.engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view that waits for nobody."""
        return reading(self.engine)

    def changes(self) -> Changes:
        """A watcher that tells when another connection or process has committed."""
        return Changes(self.engine)

    def consumed(self, consumer: str) -> int:
        """The last log offset whose effects ``consumer`` has committed; 0 at first."""
        with self.reading() as connection:
            return consumed(connection, consumer)

    def journal_after(self, serial: int, limit: int) -> list[JournalEntry]:
        """At most ``limit`` verdicts beyond ``serial``, in order."""
        query = select(JOURNAL).where(JOURNAL.c.serial > serial)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(JOURNAL.c.serial).limit(limit))
            return [_entry(row) for row in rows]

    def journal_end(self) -> int:
        """The last serial; 0 for an empty journal."""
        with self.reading() as connection:
            return int(connection.execute(_LAST_SERIAL).scalar() or 0)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def consumed(connection: Connection, consumer: str) -> int:
    """As :meth:`State.consumed`, inside a transaction."""
    query = select(CONSUMED.c.offset).where(CONSUMED.c.consumer == consumer)
    return int(connection.execute(query).scalar() or 0)


def advance(connection: Connection, consumer: str, offset: int) -> None:
    """Notes, in the transaction of the effects, that ``consumer`` has come to ``offset``; it never goes back."""
    statement = upsert(CONSUMED).values(consumer=consumer, offset=offset)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[CONSUMED.c.consumer],
            set_={"offset": func.max(CONSUMED.c.offset, statement.excluded.offset)},
        )
    )


def append_journal(
    connection: Connection,
    *,
    subject_kind: str,
    subject: str,
    verdict: str,
    issued: datetime,
    expires: datetime,
    reason: str,
    document: Callable[[int], bytes],
) -> int:
    """Adds a verdict and returns its serial.

    ``document`` is called with the serial and returns what is published under it; where it raises, nothing is added.
    """
    # The writer's turn is ours since the transaction began, so nobody else can take this serial.
    serial = int(connection.execute(_LAST_SERIAL).scalar() or 0) + 1
    connection.execute(
        insert(JOURNAL).values(
            serial=serial,
            subject_kind=subject_kind,
            subject=subject,
            verdict=verdict,
            document=document(serial),
            issued=micros(issued),
            expires=micros(expires),
            reason=reason,
        )
    )
    return serial


def latest_verdict(connection: Connection, subject_kind: str, subject: str) -> JournalEntry | None:
    """The last verdict about a subject, expired or not; None where there never was one."""
    row = connection.execute(
        select(JOURNAL)
        .where(JOURNAL.c.subject_kind == subject_kind, JOURNAL.c.subject == subject)
        .order_by(JOURNAL.c.serial.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _entry(row)


def bury(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """Keeps what could not be used, in the transaction that moves on past it."""
    rows = [
        {
            "offset": letter.offset,
            "install": letter.install,
            "item": letter.item,
            "reason": letter.reason,
            "payload": letter.payload,
            "time": micros(letter.time),
        }
        for letter in letters
    ]
    if rows:
        connection.execute(insert(DEAD_LETTERS), rows)


def _entry(row: Row[Any]) -> JournalEntry:
    return JournalEntry(
        serial=row.serial,
        subject_kind=row.subject_kind,
        subject=row.subject,
        verdict=row.verdict,
        document=row.document,
        issued=from_micros(row.issued),
        expires=from_micros(row.expires),
        reason=row.reason,
    )
