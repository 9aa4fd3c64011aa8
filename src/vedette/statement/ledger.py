"""The ledger: every receipt that this computer has ever made, in order, only ever added to.

One JSON line a receipt: the signed ``document`` (with the exact bytes that were signed and sent), the SHA-256 of
the line before as ``previous``, and the ``digest`` of the two. The receipt itself repeats ``previous`` under its
signature, so lines can be neither edited, removed, swapped nor inserted without the computer's key. Lines cut off
cleanly at the end leave a shorter ledger that is right in itself; the network, which holds the newest receipt,
notices those.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.crypto.keys import PublicKey
from vedette.errors import ConsentMissing, LedgerBroken, ReceiptInvalid, SignatureInvalid
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.consent import Action, Consent, GrantedBy, Receipt, open_receipt
from vedette.statement.terms import Terms

TIERS: Final = tuple(Tier)
# The network orders receipts by their times alone.
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Grantee:
    """To whom a consent is given, and by what program: what a receipt says besides the decision itself."""

    install: str
    controller: str
    contact: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: the receipt, its signed document, and the digest of the whole line."""

    receipt: Receipt
    document: bytes
    digest: str


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    document: msgspec.Raw
    previous: str

    @classmethod
    def of(cls, document: bytes, previous: str) -> _Line:
        digest = hashlib.sha256(previous.encode() + document).hexdigest()
        return cls(digest, msgspec.Raw(document), previous)

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


class Ledger:
    """The receipts of the install ``install``, whose key is ``key``. Begins empty; ``parse`` reads a written one."""

    def __init__(self, install: str, key: PublicKey) -> None:
        self._install = install
        self._key = key
        self._entries: list[Entry] = []
        self.torn = False
        """Whether the last line was cut off, by a crash while it was written; it was left out."""
        self.intact = 0
        """How many bytes of what was parsed are whole lines: cut a torn file to these before adding to it."""

    @classmethod
    def parse(cls, data: bytes, install: str, key: PublicKey) -> Ledger:
        """The ledger written as ``data``, with chain, signatures and order of times verified.

        Raises ``LedgerBroken`` at the first line that does not fit.
        """
        ledger = cls(install, key)
        *lines, rest = data.split(b"\n")
        for number, line in enumerate(lines, start=1):
            ledger._read(line, number)
            ledger.intact += len(line) + 1
        ledger.torn = bool(rest)
        return ledger

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All receipts, oldest first."""
        return tuple(self._entries)

    @property
    def head(self) -> str:
        """The digest of the last line, which the next receipt names as ``previous``; nothing at the beginning."""
        return self._entries[-1].digest if self._entries else ""

    def current(self) -> Receipt | None:
        """The receipt that holds: the last."""
        return self._entries[-1].receipt if self._entries else None

    def consent(self, known: Mapping[str, Terms]) -> Consent:
        """What the current receipt allows. Raises ``StatementMismatch`` where its terms are not in ``known``."""
        return Consent.of(self.current(), known)

    def grant(
        self,
        tier: Tier,
        terms: Terms,
        wording: str,
        grantee: Grantee,
        granted_by: GrantedBy,
        now: datetime,
    ) -> Receipt:
        """The receipt, still to be signed and appended, by which ``tier`` is agreed to.

        A tier agreed to before stays agreed to under the same terms only: other terms may ask for more. Raises
        ``ConsentMissing`` for ``additional`` where ``basic`` is not agreed to under these terms.
        """
        tiers = _in_order({*self._held(terms), tier})
        if tier is Tier.ADDITIONAL and Tier.BASIC not in tiers:
            raise ConsentMissing(
                "additional reports need basic ones under the same terms",
                "run `vedette consent grant basic` first",
            )
        return Receipt(
            id=secrets.token_hex(16),
            install=grantee.install,
            controller=grantee.controller,
            contact=grantee.contact,
            products=grantee.products,
            purposes=_purposes(terms, tiers),
            terms=terms.digest,
            wording=wording,
            tiers=tiers,
            granted_by=granted_by,
            action=Action.GRANT,
            time=self._forward(now),
            previous=self.head,
        )

    def withdraw(self, tier: Tier, granted_by: GrantedBy, now: datetime) -> Receipt:
        """The receipt, still to be signed and appended, by which ``tier`` ends; with ``basic``, both end.

        Raises ``ConsentMissing`` where ``tier`` is not agreed to.
        """
        current = self.current()
        if current is None or tier not in current.tiers:
            raise ConsentMissing(
                f"there is no consent to {tier} reports", "there is nothing to withdraw"
            )
        remaining = {Tier.BASIC} if tier is Tier.ADDITIONAL else set()
        return msgspec.structs.replace(
            current,
            id=secrets.token_hex(16),
            tiers=_in_order(remaining),
            granted_by=granted_by,
            action=Action.WITHDRAW,
            time=self._forward(now),
            previous=self.head,
        )

    def append(self, document: bytes) -> bytes:
        """Adds the signed receipt ``document``; returns the line to write, with its end.

        Write it in one piece to the end of the file (of a torn file, after ``intact`` bytes). Send nothing on the
        strength of a grant before it is flushed to the disk; stop sending before a withdrawal is. Raises
        ``SignatureInvalid`` or ``ReceiptInvalid`` where it is not the next receipt of this install.
        """
        if b"\n" in document or document != document.strip():
            raise _not_next("it is not one line of JSON")
        line = _Line.of(document, self.head).encode()
        self._add(document, line)
        self.torn = False
        return line + b"\n"

    def _read(self, line: bytes, number: int) -> None:
        try:
            found = msgspec.json.decode(line, type=_Line)
            document = bytes(found.document)
            # What is not exactly what would be written is an edit, even where it means the same.
            if found.previous != self.head or _Line.of(document, self.head).encode() != line:
                raise _broken(number, "does not follow the one before or was edited")
            self._add(document, line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _broken(number, "is not readable") from error
        except (SignatureInvalid, ReceiptInvalid) as error:
            raise _broken(number, error.message) from error

    def _add(self, document: bytes, line: bytes) -> None:
        receipt = open_receipt(document, self._key)
        self._check(receipt)
        self._entries.append(Entry(receipt, document, hashlib.sha256(line).hexdigest()))

    def _check(self, receipt: Receipt) -> None:
        current = self.current()
        if receipt.install != self._install:
            raise _not_next("it is of another install")
        if receipt.previous != self.head:
            raise _not_next("it does not follow the receipt before")
        if any(entry.receipt.id == receipt.id for entry in self._entries):
            raise _not_next("its id was used before")
        if current and receipt.time < current.time:
            raise _not_next("it is older than the receipt before")
        held = set(current.tiers) if current else set()
        if receipt.action is Action.WITHDRAW and not set(receipt.tiers) < held:
            raise _not_next("it withdraws what was not granted")
        if receipt.action is Action.WITHDRAW and current and receipt.terms != current.terms:
            raise _not_next("it withdraws under other terms than were granted")

    def _held(self, terms: Terms) -> tuple[Tier, ...]:
        current = self.current()
        return current.tiers if current and current.terms == terms.digest else ()

    def _forward(self, now: datetime) -> datetime:
        """``now``, but always after the last receipt: a clock that was set back must not stop a withdrawal."""
        current = self.current()
        return max(now, current.time + _TICK) if current else now


def _in_order(tiers: Iterable[Tier]) -> tuple[Tier, ...]:
    wanted = set(tiers)
    return tuple(tier for tier in TIERS if tier in wanted)


def _purposes(terms: Terms, tiers: tuple[Tier, ...]) -> tuple[Purpose, ...]:
    rows = (row for row in terms.rows if terms.tier(row.item) in tiers)
    return tuple(sorted({purpose for row in rows for purpose in row.purposes}))


def _not_next(what: str) -> ReceiptInvalid:
    return ReceiptInvalid(
        f"the receipt does not fit the ledger ({what})", "grant or withdraw again"
    )


def _broken(number: int, what: str) -> LedgerBroken:
    return LedgerBroken(
        f"line {number} of the consent ledger {what}",
        "nothing is reported; put the ledger back from a backup, or leave the network and join again",
    )
