"""What the network knows of this computer's inventory, or will once the spool is empty, and when it is read next.

Kept are the rows themselves, as they travel, since to tell that one is no more is to tell which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vedette.clock import micros
from vedette.endpoint.database import Database

Rows = Mapping[bytes, bytes]
"""Rows as MessagePack, each under its digest: what is the same twice is there once."""

_DIGEST: Final = 16


def by_digest(bodies: Iterable[bytes]) -> Rows:
    """``bodies`` as ``Rows``."""
    return {hashlib.blake2b(body, digest_size=_DIGEST).digest(): body for body in bodies}


@dataclass(frozen=True, slots=True)
class Last:
    """How an item was last told: ``whole`` (microseconds) when all of it was, if nothing of that or since was lost; the
    ``fields`` that were told; the reasons for what was ``unread``; and the ``rows``.
    """

    whole: int | None
    fields: frozenset[str]
    unread: frozenset[str]
    rows: Rows


class Told:
    """The memory in the spool's ``database``: changed together with what is put into the spool."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    def dues(self) -> dict[str, int]:
        """When each item that was read is due again, in microseconds."""
        return dict(self._database.rows("SELECT item, due FROM readings"))

    def last(self, item: str) -> Last:
        """How ``item`` was last told."""
        found = self._database.row(
            "SELECT whole, fields, unread FROM readings WHERE item = ?", item
        ) or (None, "", "")
        rows = self._database.rows("SELECT digest, body FROM told WHERE item = ?", item)
        return Last(found[0], _set(found[1]), _set(found[2]), dict(rows))

    def plan(self, item: str, due: datetime) -> None:
        """Reads ``item`` again at ``due``."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO readings VALUES (?, ?, NULL, '', '')"
                " ON CONFLICT (item) DO UPDATE SET due = excluded.due",
                (item, micros(due)),
            )

    def note(self, item: str, unread: Collection[str], removed: Rows, added: Rows) -> None:
        """What changed of ``item``; before it is put into the spool, which may find no room for it."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE readings SET unread = ? WHERE item = ?", (_text(unread), item)
            )
            connection.executemany(
                "DELETE FROM told WHERE item = ? AND digest = ?", [(item, one) for one in removed]
            )
            connection.executemany(
                "INSERT INTO told VALUES (?, ?, ?)", [(item, *one) for one in added.items()]
            )

    def begin(
        self, item: str, now: datetime, fields: Collection[str], unread: Collection[str], rows: Rows
    ) -> None:
        """That ``item`` is told whole ``now``; before that is put into the spool."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM told WHERE item = ?", (item,))
            connection.execute(
                "UPDATE readings SET whole = ?, fields = ? WHERE item = ?",
                (micros(now), _text(fields), item),
            )
            self.note(item, unread, {}, rows)

    def lose(self, item: str) -> None:
        """That not all of ``item`` was told: it is told whole at its next reading."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE readings SET whole = NULL WHERE item = ?", (item,))


def _text(words: Collection[str]) -> str:
    return "\n".join(sorted(words))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.splitlines())
