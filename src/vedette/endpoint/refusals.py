"""How files fared on this computer that the network warns of. It stays here whatever is granted: `vedette
why` shows it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vedette.clock import Clock, from_micros, micros
from vedette.endpoint.database import Database
from vedette.verdicts.verdict import Verdict

_BRAKED: Final = "braked_until"
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class LocalRefusal:
    """How one file fared, ``times`` between ``first`` and ``last``.

    ``outcome`` is a word of ``vedette.endpoint.protection``, ``reason`` why the file was left alone, where it
    was.
    """

    sha256: str
    path: str
    outcome: str
    verdict: str
    serial: int
    reason: str
    first: datetime
    last: datetime
    times: int


class Refusals:
    """The record in ``database`` (``vedette.endpoint.verdict_tables``). Threads and processes may share it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, path: str, outcome: str, verdict: Verdict, reason: str) -> None:
        """Keeps how the file at ``path`` fared; the same again only counts. The 10,000 last are kept."""
        now = micros(self._clock.now())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
                " ON CONFLICT (sha256, path, outcome) DO UPDATE SET verdict = excluded.verdict,"
                " serial = excluded.serial, reason = excluded.reason, last = excluded.last,"
                " times = times + 1",
                (
                    verdict.subject,
                    path,
                    outcome,
                    verdict.verdict,
                    verdict.serial,
                    reason,
                    now,
                    now,
                ),
            )
            connection.execute(
                "DELETE FROM refusals WHERE last <"
                " (SELECT last FROM refusals ORDER BY last DESC LIMIT 1 OFFSET ?)",
                (_MOST - 1,),
            )

    def last(self, sha256: str | None = None, limit: int = 100) -> list[LocalRefusal]:
        """How files fared, the last first: the file with this digest (64 hexadecimal digits), or all."""
        found = self._database.rows(
            "SELECT sha256, path, outcome, verdict, serial, reason, first, last, times"
            " FROM refusals WHERE ? IS NULL OR sha256 = ? ORDER BY last DESC LIMIT ?",
            sha256,
            sha256,
            limit,
        )
        return [
            LocalRefusal(
                sha256=row[0],
                path=row[1],
                outcome=row[2],
                verdict=row[3],
                serial=row[4],
                reason=row[5],
                first=from_micros(row[6]),
                last=from_micros(row[7]),
                times=row[8],
            )
            for row in found
        ]

    def different(self, outcomes: Collection[str], within: timedelta, besides: str) -> int:
        """How many different files other than ``besides`` had one of ``outcomes`` in the time ``within``."""
        now = self._clock.now()
        found = self._database.row(
            "SELECT count(DISTINCT sha256) FROM refusals WHERE last > ? AND last <= ?"
            f" AND sha256 != ? AND outcome IN ({', '.join('?' * len(outcomes))})",
            micros(now - within),
            micros(now),
            besides,
            *outcomes,
        )
        return int(found[0])

    @property
    def braked_until(self) -> datetime:
        """Until when nothing is refused because too much was."""
        found = self._database.row("SELECT value FROM numbers WHERE name = ?", _BRAKED)
        return from_micros(found[0] if found else 0)

    @braked_until.setter
    def braked_until(self, moment: datetime) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO numbers VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (_BRAKED, micros(moment)),
            )
