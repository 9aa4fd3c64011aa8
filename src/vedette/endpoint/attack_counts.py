"""Attacks are many and alike. The first of a kind is reported at once, further ones as one row a while later.

The same kind means: from the same address, on the same port, by the same protocol, noticed by the same product. What is
counted and not yet reported lies in the spool's database, so that a log's mark and the attacks that were read before it
are durable as one. However many addresses come, so many are told apart and no more; the rest is counted as dropped.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

from vedette.activity.attacks import ATTACKS, Attack
from vedette.clock import Clock, from_micros, micros
from vedette.endpoint.database import Database
from vedette.endpoint.intake import Intake
from vedette.endpoint.settings import AttackSettings
from vedette.errors import ConsentMissing
from vedette.facts.kinds import Count, Moment, Name, Word
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.facts.record import Record
from vedette.facts.remote import RemoteAddress

_KEY: Final = "source = ? AND port = ? AND protocol = ? AND kind = ? AND product = ?"
_DROPPED: Final = "attacks_dropped"


class AttackCounts:
    """Takes attacks for ``intake``. Threads may share it."""

    def __init__(
        self, intake: Intake, database: Database, clock: Clock, settings: AttackSettings
    ) -> None:
        self._intake = intake
        self._database = database
        self._clock = clock
        self._every: Final = timedelta(seconds=settings.every)
        self._most: Final = settings.most
        self._lock = threading.Lock()
        self._next = micros(clock.now())

    def observed(self, record: Attack) -> None:
        """As ``take``, for somebody who wants to know. Raises ``ConsentMissing``."""
        if not self._intake.covers(ATTACKS):
            raise ConsentMissing(
                "there is no consent to report attacks",
                "see `vedette consent show` and grant it first",
            )
        self.take(record)

    def take(self, record: Record) -> None:
        """Counts an ``Attack``; durable when this returns, or with the transaction around it.

        Without consent nothing is kept. Raises ``StoreUnusable``.
        """
        assert isinstance(record, Attack)
        key = (
            record.source.value,
            record.port.value if record.port else 0,
            record.protocol.value,
            record.kind.value,
            record.product.value if record.product else "",
        )
        with self._database.transaction() as connection:
            if not self._intake.covers(ATTACKS):
                return
            # A host clock may be set back; the last time that counts is the latest.
            again = connection.execute(
                f"UPDATE attack_counts SET count = count + ?, last = max(last, ?) WHERE {_KEY}",
                (record.count.value, record.time.value, *key),
            )
            if again.rowcount:
                return
            (known,) = connection.execute("SELECT count(*) FROM attack_counts").fetchone()
            if known >= self._most:
                self._intake.count(_DROPPED, record.count.value)
                return
            now = micros(self._clock.now())
            connection.execute(
                "INSERT INTO attack_counts VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                (*key, now, record.time.value),
            )
            self._intake.report(ATTACKS, [record])

    def flush(self) -> None:
        """Reports what has been counted for long enough, and forgets what came no more. Costs nothing in between.

        Raises ``StoreUnusable``.
        """
        now = micros(self._clock.now())
        with self._lock:
            if 0 < self._next - now <= self._every // timedelta(microseconds=1):
                return
            self._next = now + self._every // timedelta(microseconds=1)
        before = micros(self._clock.now() - self._every)
        with self._database.transaction() as connection:
            # One from the future was begun by a wrong clock.
            due = connection.execute(
                "SELECT source, port, protocol, kind, product, last, count FROM attack_counts"
                " WHERE since <= ? OR since > ?",
                (before, now),
            ).fetchall()
            if not due:
                return
            self._intake.report(ATTACKS, [_attack(*row) for row in due if row[-1]])
            connection.execute(
                "DELETE FROM attack_counts WHERE count = 0 AND (since <= ? OR since > ?)",
                (before, now),
            )
            connection.execute(
                "UPDATE attack_counts SET count = 0, since = ? WHERE since <= ? OR since > ?",
                (now, before, now),
            )


def _attack(
    source: str, port: int, protocol: str, kind: str, product: str, last: int, count: int
) -> Attack:
    return Attack(
        source=RemoteAddress(source),
        port=Count(port) if port else None,
        protocol=Word(protocol),
        kind=Word(kind),
        time=Moment(from_micros(last * 1_000_000)),
        count=Count(count),
        product=Name(product, NOTHING_PRIVATE) if product else None,
    )
