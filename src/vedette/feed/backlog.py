"""What a reader of the urgent channel missed, or, for one that begins, everything that counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select

from vedette.clock import micros
from vedette.store.state import State
from vedette.store.state_schema import JOURNAL


def backlog(
    state: State, after: int, end: int, now: datetime, limit: int
) -> list[tuple[int, bytes]]:
    """Serial and document of at most ``limit`` verdicts from ``after`` (without it) up to ``end``, in order.

    Those that a later one about the same subject replaced are left out, and those that have expired; but never number
    ``end`` itself: by that a reader knows that nothing was held back.
    """
    later = JOURNAL.alias()
    replaced = exists().where(
        later.c.subject_kind == JOURNAL.c.subject_kind,
        later.c.subject == JOURNAL.c.subject,
        later.c.serial > JOURNAL.c.serial,
        later.c.serial <= end,
    )
    query = select(JOURNAL.c.serial, JOURNAL.c.document).where(
        JOURNAL.c.serial > after,
        JOURNAL.c.serial <= end,
        or_(JOURNAL.c.expires > micros(now), JOURNAL.c.serial == end),
        ~replaced,
    )
    with state.reading() as connection:
        rows = connection.execute(query.order_by(JOURNAL.c.serial).limit(limit))
        return [(row.serial, row.document) for row in rows]
