"""The registry: who may report, under which key, and what each has consented to.

A join token is worth one install. Registering is answered alike however often it is asked with the same key and token,
since the answer may be lost on the way. Only the SHA-256 of a token is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    insert,
    select,
    update,
)

from vedette.clock import from_micros, micros
from vedette.errors import AdmissionError
from vedette.store.database import BUSY, Changes, open_database, reading, writing
from vedette.store.registry_schema import CONSENTS, INSTALLS, SCHEMA, TOKENS, TOMBSTONES
from vedette.wire.refusals import Refusal

_AT_ONCE: Final = 500  # values in one query


@dataclass(frozen=True, slots=True)
class Install:
    """A computer that has joined."""

    number: int
    install: str
    public_key: bytes
    organisation: str | None
    managed: bool
    token: int
    prefix_hash: bytes
    joined: datetime
    revoked: datetime | None
    revoked_reason: str | None


@dataclass(frozen=True, slots=True)
class InstallSnapshot:
    """Everything that deciding about one request of an install needs, as of one moment.

    ``receipt``, ``terms`` and ``tiers`` are those of its current consent; null and empty where it never gave one.
    """

    number: int
    install: str
    public_key: bytes
    revoked: bool
    organisation: str | None
    managed: bool
    token: int
    prefix_hash: bytes
    receipt: str | None
    terms: str | None
    tiers: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A receipt as the network keeps it: the signed document beside what is looked up in it."""

    receipt: str
    document: bytes
    terms: str
    tiers: frozenset[str]
    time: datetime


# Built once: it runs for every request that no cache answers.
_SNAPSHOT: Select[Any] = select(
    INSTALLS.c.number,
    INSTALLS.c.public_key,
    INSTALLS.c.revoked,
    INSTALLS.c.organisation,
    INSTALLS.c.managed,
    INSTALLS.c.token_id,
    INSTALLS.c.prefix_hash,
    CONSENTS.c.receipt_id,
    CONSENTS.c.terms,
    CONSENTS.c.tiers,
).select_from(INSTALLS.outerjoin(CONSENTS, CONSENTS.c.install == INSTALLS.c.number))
_SNAPSHOT = _SNAPSHOT.where(INSTALLS.c.install == bindparam("wanted"))


class Registry:
    """Tokens, installs and consents in one database. Every method raises StoreUnusable beside what it names."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path, *, busy: float = BUSY) -> Registry:
        """Opens or creates the file at ``path``; ``busy`` as for open_database. Raises SchemaMismatch."""
        return cls(open_database(path, SCHEMA, busy=busy))

    def changes(self) -> Changes:
        """A watcher for caches: tells when another connection or process, this registry too, has written."""
        return Changes(self._engine)

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def mint_token(self, organisation: str | None, managed: bool, expires: datetime) -> str:
        """A new join token, good for one install until ``expires``. Its text is nowhere else: show it now."""
        token = secrets.token_urlsafe(16)
        with writing(self._engine) as connection:
            connection.execute(
                insert(TOKENS).values(
                    hash=_digest(token.encode()),
                    organisation=organisation,
                    managed=managed,
                    expires=micros(expires),
                )
            )
        return token

    def register(self, token: str, public_key: bytes, prefix_hash: bytes, now: datetime) -> Install:
        """Spends ``token`` for the install that holds ``public_key`` (Ed25519, 32 bytes).

        The same key and token again give the same install. A key that is registered already keeps its install, and
        another good token stays unspent. Raises AdmissionError: erased_install, revoked_install, token_unknown,
        token_spent, token_expired.
        """
        erasure_key = _digest(public_key)
        with writing(self._engine) as connection:
            if _is_erased(connection, erasure_key):
                raise _refused(Refusal.ERASED_INSTALL)
            ticket = connection.execute(
                select(TOKENS).where(TOKENS.c.hash == _digest(token.encode()))
            ).one_or_none()
            if ticket is None:
                raise _refused(Refusal.TOKEN_UNKNOWN)
            known = _install(connection, INSTALLS.c.public_key == public_key)
            if ticket.spent_by is not None and (known is None or known.number != ticket.spent_by):
                raise _refused(Refusal.TOKEN_SPENT)
            if ticket.spent_by is None and micros(now) >= ticket.expires:
                raise _refused(Refusal.TOKEN_EXPIRED)
            if known is not None:
                if known.revoked is not None:
                    raise _refused(Refusal.REVOKED_INSTALL)
                return known
            return _enrol(connection, ticket, public_key, prefix_hash, now)

    def install(self, install: str) -> Install:
        """The install with this id. Raises AdmissionError: unknown_install."""
        with reading(self._engine) as connection:
            found = _install(connection, INSTALLS.c.install == install)
        if found is None:
            raise _refused(Refusal.UNKNOWN_INSTALL)
        return found

    def installs(self) -> list[Install]:
        """Every install, in the order in which they joined."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(INSTALLS).order_by(INSTALLS.c.number))
            return [_from_row(row) for row in rows]

    def numbered(self, numbers: Iterable[int]) -> list[Install]:
        """Those of the installs with these numbers that are still known, in no particular order."""
        wanted = list(numbers)
        found: list[Install] = []
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                rows = connection.execute(select(INSTALLS).where(INSTALLS.c.number.in_(some)))
                found += map(_from_row, rows)
        return found

    def install_snapshot(self, install: str) -> InstallSnapshot:
        """What admission needs of the install, in one quick read. Raises AdmissionError: unknown_install."""
        with reading(self._engine) as connection:
            row = connection.execute(_SNAPSHOT, {"wanted": install}).one_or_none()
        if row is None:
            raise _refused(Refusal.UNKNOWN_INSTALL)
        number, key, revoked, organisation, managed, token, prefix, receipt, terms, tiers = row
        return InstallSnapshot(
            number=number,
            install=install,
            public_key=key,
            revoked=revoked is not None,
            organisation=organisation,
            managed=managed,
            token=token,
            prefix_hash=prefix,
            receipt=receipt,
            terms=terms,
            tiers=frozenset(tiers.split()) if tiers else frozenset(),
        )

    def is_erased(self, public_key: bytes) -> bool:
        """Whether the holder of this key had everything erased; the key is never admitted again."""
        with reading(self._engine) as connection:
            return _is_erased(connection, _digest(public_key))

    def put_consent(self, number: int, consent: ConsentRecord) -> bool:
        """Makes ``consent`` the current one of install ``number``; the same receipt again changes nothing.

        False where a receipt as late or later is held: the time of receipts only goes forward. Raises AdmissionError:
        unknown_install.
        """
        values = {
            "receipt_id": consent.receipt,
            "document": consent.document,
            "terms": consent.terms,
            "tiers": " ".join(sorted(consent.tiers)),
            "time": micros(consent.time),
        }
        with writing(self._engine) as connection:
            if _install(connection, INSTALLS.c.number == number) is None:
                raise _refused(Refusal.UNKNOWN_INSTALL)
            held = connection.execute(
                select(CONSENTS.c.receipt_id, CONSENTS.c.time).where(CONSENTS.c.install == number)
            ).one_or_none()
            if held is None:
                connection.execute(insert(CONSENTS).values(install=number, **values))
                return True
            if held.receipt_id == consent.receipt:
                return True
            if held.time >= values["time"]:
                return False
            connection.execute(
                update(CONSENTS).where(CONSENTS.c.install == number).values(**values)
            )
            return True

    def consent(self, number: int) -> ConsentRecord | None:
        """The current receipt of install ``number``, or None where it never gave one."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(CONSENTS).where(CONSENTS.c.install == number)
            ).one_or_none()
        if row is None:
            return None
        return ConsentRecord(
            receipt=row.receipt_id,
            document=row.document,
            terms=row.terms,
            tiers=frozenset(row.tiers.split()),
            time=from_micros(row.time),
        )

    def revoke(self, install: str, reason: str, now: datetime) -> Install:
        """Bars the install from reporting; the first reason stays. Raises AdmissionError: unknown_install."""
        with writing(self._engine) as connection:
            connection.execute(
                update(INSTALLS)
                .where(INSTALLS.c.install == install, INSTALLS.c.revoked.is_(None))
                .values(revoked=micros(now), revoked_reason=reason)
            )
            found = _install(connection, INSTALLS.c.install == install)
        if found is None:
            raise _refused(Refusal.UNKNOWN_INSTALL)
        return found


def _enrol(
    connection: Connection, ticket: Row[Any], public_key: bytes, prefix_hash: bytes, now: datetime
) -> Install:
    number = connection.execute(
        insert(INSTALLS)
        .values(
            install=secrets.token_hex(16),
            public_key=public_key,
            erasure_key=_digest(public_key),
            organisation=ticket.organisation,
            managed=ticket.managed,
            token_id=ticket.id,
            prefix_hash=prefix_hash,
            joined=micros(now),
        )
        .returning(INSTALLS.c.number)
    ).scalar_one()
    connection.execute(update(TOKENS).where(TOKENS.c.id == ticket.id).values(spent_by=number))
    row = connection.execute(select(INSTALLS).where(INSTALLS.c.number == number)).one()
    return _from_row(row)


def _install(connection: Connection, which: ColumnElement[bool]) -> Install | None:
    row = connection.execute(select(INSTALLS).where(which)).one_or_none()
    return None if row is None else _from_row(row)


def _from_row(row: Row[Any]) -> Install:
    return Install(
        number=row.number,
        install=row.install,
        public_key=row.public_key,
        organisation=row.organisation,
        managed=row.managed,
        token=row.token_id,
        prefix_hash=row.prefix_hash,
        joined=from_micros(row.joined),
        revoked=None if row.revoked is None else from_micros(row.revoked),
        revoked_reason=row.revoked_reason,
    )


def _is_erased(connection: Connection, erasure_key: bytes) -> bool:
    query = select(TOMBSTONES.c.erasure_key).where(TOMBSTONES.c.erasure_key == erasure_key)
    return connection.execute(query).one_or_none() is not None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


_MESSAGES = {
    Refusal.TOKEN_UNKNOWN: "this network did not make the join token",
    Refusal.TOKEN_EXPIRED: "the join token has expired",
    Refusal.TOKEN_SPENT: "another computer has used the join token",
    Refusal.UNKNOWN_INSTALL: "this network does not know the install",
    Refusal.REVOKED_INSTALL: "the network's operator has revoked the install",
    Refusal.ERASED_INSTALL: "everything of this install was erased",
}


def _refused(reason: Refusal) -> AdmissionError:
    return AdmissionError(_MESSAGES[reason], reason.advice, status=reason.status, reason=reason)
