"""A receipt of one decision about consent, and what a receipt allows.

A receipt is signed by the computer's own key and says which tiers are agreed to *from then on*: a withdrawal is a
receipt with fewer tiers, or none. It names the terms by digest; nothing beyond those may be reported on its
strength, however much newer a version of Vedette is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from vedette.crypto.documents import open_document, sign_document
from vedette.crypto.keys import PublicKey, SigningKey
from vedette.errors import ReceiptInvalid, StatementMismatch
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.terms import Terms

RECEIPT_TYPE: Final = "application/vnd.vedette.receipt+json"
MAX_RECEIPT: Final = 32 << 10
# The longest texts, in characters, and the most products that a receipt of MAX_RECEIPT bytes has room for.
_MAX_TEXT = 1000
_MAX_PRODUCT = 100
_MAX_PRODUCTS = 16
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Action(StrEnum):
    """What was decided."""

    GRANT = "grant"
    WITHDRAW = "withdraw"


class GrantedBy(StrEnum):
    """Who decided: somebody at this computer, or an organisation's policy (where no person uses the computer).

    Never a name: a receipt is sent to the network.
    """

    PERSON = "person"
    POLICY = "policy"


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision. The fields are those of ISO/IEC TS 27560:2023 that it needs, named after what they are here.

    ============================ =========================================================================
    here                         there
    ============================ =========================================================================
    ``id``                       record_id and receipt_id: 32 hexadecimal digits, random
    ``install``                  pii_principal_id: the pseudonym that the network gave, 32 hexadecimal digits
    ``controller``, ``contact``  pii_controllers: party_name, party_contact
    ``products``                 service: what collects, such as ``vedette/0.1.0``
    ``purposes``                 purposes; the lawful_basis of each is this consent
    ``terms``                    pii_information, collection_method, processing_method: SHA-256 of the rows
    ``wording``                  privacy_notice and language: SHA-256 of the text that was shown
    ``tiers``                    pii_optional: which groups of pii_information are agreed to from now on
    ``granted_by``               entity_id of the event: who decided
    ``action``                   event_state: given or withdrawn; the event_type is explicit consent
    ``time``                     event_time: UTC; the validity_duration is until withdrawn or erased
    ``previous``                 none: SHA-256 of the ledger's line before this one, empty for the first
    ============================ =========================================================================

    Its schema_version is the type of the signed document. The fields that are alike for everyone
    (retention_period, storage_locations, recipient_third_parties, withdrawal_method) stand in the text that
    ``wording`` names. The names are those given by the W3C's guide https://w3id.org/dpv/guides/consent-27560.

    Raises ``ReceiptInvalid`` where a value has another form, or ``additional`` stands without ``basic``.
    """

    id: str
    install: str
    controller: str
    contact: str
    products: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    terms: str
    wording: str
    tiers: tuple[Tier, ...]
    granted_by: GrantedBy
    action: Action
    time: datetime
    previous: str

    def __post_init__(self) -> None:
        if not (_ID.fullmatch(self.id) and _ID.fullmatch(self.install)):
            raise _wrong("an identifier has another form")
        if not (_DIGEST.fullmatch(self.terms) and _DIGEST.fullmatch(self.wording)):
            raise _wrong("a digest has another form")
        if self.previous and not _DIGEST.fullmatch(self.previous):
            raise _wrong("a digest has another form")
        if max(len(self.controller), len(self.contact)) > _MAX_TEXT:
            raise _wrong("a text is too long")
        if not 1 <= len(self.products) <= _MAX_PRODUCTS:
            raise _wrong("it names no product, or too many")
        if any(len(product) > _MAX_PRODUCT for product in self.products):
            raise _wrong("a text is too long")
        if not self.purposes or list(self.purposes) != sorted(set(self.purposes)):
            raise _wrong("the purposes are none, or not in order")
        if self.tiers not in {(), (Tier.BASIC,), (Tier.BASIC, Tier.ADDITIONAL)}:
            raise _wrong("the tiers are none that can be agreed to: `additional` needs `basic`")
        if self.action is Action.GRANT and not self.tiers:
            raise _wrong("it grants nothing")
        if self.action is Action.WITHDRAW and Tier.ADDITIONAL in self.tiers:
            raise _wrong("it withdraws nothing")
        if self.time.utcoffset() != timedelta(0):
            raise _wrong("its time is not in UTC")

    def sign(self, key: SigningKey) -> bytes:
        """The receipt as a signed document (DSSE, in JSON), of the type ``RECEIPT_TYPE``."""
        return sign_document(msgspec.json.encode(self, order="sorted"), RECEIPT_TYPE, key)


def open_receipt(document: bytes, key: PublicKey) -> Receipt:
    """The receipt in ``document``, signed by ``key``.

    Raises ``SignatureInvalid`` where it is not signed by that key, ``ReceiptInvalid`` where it is no receipt.
    """
    payload = open_document(document, RECEIPT_TYPE, {key.thumbprint: key}, limit=MAX_RECEIPT)
    try:
        receipt = msgspec.json.decode(payload, type=Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong("its content is not readable") from error
    # Whatever zone object the decoder chose, it is UTC: receipts made here and read back are equal.
    return msgspec.structs.replace(receipt, time=receipt.time.astimezone(UTC))


@dataclass(frozen=True)
class Consent:
    """What may be reported now: what everything that collects, sends or accepts asks."""

    tiers: frozenset[Tier] = frozenset()
    receipt: Receipt | None = None
    terms: Terms = field(default_factory=Terms)

    @classmethod
    def none(cls) -> Consent:
        """No consent: what holds before anything is granted."""
        return cls()

    @classmethod
    def of(cls, receipt: Receipt | None, known: Mapping[str, Terms]) -> Consent:
        """What ``receipt`` allows; ``known`` holds the released terms by digest.

        Raises ``StatementMismatch`` where it allows something under terms that this version does not know.
        """
        if receipt is None or not receipt.tiers:
            return cls(receipt=receipt)
        if receipt.terms not in known:
            raise StatementMismatch(
                "the consent names terms that this version does not know",
                "update Vedette, or see `vedette consent show` and grant again",
            )
        return cls(frozenset(receipt.tiers), receipt, known[receipt.terms])

    @property
    def receipt_id(self) -> str:
        """The id of the receipt that this rests on, or nothing."""
        return self.receipt.id if self.receipt else ""

    @property
    def install(self) -> str:
        """The install that the receipt is of, or nothing."""
        return self.receipt.install if self.receipt else ""

    def allows(self, tier: Tier) -> bool:
        """Whether ``tier`` is agreed to."""
        return tier in self.tiers

    def covers(self, item: str) -> bool:
        """Whether ``item`` may be reported: its tier is agreed to and the terms agreed to name it."""
        return self.terms.covers(item) and self.terms.tier(item) in self.tiers

    def fields(self, item: str) -> frozenset[str]:
        """The fields of ``item`` that may be reported; none where it is not covered."""
        return self.terms.fields(item) if self.covers(item) else frozenset()


def _wrong(what: str) -> ReceiptInvalid:
    return ReceiptInvalid(f"the consent receipt is not valid ({what})", "grant or withdraw again")
