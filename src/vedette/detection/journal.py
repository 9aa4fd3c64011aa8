"""Verdicts as they enter the journal: numbered and signed; and the operator's way to take one back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from vedette.clock import Clock, from_micros, micros
from vedette.crypto.keys import SigningKey
from vedette.errors import VerdictError
from vedette.store.state import State, append_journal, latest_verdict
from vedette.store.state_schema import JOURNAL
from vedette.verdicts.verdict import Verdict

FILE: Final = "file"
DRAFT: Final = 1
"""The serial of a verdict that has none yet."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def publish(connection: Connection, draft: Verdict, key: SigningKey) -> int:
    """Adds ``draft`` to the journal under the next serial, signed; returns the serial."""

    def document(serial: int) -> bytes:
        return msgspec.structs.replace(draft, serial=serial).sign(key)

    return append_journal(
        connection,
        subject_kind=draft.subject_kind,
        subject=draft.subject,
        verdict=draft.verdict,
        issued=from_micros(draft.issued),
        expires=from_micros(draft.expires),
        reason=draft.reason or "; ".join(evidence.text for evidence in draft.evidence),
        document=document,
    )


def blocked(connection: Connection, subject: str, now: datetime) -> bool:
    """Whether a block of the file ``subject`` (hexadecimal) holds."""
    latest = latest_verdict(connection, FILE, subject)
    return latest is not None and latest.verdict == "block" and latest.expires > now


def last_revocation(connection: Connection, subject: str) -> datetime | None:
    """When the operator last took back a verdict about the file ``subject`` (hexadecimal)."""
    issued = connection.execute(
        select(func.max(JOURNAL.c.issued)).where(
            JOURNAL.c.subject_kind == FILE,
            JOURNAL.c.subject == subject,
            JOURNAL.c.verdict == "none",
        )
    ).scalar()
    return None if issued is None else from_micros(issued)


def revoke(state: State, subject: str, reason: str, key: SigningKey, clock: Clock) -> int:
    """Takes back the verdict about the file ``subject`` (its SHA-256 in hexadecimal); returns the revocation's serial.

    It is kept as long as the verdict would have been: whoever still has that one hears of it. Raises ``VerdictError``
    where there is no verdict that holds, or subject or reason is not one.
    """
    subject = subject.strip().lower()
    if not _SHA256.fullmatch(subject):
        raise VerdictError("this is not a file's SHA-256", "give its 64 hexadecimal digits")
    if not reason.strip():
        raise VerdictError("a revocation needs a reason", "say why; everybody can read it")
    with state.transaction() as connection:
        now = clock.now()
        latest = latest_verdict(connection, FILE, subject)
        if latest is None or latest.verdict == "none" or latest.expires <= now:
            raise VerdictError("no verdict about this file holds", "check its SHA-256")
        return publish(
            connection,
            Verdict(
                subject_kind=FILE,
                subject=subject,
                verdict="none",
                score=0.0,
                evidence=(),
                stage="all",
                issued=micros(now),
                expires=micros(latest.expires),
                serial=DRAFT,
                reason=reason.strip(),
            ),
            key,
        )
