"""The sent ledger: every request that this computer ever made, byte for byte, written down before the first
byte leaves.

It is bounded in bytes and age; how much was forgotten, and up to when, is kept and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from vedette.clock import Clock, from_micros, micros
from vedette.endpoint.database import Database
from vedette.endpoint.settings import SentSettings
from vedette.wire import protocol
from vedette.wire.http import Request

_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    purpose TEXT NOT NULL, size INTEGER NOT NULL, status INTEGER, failure TEXT, raw BLOB NOT NULL
);
CREATE INDEX requests_time ON requests (time);
CREATE TABLE kept (requests INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE forgotten (requests INTEGER NOT NULL, bytes INTEGER NOT NULL, until INTEGER);
INSERT INTO kept VALUES (0, 0);
INSERT INTO forgotten VALUES (0, 0, NULL);
CREATE TRIGGER request_added AFTER INSERT ON requests BEGIN
    UPDATE kept SET requests = requests + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER request_forgotten AFTER DELETE ON requests BEGIN
    UPDATE kept SET requests = requests - 1, bytes = bytes - old.size;
    UPDATE forgotten SET requests = requests + 1, bytes = bytes + old.size, until = max(coalesce(until, 0), old.time);
END;
"""
_PURPOSES: Final = {
    protocol.AUTHORITY: "authority",
    protocol.INSTALLS: "registration",
    protocol.CONSENT: "consent",
    protocol.ENVELOPES: "report",
    protocol.URGENT: "protection",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. ``purpose``: authority, registration, consent, report, protection or other; ``size`` in
    bytes.

    ``status`` is that of the answer, ``failure`` why there was none (the code of an error); neither while
    none has come yet.
    """

    number: int
    time: datetime
    method: str
    path: str
    purpose: str
    size: int
    status: int | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """How far back the ledger goes: its limits, what it holds, and what it held and forgot (all requests up
    to ``until``).
    """

    max_bytes: int
    max_age: timedelta
    requests: int
    bytes: int
    forgotten_requests: int
    forgotten_bytes: int
    until: datetime | None


class Sent:
    """The ledger in the file at ``path``: call it with a request and its bytes before sending
    (``vedette.wire.http.Ledger``).

    Threads and processes may share it. Raises as ``Database`` does; what cannot be written down is not sent.
    """

    def __init__(self, path: Path, clock: Clock, settings: SentSettings) -> None:
        self._database = Database(path, _TABLES, version=_VERSION)
        self._clock = clock
        self._settings = settings

    def __call__(self, request: Request, raw: bytes) -> SentRequest:
        """Writes down ``raw``, the exact bytes of ``request``; durable when this returns."""
        path = request.target.partition("?")[0]
        with self._database.transaction() as connection:
            (number,) = connection.execute(
                "INSERT INTO requests (time, method, path, purpose, size, raw)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
                (
                    micros(self._clock.now()),
                    request.method,
                    path,
                    _PURPOSES.get(path, "other"),
                    len(raw),
                    raw,
                ),
            ).fetchone()
            self._forget(number)
        return SentRequest(self._database, number)

    def entries(self, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The newest ``limit`` requests, newest first; with ``before``, only those with a smaller number."""
        found = self._database.rows(
            "SELECT number, time, method, path, purpose, size, status, failure FROM requests"
            " WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",
            before,
            before,
            limit,
        )
        return [Entry(number, from_micros(time), *rest) for number, time, *rest in found]

    def raw(self, number: int) -> bytes | None:
        """The exact bytes of a request; ``None`` where there is none of that number, or it was forgotten."""
        found = self._database.row("SELECT raw FROM requests WHERE number = ?", number)
        return found[0] if found else None

    def bound(self) -> Bound:
        """How far back the ledger goes."""
        requests, size = self._database.row("SELECT requests, bytes FROM kept")
        gone, gone_size, until = self._database.row("SELECT requests, bytes, until FROM forgotten")
        return Bound(
            self._settings.max_bytes,
            self._settings.max_age,
            requests,
            size,
            gone,
            gone_size,
            from_micros(until) if until is not None else None,
        )

    def close(self) -> None:
        self._database.close()

    def _forget(self, newest: int) -> None:
        """Keeps the bounds; the ``newest`` request stays whatever its size."""
        before = micros(self._clock.now() - self._settings.max_age)
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM requests WHERE time < ? AND number < ?", (before, newest)
            )
            while self._database.row("SELECT bytes FROM kept")[0] > self._settings.max_bytes:
                oldest = connection.execute(
                    "DELETE FROM requests WHERE number < ? AND number ="
                    " (SELECT min(number) FROM requests) RETURNING number",
                    (newest,),
                ).fetchall()
                if not oldest:
                    break


class SentRequest:
    """One request in the ledger, which hears how it ended (``vedette.wire.http.RequestRecord``)."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._number = number

    def answered(self, status: int) -> None:
        self._update("status", status)

    def failed(self, reason: str) -> None:
        self._update("failure", reason)

    def _update(self, column: str, value: int | str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE requests SET {column} = ? WHERE number = ?", (value, self._number)
            )
