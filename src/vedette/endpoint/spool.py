"""The spool: what waits to be sent. Rows are added as they come; an envelope is sealed from the oldest and
kept until it is settled.

One transaction moves rows into an envelope together with its sequence number, so that a crash at any moment
neither loses a row, nor puts it into two envelopes, nor gives one number to two contents. The spool is
bounded in bytes and age: the oldest goes first, and everything that goes unsent is counted by reason. Of an item
that tells how things stand, what went unsent leaves the differences after it without their ground: that it must
be told whole again is then noted with the readings (``vedette.endpoint.told``).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import msgspec

from vedette.clock import Clock, micros
from vedette.endpoint.database import Database
from vedette.endpoint.settings import SpoolSettings
from vedette.errors import EnvelopeTooLarge
from vedette.facts.codec import MAX_UNPACKED, decode, encode
from vedette.facts.envelope import Batch, Change, Envelope
from vedette.facts.schema import Schema
from vedette.statement.clauses import Tier
from vedette.statement.consent import Consent

_DROPPED_AT_ONCE: Final = 256

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope that waits: its number, the receipt it names, the tier of all its rows, how many, and the
    bytes to send.
    """

    sequence: int
    receipt: str
    tier: Tier
    rows: int
    body: bytes


class _Waiting(NamedTuple):
    id: int
    item: str
    tier: str
    time: int
    body: bytes
    change: Change


class Spool:
    """The spool in ``database`` (``vedette.endpoint.spool_tables``). Threads and processes may share it."""

    def __init__(self, database: Database, clock: Clock, settings: SpoolSettings) -> None:
        self.database: Final = database
        self.clock: Final = clock
        self._settings = settings
        self._counting = threading.Lock()
        self._uncounted: Counter[str] = Counter()

    def add(
        self, item: str, tier: Tier, rows: Sequence[Row], change: Change = Change.WHOLE
    ) -> None:
        """Keeps ``rows`` (the values of each field) of ``item``, durable when this returns; the oldest give
        way to them.
        """
        with self.database.transaction() as connection:
            self._add(connection, item, tier, rows, change)
            self._keep_bounds(connection)

    def begin(self, item: str, tier: Tier, rows: Sequence[Row]) -> None:
        """Keeps ``rows`` as all that there is of ``item``; none is a report as well. What waits of the item is
        overtaken by it, and goes.
        """
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM rows WHERE item = ?", (item,))
            self._add(connection, item, tier, rows or [None], Change.WHOLE)
            self._keep_bounds(connection)

    def seal(self, consent: Consent, schemas: Mapping[str, Schema], product: str) -> bool:
        """Moves the oldest rows into an envelope that names ``consent``'s receipt; false where nothing is
        left to send.

        All rows of an envelope are of one tier, so that withdrawing a tier touches no other. Rows that
        ``consent`` does not cover, or that no schema describes, are dropped and counted.
        """
        with self.database.transaction() as connection:
            self._write_counts(connection)
            self._keep_bounds(connection)
            while waiting := self._oldest(connection):
                covered = [row for row in waiting if _covered(row, consent, schemas)]
                if len(covered) < len(waiting):
                    kept = {row.id for row in covered}
                    uncovered = [row for row in waiting if row.id not in kept]
                    self._take(connection, uncovered)
                    self._count(connection, "spool_dropped_consent", len(uncovered))
                    _lose(connection, {row.item for row in uncovered})
                chosen = _in_order([row for row in covered if row.tier == covered[0].tier])
                if chosen and self._seal(connection, chosen, consent, schemas, product):
                    return True
        return False

    def pending(self) -> Sealed | None:
        """The oldest envelope that is not settled."""
        found = self.database.row(
            "SELECT sequence, receipt, tier, rows, body FROM outbox ORDER BY sequence LIMIT 1"
        )
        return Sealed(found[0], found[1], Tier(found[2]), found[3], found[4]) if found else None

    def acknowledge(self, sequence: int) -> None:
        """The network has the envelope for good."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE sequence = ?", (sequence,))

    def refuse(self, sequence: int, reason: str) -> None:
        """The network will never take the envelope: it is dropped, its rows counted under ``reason`` (a
        word).
        """
        with self.database.transaction() as connection:
            found = _deleted(connection, "outbox", "sequence = ?", sequence)
            self._count(connection, f"spool_refused_{reason}", found)

    def clear(self, tiers: Sequence[Tier] = tuple(Tier)) -> None:
        """Empties the spool of what rests on ``tiers``; numbers that were used stay used.

        Whoever agrees again begins anew: what was reported before may have been erased at the network since.
        """
        with self.database.transaction() as connection:
            for tier in tiers:
                connection.execute("DELETE FROM rows WHERE tier = ?", (tier,))
                connection.execute("DELETE FROM outbox WHERE tier = ?", (tier,))
            connection.execute("DELETE FROM reported")
            connection.execute("DELETE FROM readings")
            connection.execute("DELETE FROM told")
            if Tier.BASIC in tiers:
                connection.execute("DELETE FROM log_marks")
                connection.execute("DELETE FROM attack_counts")
        self.database.compact()

    def waiting(self) -> int:
        """How many rows wait, sealed or not."""
        (rows,) = self.database.row(
            "SELECT (SELECT count(*) FROM rows) + (SELECT coalesce(sum(rows), 0) FROM outbox)"
        )
        return int(rows)

    def holds(self, items: Collection[str]) -> bool:
        """Whether a row of one of ``items`` waits to be sealed."""
        marks = ", ".join("?" * len(items))
        return bool(
            self.database.rows(f"SELECT 1 FROM rows WHERE item IN ({marks}) LIMIT 1", *items)
        )

    def size(self) -> int:
        """How many bytes wait."""
        return int(self.database.row("SELECT value FROM numbers WHERE name = 'bytes'")[0])

    @property
    def max_age(self) -> timedelta:
        """How long a row waits at most."""
        return self._settings.max_age

    def count(self, name: str, number: int = 1) -> None:
        """Adds ``number`` to the counter ``name`` (a word): the counters are this computer's health.

        It is written with the next envelope, or by ``counters``: counting must not cost a write each.
        """
        with self._counting:
            self._uncounted[name] += number

    def counters(self) -> dict[str, int]:
        """All counters."""
        with self.database.transaction() as connection:
            self._write_counts(connection)
        return dict(self.database.rows("SELECT name, value FROM counters ORDER BY name"))

    def _oldest(self, connection: sqlite3.Connection) -> list[_Waiting]:
        """The oldest rows, as many as one envelope may hold."""
        rows: list[_Waiting] = []
        total = 0
        for found in connection.execute(
            "SELECT id, item, tier, time, body, change FROM rows ORDER BY id LIMIT ?",
            (self._settings.rows_per_envelope,),
        ):
            row = _Waiting._make((*found[:-1], Change(found[-1])))
            total += len(row.body)
            if rows and total > MAX_UNPACKED // 2:
                break
            rows.append(row)
        return rows

    def _seal(
        self,
        connection: sqlite3.Connection,
        chosen: list[_Waiting],
        consent: Consent,
        schemas: Mapping[str, Schema],
        product: str,
    ) -> bool:
        """Seals ``chosen``, or as many of them as fit; false where not even the first does, which is dropped
        then.
        """
        (sequence,) = connection.execute(
            "UPDATE numbers SET value = value + 1 WHERE name = 'sequence' RETURNING value"
        ).fetchone()
        while True:
            batches = list(_batches(chosen, consent, schemas))
            terms = consent.terms.digest
            envelope = Envelope(
                consent.install, product, consent.receipt_id, terms, sequence, batches
            )
            try:
                body = encode(envelope)
                break
            except EnvelopeTooLarge:
                if len(chosen) == 1:
                    self._take(connection, chosen)
                    self._count(connection, "spool_dropped_too_large", 1)
                    return False
                chosen = chosen[: len(chosen) // 2]
        self._take(connection, chosen)
        for item in {row.item for row in chosen if schemas[row.item].item.standing}:
            # What the envelope has no room for of a beginning comes to what it begins with.
            connection.execute(
                "UPDATE rows SET change = ? WHERE item = ? AND change = ?",
                (Change.ADDED, item, Change.WHOLE),
            )
        connection.execute(
            "INSERT INTO outbox (sequence, receipt, tier, rows, time, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (sequence, consent.receipt_id, chosen[0].tier, len(chosen), chosen[0].time, body),
        )
        return True

    def _keep_bounds(self, connection: sqlite3.Connection) -> None:
        """Drops what is too old, then the oldest until the rest fits."""
        before = micros(self.clock.now() - self._settings.max_age)
        for table in ("outbox", "rows"):
            dropped = _deleted(connection, table, "time < ?", before)
            self._count(connection, "spool_dropped_age", dropped)
        while self.size() > self._settings.max_bytes:
            dropped = _deleted(
                connection, "outbox", "sequence = (SELECT min(sequence) FROM outbox)"
            ) or _deleted(
                connection,
                "rows",
                "id IN (SELECT id FROM rows ORDER BY id LIMIT ?)",
                _DROPPED_AT_ONCE,
            )
            if not dropped:
                break
            self._count(connection, "spool_dropped_size", dropped)

    def _add(
        self,
        connection: sqlite3.Connection,
        item: str,
        tier: Tier,
        rows: Sequence[Row | None],
        change: Change,
    ) -> None:
        now = micros(self.clock.now())
        connection.executemany(
            "INSERT INTO rows (item, tier, time, body, change) VALUES (?, ?, ?, ?, ?)",
            [(item, tier, now, msgspec.msgpack.encode(row), change) for row in rows],
        )

    def _take(self, connection: sqlite3.Connection, rows: Sequence[_Waiting]) -> None:
        connection.executemany("DELETE FROM rows WHERE id = ?", [(row.id,) for row in rows])

    def _write_counts(self, connection: sqlite3.Connection) -> None:
        with self._counting:
            counts, self._uncounted = self._uncounted, Counter()
        for name, number in counts.items():
            self._count(connection, name, number)

    def _count(self, connection: sqlite3.Connection, name: str, number: int) -> None:
        if number:
            connection.execute(
                "INSERT INTO counters VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                (name, number),
            )


def _deleted(connection: sqlite3.Connection, table: str, where: str, *parameters: int) -> int:
    """Deletes from ``table`` what matches; returns how many rows of items that were."""
    each = "rows, '', body" if table == "outbox" else "1, item, NULL"
    found = connection.execute(f"DELETE FROM {table} WHERE {where} RETURNING {each}", parameters)
    gone = found.fetchall()
    items = {item for _, item, _ in gone if item}
    for body in (body for _, _, body in gone if body is not None):
        items |= {batch.item for batch in decode(body).batches}
    _lose(connection, items)
    return sum(rows for rows, _, _ in gone)


def _lose(connection: sqlite3.Connection, items: Collection[str]) -> None:
    """Notes that of ``items`` not all was sent that the network was to know."""
    connection.executemany(
        "UPDATE readings SET whole = NULL WHERE item = ?", [(item,) for item in items]
    )


def _in_order(rows: Sequence[_Waiting]) -> list[_Waiting]:
    """The first of ``rows``, up to one whose change would have to come after a later one of its item: in an envelope
    the changes of an item have one order.
    """
    order = {change: place for place, change in enumerate(Change)}
    last: dict[str, int] = {}
    for number, row in enumerate(rows):
        if order[row.change] < last.get(row.item, 0):
            return list(rows[:number])
        last[row.item] = order[row.change]
    return list(rows)


def _covered(row: _Waiting, consent: Consent, schemas: Mapping[str, Schema]) -> bool:
    """Whether ``row`` may be sent: its tier and its item are agreed to, with every field that a row cannot do
    without.
    """
    if row.item not in schemas or not consent.allows(Tier(row.tier)):
        return False
    fields = consent.fields(row.item)
    needed = {field.name for field in schemas[row.item].item.fields if not field.nullable}
    return bool(fields) and needed <= fields


def _batches(
    chosen: Sequence[_Waiting], consent: Consent, schemas: Mapping[str, Schema]
) -> Iterator[Batch]:
    """The rows by item and change, with the fields that ``consent`` covers."""
    batches: dict[tuple[str, Change], list[Row]] = {}
    for row in chosen:
        rows = batches.setdefault((row.item, row.change), [])
        if (values := msgspec.msgpack.decode(row.body)) is not None:
            rows.append(values)
    for (item, change), rows in batches.items():
        yield schemas[item].batch(rows, consent.fields(item), change)
